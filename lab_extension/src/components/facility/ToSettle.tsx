/** What waits for a person, each with the ways to settle it; and what was settled, with the way back. */
import * as React from 'react';

import type { Arguments, AttentionItem, Settled } from '../../tokens';
import { requestKey, useAction, useAsk, useLims } from '../hooks';
import { Button, Empty, Fold, Problem, Shape, Time } from '../kit';
import { useNames } from '../names';
import { AnotherSession } from './AnotherSession';

const EVERY_MS = 30_000;
const KINDS: Record<string, string> = {
  failed: 'could not be read', orphan: 'in no session', 'never-ended': 'never ended', missing: 'missing',
  booking: 'not used', clock: 'wrong clock', unavailable: 'cannot be listed'
};

type Settle = Arguments<'settle'>;
/** How an item is settled: what is to be decided, and what is needed for it. */
export type Way = Pick<Settle, 'decision' | 'session' | 'user'>;

interface Props {
  zone: string;
  onSettled(): void;
}

export function ToSettle({ zone, onSettled }: Props): JSX.Element {
  const attention = useAsk('attention', {}, EVERY_MS);
  const [last, setLast] = React.useState<Settled>();
  const told = React.useRef<HTMLDivElement>(null);
  // What was pressed is gone with its line; who uses the keyboard goes on from here.
  React.useEffect(() => (last ? told.current?.focus() : undefined), [last]);
  const settled = (done: Settled, item?: AttentionItem): void => {
    setLast(done);
    attention.put((attention.result ?? []).filter(one => one !== item));
    attention.again();
    onSettled();
  };
  return (
    <section className="lims-Section" aria-label="to settle">
      <h2>To settle</h2>
      <Problem error={attention.error} retry={attention.again} />
      <div role="status" ref={told} tabIndex={-1}>
        {last && <Row key={last.at + last.text} of={last} zone={zone} onUndone={settled} />}
      </div>
      {attention.result?.length === 0 && <Empty title="Nothing waits for a person." />}
      <ul className="lims-Rows">
        {attention.result?.map(item => (
          <Item key={item.kind + item.thing + item.reason} item={item} zone={zone} onSettled={done => settled(done, item)} />
        ))}
      </ul>
      <Fold title="Settled lately">
        <Lately key={last && last.at + last.text} zone={zone} onUndone={settled} />
      </Fold>
    </section>
  );
}

function Item({ item, zone, onSettled }: { item: AttentionItem; zone: string; onSettled(done: Settled): void }): JSX.Element {
  const { api } = useLims();
  const action = useAction();
  const [doing, setDoing] = React.useState<Way['decision']>();
  const [isChoosing, setIsChoosing] = React.useState(false);
  const settle = (way: Way): void => {
    setDoing(way.decision);
    const asked: Settle = { thing: item.thing, kind: item.kind, request_key: requestKey(), ...way };
    void action.run(async () => onSettled(await api.call('settle', asked)));
  };
  return (
    <li>
      <span className="lims-Status"><Shape state="attention" />{KINDS[item.kind] ?? item.kind}</span>
      <b>{item.title}</b>
      <span className="lims-grow" title={item.hint}>{item.reason}</span>
      {item.at && <Time at={item.at} zone={zone} />}
      {item.actions.length > 0 ? (
        <span className="lims-Ways" role="group" aria-label={`${item.title}: what to do`}>
          {item.actions.map(({ decision, label }) => (
            <Button key={decision} disabled={action.busy} aria-busy={action.busy && doing === decision} onClick={() => settle({ decision })}>
              {label}
            </Button>
          ))}
          {item.kind === 'orphan' && (
            <Button quiet aria-expanded={isChoosing} disabled={action.busy} onClick={() => setIsChoosing(!isChoosing)}>Another session…</Button>
          )}
        </span>
      ) : (
        <span className="lims-Ways-hint lims-muted">{item.hint}</span>
      )}
      {isChoosing && <AnotherSession item={item} busy={action.busy} onChosen={settle} />}
      <Problem error={action.error} />
    </li>
  );
}

function Lately({ zone, onUndone }: { zone: string; onUndone(done: Settled): void }): JSX.Element {
  const { result, error, again } = useAsk('settled', {});
  return (
    <>
      <Problem error={error} retry={again} />
      {result?.length === 0 && <p className="lims-muted">Nothing was settled.</p>}
      <ul className="lims-Rows">
        {result?.map(one => (
          <li key={one.kind + one.thing + one.at}><Row of={one} zone={zone} onUndone={onUndone} /></li>
        ))}
      </ul>
    </>
  );
}

/** What was settled, how, by whom and when; and how it is taken back. */
function Row({ of, zone, onUndone }: { of: Settled; zone: string; onUndone(done: Settled): void }): JSX.Element {
  const { api } = useLims();
  const action = useAction();
  const names = useNames();
  const undo = (): void => void action.run(async () => onUndone(await api.call('unsettle', { thing: of.thing, kind: of.kind })));
  return (
    <div className="lims-line">
      <Shape state="done" />
      <b>{of.title}</b>
      <span><WithRecord text={of.text} /></span>
      <span className="lims-muted">{names.person(of.by)}, <Time at={of.at} zone={zone} /></span>
      {of.undo && <Button quiet busy={action.busy} aria-label={`Undo: ${of.title}`} onClick={undo}>Undo</Button>}
      {of.hint && <span className="lims-muted">To take it back: <code>{of.hint}</code></span>}
      <Problem error={action.error} />
    </div>
  );
}

/** A session that a sentence names leads to its record, where the host can open one. */
function WithRecord({ text }: { text: string }): JSX.Element {
  const { open } = useLims().host;
  const [before, session, after] = text.split(/(ses-\w+)/);
  return session && open ? (
    <>{before}<button type="button" className="lims-Link" onClick={() => open(session.replace('ses', 'rec'), session)}>{session}</button>{after}</>
  ) : (
    <>{text}</>
  );
}
