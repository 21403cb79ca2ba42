import { expect, test } from 'vitest';

import { elapsed, moment, offset, span, typed, wall } from '../../src/components/times';

// Offsets and changes of clocks: IANA time zone database (New York UTC-5 in November; Berlin skips 02:00-03:00 on 2026-03-29).
test('a clock in New York shows five hours less than UTC in November', () => {
  expect(wall('2018-11-13T17:49:32Z', 'America/New_York')).toBe('2018-11-13T12:49:32');
  expect(offset('2018-11-13T17:49:32Z', 'America/New_York')).toBe('UTC−05:00');
});

test('what is typed is read on the instrument’s clock, not on the browser’s', () => {
  expect(moment('2018-11-13T12:30', 'America/New_York')?.toISOString()).toBe('2018-11-13T17:30:00.000Z');
  expect(moment('2018-11-13T12:30', 'Asia/Kolkata')?.toISOString()).toBe('2018-11-13T07:00:00.000Z');
});

test('an hour that the clocks skip is no time at all', () => {
  expect(moment('2026-03-29T02:30', 'Europe/Berlin')).toBeNull();
  expect(moment('2026-03-29T03:00', 'Europe/Berlin')?.toISOString()).toBe('2026-03-29T01:00:00.000Z');
});

test('a time that is written is read back the same in every zone', () => {
  for (const zone of ['UTC', 'America/New_York', 'Europe/Berlin', 'Australia/Lord_Howe']) {
    for (const time of ['2026-01-15T12:00:00.000Z', '2026-07-15T23:30:00.000Z']) {
      expect(moment(typed(time, zone), zone)?.toISOString()).toBe(time);
    }
  }
});

test('lengths of time', () => {
  expect(elapsed('2026-01-01T00:00:00Z', Date.parse('2026-01-01T25:47:12Z'.replace('25', '23')))).toBe('23:47:12');
  expect(span('2026-01-01T00:00:00Z', '2026-01-01T02:10:00Z')).toBe('2 h 10');
  expect(span('2026-01-01T00:00:00Z', '2026-01-04T04:00:00Z')).toBe('3 d 4 h');
});
