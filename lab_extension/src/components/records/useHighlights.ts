/**
 * Where the results in sight have what was asked for. Asked after the results, for those that are looked at: it reads
 * vendors' trees, for which the first drawing must not wait, and most results of a long list are never seen.
 */
import * as React from 'react';

import type { Hit } from '../../tokens';
import { useLims } from '../hooks';
import { argumentsOf, type Found } from './useSearch';

export type Highlight = Hit['highlights'][number];
/** By the result's id. */
export type Highlights = ReadonlyMap<string, readonly Highlight[]>;

const AT_ONCE = 20;
const PAUSE_MS = 120;
const NONE: Highlights = new Map();

export function useHighlights(found: Found | undefined): [Highlights, (first: number, last: number) => void] {
  const { api } = useLims();
  const [lit, setLit] = React.useState<{ key: string; by: Highlights }>({ key: '', by: NONE });
  const asked = React.useRef({ key: '', offsets: new Set<number>() });
  const timer = React.useRef<ReturnType<typeof setTimeout>>();
  React.useEffect(() => () => clearTimeout(timer.current), []);
  const latest = React.useRef(found);
  latest.current = found;

  const reach = React.useCallback((first: number, last: number): void => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      const now = latest.current;
      if (!now?.asking.query.trim()) {
        return;
      }
      if (asked.current.key !== now.key) {
        asked.current = { key: now.key, offsets: new Set() };
      }
      const { offsets } = asked.current;
      for (let offset = Math.floor(first / AT_ONCE) * AT_ONCE; offset < Math.min(last, now.total); offset += AT_ONCE) {
        if (offsets.has(offset)) {
          continue;
        }
        offsets.add(offset);
        api.call('search', { ...argumentsOf(now.asking), limit: AT_ONCE, offset, highlights: true, days: false }).then(
          page => setLit(old => {
            const more = page.items.map(hit => [hit.id, hit.highlights] as const);
            return latest.current?.key === now.key ? { key: now.key, by: new Map([...(old.key === now.key ? old.by : NONE), ...more]) } : old;
          }),
          () => offsets.delete(offset)
        );
      }
    }, PAUSE_MS);
  }, [api]);
  return [lit.key === found?.key ? lit.by : NONE, reach];
}
