/** From bins to what a query says of them, and back. */
import type { Results } from '../../tokens';
import { quantity, scaleOf } from '../quantities';
import type { Range } from './Bars';

export type Binned = Results['histogram'];

const SIGNIFICANT = 4;
const TEN_DAYS_S = 864_000;
/** The service takes a number for another that differs by no more than this part. */
const SAME = 1e-6;

/** To SIGNIFICANT digits, outwards, so that what lies at the edge belongs. */
function rounded(value: number, outwards: (value: number) => number): string {
  if (value === 0) {
    return '0';
  }
  const step = 10 ** (Math.floor(Math.log10(Math.abs(value))) - SIGNIFICANT + 1);
  const steps = value / step;
  const whole = Math.abs(steps - Math.round(steps)) < SAME * Math.abs(steps) ? Math.round(steps) : outwards(steps);
  return String(Number((whole * step).toPrecision(SIGNIFICANT)));
}

/** A unit that can stand behind a number in a query. One that cannot is left out: numbers without are in it. */
const isPlain = (unit: string): boolean => /^[\p{L}%°]+$/u.test(unit);

function moment(seconds: number, span: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, span > TEN_DAYS_S ? 10 : 16);
}

/** 80000, 300000, "V" -> "80..300kV" */
export function rangeInQuery({ kind, unit, edges }: Pick<Binned, 'kind' | 'unit' | 'edges'>, [first, last]: Range): string {
  const [low, high] = [edges[first], edges[last + 1]];
  if (kind === 'time') {
    const span = edges[edges.length - 1] - edges[0];
    return `${moment(low, span)}..${moment(high, span)}`;
  }
  const [factor, scaled] = scaleOf(Math.max(Math.abs(low), Math.abs(high)), unit);
  const written = isPlain(scaled) ? scaled : '';
  // An e behind a number could be one of 1e5.
  const ofLow = /^e/i.test(written) ? written : '';
  return `${rounded(low / factor, Math.floor)}${ofLow}..${rounded(high / factor, Math.ceil)}${written}`;
}

/** The bins that a query's value leaves, as far as it says so in numbers; null: all. */
export function binsOf({ kind, unit, edges }: Pick<Binned, 'kind' | 'unit' | 'edges'>, value: string): Range | null {
  const range = /^(.*?)\.\.(.*)$/.exec(value);
  const [, operator, bound] = /^([<>])=?(.+)$/.exec(value) ?? [];
  const texts = range ? [range[1], range[2]] : operator === '>' ? [bound, ''] : operator === '<' ? ['', bound] : null;
  if (!texts || edges.length < 2 || kind === 'time') {
    return null;
  }
  const unitOf = (text: string): string => /[^\d.eE+-].*$|e[a-z].*$/i.exec(text)?.[0] ?? '';
  const written = unitOf(texts[1]) || unitOf(texts[0]);
  const factor = factorOf(written, unit);
  const [low, high] = texts.map(text => (text ? parseFloat(text) * (factor ?? NaN) : null));
  if (Number.isNaN(low) || Number.isNaN(high)) {
    return null;
  }
  const middles = edges.slice(1).map((edge, index) => (edges[index] + edge) / 2);
  const inside = middles.map((_, index) => index).filter(index => (low === null || middles[index] >= low) && (high === null || middles[index] <= high));
  return inside.length && inside.length < middles.length ? [inside[0], inside[inside.length - 1]] : null;
}

/** "kV", "V" -> 1000; undefined: it is no such unit with a prefix. */
function factorOf(written: string, unit: string): number | undefined {
  const name = written.replace('u', 'µ');
  return written === '' || written === unit ? 1 : [1e12, 1e9, 1e6, 1e3, 1e-3, 1e-6, 1e-9, 1e-12, 1e-15].find(factor => scaleOf(factor, unit)[1] === name);
}

export function edgeText({ kind, unit, edges }: Pick<Binned, 'kind' | 'unit' | 'edges'>, index: number): string {
  return kind === 'time' ? moment(edges[index], edges[edges.length - 1] - edges[0]).replace('T', ' ') : quantity(edges[index], unit);
}
