/** The results as a gallery or a table; virtual, so that a hundred thousand scroll as ten do. */
import * as React from 'react';

import type { Hit, Kind } from '../../tokens';
import { useWidth } from '../hooks';
import type { Names } from '../names';
import { useVirtualRows } from '../virtual';
import { HitCard, HitRow } from './HitCard';
import type { Highlights } from './useHighlights';

export interface ResultsProps {
  hits: readonly (Hit | undefined)[];
  total: number;
  view: 'gallery' | 'table';
  kind: Kind;
  cardWidth: number;
  names: Names;
  selected: readonly string[];
  /** Of results of a query, for which a line is kept free; null: there is no query. */
  highlights: Highlights | null;
  onOpen(hit: Hit): void;
  onSelect(hit: Hit): void;
  onDetails?(hit: Hit): void;
  onDrag?(hit: Hit, x: number, y: number): void;
  reach(first: number, last: number): void;
}

export interface ResultsHandle {
  focus(): void;
}

const GAP = 12;
/** On a phone two cards stand side by side. */
const NARROW = 480;
const NARROW_CARD = 140;
const TEXT_HEIGHT = { record: 100, dataset: 81 };
const ROW_HEIGHT = 44;
const WHERE_HEIGHT = { gallery: 19, table: 18 };
const STEPS: Record<string, (columns: number) => number> = {
  ArrowRight: () => 1, ArrowLeft: () => -1, ArrowDown: columns => columns, ArrowUp: columns => -columns,
  PageDown: columns => columns * 4, PageUp: columns => columns * -4, Home: () => -Infinity, End: () => Infinity
};

export const Results = React.forwardRef<ResultsHandle, ResultsProps>(function Results(props, handle) {
  const { hits, total, view, cardWidth, reach } = props;
  const [ref, width] = useWidth();
  const columns = view === 'table' ? 1 : Math.max(1, Math.floor((width + GAP) / ((width < NARROW ? Math.min(cardWidth, NARROW_CARD) : cardWidth) + GAP)));
  const cell = Math.floor((width - GAP * (columns - 1)) / columns);
  const where = props.highlights ? WHERE_HEIGHT[view] : 0;
  const rowHeight = where + (view === 'table' ? ROW_HEIGHT : cell + TEXT_HEIGHT[props.kind] + GAP);
  const list = React.useRef<HTMLDivElement>(null);
  const virtual = useVirtualRows(list, width ? Math.ceil(total / columns) : 0, rowHeight);
  const first = (virtual.rows[0] ?? 0) * columns;
  const last = Math.min(total, ((virtual.rows.at(-1) ?? -1) + 1) * columns);
  React.useEffect(() => reach(first, last), [reach, first, last]);

  const [current, setCurrent] = React.useState(0);
  const [, draw] = React.useReducer((turn: number) => turn + 1, 0);
  // Where the focus goes: the place itself, for the effect of an earlier drawing may run after the key.
  const goal = React.useRef<number | null>(null);
  const at = Math.max(0, Math.min(current, total - 1));
  React.useEffect(() => {
    // A list that was hidden until now has no width and no rows yet: the focus waits for them.
    const target = goal.current !== null && ref.current?.querySelector<HTMLElement>(`[data-index="${Math.min(goal.current, total - 1)}"]`);
    if (target) {
      goal.current = null;
      target.focus({ preventScroll: true });
    }
  });
  const go = (index: number): void => {
    const next = Math.max(0, Math.min(total - 1, index));
    virtual.reveal(Math.floor(next / columns));
    goal.current = next;
    setCurrent(next);
    draw();
  };
  React.useImperativeHandle(handle, () => ({ focus: () => total > 0 && go(at) }));

  const onKeyDown = (event: React.KeyboardEvent): void => {
    const step = STEPS[event.key];
    const hit = hits[at];
    if (step && !event.altKey && !event.metaKey) {
      event.preventDefault();
      go(at + step(columns));
    } else if (event.key === ' ' && hit) {
      event.preventDefault();
      props.onSelect(hit);
    } else if (event.key === 'i' && hit && props.onDetails) {
      event.preventDefault();
      props.onDetails(hit);
    }
  };
  const Shown = view === 'table' ? HitRow : HitCard;
  return (
    <div ref={ref} className="lims-Results" data-view={view} data-where={where > 0} onKeyDown={onKeyDown}>
      <div ref={list} role="list" aria-label="results" style={{ height: virtual.total, position: 'relative' }}>
        {virtual.rows.map(row => (
          <div key={row} className="lims-Results-row" role="presentation"
            style={{ transform: `translateY(${row * rowHeight}px)`, gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))` }}>
            {Array.from({ length: Math.min(columns, total - row * columns) }, (_, column) => {
              const index = row * columns + column;
              const hit = hits[index];
              // By position, so that the focus stays where it is when other results come.
              return (
                <Shown key={index} hit={hit} index={index} position={[index + 1, total]} isCurrent={index === at}
                  isSelected={hit !== undefined && props.selected.includes(hit.id)} names={props.names}
                  hasWhere={where > 0} where={hit && props.highlights?.get(hit.id)} onFocus={() => setCurrent(index)} onOpen={props.onOpen} onSelect={props.onSelect}
                  onDetails={props.onDetails} onDrag={props.onDrag} />
              );
            })}
          </div>
        ))}
      </div>
    </div>
  );
});
