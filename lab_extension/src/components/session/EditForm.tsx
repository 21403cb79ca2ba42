/** Correct what was logged; only what differs is sent, and what it was stays in the history. */
import * as React from 'react';

import type { Choices, Me, SessionView } from '../../tokens';
import { requestKey, useAction, useLims } from '../hooks';
import { Button, Field, Problem } from '../kit';
import { offset, typed as typedTime } from '../times';
import { SessionFields, type Typed, typedOf } from './fields';
import { readTime, Window } from './Window';

interface EditFormProps {
  view: SessionView;
  me: Me;
  choices: Choices;
  onDone(): void;
  onCancelSession(reason: string): void;
}

export function EditForm({ view, me, choices, onDone, onCancelSession }: EditFormProps): JSX.Element {
  const { api } = useLims();
  const { session } = view;
  const zone = view.instrument.timezone;
  const before = { from: typedTime(session.start, zone), to: session.end ? typedTime(session.end, zone) : '' };
  const [typed, setTyped] = React.useState<Typed>(() => typedOf(session));
  const [times, setTimes] = React.useState(before);
  const [reason, setReason] = React.useState<string | null>(null);
  const action = useAction();

  const changes = (): Record<string, unknown> => {
    const old = typedOf(session);
    const fields = Object.entries(typed).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(old[name as keyof Typed]));
    const moved = [['start', times.from, before.from], ['end', times.to, before.to]].filter(([, now, was]) => now !== was);
    return Object.fromEntries([...fields, ...moved.map(([name, now]) => [name, readTime(now, zone).at?.toISOString()])]);
  };
  const save = (): void => {
    const changed = changes();
    void action.run(() => (Object.keys(changed).length ? api.call('edit_session', { session: session.id, changes: changed, request_key: requestKey() }) : Promise.resolve()))
      .then(done => done && onDone());
  };
  return (
    <form className="lims-EditForm" aria-label="edit the session" onSubmit={event => {
      event.preventDefault();
      save();
    }} onKeyDown={event => {
      if (event.key === 'Escape') {
        event.stopPropagation();
        onDone();
      }
    }}>
      <SessionFields typed={typed} choices={choices} forOthers={me.is_staff} me={me.name} onChange={setTyped} />
      {session.end ? (
        <Window times={times} zone={zone} onChange={setTimes} />
      ) : (
        <Field label="Started" note={`${zone}, ${offset(session.start, zone)}`}>
          <input className="lims-Input" type="datetime-local" value={times.from} onChange={event => setTimes({ ...times, from: event.target.value })} />
        </Field>
      )}
      <Problem error={action.error} />
      <div className="lims-line">
        <Button primary submit busy={action.busy}>Save</Button>
        <Button onClick={onDone}>Leave as it was</Button>
        <span className="lims-grow" />
        {reason === null ? (
          <Button quiet onClick={() => setReason('')}>This session should not have been logged</Button>
        ) : (
          <span className="lims-line">
            <input className="lims-Input lims-EditForm-reason" aria-label="why" placeholder="why?" autoFocus value={reason} onChange={event => setReason(event.target.value)} />
            <Button onClick={() => onCancelSession(reason)}>Cancel the session; its files become free</Button>
          </span>
        )}
      </div>
    </form>
  );
}
