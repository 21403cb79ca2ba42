/** Where a result has what was asked for, on one line. */
import * as React from 'react';

import { fieldLabel } from '../quantities';
import type { Highlight } from './useHighlights';

/** So much of a long text stands before what matches. */
const BEFORE = 14;

/** What the result does not show anyhow comes first. */
function inOrder(highlights: readonly Highlight[]): Highlight[] {
  const rank = ({ where, dataset }: Highlight): number => (where === 'name' && dataset === null ? 1 : 0);
  return [...highlights].sort((a, b) => rank(a) - rank(b));
}

/** A vendor's path by its end, the rest on hover. */
function placeOf({ where }: Highlight): string {
  return fieldLabel(where.split('.').pop() ?? where);
}

export function Where({ highlights = [], most }: { highlights?: readonly Highlight[]; most: number }): JSX.Element {
  const title = highlights.map(one => `${one.where}: ${one.text}${one.dataset ? ` (${one.dataset})` : ''}`).join('\n');
  return (
    <span className="lims-Where lims-muted" title={title || undefined}>
      {inOrder(highlights).slice(0, most).map((one, index) => (
        <React.Fragment key={one.where + one.text + one.dataset}>
          {index > 0 && ' · '}{placeOf(one)}: <Marked text={one.text} marks={one.marks} />
        </React.Fragment>
      ))}
    </span>
  );
}

/** marks: in characters, as the service counts them, and not in UTF-16 units. */
export function Marked({ text, marks }: { text: string; marks: readonly (readonly [number, number])[] }): JSX.Element {
  const letters = Array.from(text);
  const part = (from: number, to?: number): string => letters.slice(from, to).join('');
  const first = Math.max(0, (marks[0]?.[0] ?? 0) - BEFORE);
  let at = first > 1 ? first : 0;
  return (
    <>
      {at > 0 && '…'}
      {marks.map(([begin, end]) => {
        const before = part(at, Math.max(at, begin));
        const marked = part(Math.max(at, begin), end);
        at = Math.max(at, end);
        return <React.Fragment key={begin}>{before}<mark>{marked}</mark></React.Fragment>;
      })}
      {part(at)}
    </>
  );
}
