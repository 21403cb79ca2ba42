/** The pieces of a query, as far as completing and replacing need them. What it means is the service's to say. */

export interface Piece {
  /** [begin, end) in the query, without a minus before it */
  begin: number;
  end: number;
  /** of field:value; "" of a word, a phrase or a bracket */
  field: string;
  /** where the value begins, after the colon */
  valueAt: number;
  /** so many brackets are around it */
  depth: number;
  isExcluded: boolean;
}

const FIELD = /(?:[\p{L}_]|\*)[\p{L}\p{N}_.*[\]/#-]*(?=:)/uy;
const PLAIN_FIELD = /^[\p{L}_][\p{L}\p{Nd}_.[\]/#-]*$/u;
const PLAIN_VALUE = /^[^\s()"<>=*-][^\s()"*]*$/;
/** One that is not closed yet goes on to the end. */
const QUOTED = /"(?:[^"\\]|\\.)*(?:"|\\?$)/sy;
const TEXT = /[^\s()"]*/y;
const OPERATOR = /(?:>=|<=|>|<|=)?/y;

function matched(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}

export function piecesOf(query: string): Piece[] {
  const found: Piece[] = [];
  let [at, depth] = [0, 0];
  while (at < query.length) {
    if (/[\s()]/.test(query[at])) {
      depth = Math.max(0, depth + (query[at] === '(' ? 1 : query[at] === ')' ? -1 : 0));
      at += 1;
      continue;
    }
    const hasMinus = /^-[^\s)-]/.test(query.slice(at, at + 2));
    const before = found.at(-1);
    const isExcluded = hasMinus || (before !== undefined && query.slice(before.begin, before.end) === 'NOT');
    const begin = at + (hasMinus ? 1 : 0);
    if (query[begin] === '(') {
      at = begin;
      continue;
    }
    const name = matched(FIELD, query, begin) || matched(QUOTED, query, begin);
    const valueAt = begin + name.length + 1;
    if (name && query[valueAt - 1] === ':') {
      at = endOfValue(query, valueAt);
      found.push({ begin, end: at, field: unquoted(name), valueAt, depth, isExcluded });
    } else {
      at = begin + Math.max(1, (name || matched(TEXT, query, begin)).length);
      found.push({ begin, end: at, field: '', valueAt: begin, depth, isExcluded });
    }
  }
  return found;
}

function endOfValue(query: string, valueAt: number): number {
  if (query[valueAt] === '(') {
    const closed = query.indexOf(')', valueAt);
    return closed < 0 ? query.length : closed + 1;
  }
  const at = valueAt + matched(OPERATOR, query, valueAt).length;
  return at + (matched(QUOTED, query, at) || matched(TEXT, query, at)).length;
}

function unquoted(text: string): string {
  return text.startsWith('"') ? text.slice(1).replace(/"$/, '').replace(/\\(.)/gs, '$1') : text;
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/** A field's name as a query takes it. */
export const fieldInQuery = (name: string): string => (PLAIN_FIELD.test(name) ? name : quoted(name));
export const valueInQuery = (value: string): string => (PLAIN_VALUE.test(value) && !value.includes('..') ? value : quoted(value));

/** What is being written at the caret: the name of a field, or a value of `field`. [from, to): what a choice replaces. */
export interface Writing {
  field: string | null;
  typed: string;
  from: number;
  to: number;
}

const LEAST_LETTERS = 2;

export function writingAt(query: string, caret: number): Writing | null {
  const piece = piecesOf(query).find(one => one.begin < caret && caret <= one.end);
  if (!piece) {
    return null;
  }
  const { begin, end, field, valueAt } = piece;
  if (!field || caret < valueAt) {
    const typed = query.slice(begin, caret);
    const isName = typed.length >= LEAST_LETTERS && PLAIN_FIELD.test(typed) && !/^(AND|OR|NOT)$/.test(typed);
    return isName ? { field: null, typed, from: begin, to: field ? valueAt - 1 : end } : null;
  }
  const typed = query.slice(valueAt, caret);
  const isOpen = typed.startsWith('"') && !/[^\\]"$/.test(query.slice(valueAt, end));
  return /^[<>=(]/.test(typed) ? null : { field, typed: unquoted(typed), from: valueAt, to: isOpen ? caret : end };
}

/** The query with `text` for what is being written, and where the caret is then. */
export function completed(query: string, { field, from, to }: Writing, text: string): [string, number] {
  const name = field === null ? `${text}:` : text;
  const rest = query.slice(field === null && query[to] === ':' ? to + 1 : to);
  return [query.slice(0, from) + name + rest, from + name.length];
}

function isOf(piece: Piece, names: readonly string[]): boolean {
  const name = piece.field.toLowerCase().replace(/[ -]/g, '_');
  return piece.depth === 0 && !piece.isExcluded && names.some(one => one.toLowerCase().replace(/[ -]/g, '_') === name);
}

const isWord = (query: string, piece: Piece | undefined, word: string): boolean => piece !== undefined && query.slice(piece.begin, piece.end) === word;
const isChoice = (query: string, pieces: readonly Piece[]): boolean => pieces.some(one => one.depth === 0 && isWord(query, one, 'OR'));

/** What every result must have of a field, by any of its names; "" for nothing. */
export function valueOf(query: string, names: readonly string[]): string {
  const pieces = piecesOf(query);
  const piece = isChoice(query, pieces) ? undefined : pieces.find(one => isOf(one, names));
  return piece ? query.slice(piece.valueAt, piece.end) : '';
}

/** The query with `value` for all that every result must have of the field; "" takes that away. */
export function withValue(query: string, names: readonly string[], value: string): string {
  const pieces = piecesOf(query);
  const wanted = value && `${fieldInQuery(names[0])}:${value}`;
  if (isChoice(query, pieces)) {
    return wanted ? `(${query.trim()}) ${wanted}` : query;
  }
  let rest = query;
  pieces.forEach((_, fromEnd) => {
    const index = pieces.length - 1 - fromEnd;
    if (isOf(pieces[index], names)) {
      const hasAnd = isWord(query, pieces[index - 1], 'AND');
      const begin = pieces[hasAnd ? index - 1 : index].begin;
      const end = pieces[!hasAnd && isWord(query, pieces[index + 1], 'AND') ? index + 1 : index].end;
      rest = `${rest.slice(0, begin).trimEnd()} ${rest.slice(end).trimStart()}`.trim();
    }
  });
  return [rest.trimEnd(), wanted].filter(Boolean).join(' ');
}
