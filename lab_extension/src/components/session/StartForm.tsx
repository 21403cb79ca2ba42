/** Who, what and why, and the one button; or the same for a session that already happened. */
import * as React from 'react';

import type { Choices, InstrumentNow, Me, Reservation, Session } from '../../tokens';
import { useDraft } from '../drafts';
import { requestKey, useAction, useLims } from '../hooks';
import { Button, Choice, Problem } from '../kit';
import { clock, near, span } from '../times';
import { NOTHING, SessionFields, type Typed, typedOf } from './fields';
import { readTime, type Times, Window } from './Window';

interface Draft extends Typed, Times {
  when: 'now' | 'past';
  reservation: string | null;
}
const EMPTY: Draft = { ...NOTHING, from: '', to: '', when: 'now', reservation: null };

interface StartFormProps {
  me: Me;
  now: InstrumentNow;
  choices: Choices;
  /** somebody else's session that is still open here */
  other?: Session;
  personName(id: string): string;
  onStarted(session: Session): void;
}

export function StartForm({ me, now, choices, other, personName, onStarted }: StartFormProps): JSX.Element {
  const { api } = useLims();
  const { instrument } = now;
  const zone = instrument.timezone;
  const [draft, setDraft] = useDraft<Draft>(`${me.name}:session`, EMPTY);
  const action = useAction();
  // The same key as long as the same words are sent, so that a retry never logs a second session.
  const text = JSON.stringify([draft, instrument.id]);
  const key = React.useMemo(requestKey, [text]);
  const isPast = draft.when === 'past';

  const start = async (): Promise<void> => {
    const { title, notes, people, user, project, sample, reservation } = draft;
    const at = isPast ? readTime(draft.from, zone).at?.toISOString() : null;
    const end = isPast ? readTime(draft.to, zone).at?.toISOString() : null;
    await action.run(async () => {
      const made = await api.call('start_session', {
        instrument: instrument.id,
        title,
        notes,
        people,
        reservation,
        at,
        end,
        user: user || null,
        project: project || null,
        sample: sample || null,
        end_other: !isPast && other !== undefined,
        request_key: key
      });
      setDraft(EMPTY);
      onStarted(made);
    });
  };
  const book = (booked: Reservation): void =>
    setDraft({ ...draft, title: booked.title, project: booked.project ?? '', sample: booked.sample ?? '', user: booked.user === me.name ? '' : booked.user, reservation: booked.id });
  const last = choices.last;
  const isReady = !isPast || (readTime(draft.from, zone).at !== undefined && readTime(draft.to, zone).at !== undefined);
  return (
    <form className="lims-StartForm" onSubmit={event => {
      event.preventDefault();
      void start();
    }} onKeyDown={event => {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && isReady && !action.busy) {
        event.preventDefault();
        void start();
      }
    }}>
      {!isPast && other && <StillOpen other={other} lastFile={now.last_file} zone={zone} name={personName(other.user)} />}
      {now.reservations.filter(one => me.is_staff || one.user === me.name).map(booked => (
        <p key={booked.id} className="lims-Booking lims-line">
          <span className="lims-grow">
            booked {clock(booked.start, zone)}–{clock(booked.end, zone)} · {[booked.title, booked.project, booked.sample, booked.user !== me.name && personName(booked.user)].filter(Boolean).join(' · ')}
          </span>
          {draft.reservation === booked.id ? <span className="lims-muted">used below</span> : <Button onClick={() => book(booked)}>Use this booking</Button>}
        </p>
      ))}
      <div className="lims-line">
        <Choice label="when" value={draft.when} onChange={when => setDraft({ ...draft, when })} options={[['now', 'Starts now'], ['past', 'Already happened']]} />
        {last && (
          <Button quiet title={last.title} onClick={() => setDraft({ ...draft, ...typedOf(last), user: last.user === me.name ? '' : last.user, notes: draft.notes, half: draft.half })}>As last time</Button>
        )}
        {text !== JSON.stringify([EMPTY, instrument.id]) && <Button quiet onClick={() => setDraft(EMPTY)}>Clear</Button>}
      </div>
      {isPast && <Window times={draft} zone={zone} onChange={times => setDraft({ ...draft, ...times })} />}
      <SessionFields typed={draft} choices={choices} forOthers={me.is_staff} me={me.name} onChange={typed => setDraft({ ...draft, ...typed })} />
      <Problem error={action.error} />
      <Button primary submit busy={action.busy} disabled={action.busy || !isReady} className="lims-big" aria-keyshortcuts="s">
        {action.busy ? 'Saving' : buttonText(isPast, other && personName(other.user), now.last_file, zone)}
      </Button>
    </form>
  );
}

function buttonText(isPast: boolean, other: string | undefined, lastFile: string | null, zone: string): string {
  if (isPast) {
    return 'Log this session';
  }
  const when = lastFile ? `at ${near(lastFile, zone)}, its last file,` : 'now';
  return other ? `End ${possessive(other)} session ${when} and start yours` : 'Start session';
}

/** "Maria Keller" -> "Keller's" */
function possessive(name: string): string {
  const family = name.split(' ').pop() ?? name;
  return family.endsWith('s') ? `${family}’` : `${family}’s`;
}

function StillOpen({ other, lastFile, zone, name }: { other: Session; lastFile: string | null; zone: string; name: string }): JSX.Element {
  return (
    <p className="lims-StillOpen">
      <b>{name} still has a session open here</b>, since {near(other.start, zone)} ({span(other.start, new Date())});{' '}
      {lastFile ? `its last file came at ${near(lastFile, zone)}.` : 'it has no files.'}
    </p>
  );
}
