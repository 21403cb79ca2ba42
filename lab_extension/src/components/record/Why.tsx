/** Why an activity begins where it does, and what was varied in it. */
import * as React from 'react';

import type { ActivityView, Spread } from '../../tokens';
import { fieldLabel, quantity } from '../quantities';

const FIRST = ['magnification', 'detector_name', 'signal_type', 'acceleration_voltage', 'camera_length', 'tilt_alpha'];
const SHOWN = 3;

export function Why({ activity: { reason, varies } }: { activity: ActivityView }): JSX.Element | null {
  const [isWhole, setIsWhole] = React.useState(false);
  const rank = (name: string): number => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length);
  const names = Object.keys(varies).sort((one, other) => rank(one) - rank(other) || one.localeCompare(other));
  const shown = isWhole ? names : names.slice(0, SHOWN);
  return reason || names.length ? (
    <p className="lims-line lims-muted">
      {reason && <span>begins: {reason}</span>}
      {shown.length > 0 && <span>varied: {shown.map((name, index) => (
        <span key={name} title={varies[name].examples.join(', ')}>{index > 0 && '; '}{spreadText(name, varies[name])}</span>
      ))}</span>}
      {names.length > shown.length && (
        <button type="button" className="lims-Link" onClick={() => setIsWhole(true)}>and {names.length - shown.length} more</button>
      )}
    </p>
  ) : null;
}

/** "magnification 1000–50000", "3 values of detector name" */
function spreadText(name: string, { lowest, highest, unit, values }: Spread): string {
  if (lowest === null || highest === null) {
    return `${values} values of ${fieldLabel(name)}`;
  }
  const [from, to] = [lowest ? quantity(lowest, unit) : '0', quantity(highest, unit)];
  const [, tail] = to.split(' ');
  const isSame = tail !== undefined && from.endsWith(` ${tail}`);
  return `${fieldLabel(name)} ${isSame ? from.slice(0, -tail.length - 1) : from}${lowest < 0 ? ' to ' : '–'}${to}`;
}
