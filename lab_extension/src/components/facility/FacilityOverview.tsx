/** The facility at this moment, and what a person has to settle. */
import * as React from 'react';

import type { AttentionItem } from '../../tokens';
import { useAction, useAsk, useLims } from '../hooks';
import { Button, Empty, Problem, Shape, Status, Time } from '../kit';
import { useNames } from '../names';
import { span } from '../times';

const EVERY_MS = 30_000;
const KINDS: Record<string, string> = { failed: 'could not be read', orphan: 'in no session', 'never-ended': 'never ended', missing: 'missing' };

export function FacilityOverview(): JSX.Element {
  const place = useAsk('place', {}, EVERY_MS);
  const attention = useAsk('attention', {}, EVERY_MS);
  const names = useNames();
  if (!place.result) {
    return place.error ? <Problem error={place.error} retry={place.again} /> : <div className="lims-Skeleton" style={{ height: 200 }} />;
  }
  const { name, counts, open_sessions: open, timezone, version } = place.result;
  return (
    <div className="lims-Facility">
      <header className="lims-line">
        <h1>{name}</h1>
        <span className="lims-muted">{timezone} · version {version}</span>
      </header>
      <dl className="lims-Counts">
        {Object.entries(counts).map(([what, number]) => (
          <div key={what}>
            <dt>{what.replaceAll('_', ' ')}</dt>
            <dd>{number.toLocaleString('en')}</dd>
          </div>
        ))}
      </dl>
      <section className="lims-Section">
        <h2>Open now</h2>
        {!open.length && <p className="lims-muted">No session is open.</p>}
        <ul className="lims-Rows">
          {open.map(session => (
            <li key={session.id}>
              <Status state={session.state} />
              <b>{names.instrument(session.instrument)}</b>
              <span>{names.person(session.user)}</span>
              <span className="lims-grow">{session.title}</span>
              <span className="lims-muted">{span(session.start, new Date())}</span>
            </li>
          ))}
        </ul>
      </section>
      <section className="lims-Section">
        <h2>To settle</h2>
        <Problem error={attention.error} retry={attention.again} />
        {attention.result?.length === 0 && <Empty title="Nothing waits for a person." />}
        <ul className="lims-Rows">
          {attention.result?.map(item => (
            <Item key={item.kind + item.thing + item.reason} item={item} zone={timezone} onSettled={() => {
              attention.again();
              place.again();
            }} />
          ))}
        </ul>
      </section>
    </div>
  );
}

function Item({ item, zone, onSettled }: { item: AttentionItem; zone: string; onSettled(): void }): JSX.Element {
  const { api } = useLims();
  const action = useAction();
  const end = (): Promise<boolean> => action.run(() => api.call('end_session', { session: item.thing, at: 'last-file' }).then(onSettled));
  return (
    <li>
      <span className="lims-Status"><Shape state="attention" />{KINDS[item.kind] ?? item.kind}</span>
      <b>{item.title}</b>
      <span className="lims-grow" title={item.hint}>{item.reason}</span>
      {item.at && <Time at={item.at} zone={zone} />}
      {item.kind === 'never-ended' && <Button busy={action.busy} onClick={() => void end()}>End at its last file</Button>}
      <Problem error={action.error} />
    </li>
  );
}
