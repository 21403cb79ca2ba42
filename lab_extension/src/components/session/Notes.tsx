/** What happened, told while it happens; every note can be corrected, its old wording stays in the history. */
import * as React from 'react';

import type { Me, SessionEvent, SessionView } from '../../tokens';
import { requestKey, useAction, useDraft, useLims } from '../hooks';
import { Button, Problem, Time } from '../kit';

interface NotesProps {
  view: SessionView;
  me: Me;
  onChanged(): void;
}

export function Notes({ view, me, onChanged }: NotesProps): JSX.Element {
  const zone = view.instrument.timezone;
  const events = view.events.filter(event => event.kind !== 'edit').reverse();
  return (
    <section className="lims-Notes" aria-label="notes">
      {view.may_edit && view.session.state !== 'cancelled' && <NewNote view={view} me={me} onChanged={onChanged} />}
      <ol className="lims-Log">
        {events.map(event => (
          <Entry key={event.id} event={event} zone={zone} mayEdit={view.may_edit} onChanged={onChanged} />
        ))}
      </ol>
    </section>
  );
}

function NewNote({ view, me, onChanged }: NotesProps): JSX.Element {
  const { api } = useLims();
  const [text, setText] = useDraft(`${me.name}:note:${view.session.id}`, '');
  const key = React.useMemo(requestKey, [text, view.session.id]);
  const action = useAction();
  const send = (): void =>
    void action.run(async () => {
      await api.call('note_session', { session: view.session.id, text, request_key: key });
      setText('');
      onChanged();
    });
  return (
    <form className="lims-NewNote" onSubmit={event => {
      event.preventDefault();
      send();
    }}>
      <textarea className="lims-Input" rows={1} aria-label="note" placeholder="What happened?" value={text} onChange={event => setText(event.target.value)}
        onKeyDown={event => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
            event.preventDefault();
            send();
          }
        }} />
      <Button submit busy={action.busy} disabled={action.busy || !text.trim()} title="Ctrl+Enter">Note</Button>
      <Problem error={action.error} />
    </form>
  );
}

const WORDS: Record<string, string> = { start: 'started', end: 'ended', pause: 'paused', resume: 'resumed', cancel: 'cancelled', reopen: 'reopened' };

function Entry({ event, zone, mayEdit, onChanged }: { event: SessionEvent; zone: string; mayEdit: boolean; onChanged(): void }): JSX.Element {
  const { api } = useLims();
  const [text, setText] = React.useState<string | null>(null);
  const action = useAction();
  const save = (): void =>
    void action.run(async () => {
      await api.call('edit_note', { session: event.session, event: event.id, text: text ?? '', request_key: requestKey() });
      setText(null);
      onChanged();
    });
  if (text !== null) {
    return (
      <li>
        <Time at={event.at} zone={zone} show="clock" />
        <form className="lims-NewNote" onSubmit={submit => {
          submit.preventDefault();
          save();
        }}>
          <textarea className="lims-Input" rows={1} autoFocus aria-label="the note, corrected" value={text} onChange={change => setText(change.target.value)}
            onKeyDown={key => {
              if (key.key === 'Escape') {
                key.stopPropagation();
                setText(null);
              }
            }} />
          <Button submit busy={action.busy} disabled={action.busy || !text.trim()}>Save</Button>
          <Button quiet onClick={() => setText(null)}>Leave as it was</Button>
          <Problem error={action.error} />
        </form>
      </li>
    );
  }
  return (
    <li data-kind={event.kind}>
      <Time at={event.at} zone={zone} show="clock" />
      <span className="lims-Log-text">{[WORDS[event.kind], event.text].filter(Boolean).join(': ')}</span>
      <span className="lims-muted">{event.by}</span>
      {mayEdit && event.kind === 'note' && <Button quiet aria-label={`edit the note “${event.text}”`} onClick={() => setText(event.text)}>edit</Button>}
    </li>
  );
}
