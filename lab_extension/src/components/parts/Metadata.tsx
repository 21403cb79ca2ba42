/** Everything that a file says: the person's own fields first, then the facility's words, then the vendor's tree. */
import * as React from 'react';

import type { DatasetView } from '../../tokens';
import { useAsk } from '../hooks';
import { useKept } from '../kept';
import { Problem } from '../kit';
import { useMe } from '../names';
import { fieldLabel } from '../quantities';
import { AboutValue } from './AboutValue';
import { Fields, type Said, saidOf } from './Fields';
import { leavesOf, MetadataTree } from './MetadataTree';

type Leaves = ReadonlyMap<string, string>;
const PATH = 'path:';
const FIELD = 'field:';
const NOT_SAID = { text: '–', about: 'This file does not say.' };

export function Metadata({ of: given, zone }: { of: DatasetView; zone: string }): JSX.Element {
  const me = useMe();
  const [of, setOf] = React.useState(given);
  React.useEffect(() => setOf(given), [given]);
  const [pins, setPins] = useKept<string>(me && `${me}:fields`);
  const asked = useAsk('metadata', { dataset: of.id });
  const tree = asked.result;
  const leaves = React.useMemo(() => tree && leavesOf(tree), [tree]);
  const all = React.useMemo(() => saidOf(of.normalised, zone), [of.normalised, zone]);
  const mine = pins.map(pin => all.find(one => one.pin === pin) ?? saidByPin(pin, pins, leaves));
  const [told, setTold] = React.useState('');
  const section = React.useRef<HTMLElement>(null);
  const moved = React.useRef<string | null>(null);
  React.useEffect(() => {
    // A field that is pinned moves up, and the focus with it.
    if (moved.current) {
      section.current?.querySelector<HTMLElement>(`dl [data-pin="${CSS.escape(moved.current)}"]`)?.focus();
      moved.current = null;
    }
  }, [pins]);
  const toggle = (pin: string): void => {
    const isMine = pins.includes(pin);
    moved.current = document.activeElement?.closest('dl') ? pin : null;
    setPins(isMine ? pins.filter(one => one !== pin) : [...pins, pin]);
    setTold(`${isMine ? 'no longer' : 'now'} among my fields`);
  };
  const about = (pin: string, close: () => void): JSX.Element => (
    <AboutValue of={of} field={pin.slice(FIELD.length)} zone={zone} onChange={setOf} onClose={close} />
  );
  return (
    <section ref={section} className="lims-Section">
      {mine.length > 0 && <h3>My fields</h3>}
      <Fields label="my fields" said={mine} isMine onPin={toggle} about={about} />
      <Fields label="fields" said={all.filter(one => !pins.includes(one.pin))} isMine={false} onPin={toggle} about={about} />
      <span className="lims-hidden" role="status">{told}</span>
      {tree && <MetadataTree tree={tree} label="the file's own metadata" pins={pins} onPin={path => toggle(PATH + path)} />}
      {!tree && (asked.error ? <Problem error={asked.error} retry={asked.again} /> : <div className="lims-Skeleton" style={{ height: 240 }} />)}
    </section>
  );
}

/** What is pinned and not among the normalised values: a value of the vendor's tree, or nothing in this file. */
function saidByPin(pin: string, pins: readonly string[], leaves: Leaves | undefined): Said {
  if (!pin.startsWith(PATH)) {
    return { pin, label: fieldLabel(pin.slice(pin.indexOf(':') + 1)), ...NOT_SAID };
  }
  const path = pin.slice(PATH.length);
  const text = leaves?.get(path);
  const said = text === undefined ? (leaves ? NOT_SAID : { text: ' ', about: '' }) : { text, about: `${path} = ${text}` };
  return { pin, label: shortest(path, pins), ...said };
}

/** The end of a path, as long as it has to be to tell it from the other pinned ones. */
function shortest(path: string, pins: readonly string[]): string {
  const steps = path.split('.');
  const lengths = steps.map((_, index) => index + 1);
  const isAlone = (length: number): boolean => pins.filter(pin => `.${pin.replace(PATH, '')}`.endsWith(`.${steps.slice(-length).join('.')}`)).length < 2;
  return steps.slice(-(lengths.find(isAlone) ?? steps.length)).join('.');
}
