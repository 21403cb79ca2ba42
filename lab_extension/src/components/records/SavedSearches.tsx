/** Searches under names, kept in the browser: save the present one, open one, remove one. */
import * as React from 'react';

import type { Kind } from '../../tokens';
import { useDraft } from '../drafts';
import { useKept } from '../kept';
import { Button } from '../kit';
import { type Names, useMe } from '../names';
import { facetLabel, type Filters } from './Facets';

export interface Sought {
  query: string;
  kind: Kind;
  filters: Filters;
}
type Saved = Sought & { name: string };

interface SavedSearchesProps {
  now: Sought;
  names: Names;
  onOpen(sought: Sought): void;
  onClose(): void;
}

export function SavedSearches({ now, names, onOpen, onClose }: SavedSearchesProps): JSX.Element {
  const me = useMe();
  const [saved, setSaved] = useKept<Saved>(me && `${me}:searches`);
  const [typed, setTyped] = useDraft(me && `${me}:search-name`, '');
  const [told, setTold] = React.useState('');
  const field = React.useRef<HTMLInputElement>(null);
  const suggested = inWords(now, names) || 'everything';
  const name = typed.trim() || suggested;
  const others = saved.filter(one => one.name !== name);
  return (
    <section className="lims-Saved" aria-label="saved searches" onKeyDown={event => {
      if (event.key === 'Escape') {
        event.stopPropagation();
        onClose();
      }
    }}>
      <form className="lims-line" onSubmit={event => {
        event.preventDefault();
        setSaved([...others, { ...now, name }]);
        setTyped('');
        setTold(`saved as ${name}`);
      }}>
        <input ref={field} className="lims-Input" aria-label="name of this search" autoFocus placeholder={suggested} maxLength={80} value={typed}
          onChange={event => setTyped(event.target.value)} />
        <Button submit disabled={!me}>{others.length < saved.length ? 'Replace' : 'Save this search'}</Button>
        <span className="lims-muted" role="status">{told}</span>
      </form>
      <ul>
        {saved.map(one => (
          <li key={one.name} className="lims-line">
            <button type="button" className="lims-Link" onClick={() => onOpen(one)}>{one.name}</button>
            <span className="lims-muted lims-Saved-what">{[one.kind === 'record' ? 'records' : 'files', inWords(one, names)].filter(Boolean).join(' · ')}</span>
            <Button quiet aria-label={`remove ${one.name}`} onClick={() => {
              setSaved(saved.filter(other => other !== one));
              setTold(`removed ${one.name}`);
              field.current?.focus();
            }}>remove</Button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function inWords({ query, filters }: Sought, names: Names): string {
  const chosen = Object.entries(filters).map(([field, values]) => `${facetLabel(field)} ${values.map(one => names.label(field, one)).join(', ')}`);
  return [query.trim(), ...chosen].filter(Boolean).join(' · ');
}
