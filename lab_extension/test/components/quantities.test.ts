import { expect, test } from 'vitest';

import { bytes, count, quantity } from '../../src/components/quantities';

test.each([
  [200_000, 'V', '200 kV'], [6.12e-11, 'm', '61.2 pm'], [0.135, 'm', '135 mm'], [1.2e-5, 's', '12 µs'], [0, 'm', '0 m'], [-1.8432e-4, 'm', '-184 µm'],
  [225_000, '', '225000'], [999.96, 'm', '1 km'], [25.5, '%', '25.5 %'], [1e-18, 'm', '0.001 fm']
])('%d %s is written %s', (value, unit, text) => {
  expect(quantity(value, unit)).toBe(text);
});

test('sizes have three significant digits', () => {
  expect([bytes(0), bytes(999), bytes(2_100_000_000), bytes(40_300)]).toEqual(['0 B', '999 B', '2.1 GB', '40.3 kB']);
});

test('one is singular', () => {
  expect([count(1, 'activity', 'activities'), count(1284, 'file')]).toEqual(['1 activity', '1,284 files']);
});
