/** The lineage of one thing, and what is known of the step that is chosen in it. */
import * as React from 'react';

import type { LineageEdge, LineageNode } from '../../tokens';
import { useAsk } from '../hooks';
import { Button, Copyable, Problem, Status, Time } from '../kit';
import { later } from '../later';
import { plain } from '../quantities';

// The layout of a graph is a quarter of all code.
const LineageGraph = later(async () => (await import('./LineageGraph')).LineageGraph);

export function LineageOf({ of, zone, onOpen }: { of: string; zone: string; onOpen(node: LineageNode): void }): JSX.Element {
  const asked = useAsk('lineage', { thing: of });
  const [edge, setEdge] = React.useState<LineageEdge>();
  React.useEffect(() => setEdge(undefined), [of]);
  const graph = asked.result;
  if (!graph) {
    return asked.error ? <Problem error={asked.error} retry={asked.again} /> : <div className="lims-Skeleton" style={{ height: 148 }} />;
  }
  if (!graph.edges.length) {
    return (
      <p className="lims-muted">
        Nothing is known to have been made from it yet. <code>lims.save(…, parents=[…])</code> in a notebook puts results here.
      </p>
    );
  }
  const nameOf = (id: string): string => graph.nodes.find(node => node.id === id)?.name ?? id;
  return (
    <div className="lims-LineageOf">
      <LineageGraph graph={graph} of={of} onNode={onOpen} onEdge={setEdge} />
      {edge && (
        <section className="lims-Step" aria-label="how it was made" aria-live="polite">
          <header className="lims-line">
            <h3>{edge.relation}</h3>
            <span className="lims-muted lims-grow">{nameOf(edge.from)} → {nameOf(edge.to)} · {edge.source}</span>
            <Button quiet onClick={() => setEdge(undefined)}>Close</Button>
          </header>
          <Pairs of={edge.params} />
          {edge.run && <RunDetail id={edge.run} zone={zone} />}
        </section>
      )}
    </div>
  );
}

function Pairs({ of }: { of: Record<string, unknown> }): JSX.Element | null {
  return Object.keys(of).length ? (
    <dl className="lims-Pairs">
      {Object.entries(of).map(([name, value]) => (
        <React.Fragment key={name}>
          <dt>{name}</dt>
          <dd><code>{plain(value)}</code></dd>
        </React.Fragment>
      ))}
    </dl>
  ) : null;
}

export function RunDetail({ id, zone }: { id: string; zone: string }): JSX.Element {
  const asked = useAsk('run', { run: id });
  const run = asked.result;
  if (!run) {
    return asked.error ? <Problem error={asked.error} /> : <div className="lims-Skeleton" style={{ height: 96 }} />;
  }
  return (
    <div className="lims-Run">
      <p className="lims-line">
        <Status state={run.status} />
        <b>{run.notebook}</b>
        <span className="lims-muted">{run.user}, <Time at={run.start} zone={zone} /></span>
        <Copyable text={run.run} label="copy the run's id" />
      </p>
      {run.error && <p>{run.error}</p>}
      <h3>Parameters</h3>
      <Pairs of={run.parameters} />
      <details>
        <summary>Environment</summary>
        <Pairs of={run.environment} />
      </details>
    </div>
  );
}
