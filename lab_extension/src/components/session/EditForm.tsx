/** Correct what was logged; only what differs is sent, and what it was stays in the history. */
import * as React from 'react';

import type { Choices, Me, SessionView } from '../../tokens';
import { requestKey, useAction, useLims } from '../hooks';
import { Button, Field, Problem } from '../kit';
import { offset, typed as typedTime } from '../times';
import { SessionFields, type Typed, typedOf } from './fields';
import { readTime, type Times, Window } from './Window';

type All = Typed & Times & { reason: string };
/** What was typed, as far as it differs from what is logged: what somebody else corrects meanwhile is not undone by it. */
export type Correction = Partial<All>;

interface EditFormProps {
  view: SessionView;
  me: Me;
  choices: Choices;
  draft: Correction;
  onDraft(draft: Correction): void;
  /** Saved, or left as it was. */
  onDone(): void;
  onCancelSession(reason: string): void;
}

export function EditForm({ view, me, choices, draft, onDraft, onDone, onCancelSession }: EditFormProps): JSX.Element {
  const { api } = useLims();
  const { session } = view;
  const zone = view.instrument.timezone;
  const before: All = { ...typedOf(session), from: typedTime(session.start, zone), to: session.end ? typedTime(session.end, zone) : '', reason: '' };
  const typed: All = { ...before, ...draft };
  const [isAsked, setIsAsked] = React.useState(false);
  // A form that a reload brought back does not pull the focus to itself.
  const [isNew] = React.useState(() => Object.keys(draft).length === 0);
  const action = useAction();
  const set = (change: Correction): void => onDraft(differing({ ...typed, ...change }, before));
  const save = (): void => {
    const changes = changesOf(draft, zone);
    void action.run(() => (Object.keys(changes).length ? api.call('edit_session', { session: session.id, changes, request_key: requestKey() }) : Promise.resolve()))
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
      } else if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        save();
      }
    }}>
      <SessionFields typed={typed} choices={choices} forOthers={me.is_staff} me={me.name} isFocused={isNew} onChange={set} />
      {session.end ? (
        <Window times={typed} zone={zone} onChange={set} />
      ) : (
        <Field label="Started" note={`${zone}, ${offset(session.start, zone)}`}>
          <input className="lims-Input" type="datetime-local" value={typed.from} onChange={event => set({ from: event.target.value })} />
        </Field>
      )}
      <Problem error={action.error} />
      <div className="lims-line">
        <Button primary submit busy={action.busy}>Save</Button>
        <Button onClick={onDone}>Leave as it was</Button>
        <span className="lims-grow" />
        {isAsked || typed.reason ? (
          <span className="lims-line">
            <input className="lims-Input lims-EditForm-reason" aria-label="why" placeholder="why?" autoFocus={isAsked} value={typed.reason} onChange={event => set({ reason: event.target.value })} />
            <Button onClick={() => onCancelSession(typed.reason)}>Cancel the session; its files become free</Button>
          </span>
        ) : (
          <Button quiet onClick={() => setIsAsked(true)}>This session should not have been logged</Button>
        )}
      </div>
    </form>
  );
}

function differing(typed: All, before: All): Correction {
  return Object.fromEntries(Object.entries(typed).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name as keyof All])));
}

function changesOf(draft: Correction, zone: string): Record<string, unknown> {
  const at = (time?: string): string | undefined => (time ? readTime(time, zone).at?.toISOString() : undefined);
  const { user, project, sample, people, title, notes, from, to } = draft;
  const all = { user, project, sample, people, title, notes, start: at(from), end: at(to) };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}
