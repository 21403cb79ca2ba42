/** "Log a session": pick the instrument, then whatever is the next thing to do there. */
import * as React from 'react';

import type { Choices, Instrument, InstrumentNow, Me, Session } from '../../tokens';
import { useDraft } from '../drafts';
import { useAsk, useLims, useShared } from '../hooks';
import { isTyping, ownerOfKey, usePageKeys } from '../keys';
import { Button, Empty, Field, Keys, Problem, Status, Time } from '../kit';
import { span } from '../times';
import { SessionPanel } from './SessionPanel';
import { StartForm } from './StartForm';

const HERE_MS = 5000;
const ELSEWHERE_MS = 30_000;
const RECENT = 6;
/** No single key starts or ends a session: it leads there, Enter presses it. */
const KEYS = [
  ['i', 'to the instrument'], ['w', 'to what it is for'], ['n', 'to the note'], ['f', 'to the files; ← ↑ ↓ → move, Enter opens'],
  ['s', 'to the large button: start, end; Enter presses it'], ['e', 'edit the session'],
  ['Ctrl+Enter', 'send what you are typing: start, note, correction'], ['Esc', 'leave a correction as it was'], ['?', 'these keys']
] as const;

export function SessionForm(): JSX.Element {
  const me = useAsk('me', {});
  const choices = useAsk('choices', {});
  React.useEffect(() => {
    if (choices.result) {
      performance.mark('lims:painted');
    }
  }, [choices.result]);
  if (!me.result || !choices.result) {
    return (
      <div className="lims-SessionForm">
        {(me.error ?? choices.error) ? <Problem error={me.error ?? choices.error} retry={() => {
          me.again();
          choices.again();
        }} /> : <div className="lims-Skeleton" style={{ height: 320 }} />}
      </div>
    );
  }
  return choices.result.instruments.length ? (
    <Form me={me.result} choices={choices.result} onNames={choices.again} />
  ) : (
    <Empty title="There is no instrument yet.">Add one to facility.toml, under [instruments.NAME].</Empty>
  );
}

function Form({ me, choices, onNames }: { me: Me; choices: Choices; onNames(): void }): JSX.Element {
  const [kept, keep] = useDraft(`${me.name}:instrument`, '');
  const [asked, ask] = useShared('instrument', '');
  const [looking, setLooking] = React.useState<string>();
  const known = choices.instruments.find(one => one.id === (asked || kept)) ?? choices.instruments[0];
  const now = useAsk('instrument_now', { instrument: known.id }, HERE_MS);
  const here = now.result?.instrument.id === known.id ? now.result : undefined;
  const personName = (id: string): string => choices.people.find(one => one.id === id)?.name || id;
  const isMine = (session: Session): boolean => [session.user, session.operator, ...session.people].includes(me.name);
  const mine = here?.open.find(isMine);
  const other = here?.open.find(session => !isMine(session));
  const shown = looking ?? mine?.id;
  const { host } = useLims();
  const root = React.useRef<HTMLDivElement>(null);
  const [helps, setHelps] = React.useState(false);
  const heard = usePageKeys(host, event => {
    if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const owner = ownerOfKey(root.current, event.key);
    if (event.key === '?') {
      setHelps(true);
    } else if (owner) {
      event.preventDefault();
      owner.focus();
      if (event.key === 'e') {
        owner.click();
      }
    }
  });
  return (
    <div ref={root} className="lims-SessionForm" onKeyDown={heard}>
      <header className="lims-SessionForm-head">
        <h1>Log a session</h1>
        {host.layout === 'page' && <Button quiet className="lims-SessionForm-keys" aria-label="keys" title="Keys (?)" onClick={() => setHelps(true)}>?</Button>}
        <Field label="Instrument" note={known.location}>
          <select className="lims-Input lims-SessionForm-instrument" aria-keyshortcuts="i" value={known.id} onChange={event => {
            keep(event.target.value);
            ask(event.target.value);
            setLooking(undefined);
          }}>
            {choices.instruments.map(one => <option key={one.id} value={one.id}>{one.name}</option>)}
          </select>
        </Field>
        <Elsewhere instruments={choices.instruments.filter(one => one.id !== known.id)} personName={personName} />
      </header>
      <Problem error={here ? undefined : now.error} retry={now.again} />
      {!here && !now.error && <div className="lims-Skeleton" style={{ height: 240 }} />}
      {here && shown && (
        <SessionPanel key={shown} id={shown} me={me} choices={choices} personName={personName} onLeave={() => {
          setLooking(undefined);
          now.again();
        }} />
      )}
      {here && !shown && (
        <StartForm key={known.id} me={me} now={here} choices={choices} other={other} personName={personName} onStarted={session => {
          setLooking(session.id);
          now.again();
          onNames();
        }} />
      )}
      {here && other && !shown && me.is_staff && <Button quiet onClick={() => setLooking(other.id)}>Show {personName(other.user)}’s session</Button>}
      {here && <Recent key={`${known.id} ${shown ?? ''}`} now={here} shown={shown} personName={personName} onShow={setLooking} />}
      {helps && <Keys keys={KEYS} onClose={() => setHelps(false)} />}
    </div>
  );
}

/** Who has the other instruments. */
function Elsewhere({ instruments, personName }: { instruments: Instrument[]; personName(id: string): string }): JSX.Element | null {
  const { api } = useLims();
  const [open, setOpen] = React.useState<InstrumentNow[]>([]);
  const ids = instruments.map(one => one.id).join(' ');
  React.useEffect(() => {
    let wanted = true;
    const look = async (): Promise<void> => {
      const found = await Promise.allSettled(ids.split(' ').filter(Boolean).map(instrument => api.call('instrument_now', { instrument })));
      if (wanted) {
        setOpen(found.flatMap(one => (one.status === 'fulfilled' && one.value.open.length ? [one.value] : [])));
      }
    };
    void look();
    const timer = setInterval(() => void look(), ELSEWHERE_MS);
    return () => {
      wanted = false;
      clearInterval(timer);
    };
  }, [api, ids]);
  return open.length ? (
    <p className="lims-muted lims-Elsewhere">
      open elsewhere:{' '}
      {open.flatMap(now => now.open.map(session => (
        <span key={session.id}>{now.instrument.name} ({personName(session.user)}, {span(session.start, new Date())})</span>
      )))}
    </p>
  ) : null;
}

/** The last sessions here, to correct, reopen or look at. */
function Recent(props: { now: InstrumentNow; shown?: string; personName(id: string): string; onShow(id: string): void }): JSX.Element | null {
  const { instrument } = props.now;
  const asked = useAsk('sessions', { instrument: instrument.id, limit: RECENT });
  const sessions = asked.result?.filter(one => one.id !== props.shown && (one.state === 'ended' || one.state === 'cancelled')) ?? [];
  return sessions.length ? (
    <section className="lims-Section">
      <h2>Before, on {instrument.name}</h2>
      <ul className="lims-Rows">
        {sessions.map(one => (
          <li key={one.id}>
            <Time at={one.start} zone={instrument.timezone} />
            <span>{props.personName(one.user)}</span>
            <b className="lims-grow">{one.title || 'Untitled session'}</b>
            {one.state === 'cancelled' && <Status state="cancelled" />}
            <Button quiet aria-label={`show ${one.title}`} onClick={() => props.onShow(one.id)}>show</Button>
          </li>
        ))}
      </ul>
    </section>
  ) : null;
}
