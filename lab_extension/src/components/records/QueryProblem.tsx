/** Why a query is not understood, with the query and its wrong place. */
import * as React from 'react';

import type { ApiError } from '../../api';
import { useLater } from '../hooks';
import { Button, Problem } from '../kit';

const AROUND = 40;
const PAUSE_MS = 800;

/** The character, counted from 0 as people count them, at which the service stumbled; null: it is no such error. */
export function wrongPlace(error: ApiError | undefined): number | null {
  const found = / at character (\d+) of the query\.$/.exec(error?.message ?? '');
  return found && Number(found[1]) - 1;
}

/**
 * Whether an error of the query is to be shown: while somebody writes, what is not finished is no mistake yet, and what is
 * shown must not come and go with every letter. insists: the query was sent off as it is.
 */
export function useIsWrong(at: number | null, refused: string, query: string, isWriting: boolean, insists: boolean): boolean {
  const hasPaused = useLater(query, PAUSE_MS) === query;
  const wasShown = React.useRef(false);
  const isAtEnd = at !== null && at >= Array.from(refused).length;
  const isShown = at !== null && (insists || !isWriting || (!isAtEnd && (hasPaused || wasShown.current)));
  React.useEffect(() => {
    wasShown.current = isShown;
  });
  return isShown;
}

export function QueryProblem(props: {
  id: string;
  error: ApiError;
  /** what was asked, and where it is wrong */
  query: string;
  at: number;
  onGo(from: number, to: number): void;
}): JSX.Element {
  // Characters, not UTF-16 units: so the service counts.
  const letters = Array.from(props.query);
  const at = Math.min(props.at, letters.length);
  const text = (from: number, to?: number): string => letters.slice(Math.max(0, from), to).join('');
  return (
    <div className="lims-QueryProblem" id={props.id}>
      <Problem error={props.error} />
      <p className="lims-QueryProblem-place">
        <code aria-hidden="true">
          {at > AROUND && '…'}{text(at - AROUND, at)}<mark>{letters[at] ?? '\u00a0'}</mark>{text(at + 1, at + AROUND)}{letters.length > at + AROUND && '…'}
        </code>
        <Button quiet onClick={() => props.onGo(text(0, at).length, text(0, at + 1).length)}>Go there</Button>
      </p>
    </div>
  );
}
