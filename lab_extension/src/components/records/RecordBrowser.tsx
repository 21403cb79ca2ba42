/** Search, facets and results; what is opened covers them until Esc. */
import * as React from 'react';

import type { Hit, Kind } from '../../tokens';
import { useAsk, useLims, useShared } from '../hooks';
import { Button, Choice, Copyable, Empty, Keys, Problem } from '../kit';
import { isTyping, usePageKeys } from '../keys';
import { useNames } from '../names';
import { openingLine } from '../parts/openingLine';
import { Facets, facetLabel, toggled, type Filters } from './Facets';
import { Histogram } from './Histogram';
import { QueryProblem, useIsWrong, wrongPlace } from './QueryProblem';
import { Results, type ResultsHandle } from './Results';
import { newFiles, SavedSearches, type Sought } from './SavedSearches';
import { SearchBox } from './SearchBox';
import { useHighlights } from './useHighlights';
import { type Asking, FACETS, useSearch } from './useSearch';
import { ValueHistograms } from './ValueHistograms';

const KEYS = [
  ['/', 'search'], ['↑ ↓ Tab', 'choose and take what the search box offers'], ['← ↑ ↓ →', 'move through the results'], ['Enter', 'open'], ['Space', 'select, for the notebook'],
  ['i', 'details'], ['s', 'saved searches'], ['p', 'pin a value of a file’s metadata to my fields'], ['Esc', 'back'], ['?', 'these keys']
] as const;
const SORTS = [['newest', 'newest first'], ['oldest', 'oldest first'], ['name', 'name'], ['largest', 'largest first']] as const;
const NEWS_EVERY_MS = 60_000;
const CARD_WIDTH = { page: 200, cell: 150, panel: 96 };

/** `query` without the dates that the histogram put there, and with new ones. */
export function withDates(query: string, after?: string, before?: string): string {
  const rest = query.replace(/(^|\s)(after|before|during):\S+/g, ' ').trim().replace(/\s+/g, ' ');
  return [rest, after && `after:${after}`, before && `before:${before}`].filter(Boolean).join(' ');
}

export interface RecordBrowserProps {
  /** Draws what was opened inside of the browser. */
  opened(id: string, close: () => void): React.ReactNode;
}

export function RecordBrowser({ opened }: RecordBrowserProps): JSX.Element {
  const { host } = useLims();
  const names = useNames();
  const isPanel = host.layout === 'panel';
  const [query, setQuery] = useShared('query', '');
  const [kind, setKind] = useShared<Kind>('kind', isPanel ? 'dataset' : 'record');
  const [sort, setSort] = useShared<string>('sort', 'newest');
  const [view, setView] = useShared<'gallery' | 'table'>('view', 'gallery');
  const [filters, setFilters] = useShared<Filters>('filters', NONE);
  const [open, setOpen] = useShared('record', '');
  const [selected, setSelected] = useShared<string[]>('selected', EMPTY);
  const asking: Asking = { query, kind, sort, filters };
  const search = useSearch(asking);
  const field = React.useRef<HTMLInputElement>(null);
  const results = React.useRef<ResultsHandle>(null);
  const [helps, setHelps] = React.useState(false);
  const [showsCode, setShowsCode] = React.useState(false);
  const [showsFacets, setShowsFacets] = React.useState(false);
  const [showsSaved, setShowsSaved] = React.useState(false);
  const save = React.useRef<HTMLButtonElement>(null);
  usePainted(search.found !== undefined);
  const alerts = useAsk('alerts', search.sides ? NOTHING : null, NEWS_EVERY_MS);
  const news = alerts.result?.reduce((sum, one) => sum + one.unread, 0) ?? 0;
  const [wantsResults, setWantsResults] = React.useState(false);
  React.useEffect(() => {
    // Enter means what has been typed, not what was found before it.
    if (wantsResults && !search.busy) {
      setWantsResults(false);
      if (!search.error) {
        results.current?.focus();
      }
    }
  }, [wantsResults, search.busy, search.error]);

  const openHit = (hit: Hit): void => {
    setSelected([hit.id]);
    if (isPanel && host.insert && hit.kind === 'dataset') {
      host.insert(openingLine(hit.id));
    } else if (host.open) {
      host.open(hit.id, hit.name);
    } else {
      setOpen(hit.id);
    }
  };
  const select = (hit: Hit): void =>
    setSelected(selected.includes(hit.id) ? selected.filter(one => one !== hit.id) : [...selected, hit.id]);
  const close = (): void => {
    setOpen('');
    setTimeout(() => results.current?.focus(), 0);
  };
  const openSaved = (sought: Sought): void => {
    setQuery(sought.query);
    setKind(sought.kind);
    setSort(sought.sort);
    setFilters(sought.filters);
    setShowsSaved(false);
    field.current?.focus();
  };
  const onKeyDown = (event: React.KeyboardEvent): void => {
    if (event.key === 'Escape' && open) {
      event.stopPropagation();
      if (host.shared.get('dataset')) {
        host.shared.set('dataset', '');
      } else {
        close();
      }
    } else if (isTyping(event.target) || event.ctrlKey || event.metaKey) {
      return;
    } else if (event.key === '/' && !open) {
      event.preventDefault();
      field.current?.select();
    } else if (event.key === 's' && !open) {
      event.preventDefault();
      setShowsSaved(true);
    } else if (event.key === '?') {
      setHelps(true);
    }
  };
  const heard = usePageKeys(host, onKeyDown);

  const { id: ids = EMPTY, ...others } = filters;
  const chosen = Object.entries(others).flatMap(([name, values]) => values.map(value => [name, value] as const));
  const { found, sides } = search;
  const [highlights, reachHighlights] = useHighlights(found);
  const { reach: reachHits } = search;
  const reach = React.useCallback((first: number, last: number) => {
    reachHits(first, last);
    reachHighlights(first, last);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- other results are reached anew
  }, [reachHits, reachHighlights, found?.key]);
  const wrongAt = wrongPlace(search.error);
  const [isWriting, setIsWriting] = React.useState(false);
  // The query that was sent off with Enter.
  const [sent, setSent] = React.useState('');
  const isWrong = useIsWrong(wrongAt, search.refused, query, isWriting, sent !== '' && sent === query);
  const problem = React.useId();
  const put = (next: string, from = next.length, to = from): void => {
    setQuery(next);
    setTimeout(() => {
      field.current?.focus();
      field.current?.setSelectionRange(from, to);
    }, 0);
  };
  const hasDates = withDates(query) !== query;
  return (
    <div className="lims-Browser" onKeyDown={heard}>
      <div className="lims-Browser-list" hidden={open !== ''} data-facets={showsFacets}>
        <div className="lims-Browser-head">
          <form className="lims-Browser-bar" role="search" onSubmit={event => {
            event.preventDefault();
            setSent(query);
            if (search.busy) {
              setWantsResults(true);
            } else if (!search.error) {
              results.current?.focus();
            }
          }}>
            <SearchBox ref={field} query={query} kind={kind} names={names} wrong={isWrong ? problem : undefined} onQuery={setQuery} onWriting={setIsWriting}
              placeholder={isPanel ? 'Search' : 'Search, e.g. voltage:>=200kV haadf "grain boundary"'} onDown={() => results.current?.focus()} />
            <span className="lims-Browser-total" role="status" aria-live="polite">
              {found ? <Total total={found.total} kind={kindOf(found.hits) ?? kind} /> : search.busy && 'searching'}
            </span>
            {found && !isPanel && <span className="lims-muted lims-Browser-ms">{Math.round(found.ms)} ms</span>}
            <Button quiet aria-expanded={showsCode} aria-label="Python line" title="The Python line that gives the same" onClick={() => setShowsCode(!showsCode)}>
              {'</>'}
            </Button>
            <Button quiet ref={save} aria-expanded={showsSaved} aria-keyshortcuts="s" title="Save this search, or open a saved one (s)" onClick={() => setShowsSaved(!showsSaved)}>
              ☆ save{news > 0 && <>{' '}<span className="lims-News">{newFiles(news)}</span></>}
            </Button>
            {!isPanel && <Button quiet aria-label="keys" title="Keys (?)" onClick={() => setHelps(true)}>?</Button>}
          </form>
          {search.error && wrongAt !== null && isWrong && (
            <QueryProblem id={problem} error={search.error} query={search.refused} at={wrongAt} onGo={(from, to) => put(search.refused, from, to)} />
          )}
        </div>
        {showsSaved && (
          <SavedSearches now={{ query, kind, sort, filters }} names={names} onOpen={openSaved} onNews={alerts.again} onClose={() => {
            setShowsSaved(false);
            save.current?.focus();
          }} />
        )}
        {showsCode && found && (
          <div className="lims-Code"><Copyable text={found.python} label="copy the Python line" /></div>
        )}
        <div className="lims-Browser-tools">
          <Button className="lims-Browser-filter" aria-expanded={showsFacets} onClick={() => setShowsFacets(!showsFacets)}>
            Filter{chosen.length ? ` (${chosen.length})` : ''}
          </Button>
          <Choice label="what to list" value={kind} onChange={setKind} options={[['record', 'Records'], ['dataset', 'Files']]} />
          <span className="lims-Browser-chips">
            {hasDates && <Chip text={query.match(/(after|before|during):\S+/g)?.join(' ') ?? ''} onRemove={() => setQuery(withDates(query))} />}
            {ids.length > 0 && <Chip text={ids.length === 1 ? 'only 1 file' : `only ${ids.length} files`} onRemove={() => setFilters(others)} />}
            {chosen.map(([name, value]) => (
              <Chip key={name + value} text={`${facetLabel(name)}: ${names.label(name, value)}`}
                onRemove={() => setFilters(toggled(filters, name, value))} />
            ))}
          </span>
          <Choice label="how to show it" value={view} onChange={setView} options={[['gallery', 'Gallery'], ['table', 'Table']]} />
          <select className="lims-Input lims-Browser-sort" aria-label="sort" value={sort} onChange={event => setSort(event.target.value)}>
            {SORTS.map(([value, text]) => <option key={value} value={value}>{text}</option>)}
          </select>
        </div>
        <aside className="lims-Browser-facets" aria-label="filters">
          {sides ? (
            <>
              <Histogram days={sides.histogram} onChoose={(after, before) => setQuery(withDates(query, after, before))} />
              {found && <ValueHistograms asked={found.asking} query={query} names={names} onQuery={setQuery} />}
              <Facets order={FACETS[kind]} facets={sides.facets} filters={filters} names={names} onChange={setFilters} />
            </>
          ) : (
            <div className="lims-Skeleton" style={{ height: 240 }} />
          )}
        </aside>
        <div className="lims-Browser-results" aria-busy={search.busy}>
          <Problem error={wrongAt === null ? search.error : undefined} retry={search.again} />
          {found?.total === 0 && <NothingFound suggestion={found.suggestion} onTake={put} isNarrowed={query !== '' || chosen.length + ids.length > 0} onAll={() => {
            setQuery('');
            setFilters({});
          }} />}
          {(!found || found.total > 0) && (
            <Results ref={results} hits={found?.hits ?? EMPTY} total={found?.total ?? (search.error ? 0 : 12)} view={view} kind={kind}
              cardWidth={CARD_WIDTH[host.layout]} names={names} selected={selected} onOpen={openHit} onSelect={select}
              reach={found ? reach : ignore} highlights={found?.asking.query.trim() ? highlights : null}
              onDetails={isPanel && host.insert && kind === 'dataset' ? hit => host.open?.(hit.id, hit.name) : undefined}
              onDrag={host.drag && kind === 'dataset' ? (hit, x, y) => host.drag?.(openingLine(hit.id), hit.name, x, y) : undefined} />
          )}
          {selected.length > 1 && (
            <p className="lims-Browser-selected" role="status">
              {selected.length} selected <Button quiet onClick={() => setSelected([])}>clear</Button>
            </p>
          )}
        </div>
      </div>
      {open && <div className="lims-Browser-open">{opened(open, close)}</div>}
      {helps && <Keys keys={KEYS} onClose={() => setHelps(false)} />}
    </div>
  );
}

const NONE: Filters = {};
const NOTHING = {};
const EMPTY: never[] = [];

/** Of what is shown, which is still the old until the new is there. */
const kindOf = (hits: readonly (Hit | undefined)[]): Kind | undefined => hits.find(hit => hit !== undefined)?.kind as Kind | undefined;
const ignore = (): void => undefined;

function Total({ total, kind }: { total: number; kind: Kind }): JSX.Element {
  const word = kind === 'record' ? 'record' : 'file';
  return <>{`${total.toLocaleString('en')} ${word}${total === 1 ? '' : 's'}`}</>;
}

function Chip({ text, onRemove }: { text: string; onRemove(): void }): JSX.Element {
  return (
    <span className="lims-Chip">
      {text}
      <button type="button" aria-label={`remove ${text}`} onClick={onRemove}>×</button>
    </span>
  );
}

function NothingFound({ isNarrowed, suggestion, onTake, onAll }: {
  isNarrowed: boolean;
  suggestion: string;
  onTake(suggestion: string): void;
  onAll(): void;
}): JSX.Element {
  return isNarrowed ? (
    <Empty title="Nothing matches.">
      {suggestion ? (
        <p><button type="button" className="lims-Link lims-DidYouMean" onClick={() => onTake(suggestion)}>Did you mean <b>{suggestion}</b>?</button></p>
      ) : (
        <p>Fewer words or fewer filters find more.</p>
      )}
      <Button onClick={onAll}>Show everything</Button>
    </Empty>
  ) : (
    <Empty title="No records yet.">Log a session; its files appear here while they are written.</Empty>
  );
}

/** Tells the benchmarks when the first records are on the screen. */
function usePainted(isThere: boolean): void {
  React.useEffect(() => {
    if (isThere) {
      const frame = requestAnimationFrame(() => performance.mark('lims:painted'));
      return () => cancelAnimationFrame(frame);
    }
  }, [isThere]);
}
