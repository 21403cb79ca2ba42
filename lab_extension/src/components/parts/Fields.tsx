/** The normalised values: what this file says in the facility's own words, with units; the source on hover. */
import * as React from 'react';

import type { Value } from '../../tokens';
import { fieldLabel, plain, quantity } from '../quantities';
import { wall } from '../times';

const FIRST = ['acceleration_voltage', 'magnification', 'camera_length', 'pixel_size_x', 'detector_name', 'start_time'];

export function valueText(value: Value, zone: string): string {
  if (typeof value.value === 'number') {
    return quantity(value.value, value.unit);
  }
  const text = plain(value.value);
  if (/^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:\d\d)$/.test(text)) {
    return wall(text, zone).replace('T', ' ');
  }
  if (/^\d{4}-\d\d-\d\dT[\d:.]+$/.test(text)) {
    return text.replace('T', ' ').replace(/\.\d+$/, '');
  }
  return value.unit ? `${text} ${value.unit}` : text;
}

export function Fields({ values, zone }: { values: Record<string, Value>; zone: string }): JSX.Element | null {
  const rank = (name: string): number => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length);
  const names = Object.keys(values).sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
  return names.length ? (
    <dl className="lims-Fields">
      {names.map(name => (
        <div key={name}>
          <dt>{fieldLabel(name)}</dt>
          <dd title={`${plain(values[name].value)} ${values[name].unit}\nfrom ${values[name].source}${values[name].text ? `: ${values[name].text}` : ''}`}>
            {valueText(values[name], zone)}
          </dd>
        </div>
      ))}
    </dl>
  ) : null;
}
