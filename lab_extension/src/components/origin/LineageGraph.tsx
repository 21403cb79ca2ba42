/** From raw to result, left to right: previews in the nodes, words on the edges. An edge or its run tells how it was made. */
import * as dagre from '@dagrejs/dagre';
import * as React from 'react';

import type { LineageEdge, LineageNode, LineageView } from '../../tokens';
import { Shape } from '../kit';
import { Preview } from '../Preview';

const NODE = { width: 128, height: 174 };
const NAME_CHARACTERS = 44;
const LINE_CHARACTERS = 18;
const MOST_LINES = 3;
const CHARACTER_PX = 6.6;
const DOUBT_PX = 20;

interface Placed {
  width: number;
  height: number;
  nodes: { node: LineageNode; x: number; y: number }[];
  edges: { edge: LineageEdge; points: { x: number; y: number }[]; label: { x: number; y: number }; lines: string[] }[];
}

/** Words of an edge in at most three short lines. */
export function linesOf(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines[lines.length - 1];
    if (last !== undefined && last.length + word.length < LINE_CHARACTERS) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else {
      lines.push(word);
    }
  }
  return lines.length > MOST_LINES ? [...lines.slice(0, MOST_LINES - 1), `${lines[MOST_LINES - 1]}…`] : lines;
}

/** Names of results differ at their ends. */
export function shortened(name: string): string {
  const half = NAME_CHARACTERS / 2;
  return name.length > NAME_CHARACTERS ? `${name.slice(0, half - 1)}…${name.slice(-half)}` : name;
}

function widthOf(lines: string[], edge: LineageEdge): number {
  return Math.max(24, ...lines.map(line => line.length * CHARACTER_PX + 8)) + (edge.doubt ? DOUBT_PX : 0);
}

/** The words on an edge, then the whole sentence, and what is doubtful about it. */
function told(edge: LineageEdge): string {
  return [shown(edge), edge.sentence, edge.source, edge.doubt && `in doubt: ${edge.doubt}`].filter(Boolean).join('; ');
}

function shown(edge: LineageEdge): string {
  return edge.relation || 'made from';
}

function place(graph: LineageView): Placed {
  const layout = new dagre.graphlib.Graph({ multigraph: true });
  layout.setGraph({ rankdir: 'LR', nodesep: 20, ranksep: 48, edgesep: 16, marginx: 4, marginy: 4 });
  graph.nodes.forEach(node => layout.setNode(node.id, { width: NODE.width, height: NODE.height }));
  const known = graph.edges.filter(edge => layout.hasNode(edge.from) && layout.hasNode(edge.to));
  const lines = known.map(edge => linesOf(shown(edge)));
  known.forEach((edge, index) => {
    layout.setEdge({ v: edge.from, w: edge.to, name: String(index) }, { width: widthOf(lines[index], edge), height: lines[index].length * 15, labelpos: 'c' });
  });
  dagre.layout(layout);
  const at = (id: string): { x: number; y: number } => layout.node(id) as { x: number; y: number };
  const rightOf = (id: string): { x: number; y: number } => ({ x: at(id).x + NODE.width / 2, y: at(id).y });
  const leftOf = (id: string): { x: number; y: number } => ({ x: at(id).x - NODE.width / 2, y: at(id).y });
  const size = layout.graph() as { width?: number; height?: number };
  return {
    width: size.width ?? 0,
    height: size.height ?? 0,
    nodes: graph.nodes.map(node => ({ node, ...at(node.id) })),
    edges: known.map((edge, index) => {
      const found = layout.edge({ v: edge.from, w: edge.to, name: String(index) }) as { x: number; y: number; points: { x: number; y: number }[] };
      return { edge, points: [rightOf(edge.from), ...found.points.slice(1, -1), leftOf(edge.to)], label: { x: found.x, y: found.y }, lines: lines[index] };
    })
  };
}

/** A soft line through points, horizontal at both ends. */
function curve(points: { x: number; y: number }[]): string {
  return points.slice(1).reduce((path, point, index) => {
    const before = points[index];
    const middle = (before.x + point.x) / 2;
    return `${path} C${middle},${before.y} ${middle},${point.y} ${point.x},${point.y}`;
  }, `M${points[0].x},${points[0].y}`);
}

export interface LineageGraphProps {
  graph: LineageView;
  /** the thing it is the lineage of */
  of: string;
  onNode(node: LineageNode): void;
  onEdge(edge: LineageEdge): void;
}

export function LineageGraph({ graph, of, onNode, onEdge }: LineageGraphProps): JSX.Element {
  const placed = React.useMemo(() => place(graph), [graph]);
  const arrow = React.useId();
  const frame = React.useRef<HTMLDivElement>(null);
  // What it is about stands in the middle, however much was made of it.
  React.useLayoutEffect(() => {
    const centre = placed.nodes.find(one => one.node.id === of) ?? placed.nodes[0];
    const element = frame.current;
    element?.scrollTo(centre.x - element.clientWidth / 2, centre.y - element.clientHeight / 2);
  }, [of, graph.nodes.length]); // eslint-disable-line react-hooks/exhaustive-deps
  return (
    <div className="lims-LineageGraph" ref={frame} tabIndex={0} role="region" aria-label="lineage, scrolls sideways">
      <div style={{ position: 'relative', width: placed.width, height: placed.height }}>
        <svg width={placed.width} height={placed.height} aria-hidden="true">
          <defs>
            <marker id={arrow} viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
              <path d="M0 0 8 4 0 8Z" />
            </marker>
          </defs>
          {placed.edges.map(({ edge, points }, index) => (
            <path key={index} className="lims-LineageGraph-line" d={curve(points)} markerEnd={`url(#${arrow})`} data-source={edge.source} data-doubt={edge.doubt !== ''} />
          ))}
        </svg>
        {placed.nodes.map(({ node, x, y }) => (
          <button key={node.id} type="button" className="lims-LineageGraph-node" data-kind={node.kind} data-id={node.id} data-centre={node.id === of} title={node.name}
            style={{ left: x - NODE.width / 2, top: y - NODE.height / 2, width: NODE.width, height: NODE.height }} onClick={() => onNode(node)}>
            <Preview of={{ ...node, no_picture: node.kind === 'dataset' ? node.format : node.kind }} />
            <span className="lims-LineageGraph-name">{shortened(node.name)}</span>
            <span className="lims-LineageGraph-badges">
              {node.bad && <Badge word="bad" why={node.bad} />}
              {node.stale && <Badge word="stale" why={node.stale} />}
            </span>
          </button>
        ))}
        {placed.edges.map(({ edge, label, lines }, index) => (
          <button key={index} type="button" className="lims-LineageGraph-edge" data-run={edge.run} title={told(edge)} aria-label={told(edge)}
            style={{ left: label.x, top: label.y, maxWidth: widthOf(lines, edge) + 4 }} onClick={() => onEdge(edge)}>
            {shown(edge)}{edge.doubt && <span className="lims-LineageGraph-doubt">?</span>}
          </button>
        ))}
      </div>
    </div>
  );
}

/** A word and a shape; why, on hover and for a screen reader. */
function Badge({ word, why }: { word: string; why: string }): JSX.Element {
  return (
    <span className="lims-LineageGraph-badge" data-word={word} title={why}>
      <Shape state="attention" />{word}<span className="lims-hidden">: {why}</span>
    </span>
  );
}
