import { expect, test } from 'vitest';

import { linesOf } from '../../src/components/origin/LineageGraph';
import { scaleBar } from '../../src/components/parts/LargePreview';
import { rowsOf } from '../../src/components/parts/MetadataTree';
import { barsOf } from '../../src/components/records/Histogram';
import { withDates } from '../../src/components/records/RecordBrowser';
import type { DatasetView } from '../../src/tokens';

const TREE = { Microscope: { Voltage: 200000, Stage: { X: 1, Y: 2 } }, Detectors: ['HAADF', 'BF'] };

test('a closed branch hides what is in it; a short list stands on one line', () => {
  expect(rowsOf(TREE, () => false, '').map(row => [row.path, row.value])).toEqual([['Microscope', undefined], ['Detectors', 'HAADF, BF']]);
});

test('a search opens what leads to it, by name, path or value', () => {
  expect(rowsOf(TREE, () => false, 'stage.x').map(row => row.path)).toEqual(['Microscope', 'Microscope.Stage', 'Microscope.Stage.X']);
  expect(rowsOf(TREE, () => false, '200000').map(row => row.path)).toEqual(['Microscope', 'Microscope.Voltage']);
  expect(rowsOf(TREE, () => false, 'nothing like it')).toEqual([]);
});

test('the histogram has at most 48 bars and loses no day', () => {
  const days = Array.from({ length: 3000 }, (_, index) => [new Date(Date.UTC(2018, 0, 1 + index)).toISOString().slice(0, 10), 2] as const);
  const bars = barsOf(days);
  expect(bars.length).toBeLessThanOrEqual(48);
  expect(bars.reduce((sum, bar) => sum + bar.count, 0)).toBe(6000);
});

test('a chosen time replaces the one before it and leaves the words alone', () => {
  expect(withDates('haadf after:2018-01-01 "grain boundary"', '2020-01-01', '2021-01-01')).toBe('haadf "grain boundary" after:2020-01-01 before:2021-01-01');
  expect(withDates('haadf during:2018-11')).toBe('haadf');
});

test('words on an edge take at most three lines', () => {
  expect(linesOf('crop 512×512 at (768, 768)')).toEqual(['crop 512×512 at', '(768, 768)']);
  expect(linesOf('one two three four five six seven eight nine ten eleven twelve').length).toBe(3);
});

test('the scale bar is a round length of the picture’s own calibration', () => {
  const axis = (name: string): object => ({ name, size: 1000, scale: 0.1, offset: 0, unit: 'nm', is_navigation: false });
  const of = { signals: [{ axes: [axis('y'), axis('x')] }], preview_size: [500, 500] } as unknown as DatasetView;
  expect(scaleBar(of)).toEqual([0.2, '20 nm']);
});
