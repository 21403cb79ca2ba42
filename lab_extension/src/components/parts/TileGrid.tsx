/** Datasets as tiles, virtual inside of whatever scrolls around them. */
import * as React from 'react';

import type { Tile } from '../../tokens';
import { useWidth } from '../hooks';
import { Time } from '../kit';
import { Preview } from '../Preview';
import { bytes } from '../quantities';
import { useVirtualRows } from '../virtual';

const GAP = 12;
const TEXT_HEIGHT = 56;

export interface TileGridProps {
  tiles: readonly Tile[];
  label: string;
  zone: string;
  tileWidth?: number;
  chosen?: string;
  onOpen(tile: Tile): void;
}

export function TileGrid({ tiles, label, zone, tileWidth = 132, chosen, onOpen }: TileGridProps): JSX.Element {
  const [ref, width] = useWidth();
  const [current, setCurrent] = React.useState(0);
  const columns = Math.max(2, Math.floor((width + GAP) / (tileWidth + GAP)));
  const cell = Math.floor((width - GAP * (columns - 1)) / columns);
  const rowHeight = cell + TEXT_HEIGHT + GAP;
  const list = React.useRef<HTMLDivElement>(null);
  const virtual = useVirtualRows(list, width ? Math.ceil(tiles.length / columns) : 0, rowHeight);
  const onKeyDown = (event: React.KeyboardEvent): void => {
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[event.key];
    const next = current + (step ?? 0);
    if (step && tiles[next]) {
      event.preventDefault();
      setCurrent(next);
      ref.current?.querySelector<HTMLElement>(`[data-index="${next}"]`)?.focus();
    }
  };
  return (
    <div ref={ref} className="lims-TileGrid" onKeyDown={onKeyDown}>
      <div ref={list} role="list" aria-label={label} style={{ height: Math.max(0, virtual.total - GAP), position: 'relative' }}>
        {virtual.rows.map(row => (
          <div key={row} role="presentation" className="lims-TileGrid-row"
            style={{ transform: `translateY(${row * rowHeight}px)`, gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))` }}>
            {tiles.slice(row * columns, (row + 1) * columns).map((tile, column) => {
              const index = row * columns + column;
              return (
                <div key={tile.id} role="listitem">
                  <TileButton tile={tile} zone={zone} index={index} isCurrent={index === current} isChosen={tile.id === chosen}
                    onFocus={() => setCurrent(index)} onOpen={onOpen} />
                </div>
              );
            })}
          </div>
        ))}
      </div>
    </div>
  );
}

function TileButton(props: {
  tile: Tile;
  zone: string;
  index: number;
  isCurrent: boolean;
  isChosen: boolean;
  onFocus(): void;
  onOpen(tile: Tile): void;
}): JSX.Element {
  const { tile, zone } = props;
  return (
    <button type="button" className="lims-Tile" data-index={props.index} data-id={tile.id} data-status={tile.status} data-selected={props.isChosen} title={tile.name}
      tabIndex={props.isCurrent ? 0 : -1} onFocus={props.onFocus} onClick={() => props.onOpen(tile)}>
      <Preview of={tile} />
      <span className="lims-Tile-name">{tile.name}</span>
      <span className="lims-Tile-facts lims-muted">
        {tile.at && <Time at={tile.at} zone={zone} show="clock" />} <span>{bytes(tile.bytes)}</span>
      </span>
    </button>
  );
}
