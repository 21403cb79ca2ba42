/** From and to on the instrument's clock, its zone beside them. */
import * as React from 'react';

import { Field } from '../kit';
import { moment, offset, span } from '../times';

export interface Times {
  from: string;
  to: string;
}

/** What is wrong with one typed time, and the moment where nothing is. */
export function readTime(text: string, zone: string): { at?: Date; problem?: string } {
  if (!text) {
    return {};
  }
  const at = moment(text, zone);
  return at ? { at } : { problem: 'no such time on that day: the clocks went forward' };
}

export function Window({ times, zone, onChange }: { times: Times; zone: string; onChange(times: Times): void }): JSX.Element {
  const from = readTime(times.from, zone);
  const to = readTime(times.to, zone);
  const beside = (read: { at?: Date; problem?: string }): string => read.problem ?? `${zone}${read.at ? `, ${offset(read.at, zone)}` : ''}`;
  const isBackwards = from.at && to.at && to.at <= from.at;
  return (
    <div className="lims-Window">
      <Field label="From" note={beside(from)}>
        <input className="lims-Input" type="datetime-local" value={times.from} onChange={event => onChange({ ...times, from: event.target.value })} />
      </Field>
      <Field label="To" note={isBackwards ? 'before its start' : `${beside(to)}${from.at && to.at ? `, ${span(from.at, to.at)}` : ''}`}>
        <input className="lims-Input" type="datetime-local" value={times.to} aria-invalid={isBackwards}
          onChange={event => onChange({ ...times, to: event.target.value })} />
      </Field>
    </div>
  );
}
