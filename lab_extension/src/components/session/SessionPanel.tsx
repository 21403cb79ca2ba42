/** One session: running, paused or over. What can be done with it, its files as they arrive, its notes. */
import * as React from 'react';

import type { Choices, Me, SessionView } from '../../tokens';
import { useDraft } from '../drafts';
import { type Action, requestKey, useAction, useAsk, useLims, useNow } from '../hooks';
import { Button, Fold, Problem, Status, Time } from '../kit';
import { HistoryList } from '../parts/HistoryList';
import { elapsed, near, offset, span } from '../times';
import { Arrivals } from './Arrivals';
import { type Correction, EditForm } from './EditForm';
import { Notes } from './Notes';

const LIVE_MS = 2000;
const IDLE_MS = 10 * 60_000;

type Change = 'pause_session' | 'resume_session' | 'end_session' | 'cancel_session' | 'reopen_session';

interface SessionPanelProps {
  id: string;
  me: Me;
  choices: Choices;
  personName(id: string): string;
  onLeave(): void;
}

export function SessionPanel({ id, me, choices, personName, onLeave }: SessionPanelProps): JSX.Element {
  const [isOver, setIsOver] = React.useState(false);
  const asked = useAsk('session', { session: id }, isOver ? LIVE_MS * 5 : LIVE_MS);
  const view = asked.result?.session.id === id ? asked.result : undefined;
  const state = view?.session.state;
  React.useEffect(() => setIsOver(state === 'ended' || state === 'cancelled'), [state]);
  if (!view) {
    return asked.error ? <Problem error={asked.error} retry={asked.again} /> : <div className="lims-Skeleton" style={{ height: 160 }} />;
  }
  return <Shown view={view} lost={asked.error} me={me} choices={choices} personName={personName} onChanged={asked.again} onLeave={onLeave} />;
}

interface ShownProps extends Omit<SessionPanelProps, 'id'> {
  view: SessionView;
  lost: Action['error'];
  onChanged(): void;
}

function Shown({ view, lost, me, choices, personName, onChanged, onLeave }: ShownProps): JSX.Element {
  const { api } = useLims();
  const action = useAction();
  const { session, instrument } = view;
  const zone = instrument.timezone;
  const [correction, setCorrection] = useDraft<Correction | null>(`${me.name}:edit:${session.id}`, null);
  const edit = React.useRef<HTMLButtonElement>(null);
  const [wasEditing, setWasEditing] = React.useState(false);
  React.useEffect(() => {
    if (wasEditing) {
      setWasEditing(false);
      edit.current?.focus();
    }
  }, [wasEditing]);
  const leave = (): void => {
    setCorrection(null);
    setWasEditing(true);
  };
  const change = (operation: Change, args: { at?: string; reason?: string } = {}): void =>
    void action.run(async () => {
      await api.call(operation, { session: session.id, request_key: requestKey(), ...args });
      onChanged();
    });
  const facts = [session.user !== me.name && personName(session.user), ...session.people.map(one => `with ${personName(one)}`), session.project, session.sample];
  return (
    <section className="lims-Session" aria-label="session" data-state={session.state}>
      <header className="lims-Session-state">
        <Running view={view} />
        <Controls view={view} action={action} change={change} onLeave={onLeave} />
      </header>
      <Problem error={action.error ?? lost} />
      {correction && view.may_edit ? (
        <EditForm view={view} me={me} choices={choices} draft={correction} onDraft={setCorrection} onDone={() => {
          leave();
          onChanged();
        }} onCancelSession={reason => {
          leave();
          change('cancel_session', { reason });
        }} />
      ) : (
        <div className="lims-Session-what">
          <h2>{session.title || 'Untitled session'}</h2>
          <p className="lims-line lims-muted">
            <span>{facts.filter(Boolean).join(' · ')}</span>
            {view.may_edit && session.state !== 'cancelled' && <Button quiet ref={edit} aria-keyshortcuts="e" onClick={() => setCorrection({})}>Edit</Button>}
          </p>
          {session.notes && <p>{session.notes}</p>}
        </div>
      )}
      {session.state !== 'cancelled' && <Arrivals view={view} />}
      <Notes view={view} me={me} onChanged={onChanged} />
      <Fold title="History"><HistoryList thing={session.id} zone={zone} /></Fold>
    </section>
  );
}

function Running({ view: { session, instrument } }: { view: SessionView }): JSX.Element {
  const zone = instrument.timezone;
  const now = useNow(1000);
  const isOpen = session.state === 'open' || session.state === 'paused';
  const word = { open: 'running since', paused: 'paused, since', ended: 'ended', cancelled: 'cancelled' }[session.state];
  return (
    <p className="lims-Session-clock">
      <Status state={session.state === 'ended' ? 'complete' : session.state} />{' '}
      <span className="lims-hidden">{word}</span>
      {isOpen ? (
        <>
          <b className="lims-number" role="timer" aria-live="off">{elapsed(session.start, now)}</b>{' '}
          <span className="lims-muted">since <Time at={session.start} zone={zone} show="clock" /> {offset(session.start, zone)}</span>
        </>
      ) : (
        <span>
          <Time at={session.start} zone={zone} />–<Time at={session.end ?? session.start} zone={zone} show="clock" />{' '}
          <span className="lims-muted">{span(session.start, session.end ?? session.start)}, {zone}</span>
        </span>
      )}
    </p>
  );
}

interface ControlsProps {
  view: SessionView;
  action: Action;
  change(operation: Change, args?: { at?: string }): void;
  onLeave(): void;
}

function Controls({ view, action, change, onLeave }: ControlsProps): JSX.Element {
  const { session, instrument, last_file: last } = view;
  const { host } = useLims();
  const isOpen = session.state === 'open' || session.state === 'paused';
  if (!isOpen) {
    return (
      <div className="lims-line">
        {view.may_edit && <Button busy={action.busy} onClick={() => change('reopen_session')}>Reopen</Button>}
        {host.open ? (
          <Button onClick={() => host.open?.(view.record, session.title)}>Open the record</Button>
        ) : (
          host.layout === 'page' && <a className="lims-Button" href={`records?record=${view.record}`}>Open the record</a>
        )}
        <Button primary aria-keyshortcuts="s" onClick={onLeave}>Log another session</Button>
      </div>
    );
  }
  const isIdle = last !== null && Date.now() - Date.parse(last) > IDLE_MS;
  return view.may_edit ? (
    <div className="lims-line">
      {session.state === 'open' ? (
        <Button busy={action.busy} onClick={() => change('pause_session')}>Pause</Button>
      ) : (
        <Button busy={action.busy} onClick={() => change('resume_session')}>Resume</Button>
      )}
      {isIdle && <Button busy={action.busy} onClick={() => change('end_session', { at: 'last-file' })}>End at {near(last, instrument.timezone)}, its last file</Button>}
      <Button primary busy={action.busy} className="lims-big" aria-keyshortcuts="s" onClick={() => change('end_session')}>End session</Button>
    </div>
  ) : (
    <></>
  );
}
