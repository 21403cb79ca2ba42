import { describe, expect, test } from 'vitest';

import { matchIn } from '../../src/components/records/entries';
import { binsOf, rangeInQuery } from '../../src/components/records/ranges';
import { completed, fieldInQuery, piecesOf, valueInQuery, valueOf, withValue, writingAt } from '../../src/components/records/terms';

/** | is the caret. */
function writing(query: string): ReturnType<typeof writingAt> {
  return writingAt(query.replace('|', ''), query.indexOf('|'));
}

test('a query falls into pieces as the service reads them', () => {
  const said = (query: string): string[] => piecesOf(query).map(one => `${one.isExcluded ? '-' : ''}${'('.repeat(one.depth)}${one.field}:${query.slice(one.valueAt, one.end)}`);
  expect(said('steel voltage:>=200kV "grain boundary"')).toEqual([':steel', 'voltage:>=200kV', ':"grain boundary"']);
  expect(said('-(haadf OR -user:m.keller) NOT is:failed')).toEqual(['(:haadf', '(:OR', '-(user:m.keller', ':NOT', '-is:failed']);
  expect(said('"Probe \\"C\\" (nA)":0.1..1nA project:"AM 1" format:(dm3 OR ser)')).toEqual(['Probe "C" (nA):0.1..1nA', 'project:"AM 1"', 'format:(dm3 OR ser)']);
  expect(said('*.Voltage:1 *:2 größe_ü.x[0]:3 a"b - )')).toEqual(['*.Voltage:1', '*:2', 'größe_ü.x[0]:3', ':a', ':"b - )']);
  expect(piecesOf('')).toEqual([]);
});

test.each([
  ['vol|', null, 'vol'], ['steel (vol|)', null, 'vol'], ['-vol|', null, 'vol'], ['vol|tage:5', null, 'vol'],
  ['is:|', 'is', ''], ['is:ra| x', 'is', 'ra'], ['project:"AM 1|', 'project', 'AM 1'], ['"Operation Mode":fr|', 'Operation Mode', 'fr'], ['-has:no|', 'has', 'no']
])('at the caret of %s stands %s: %s', (query, field, typed) => {
  expect(writing(query)).toMatchObject({ field, typed });
});

test.each(['v|', '|', 'steel |', '200|', 'OR|', '"grain bo|', 'voltage:>=2|', 'format:(d|', 'a=b|'])('at the caret of %s nothing is completed', query => {
  expect(writing(query)).toBeNull();
});

test.each([
  ['steel vol| haadf', 'voltage', 'steel voltage:| haadf'], ['vol|tage:5', 'acceleration_voltage', 'acceleration_voltage:|5'], ['is:ra|', 'raw', 'is:raw|'],
  ['project:"AM| voltage:>3', '"AM 12"', 'project:"AM 12"| voltage:>3'], ['pro|', '"Probe Current (nA)"', '"Probe Current (nA)":|']
])('%s completed with %s', (query, text, now) => {
  const found = writing(query);
  const [next, caret] = completed(query.replace('|', ''), found ?? { field: null, typed: '', from: 0, to: 0 }, text);
  expect(`${next.slice(0, caret)}|${next.slice(caret)}`).toBe(now);
});

test('what the grammar does not take bare is quoted', () => {
  expect(['voltage', 'Microscope_Info.Voltage', 'a[0]/b#c-d', 'Probe Current (nA)', '1st', 'x:y', 'a"b\\c', 'µ.Größe'].map(fieldInQuery)).toEqual(
    ['voltage', 'Microscope_Info.Voltage', 'a[0]/b#c-d', '"Probe Current (nA)"', '"1st"', '"x:y"', '"a\\"b\\\\c"', 'µ.Größe']);
  expect(['dm3', 'AM-12', 'last monday', '>5', '-x', 'a*', 'a..b', '"', ''].map(valueInQuery)).toEqual(
    ['dm3', 'AM-12', '"last monday"', '">5"', '"-x"', '"a*"', '"a..b"', '"\\""', '""']);
});

describe('a range in a query', () => {
  const VOLTAGE = ['voltage', 'acceleration_voltage', 'ht'];

  test.each([
    ['', 'voltage:1..2kV'], ['steel', 'steel voltage:1..2kV'], ['HT:>=200kV steel', 'steel voltage:1..2kV'], ['a  "b  c" acceleration_voltage:5 d', 'a  "b  c" d voltage:1..2kV'],
    ['a AND voltage:3', 'a voltage:1..2kV'], ['voltage:3 AND a', 'a voltage:1..2kV'], ['-voltage:3', '-voltage:3 voltage:1..2kV'], ['(a OR voltage:3)', '(a OR voltage:3) voltage:1..2kV'],
    ['a OR b', '(a OR b) voltage:1..2kV']
  ])('goes into %s', (query, now) => {
    expect(withValue(query, VOLTAGE, '1..2kV')).toBe(now);
  });

  test('is taken away, and nothing else is', () => {
    expect(withValue('a voltage:3 b', VOLTAGE, '')).toBe('a b');
    expect(withValue('voltage:3', VOLTAGE, '')).toBe('');
    expect(withValue('voltage:3 OR b', VOLTAGE, '')).toBe('voltage:3 OR b');
    expect(valueOf('x ht:80..300kV', VOLTAGE)).toBe('80..300kV');
    expect([valueOf('-ht:3', VOLTAGE), valueOf('ht:3 OR x', VOLTAGE)]).toEqual(['', '']);
  });

  const volts = { kind: 'number' as const, unit: 'V', edges: [60e3, 80e3, 200e3, 300e3] };

  test('has the unit of its upper end and leaves out nothing at its edges', () => {
    expect(rangeInQuery(volts, [1, 2])).toBe('80..300kV');
    expect(rangeInQuery({ kind: 'number', unit: 'A', edges: [1.23456e-12, 9.87654e-9] }, [0, 0])).toBe('0.001234..9.877nA');
    expect(rangeInQuery({ kind: 'number', unit: 'eV', edges: [100, 300] }, [0, 0])).toBe('100eV..300eV');
    expect(rangeInQuery({ kind: 'number', unit: '1/m', edges: [-2e9, 0] }, [0, 0])).toBe('-2000000000..0');
    expect(rangeInQuery({ kind: 'number', unit: '', edges: [0.1 + 0.2, 225_000] }, [0, 0])).toBe('0.3..225000');
    expect(rangeInQuery({ kind: 'time', unit: 's', edges: [1542067200, 1542153600] }, [0, 0])).toBe('2018-11-13T00:00..2018-11-14T00:00');
  });

  test.each([
    ['80..300kV', [1, 2]], ['80000..300000', [1, 2]], ['>=200kV', [2, 2]], ['<100kV', [0, 0]], ['60..300kV', null], ['', null], ['200kV', null], ['1..2nm', null]
  ])('%s is seen as bins', (value, bins) => {
    expect(binsOf(volts, value)).toEqual(bins);
  });
});

test('the first beginning of a part is what matches', () => {
  expect([matchIn('acceleration_voltage', 'vol'), matchIn('evolve.vol', 'vol'), matchIn('revolver', 'vol'), matchIn('x', 'vol'), matchIn('Probe Current', 'probe_c')]).toEqual(
    [[13, 16], [7, 10], [2, 5], [0, 0], [0, 7]]);
});
