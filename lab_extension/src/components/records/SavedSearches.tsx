/** Searches under names: save the present one, open one or what is new for it, be told of new ones, remove one. */
import * as React from 'react';

import type { SavedSearch } from '../../tokens';
import { useDraft } from '../drafts';
import { requestKey, useAction, useLims } from '../hooks';
import { Button, Problem, Shape } from '../kit';
import { type Names, useMe } from '../names';
import { AlertForm, waysOf } from './AlertForm';
import { facetLabel } from './Facets';
import { type Searches, type Sought, useSearches, withoutIds } from './useSearches';

export type { Sought } from './useSearches';

interface SavedSearchesProps {
  now: Sought;
  names: Names;
  onOpen(sought: Sought): void;
  /** What is new may be another number now. */
  onNews(): void;
  onClose(): void;
}

export function SavedSearches({ now, names, onOpen, onNews, onClose }: SavedSearchesProps): JSX.Element {
  const me = useMe();
  const searches = useSearches(me);
  const [typed, setTyped] = useDraft(me && `${me}:search-name`, '');
  const [told, setTold] = React.useState('');
  const field = React.useRef<HTMLInputElement>(null);
  const suggested = inWords(now, names).slice(0, LONGEST) || 'everything';
  const name = typed.trim() || suggested;
  const isThere = searches.result?.some(one => one.name === name);
  return (
    <section className="lims-Saved" aria-label="saved searches" onKeyDown={event => {
      if (event.key === 'Escape') {
        event.stopPropagation();
        onClose();
      }
    }}>
      <form className="lims-line" onSubmit={event => {
        event.preventDefault();
        void searches.save(name, now).then(done => {
          if (done) {
            setTyped('');
            setTold(`saved as ${name}`);
          }
        });
      }}>
        <input ref={field} className="lims-Input" aria-label="name of this search" autoFocus placeholder={suggested} maxLength={LONGEST} value={typed}
          onChange={event => setTyped(event.target.value)} />
        <Button submit disabled={!searches.result || searches.saving.busy}>{isThere ? 'Replace' : 'Save this search'}</Button>
        <span className="lims-muted" role="status">{told}</span>
      </form>
      <Problem error={searches.saving.error} />
      <Problem error={searches.result ? undefined : searches.error} retry={searches.again} />
      <ul>
        {searches.result?.map(one => (
          <Row key={one.id} of={one} names={names} searches={searches} onOpen={onOpen} onNews={onNews} onGone={() => {
            setTold(`removed ${one.name}`);
            field.current?.focus();
          }} />
        ))}
      </ul>
    </section>
  );
}

function Row({ of, names, searches, onOpen, onNews, onGone }: {
  of: SavedSearch;
  names: Names;
  searches: Searches;
  onOpen(sought: Sought): void;
  onNews(): void;
  onGone(): void;
}): JSX.Element {
  const { api } = useLims();
  const action = useAction();
  const [isSetting, setIsSetting] = React.useState(false);
  const { query, kind, sort, filters } = of;
  const alert = waysOf(of) ? `told by ${waysOf(of)}` : 'tell me';
  const openNew = (): void => {
    void api.call('mark_seen', { search: of.id, until: of.until, request_key: requestKey() }).then(onNews, onNews);
    onOpen({ query, kind: 'dataset', sort, filters: { ...filters, id: of.newest } });
  };
  return (
    <li>
      <div className="lims-line">
        <button type="button" className="lims-Link" onClick={() => onOpen({ query, kind, sort, filters })}>{of.name}</button>
        {of.unread > 0 && <Button className="lims-News" aria-label={`${newFiles(of.unread)} for ${of.name}`} onClick={openNew}>{of.unread.toLocaleString('en')} new</Button>}
        <span className="lims-muted lims-Saved-what">{[kind === 'record' ? 'records' : 'files', inWords(of, names)].filter(Boolean).join(' · ')}</span>
        <Button quiet aria-label={`${alert}: ${of.name}`} aria-expanded={isSetting} title="Be told of new files that match" onClick={() => setIsSetting(!isSetting)}>
          <Bell isOn={waysOf(of) !== ''} /> {alert}
        </Button>
        <Button quiet aria-label={`remove ${of.name}`} disabled={action.busy} onClick={() => void action.run(async () => {
          await api.call('remove_search', { search: of.id, request_key: requestKey() });
          searches.drop(of);
          onGone();
          onNews();
        })}>remove</Button>
      </div>
      {of.trouble && <p className="lims-Saved-trouble"><Shape state="attention" /> It cannot be asked any more: {of.trouble} Save it anew under this name, or remove it.</p>}
      {!isSetting && of.deliveries.some(one => one.reason) && <p className="lims-Saved-trouble"><Shape state="attention" /> A message could not be delivered; why, says its alert.</p>}
      {isSetting && <AlertForm of={of} zone={names.zone(null)} onChange={searches.change} />}
      <Problem error={action.error} />
    </li>
  );
}

function Bell({ isOn }: { isOn: boolean }): JSX.Element {
  return (
    <svg className="lims-Bell" viewBox="0 0 16 16" aria-hidden="true" data-on={isOn}>
      <path d="M8 1.8c-2.5 0-4 1.900-4 4.200 0 3-1 4.500-2 5.500h12c-1-1-2-2.500-2-5.500 0-2.300-1.500-4.200-4-4.200ZM6.500 13a1.500 1.500 0 0 0 3 0" />
    </svg>
  );
}

export const newFiles = (count: number): string => `${count.toLocaleString('en')} new ${count === 1 ? 'file' : 'files'}`;
const LONGEST = 80;

function inWords({ query, filters }: Pick<Sought, 'query' | 'filters'>, names: Names): string {
  const chosen = Object.entries(withoutIds(filters)).map(([field, values]) => `${facetLabel(field)} ${values.map(one => names.label(field, one)).join(', ')}`);
  return [query.trim(), ...chosen].filter(Boolean).join(' · ');
}
