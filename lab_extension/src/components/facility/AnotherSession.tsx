/** Files go elsewhere than proposed: into another session of their instrument, or into one that is logged for somebody. */
import * as React from 'react';

import type { AttentionItem, Session } from '../../tokens';
import { useAsk } from '../hooks';
import { Button, Field, Problem } from '../kit';
import { useNames } from '../names';
import { day, wall } from '../times';
import type { Way } from './ToSettle';

const MOST_SHOWN = 40;

interface Props {
  item: AttentionItem;
  busy: boolean;
  onChosen(way: Way): void;
}

export function AnotherSession({ item, busy, onChosen }: Props): JSX.Element {
  const names = useNames();
  const file = useAsk('dataset', { dataset: item.thing, metadata: false });
  const instrument = file.result?.instrument;
  const sessions = useAsk('sessions', instrument ? { instrument, limit: MOST_SHOWN, near: item.at } : null);
  // A session is logged only where none is proposed.
  const choices = useAsk('choices', item.session ? null : {});
  const [chosen, setChosen] = React.useState('');
  const select = React.useRef<HTMLSelectElement>(null);
  React.useEffect(() => select.current?.focus(), [sessions.result]);
  const found = sessions.result?.filter(one => one.state !== 'cancelled' && one.id !== item.session) ?? [];
  const zone = names.zone(instrument ?? null);
  const isNone = file.result && (!instrument || (sessions.result && !found.length));
  const none = isNone ? `No other session of ${instrument ? names.instrument(instrument) : 'its instrument'} was logged.` : '';
  const people = choices.result?.people ?? [];
  return (
    <form className="lims-Ways-other lims-line" onSubmit={event => {
      event.preventDefault();
      onChosen(found.some(one => one.id === chosen) ? { decision: 'session', session: chosen } : { decision: 'accept', user: chosen });
    }}>
      <Field label="Into which session?" note={none}>
        <select className="lims-Input" ref={select} value={chosen} disabled={!found.length && !people.length} onChange={event => setChosen(event.target.value)}>
          <option value="">choose…</option>
          {found.map(one => (
            <option key={one.id} value={one.id}>{lineOf(one, zone, names.person(one.user))}</option>
          ))}
          {people.length > 0 && (
            <optgroup label="a new session of that time, for">
              {people.map(one => (
                <option key={one.id} value={one.id}>{names.person(one.id)}</option>
              ))}
            </optgroup>
          )}
        </select>
      </Field>
      <Button submit primary busy={busy} disabled={busy || !chosen}>{item.files > 1 ? `Put ${item.files.toLocaleString('en')} files there` : 'Put it there'}</Button>
      <Problem error={file.error ?? sessions.error} />
    </form>
  );
}

function lineOf({ start, end, title }: Session, zone: string, person: string): string {
  const until = end && day(end, zone) === day(start, zone) ? wall(end, zone).slice(11, 16) : end ? day(end, zone) : '';
  return `${wall(start, zone).slice(0, 16).replace('T', ' ')}–${until} ${person}${title && `: ${title}`}`;
}
