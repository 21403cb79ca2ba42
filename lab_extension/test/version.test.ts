import { expect, test } from 'vitest';

import { version } from '../package.json';
import { COMPONENTS } from '../src/components';
import { VERSION } from '../src/version';

test('the widgets borrow the interface of exactly this version', () => {
  expect(VERSION).toBe(version);
});

test('every component that the Python package names is there', () => {
  expect(Object.keys(COMPONENTS)).toEqual(expect.arrayContaining(['SessionForm', 'RecordBrowser', 'RecordView', 'Gallery', 'Lineage', 'FacilityOverview']));
});
