/** The lineage of one thing, and what is known of the step that is chosen in it. */
import * as React from 'react';

import type { LineageEdge, LineageView } from '../../tokens';
import { useAsk } from '../hooks';
import { Button, Problem } from '../kit';
import { Doubts } from './Doubts';
import { LineageGraph } from './LineageGraph';
import { Pairs } from './Pairs';
import { RunDetail } from './RunDetail';

/** The layout of so many takes most of a second. */
const PAGE = 100;
/** The service gives no more at once. */
const MOST = 5000;

export interface LineageOfProps {
  of: string;
  zone: string;
  onOpen(id: string): void;
}

export function LineageOf({ of, zone, onOpen }: LineageOfProps): JSX.Element {
  const [limit, setLimit] = React.useState(PAGE);
  const asked = useAsk('lineage', { thing: of, limit });
  const [chosen, setChosen] = React.useState<string>();
  const [told, setTold] = React.useState('');
  const status = React.useRef<HTMLParagraphElement>(null);
  React.useEffect(() => {
    setChosen(undefined);
    setLimit(PAGE);
    setTold('');
  }, [of]);
  // The step may be gone with its edge; who uses the keyboard goes on from what was done.
  React.useEffect(() => (told ? status.current?.focus() : undefined), [told]);
  const graph = asked.result;
  if (!graph) {
    return asked.error ? <Problem error={asked.error} retry={asked.again} /> : <div className="lims-Skeleton" style={{ height: 200 }} />;
  }
  const edge = graph.edges.find(one => one.id === chosen);
  const settled = (words: string): void => {
    setTold(words);
    asked.again();
  };
  return (
    <div className="lims-LineageOf">
      {graph.edges.length ? (
        <LineageGraph graph={graph} of={of} onNode={node => onOpen(node.id)} onEdge={one => setChosen(one.id)} />
      ) : (
        <p className="lims-muted">
          Nothing is known to have been made from it yet. <code>lims.save(…, parents=[…])</code> in a notebook puts results here.
        </p>
      )}
      <More graph={graph} busy={asked.busy} onMore={limit < MOST ? () => setLimit(limit + PAGE) : undefined} />
      <Problem error={asked.error} retry={asked.again} />
      <p role="status" ref={status} tabIndex={-1} hidden={!told}>{told}</p>
      {edge && <Step key={edge.id} edge={edge} graph={graph} zone={zone} onOpen={onOpen} onSettled={settled} onClose={() => setChosen(undefined)} />}
    </div>
  );
}

/** What of it is not drawn. */
function More({ graph, busy, onMore }: { graph: LineageView; busy: boolean; onMore?(): void }): JSX.Element {
  const left = graph.next === null ? 0 : graph.total - graph.nodes.length;
  const line = React.useRef<HTMLParagraphElement>(null);
  const [asked, setAsked] = React.useState(false);
  // The button goes with the last page.
  React.useEffect(() => (asked && !left ? line.current?.focus() : undefined), [asked, left]);
  return (
    <p className="lims-line" role="status" ref={line} tabIndex={-1} hidden={!left && !asked}>
      <span>{left ? `${left.toLocaleString('en')} more ${left === 1 ? 'is' : 'are'} not shown.` : `All ${graph.total.toLocaleString('en')} are shown.`}</span>
      {left > 0 && onMore && (
        <Button busy={busy} disabled={false} onClick={() => {
          setAsked(true);
          if (!busy) {
            onMore();
          }
        }}>
          Show {left > PAGE ? `${PAGE} more` : left === 1 ? 'it' : 'them'}
        </Button>
      )}
    </p>
  );
}

interface StepProps extends Omit<LineageOfProps, 'of'> {
  edge: LineageEdge;
  graph: LineageView;
  onSettled(words: string): void;
  onClose(): void;
}

function Step({ edge, graph, zone, onOpen, onSettled, onClose }: StepProps): JSX.Element {
  const nameOf = (id: string): string => graph.nodes.find(node => node.id === id)?.name ?? id;
  return (
    <section className="lims-Step" aria-label="how it was made" aria-live="polite">
      <header>
        <h3>{edge.sentence || `${nameOf(edge.to)} was made from ${nameOf(edge.from)}`}</h3>
        <Button quiet onClick={onClose}>Close</Button>
      </header>
      <p className="lims-muted">{[edge.relation, edge.source].filter(Boolean).join(' · ')}</p>
      {edge.doubt && <Doubts doubts={[{ text: edge.doubt, relation: edge.id }]} onSettled={onSettled} />}
      <Pairs of={edge.params} />
      {edge.run && <RunDetail id={edge.run} zone={zone} besides={edge.id} onOpen={onOpen} onSettled={onSettled} />}
    </section>
  );
}
