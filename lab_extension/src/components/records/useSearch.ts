/** A search whose results come page by page as they are looked at; facets follow, so that they hold nothing up. */
import * as React from 'react';

import { ApiError, asError } from '../../api';
import type { Arguments, Facet, Hit, Kind, SearchPage } from '../../tokens';
import { useLims } from '../hooks';

export interface Asking {
  query: string;
  kind: Kind;
  sort: string;
  filters: Record<string, string[]>;
}
export interface Found {
  total: number;
  ms: number;
  python: string;
  /** by position; holes are not fetched yet */
  hits: (Hit | undefined)[];
  /** what may have been meant, where nothing was found */
  suggestion: string;
  asking: Asking;
  key: string;
}
export interface Sides {
  facets: Record<string, Facet[]>;
  histogram: [string, number][];
}

export const FACETS: Record<Kind, string[]> = {
  record: ['instrument', 'user', 'project', 'sample', 'format', 'state'],
  dataset: ['instrument', 'format', 'user', 'project', 'sample', 'state']
};
const PAGE = 60;
const TYPING_MS = 150;

export function argumentsOf(asking: Asking): Arguments<'search'> {
  return { query: asking.query, kind: asking.kind, sort: asking.sort, filters: JSON.stringify(asking.filters) };
}

/** Without the days: they come with the facets. */
function pageOf(asking: Asking, offset: number): Arguments<'search'> {
  return { ...argumentsOf(asking), limit: PAGE, offset, days: false };
}

export interface Search {
  found?: Found;
  sides?: Sides;
  error?: ApiError;
  /** the query that the error is about */
  refused: string;
  busy: boolean;
  /** Make sure that the hits at [first, last) are there. */
  reach(first: number, last: number): void;
  again(): void;
}

export function useSearch(asking: Asking): Search {
  const { api } = useLims();
  const [given] = React.useState(() => api.known?.('search', pageOf(asking, 0)));
  const [sides, setSides] = React.useState<Sides>();
  const [error, setError] = React.useState<ApiError>();
  const [refused, setRefused] = React.useState('');
  const [turn, setTurn] = React.useState(0);
  const asked = React.useRef(new Set<number>([0]));
  const isFirst = React.useRef(true);
  const key = JSON.stringify(argumentsOf(asking)) + turn;
  const [found, setFound] = React.useState<Found | undefined>(() => given && foundOf(given, asking, key));
  // By what was answered, so that there is no moment in which what has just been typed counts as found.
  const [answered, setAnswered] = React.useState(given && key);

  const page = React.useCallback(
    (offset: number): Promise<SearchPage> => api.call('search', pageOf(asking, offset)),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- `key` stands for `asking`
    [api, key]
  );

  React.useEffect(() => {
    let wanted = true;
    const isThere = isFirst.current && given !== undefined;
    const start = async (): Promise<void> => {
      try {
        if (!isThere) {
          const first = await page(0);
          if (!wanted) {
            return;
          }
          asked.current = new Set([0]);
          setFound(foundOf(first, asking, key));
          setError(undefined);
          setAnswered(key);
        }
        const more = await api.call('search', { ...argumentsOf(asking), limit: 0, facets: FACETS[asking.kind].join(',') });
        if (wanted) {
          setSides({ facets: more.facets, histogram: more.histogram });
        }
      } catch (reason) {
        if (wanted) {
          setError(asError(reason));
          setRefused(asking.query);
          setAnswered(key);
        }
      }
    };
    const timer = setTimeout(() => void start(), isFirst.current ? 0 : TYPING_MS);
    isFirst.current = false;
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- `key` stands for `asking`
  }, [api, page, key, given]);

  const reach = React.useCallback(
    (first: number, last: number) => {
      for (let offset = Math.floor(first / PAGE) * PAGE; offset < last; offset += PAGE) {
        if (asked.current.has(offset)) {
          continue;
        }
        asked.current.add(offset);
        const held = asked.current;
        page(offset).then(
          more => setFound(old => (old?.key === key ? { ...old, hits: placed(old.hits, offset, more.items) } : old)),
          () => held.delete(offset)
        );
      }
    },
    [page, key]
  );
  const again = React.useCallback(() => setTurn(old => old + 1), []);
  return { found, sides, error, refused, busy: answered !== key, reach, again };
}

function foundOf({ total, ms, python, items, suggestion }: SearchPage, asking: Asking, key: string): Found {
  return { total, ms, python, hits: [...items], suggestion, asking, key };
}

function placed(hits: (Hit | undefined)[], offset: number, more: Hit[]): (Hit | undefined)[] {
  const all = [...hits];
  more.forEach((hit, index) => {
    all[offset + index] = hit;
  });
  return all;
}
