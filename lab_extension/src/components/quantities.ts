/** Numbers as people read them: three significant digits, units, SI prefixes. */

const PREFIXES: readonly [number, string][] = [
  [1e12, 'T'], [1e9, 'G'], [1e6, 'M'], [1e3, 'k'], [1, ''], [1e-3, 'm'], [1e-6, 'µ'], [1e-9, 'n'], [1e-12, 'p'], [1e-15, 'f']
];
const PREFIXED = new Set(['V', 'm', 'A', 's', 'Hz', 'Pa', 'eV', 'rad', 'W', 'F', 'T', '1/m', '1/s', 'Gy', 'C', 'B']);

export function digits(value: number, significant = 3): string {
  if (value !== 0 && (Math.abs(value) >= 1e6 || Math.abs(value) < 1e-3)) {
    return value.toExponential(significant - 1).replace('e+', 'e');
  }
  return Number(value.toPrecision(significant)).toString();
}

/** What to divide by for a short number, and the unit of what is left; units that take no prefix stay as they are. */
export function scaleOf(value: number, unit: string): [number, string] {
  if (!PREFIXED.has(unit) || unit.startsWith('1/') || value === 0) {
    return [1, unit];
  }
  const size = Math.abs(Number(value.toPrecision(3)));
  const [factor, prefix] = PREFIXES.find(([least]) => size >= least) ?? PREFIXES[PREFIXES.length - 1];
  return [factor, prefix + unit];
}

/** 200000, "V" -> "200 kV"; units that take no prefix are printed as they are. */
export function quantity(value: number, unit: string): string {
  if (!Number.isFinite(value)) {
    return `${value}`;
  }
  const [factor, scaled] = scaleOf(value, unit);
  const isWhole = factor === 1 && scaled === unit && Number.isInteger(value) && Math.abs(value) < 1e7;
  const number = isWhole ? String(value) : digits(value / factor);
  return scaled ? `${number} ${scaled}` : number;
}

export function bytes(count: number): string {
  const step = Math.min(4, Math.max(0, Math.floor(Math.log10(Math.max(1, count)) / 3)));
  const unit = ['B', 'kB', 'MB', 'GB', 'TB'][step];
  return `${step ? digits(count / 1000 ** step) : count} ${unit}`;
}

export function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString('en')} ${number === 1 ? one : many}`;
}

/** "camera_length" -> "camera length" */
export function fieldLabel(name: string): string {
  return name.replaceAll('_', ' ');
}

/** Any value of a metadata tree on one line. */
export function plain(value: unknown): string {
  if (value === null || value === undefined) {
    return '–';
  }
  if (typeof value === 'number') {
    return Number.isInteger(value) ? String(value) : digits(value, 6);
  }
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
