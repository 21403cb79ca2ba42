/** Some datasets, given by id, as pictures; one of them large on demand. */
import * as React from 'react';

import type { DatasetView, Tile } from '../../tokens';
import { useLims, useShared } from '../hooks';
import { Empty } from '../kit';
import { useNames } from '../names';
import { DatasetDetail } from './DatasetDetail';
import { TileGrid } from './TileGrid';

const AT_ONCE = 6;
const NONE: string[] = [];

export function Gallery(): JSX.Element {
  const { api } = useLims();
  const names = useNames();
  const [ids] = useShared<string[]>('datasets', NONE);
  const [, setSelected] = useShared<string[]>('selected', NONE);
  const [found, setFound] = React.useState<DatasetView[]>([]);
  const [open, setOpen] = React.useState<string>();
  const key = ids.join(' ');
  React.useEffect(() => {
    let wanted = true;
    const load = async (): Promise<void> => {
      const all = key.split(' ').filter(Boolean);
      const views: DatasetView[] = [];
      for (let start = 0; start < all.length && wanted; start += AT_ONCE) {
        const part = await Promise.allSettled(all.slice(start, start + AT_ONCE).map(dataset => api.call('dataset', { dataset, metadata: false })));
        views.push(...part.flatMap(one => (one.status === 'fulfilled' ? [one.value] : [])));
        if (wanted) {
          setFound([...views]);
        }
      }
    };
    void load();
    return () => {
      wanted = false;
    };
  }, [api, key]);
  if (!ids.length) {
    return <Empty title="No datasets were given.">Gallery(datasets=[…]) takes their ids.</Empty>;
  }
  const tiles: Tile[] = found.map(one => ({ ...one, at: one.acquired ?? one.modified, shape: one.signals[0]?.shape ?? [] }));
  return (
    <div className="lims-Record" data-drawer={open !== undefined}>
      <div className="lims-Record-main">
        <TileGrid tiles={tiles} label="datasets" zone={names.zone(found[0]?.instrument ?? null)} chosen={open} onOpen={tile => {
          setOpen(tile.id);
          setSelected([tile.id]);
        }} />
      </div>
      {open && (
        <aside className="lims-Record-drawer" aria-label="file">
          <DatasetDetail id={open} onClose={() => setOpen(undefined)} onOpen={setOpen} />
        </aside>
      )}
    </div>
  );
}
