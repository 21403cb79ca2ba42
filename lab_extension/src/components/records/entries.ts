/** What a list offers while something is written, and when it asks for it. */
import * as React from 'react';

import type { Facet, Kind, SearchField } from '../../tokens';
import { useLims } from '../hooks';
import type { Names } from '../names';
import { type Known, knownFor, plain } from './known';
import { fieldInQuery, valueInQuery, type Writing } from './terms';

export interface Entry {
  /** what is shown, with the part that was typed */
  name: string;
  matched: [number, number];
  /** a vendor's path: its end matters */
  isPath: boolean;
  title: string;
  unit: string;
  note: string;
  count: number;
  /** as a query takes it */
  text: string;
  field?: SearchField;
}

const MOST_ENTRIES = 9;
const PAUSE_MS = 150;

/** The first place where a part of the name begins so, else where it has it. */
export function matchIn(name: string, typed: string): [number, number] {
  const [text, asked] = [name, typed].map(one => one.toLowerCase().replaceAll(' ', '_'));
  if (!asked || text.length !== name.length) {
    return [0, 0];
  }
  const starts = [...text.matchAll(/(?<=^|[._])./g)].map(one => one.index);
  const at = starts.find(index => text.startsWith(asked, index)) ?? text.indexOf(asked);
  return at < 0 ? [0, 0] : [at, at + asked.length];
}

/** Under the name that was meant: an alias if that is what begins so. */
export function fieldEntry(field: SearchField, typed: string): Entry {
  const asked = plain(typed);
  const alias = asked && !plain(field.name).startsWith(asked) ? field.aliases.find(one => one.startsWith(asked)) : undefined;
  const name = alias ?? field.name;
  const examples = field.examples.join(field.kind === 'number' ? ' – ' : ', ');
  return {
    name, field, matched: matchIn(name, typed), isPath: field.group === 'vendor', title: field.name, unit: field.unit,
    note: [alias && field.name, examples].filter(Boolean).join(' · '), count: field.count, text: fieldInQuery(name)
  };
}

function valueEntry(field: string, { value, count }: Facet, typed: string, names: Names): Entry {
  const label = names.label(field, value);
  return { name: value, matched: matchIn(value, typed), isPath: false, title: value, unit: '', note: label === value ? '' : label, count, text: valueInQuery(value) };
}

function fieldsNow(known: Known, typed: string, of: (field: SearchField) => boolean): Entry[] | undefined {
  // What no file tells is not offered; what people may yet fill in is.
  const isThere = (field: SearchField): boolean => field.group !== 'normalised' || field.count > 0;
  return known.fields(typed)?.filter(field => isThere(field) && of(field)).slice(0, MOST_ENTRIES).map(field => fieldEntry(field, typed));
}

function valuesNow(known: Known, name: string, typed: string, kind: Kind, names: Names): Entry[] | undefined {
  const field = known.field(name);
  const values = field ? known.values(field, kind) : field === null ? [] : undefined;
  const asked = plain(typed);
  const rank = (one: Facet): number => {
    const texts = [one.value, names.label(name, one.value)].map(plain);
    return texts.some(text => text.startsWith(asked)) ? 0 : texts.some(text => text.includes(asked)) ? 1 : 2;
  };
  const fitting = values?.filter(one => one.value && one.value !== typed && rank(one) < 2).sort((a, b) => rank(a) - rank(b));
  return fitting?.slice(0, MOST_ENTRIES).map(one => valueEntry(name, one, typed, names));
}

async function askFor(known: Known, { field: name, typed }: Pick<Writing, 'field' | 'typed'>, kind: Kind): Promise<void> {
  if (name === null) {
    await known.askFields(typed);
    return;
  }
  if (known.field(name) === undefined) {
    await known.askFields(name);
  }
  const field = known.field(name);
  if (field && known.values(field, kind) === undefined) {
    await known.askValues(field, kind);
  }
}

/** At once what is known; until more is known, those of the entries before that still fit. null: nothing is written. */
export function useEntries(writing: Pick<Writing, 'field' | 'typed'> | null, kind: Kind, names: Names, of: (field: SearchField) => boolean = everything): Entry[] {
  const known = knownFor(useLims().api);
  const [, draw] = React.useReducer((turn: number) => turn + 1, 0);
  const last = React.useRef<{ field: string | null; entries: Entry[] }>({ field: null, entries: [] });
  const { field = null, typed = '' } = writing ?? {};
  const now = writing && (field === null ? fieldsNow(known, typed, of) : valuesNow(known, field, typed, kind, names));
  const mustAsk = writing !== null && now === undefined;
  React.useEffect(() => {
    if (!mustAsk) {
      return;
    }
    let wanted = true;
    // Answers are kept by what they answer, so that a late one replaces nothing; without one there is no list.
    const heard = (): void => (wanted ? draw() : undefined);
    const timer = setTimeout(() => void askFor(known, { field, typed }, kind).then(heard, ignore), PAUSE_MS);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [known, mustAsk, field, typed, kind]);
  const entries = now ?? (last.current.field === field ? stillFitting(last.current.entries, typed) : []);
  React.useEffect(() => {
    last.current = { field, entries: writing ? entries : [] };
  });
  return writing ? entries : [];
}

function stillFitting(entries: Entry[], typed: string): Entry[] {
  return entries.map(one => ({ ...one, matched: matchIn(one.name, typed) })).filter(one => !typed || one.matched[1] > 0);
}

const everything = (): boolean => true;
const ignore = (): void => undefined;
