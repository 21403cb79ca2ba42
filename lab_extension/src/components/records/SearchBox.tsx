/** Where a query is typed; it offers fields and their values. */
import * as React from 'react';

import type { Kind } from '../../tokens';
import type { Names } from '../names';
import { useCompletion } from './Completion';
import { useEntries } from './entries';
import { completed, writingAt } from './terms';

interface SearchBoxProps {
  query: string;
  kind: Kind;
  names: Names;
  placeholder: string;
  /** of what says that the query is wrong */
  wrong?: string;
  onQuery(query: string): void;
  onWriting(isWriting: boolean): void;
  /** ArrowDown, where no list takes it */
  onDown(): void;
}

export const SearchBox = React.forwardRef<HTMLInputElement, SearchBoxProps>(function SearchBox(props, given) {
  const { query, kind, names, onQuery } = props;
  const field = React.useRef<HTMLInputElement>(null);
  React.useImperativeHandle(given, () => field.current as HTMLInputElement);
  // Where somebody types; null: nobody does, or has put the list away.
  const [caret, setCaret] = React.useState<number | null>(null);
  const caretTo = React.useRef<number | null>(null);
  React.useLayoutEffect(() => {
    if (caretTo.current !== null && field.current) {
      field.current.setSelectionRange(caretTo.current, caretTo.current);
      caretTo.current = null;
    }
  });
  const writing = caret === null ? null : writingAt(query, caret);
  const entries = useEntries(writing, kind, names);
  const completion = useCompletion({
    entries,
    label: writing?.field ? `values of ${writing.field}` : 'fields',
    written: query,
    onTake: entry => {
      if (writing) {
        const [next, at] = completed(query, writing, entry.text);
        caretTo.current = at;
        onQuery(next);
        setCaret(writing.field === null ? at : null);
      }
    },
    onClose: () => setCaret(null)
  });
  return (
    <div className="lims-SearchBox">
      <input {...completion.input} ref={field} className="lims-Input lims-Search" type="search" aria-label="Search" value={query}
        placeholder={props.placeholder} spellCheck={false} aria-keyshortcuts="/" aria-invalid={props.wrong !== undefined || undefined}
        aria-describedby={props.wrong}
        onChange={event => {
          onQuery(event.target.value);
          setCaret(event.target.selectionStart);
        }}
        onSelect={event => {
          const { selectionStart, selectionEnd } = event.currentTarget;
          setCaret(old => (old === null || selectionStart !== selectionEnd ? null : selectionStart));
        }}
        onFocus={() => props.onWriting(true)}
        onBlur={() => {
          setCaret(null);
          props.onWriting(false);
        }}
        onKeyDown={event => {
          if (completion.onKeyDown(event)) {
            return;
          }
          if (event.key === 'ArrowDown') {
            event.preventDefault();
            props.onDown();
          } else if (event.key === 'Enter') {
            setCaret(null);
          }
        }} />
      {completion.list}
    </div>
  );
});
