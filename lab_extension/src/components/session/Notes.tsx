/** What happened, told while it happens; every note can be corrected, its old wording stays in the history. */
import * as React from 'react';

import type { Me, SessionEvent, SessionView } from '../../tokens';
import { useDraft } from '../drafts';
import { requestKey, useAction, useLims } from '../hooks';
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
          <Entry key={event.id} event={event} zone={zone} me={me} mayEdit={view.may_edit} onChanged={onChanged} />
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
      <textarea className="lims-Input" rows={1} aria-label="note" aria-keyshortcuts="n" placeholder="What happened?" value={text} onChange={event => setText(event.target.value)}
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

interface EntryProps {
  event: SessionEvent;
  zone: string;
  me: Me;
  mayEdit: boolean;
  onChanged(): void;
}

function Entry({ event, zone, me, mayEdit, onChanged }: EntryProps): JSX.Element {
  const { api } = useLims();
  const [text, setText] = useDraft<string | null>(`${me.name}:note:${event.id}`, null);
  const [isNew, setIsNew] = React.useState(false);
  const action = useAction();
  const save = (): void =>
    void action.run(async () => {
      await api.call('edit_note', { session: event.session, event: event.id, text: text ?? '', request_key: requestKey() });
      setText(null);
      onChanged();
    });
  if (text !== null && mayEdit) {
    return (
      <li>
        <Time at={event.at} zone={zone} show="clock" />
        <form className="lims-NewNote" onSubmit={submit => {
          submit.preventDefault();
          save();
        }}>
          <textarea className="lims-Input" rows={1} autoFocus={isNew} aria-label="the note, corrected" value={text} onChange={change => setText(change.target.value)}
            onKeyDown={key => {
              if (key.key === 'Escape') {
                key.stopPropagation();
                setText(null);
              } else if (key.key === 'Enter' && (key.ctrlKey || key.metaKey)) {
                key.preventDefault();
                save();
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
      {mayEdit && event.kind === 'note' && <Button quiet aria-label={`edit the note “${event.text}”`} onClick={() => {
        setIsNew(true);
        setText(event.text);
      }}>edit</Button>}
    </li>
  );
}
