import * as React from 'react';

import type { AuditEntry } from '../../tokens';
import { useAsk } from '../hooks';
import { Problem, Time } from '../kit';
import { fieldLabel, plain } from '../quantities';

/** Who changed what: the audit rows of one thing, newest first. Asked for when it is drawn. */
export function HistoryList({ thing, zone }: { thing: string; zone: string }): JSX.Element {
  const asked = useAsk('history', { thing });
  const entries = [...(asked.result?.entries ?? [])].reverse();
  return (
    <>
      <Problem error={asked.error} retry={asked.again} />
      {asked.result && !entries.length && <p className="lims-muted">Nothing has changed.</p>}
      <ol className="lims-History">
        {entries.map(entry => (
          <li key={entry.id}>
            <Time at={entry.at} zone={zone} />
            <span>{entry.by}</span>
            <span>{entry.action.replace('.', ' ')}{changes(entry)}</span>
          </li>
        ))}
      </ol>
    </>
  );
}

const LONG = 80;

/** ": title “a” → “b”" */
function changes({ before, after }: AuditEntry): string {
  if (!before || !after) {
    return '';
  }
  const names = Object.keys(after).filter(name => JSON.stringify(after[name]) !== JSON.stringify(before[name]));
  const told = names.map(name => `${fieldLabel(name)} “${short(before[name])}” → “${short(after[name])}”`);
  return told.length ? `: ${told.join(', ')}` : '';
}

function short(value: unknown): string {
  const text = plain(value);
  return text.length > LONG ? `${text.slice(0, LONG)}…` : text;
}
