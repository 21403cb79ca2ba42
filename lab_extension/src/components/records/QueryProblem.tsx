/** Why a query is not understood, with the query and its wrong place. */
import * as React from 'react';

import type { ApiError } from '../../api';
import { Button, Problem } from '../kit';

const AROUND = 40;

/** The character, counted from 0 as people count them, at which the service stumbled; null: it is no such error. */
export function wrongPlace(error: ApiError | undefined): number | null {
  const found = / at character (\d+) of the query\.$/.exec(error?.message ?? '');
  return found && Number(found[1]) - 1;
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
