/** What a file says, value by value: those that the person pinned first; each with a button that pins or unpins it. */
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

/** One value. pin: what it is kept by, `field:NAME` of the facility's own words or `path:PATH` in the file's. */
export interface Said {
  pin: string;
  label: string;
  text: string;
  about: string;
}

/** The normalised values: what this file says in the facility's own words, with units; the source on hover. */
export function saidOf(values: Record<string, Value>, zone: string): Said[] {
  const rank = (name: string): number => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length);
  const names = Object.keys(values).sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
  return names.map(name => {
    const { value, unit, source, text } = values[name];
    const about = `${plain(value)} ${unit}\nfrom ${source}${text ? `: ${text}` : ''}`;
    return { pin: `field:${name}`, label: fieldLabel(name), text: valueText(values[name], zone), about };
  });
}

export function Fields({ label, said, isMine, onPin }: { label: string; said: readonly Said[]; isMine: boolean; onPin(pin: string): void }): JSX.Element | null {
  return said.length ? (
    <dl className="lims-Fields" aria-label={label} data-mine={isMine}>
      {said.map(one => (
        <div key={one.pin}>
          <dt>{one.label} <PinButton pin={one.pin} label={one.label} isMine={isMine} onPin={onPin} /></dt>
          <dd title={one.about}>{one.text}</dd>
        </div>
      ))}
    </dl>
  ) : null;
}

export function PinButton(props: { pin: string; label: string; isMine: boolean; isReached?: boolean; onPin(pin: string): void }): JSX.Element {
  const word = props.isMine ? 'unpin' : 'pin';
  return (
    <button type="button" className="lims-Pin" data-pin={props.pin} data-mine={props.isMine} tabIndex={props.isReached === false ? -1 : 0}
      aria-label={`${word} ${props.label}`} onClick={event => {
        event.stopPropagation();
        props.onPin(props.pin);
      }}>
      {word}
    </button>
  );
}
