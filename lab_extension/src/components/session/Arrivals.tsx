/** The files of a session as they arrive: how many, how much, what they look like, which could not be read and why. */
import * as React from 'react';

import type { SessionView, Tile } from '../../tokens';
import { Button, Dialog, Status, Time } from '../kit';
import { DatasetDetail } from '../parts/DatasetDetail';
import { TileGrid } from '../parts/TileGrid';
import { bytes, count } from '../quantities';

const NEWEST = 14;

export function Arrivals({ view }: { view: SessionView }): JSX.Element {
  const [opened, setOpened] = React.useState<string>();
  const zone = view.instrument.timezone;
  const [all, setAll] = React.useState(false);
  const tiles = React.useMemo(() => [...view.tiles].reverse(), [view.tiles]);
  const failed = tiles.filter(tile => tile.failures.length);
  const isOpen = view.session.end === null;
  const folders = view.instrument.sources.map(source => source.prefix).join(', ');
  return (
    <div className="lims-Arrivals" aria-keyshortcuts="f">
      <p className="lims-Arrivals-count">
        <span role="status" aria-live="polite">{count(tiles.length, 'file')}</span>
        {tiles.length > 0 && <span> · {bytes(view.bytes)}</span>}
        {view.last_file && <span> · last <Time at={view.last_file} zone={zone} show="second" /></span>}
      </p>
      {tiles.length === 0 && (
        <p className="lims-muted">{isOpen ? `They appear here as ${view.instrument.name} writes them into ${folders}.` : 'No file was written in this time.'}</p>
      )}
      {failed.length > 0 && <Failures tiles={failed} onOpen={setOpened} />}
      {tiles.length > 0 && <TileGrid tiles={all ? tiles : tiles.slice(0, NEWEST)} label="files, newest first" zone={zone} tileWidth={104} onOpen={tile => setOpened(tile.id)} />}
      {!all && tiles.length > NEWEST && <Button quiet className="lims-More" onClick={() => setAll(true)}>Show all {count(tiles.length, 'file')}</Button>}
      {opened && (
        <Dialog title="File" onClose={() => setOpened(undefined)}>
          <DatasetDetail id={opened} onOpen={setOpened} />
        </Dialog>
      )}
    </div>
  );
}

function Failures({ tiles, onOpen }: { tiles: Tile[]; onOpen(id: string): void }): JSX.Element {
  return (
    <ul className="lims-Failures" aria-label="files that need attention">
      {tiles.map(tile => (
        <li key={tile.id}>
          <Status state="failed" />
          <button type="button" className="lims-Link" onClick={() => onOpen(tile.id)}>{tile.name}</button>
          <span className="lims-muted">{tile.failures.map(failure => failure.reason).join(' ')}</span>
        </li>
      ))}
    </ul>
  );
}
