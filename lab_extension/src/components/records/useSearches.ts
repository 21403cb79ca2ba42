/** A person's saved searches, as the facility keeps them; those that this browser once kept are moved there. */
import * as React from 'react';

import type { Kind, SavedSearch } from '../../tokens';
import { type Action, type Asked, requestKey, useAction, useAsk, useLims } from '../hooks';
import { useKept } from '../kept';
import type { Filters } from './Facets';

export interface Sought {
  query: string;
  kind: Kind;
  sort: string;
  filters: Filters;
}
type Kept = Omit<Sought, 'sort'> & { name: string };

export interface Searches extends Asked<SavedSearch[]> {
  save(name: string, sought: Sought): Promise<boolean>;
  /** One of them is another now. */
  change(now: SavedSearch): void;
  drop(gone: SavedSearch): void;
  saving: Action;
}

export function useSearches(me: string | null): Searches {
  const { api } = useLims();
  const asked = useAsk('searches', me === null ? null : NOTHING);
  const saving = useAction();
  const { result, put } = asked;
  const change = (now: SavedSearch): void => put(byName([...(result ?? []).filter(one => one.id !== now.id), now]));
  const save = (name: string, sought: Sought): Promise<boolean> =>
    saving.run(async () => change(await api.call('save_search', { ...sought, filters: withoutIds(sought.filters), name, request_key: requestKey() })));
  useMoving(me, result, asked.again, saving);
  return { ...asked, save, change, drop: gone => put((result ?? []).filter(one => one.id !== gone.id)), saving };
}

/** Once: what cannot be moved stays in the browser, with the reason to be seen. */
function useMoving(me: string | null, there: SavedSearch[] | undefined, again: () => void, { run }: Action): void {
  const { api } = useLims();
  const [kept, setKept] = useKept<Kept>(me && `${me}:searches`);
  const isTried = React.useRef(false);
  React.useEffect(() => {
    if (!there || kept.length === 0 || isTried.current) {
      return;
    }
    isTried.current = true;
    void run(async () => {
      let rest = kept;
      try {
        for (const { name, query, kind, filters } of kept) {
          const taken = there.some(one => one.name === name && !isSame(one, query, filters));
          await api.call('save_search', { name: taken ? `${name.slice(0, 60)} (of a browser)` : name, query, kind, filters });
          rest = rest.slice(1);
        }
      } finally {
        setKept(rest);
        again();
      }
    });
  }, [api, there, kept, setKept, again, run]);
}

/** That only a few files are shown is for the moment. */
export function withoutIds(filters: Filters): Filters {
  return Object.fromEntries(Object.entries(filters).filter(([field]) => field !== 'id'));
}

const isSame = (one: SavedSearch, query: string, filters: Filters): boolean =>
  one.query === query && JSON.stringify(one.filters) === JSON.stringify(filters);
const byName = (searches: SavedSearch[]): SavedSearch[] => searches.sort((one, other) => one.name.localeCompare(other.name));
const NOTHING = {};
