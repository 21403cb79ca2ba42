/** One run: what ran, on what, in what, what came of it, and whether it came out the same again. */
import * as React from 'react';

import type { RunView } from '../../tokens';
import { useAsk } from '../hooks';
import { Button, Copyable, Fold, Notice, Problem, Shape, Time } from '../kit';
import { useNames } from '../names';
import { duration } from '../times';
import { Artefacts, Unknown } from './Artefacts';
import { Doubts } from './Doubts';
import { Environment } from './Environment';
import { Pairs } from './Pairs';
import { Replays } from './Replays';

const KINDS: Record<string, string> = {
  notebook: 'notebook', script: 'script', program: 'program', interactive: 'a notebook as it was worked in', external: 'done in another program'
};
const COMMIT = 12;

export interface RunDetailProps {
  id: string;
  zone: string;
  onOpen(id: string): void;
  /** the edge whose doubt stands beside it already */
  besides?: string;
  onSettled?(words: string): void;
}

export function RunDetail({ id: given, ...rest }: RunDetailProps): JSX.Element {
  const [id, setId] = React.useState(given);
  React.useEffect(() => setId(given), [given]);
  const asked = useAsk('run', { run: id });
  const run = asked.result?.run === id ? asked.result : undefined;
  const top = React.useRef<HTMLElement>(null);
  const go = (next: string): void => {
    setId(next);
    top.current?.focus();
  };
  const [told, setTold] = React.useState('');
  const settled = (words: string): void => {
    setTold(words);
    top.current?.focus();
    asked.again();
    rest.onSettled?.(words);
  };
  return (
    <section className="lims-Run" aria-label={`run ${id}`} aria-busy={!run} ref={top} tabIndex={-1}>
      {id !== given && <Button quiet className="lims-Back" onClick={() => go(given)}>← {given}</Button>}
      <Problem error={asked.error} retry={asked.again} />
      {!run && !asked.error && <div className="lims-Skeleton" style={{ height: 200 }} />}
      <p role="status" hidden={!told}>{told}</p>
      {run && <Told run={run} go={go} {...rest} onSettled={settled} />}
    </section>
  );
}

type ToldProps = Omit<RunDetailProps, 'id'> & { run: RunView; go(run: string): void; onSettled(words: string): void };

function Told({ run, go, zone, besides, onOpen, onSettled }: ToldProps): JSX.Element {
  const parameters = Object.keys(run.parameters).length;
  return (
    <>
      <Head run={run} zone={zone} />
      {run.replaced_by && (
        <Notice>
          What it wrote was brought up to date by <RunLink id={run.replaced_by} onOpen={go} />.
        </Notice>
      )}
      {run.error && <p className="lims-Failure"><Shape state="failed" /> {run.error}</p>}
      <Doubts doubts={run.doubts.filter(one => !besides || one.relation !== besides)} onSettled={onSettled} />
      <Source run={run} go={go} onOpen={onOpen} />
      <Artefacts title="Inputs" of={run.inputs} run={run} role="input" onOpen={onOpen} />
      <Artefacts title="Outputs" of={run.outputs} run={run} role="output" onOpen={onOpen} />
      <Unknown files={run.files} />
      {parameters > 0 && (
        <section>
          <h3>Parameters</h3>
          <Pairs of={run.parameters} />
        </section>
      )}
      <Replays run={run} zone={zone} />
      {Object.keys(run.environment).length > 0 && (
        <Fold title="Environment"><Environment of={run.environment} /></Fold>
      )}
    </>
  );
}

function Head({ run, zone }: { run: RunView; zone: string }): JSX.Element {
  const names = useNames();
  const took = run.end && duration((Date.parse(run.end) - Date.parse(run.start)) / 1000);
  return (
    <p className="lims-line">
      <span className="lims-Status"><Shape state={run.status} />{run.status}</span>
      <b>{run.notebook}</b>
      <span className="lims-muted">
        {KINDS[run.details.kind] ?? run.details.kind}, {names.person(run.user)}, <Time at={run.start} zone={zone} />{took && `, ${took}`}
      </span>
      <Copyable text={run.run} label="copy the run's id" />
    </p>
  );
}

/** Its text as it was, what it printed, and where its text came from. */
function Source({ run, go, onOpen }: Pick<ToldProps, 'run' | 'go' | 'onOpen'>): JSX.Element | null {
  const { source, commit, replaces, kind } = run.details;
  const executed = run.executed;
  if (!source && !executed && !commit && !replaces) {
    return null;
  }
  return (
    <dl className="lims-Pairs">
      {source && <dt>source</dt>}
      {source && <dd><Link onClick={() => onOpen(source)}>{run.notebook.split('/').pop()}, as it ran</Link></dd>}
      {executed && <dt>{kind === 'notebook' || kind === 'interactive' ? 'executed' : 'log'}</dt>}
      {executed && <dd><Link onClick={() => onOpen(executed)}>{kind === 'notebook' || kind === 'interactive' ? 'with what its cells gave' : 'what it printed'}</Link></dd>}
      {commit && <dt>commit</dt>}
      {commit && <dd><code title={commit}>{commit.replace('+', '').slice(0, COMMIT)}</code>{commit.endsWith('+') && ', with changes that were not committed'}</dd>}
      {replaces && <dt>brings up to date</dt>}
      {replaces && <dd><RunLink id={replaces} onOpen={go} /></dd>}
    </dl>
  );
}

function Link({ onClick, children }: { onClick(): void; children: React.ReactNode }): JSX.Element {
  return <button type="button" className="lims-Link" onClick={onClick}>{children}</button>;
}

function RunLink({ id, onOpen }: { id: string; onOpen(id: string): void }): JSX.Element {
  return <Link onClick={() => onOpen(id)}>{id}</Link>;
}
