/** What a file says, value by value: those that the person pinned first; each with a button that pins or unpins it. */
import * as React from 'react';

import type { Value } from '../../tokens';
import { fieldLabel, plain, quantity } from '../quantities';
import { wall } from '../times';

const FIRST = ['acceleration_voltage', 'magnification', 'camera_length', 'pixel_size_x', 'detector_name', 'start_time'];

export function valueText(value: Pick<Value, 'value' | 'unit'>, zone: string): string {
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
  /** why a person should look twice, in a word or two */
  mark?: string;
}

/** What sets a value apart: a person's or the facility's word, a doubt, or places of the file that say otherwise. */
function markOf(value: Value): string {
  const said = { person: 'corrected', facility: 'by the facility', file: '' }[value.origin];
  return value.is_trusted ? said || (value.others.length ? `${value.others.length} other` : '') : 'not to be trusted';
}

/** The normalised values: what this file says in the facility's own words, with units; the source on hover. */
export function saidOf(values: Record<string, Value>, zone: string): Said[] {
  const rank = (name: string): number => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length);
  const names = Object.keys(values).sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
  return names.map(name => {
    const { value, unit, source, text } = values[name];
    const about = `${plain(value)} ${unit}\nfrom ${source}${text ? `: ${text}` : ''}`;
    return { pin: `field:${name}`, label: fieldLabel(name), text: valueText(values[name], zone), about, mark: markOf(values[name]) };
  });
}

export interface FieldsProps {
  label: string;
  said: readonly Said[];
  isMine: boolean;
  onPin(pin: string): void;
  /** what opens below a value that is asked about */
  about?(pin: string, close: () => void): React.ReactNode;
}

export function Fields({ label, said, isMine, onPin, about }: FieldsProps): JSX.Element | null {
  const [open, setOpen] = React.useState('');
  const list = React.useRef<HTMLDListElement>(null);
  const close = (pin: string): void => {
    setOpen('');
    list.current?.querySelector<HTMLElement>(`[data-about="${CSS.escape(pin)}"]`)?.focus();
  };
  return said.length ? (
    <dl ref={list} className="lims-Fields" aria-label={label} data-mine={isMine}>
      {said.map(one => (
        <div key={one.pin} data-open={open === one.pin}>
          <dt>{one.label} <PinButton pin={one.pin} label={one.label} isMine={isMine} onPin={onPin} /></dt>
          <dd title={one.about}>
            <span>{one.text}</span>{' '}
            {about && one.pin.startsWith('field:') && one.mark !== undefined && (
              <button type="button" className="lims-Mark" data-about={one.pin} data-marked={Boolean(one.mark)} aria-expanded={open === one.pin}
                aria-label={`about ${one.label}${one.mark && `: ${one.mark}`}`} onClick={() => setOpen(open === one.pin ? '' : one.pin)}>
                {one.mark || 'about'}
              </button>
            )}
          </dd>
          {open === one.pin && <dd>{about?.(one.pin, () => close(one.pin))}</dd>}
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
