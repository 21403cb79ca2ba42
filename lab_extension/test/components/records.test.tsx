import { afterEach, expect, test } from 'vitest';
import { userEvent } from 'vitest/browser';

import { ApiError } from '../../src/api';
import type { Api } from '../../src/tokens';
import { FixtureApi } from '../fixture/api';
import { expectAccessible, PICTURES, show, type Stage, ui } from '../fixture/stage';

let stage: Stage;
afterEach(() => {
  stage.leave();
  localStorage.clear();
});

test('the first records are painted before the facets are asked for', async () => {
  stage = show('RecordBrowser');
  await expect.element(ui.getByRole('status').first()).toHaveTextContent('240 records');
  await expect.element(ui.getByText('Titan TEM').first()).toBeVisible();
  const searches = stage.api.calls.filter(([operation]) => operation === 'search').map(([, args]) => args);
  expect(searches[0].facets).toBeUndefined();
  expect(searches[1].facets).toContain('instrument');
  await expect.poll(() => performance.getEntriesByName('lims:painted').length).toBeGreaterThan(0);
});

test('records that came with the page are there at the first drawing, and only the facets are asked for', async () => {
  const api = new FixtureApi(PICTURES);
  const page = await api.call('search', { kind: 'record', limit: 60 });
  const known: Api['known'] = (operation, args) => (operation === 'search' && 'limit' in args && args.limit === 60 ? (page as never) : undefined);
  api.calls.length = 0;
  stage = show('RecordBrowser', { api: Object.assign(api, { known }) });
  await expect.element(ui.getByRole('checkbox', { name: /FIB-2/ })).toBeVisible();
  await expect.element(ui.getByRole('status').first()).toHaveTextContent('240 records');
  const searches = (): unknown[] => stage.api.calls.filter(([operation]) => operation === 'search').map(([, args]) => args.limit);
  expect(searches()).toEqual([0]);
  await userEvent.fill(ui.getByRole('searchbox'), 'weld');
  await expect.element(ui.getByRole('status').first()).toHaveTextContent('30 records');
  expect(searches()).toEqual([0, 60, 0]);
});

test('many thumbnails come in one frame', async () => {
  stage = show('RecordBrowser');
  await expect.poll(() => stage.root.querySelectorAll('.lims-HitCard img').length).toBeGreaterThan(5);
  const frames = stage.api.calls.filter(([operation]) => operation === 'thumbnails');
  expect(frames.length).toBeLessThanOrEqual(3);
  expect((frames[0][1].ids as string[]).length).toBeGreaterThan(5);
});

test('a facet narrows the results and keeps its other choices', async () => {
  stage = show('RecordBrowser');
  const fib = ui.getByRole('checkbox', { name: /FIB-2/ });
  await userEvent.click(fib);
  await expect.element(ui.getByRole('status').first()).toHaveTextContent('57 records');
  await expect.element(ui.getByRole('checkbox', { name: /Titan TEM/ })).toBeVisible();
  await expect.element(ui.getByRole('button', { name: 'remove instrument: FIB-2' })).toBeVisible();
  expect(stage.shared.get('filters')).toEqual({ instrument: ['fib2'] });
});

test('the whole way by keyboard: search, results, open, back', async () => {
  stage = show('RecordBrowser');
  await expect.element(ui.getByRole('status').first()).toHaveTextContent('240 records');
  await userEvent.keyboard('/');
  await userEvent.keyboard('weld');
  await expect.element(ui.getByRole('status').first()).toHaveTextContent('30 records');
  await userEvent.keyboard('{Enter}{ArrowRight}');
  const second = document.activeElement?.getAttribute('data-id');
  expect(document.activeElement?.getAttribute('data-index')).toBe('1');
  await userEvent.keyboard('{Enter}');
  await expect.element(ui.getByRole('heading', { level: 1 })).toHaveTextContent('Lamella from the weld toe');
  expect(stage.shared.get('record')).toBe(second);
  await userEvent.keyboard('{Escape}');
  await expect.poll(() => document.activeElement?.getAttribute('data-id')).toBe(second);
  await userEvent.keyboard('?');
  await expect.element(ui.getByRole('dialog', { name: 'Keys' })).toBeVisible();
});

test('Esc from a record that an address opened focuses the results, which were never drawn before', async () => {
  stage = show('RecordBrowser', { values: { record: 'rec-0000000000' } });
  await expect.element(ui.getByRole('heading', { level: 1 })).toBeVisible();
  await userEvent.keyboard('{Escape}');
  await expect.poll(() => document.activeElement?.getAttribute('data-index')).toBe('0');
});

test('Enter means what has been typed, not what was found before', async () => {
  stage = show('RecordBrowser', { delayMs: 300 });
  await expect.element(ui.getByRole('status').first()).toHaveTextContent('240 records');
  await userEvent.keyboard('/weld{Enter}');
  await expect.poll(() => document.activeElement?.textContent).toContain('Lamella from the weld toe');
});

test('a trait that the kernel sets is shown, and what a person selects is a trait', async () => {
  stage = show('RecordBrowser', { values: { query: 'weld', selected: [] } });
  await expect.element(ui.getByRole('status').first()).toHaveTextContent('30 records');
  stage.shared.set('query', 'ceria');
  await expect.element(ui.getByRole('searchbox')).toHaveValue('ceria');
  await expect.poll(() => stage.root.querySelector('.lims-HitCard-name')?.textContent).toContain('ceria');
  await userEvent.keyboard('/{Enter}{ }');
  await expect.poll(() => (stage.shared.get('selected') as string[]).length).toBe(1);
});

test('a click in JupyterLab puts the opening line into the notebook', async () => {
  const inserted: string[] = [];
  stage = show('RecordBrowser', { host: { place: 'lab', layout: 'panel', insert: source => inserted.push(source), open: () => undefined } });
  const tile = ui.getByRole('list', { name: 'results' }).getByRole('button').first();
  await expect.element(tile).toHaveAttribute('data-id');
  await userEvent.click(tile);
  expect(inserted[0]).toMatch(/^signal = lims\.open\("dat-/);
});

test('an error says what to do, and what was typed stays', async () => {
  stage = show('RecordBrowser', { values: { query: 'voltage:>=200nm' }, fail: { search: new ApiError('Invalid', 'nm is no unit of acceleration_voltage.', 'Write e.g. 200 kV.') } });
  await expect.element(ui.getByRole('alert')).toHaveTextContent('nm is no unit of acceleration_voltage. Write e.g. 200 kV.');
  await expect.element(ui.getByRole('searchbox')).toHaveValue('voltage:>=200nm');
});

test.each(['gallery', 'table'])('a record in the %s says how many files need attention', async view => {
  stage = show('RecordBrowser', { values: { view, sort: 'oldest', query: 'steel' } });
  await expect.element(ui.getByText('1 file needs attention').first()).toBeVisible();
  await expect.element(ui.getByText('2 files need attention').first()).toBeVisible();
  expect(ui.getByText('needs attention', { exact: true }).elements()).toEqual([]);
});

test('a search is saved under a name, found again after a reload, and removed, all by keyboard', async () => {
  stage = show('RecordBrowser');
  await userEvent.click(ui.getByRole('checkbox', { name: /FIB-2/ }));
  await userEvent.fill(ui.getByRole('searchbox'), 'weld');
  (document.activeElement as HTMLElement).blur();
  await userEvent.keyboard('s');
  const name = ui.getByLabelText('name of this search');
  await expect.element(name).toHaveFocus();
  await expect.element(name).toHaveAttribute('placeholder', 'weld · instrument FIB-2');
  await userEvent.keyboard('FIB wel');
  stage.leave();
  stage = show('RecordBrowser', { api: stage.api });
  await userEvent.keyboard('s');
  await expect.element(name).toHaveValue('FIB wel');
  await userEvent.keyboard('ds{Escape}');
  await expect.element(ui.getByRole('button', { name: '☆ save' })).toHaveFocus();
  await userEvent.fill(ui.getByRole('searchbox'), 'weld');
  await userEvent.click(ui.getByRole('checkbox', { name: /FIB-2/ }));
  await userEvent.click(ui.getByRole('button', { name: '☆ save' }));
  await userEvent.keyboard('{Enter}');
  await expect.element(ui.getByText('saved as FIB welds')).toBeVisible();
  await expectAccessible(stage.root);

  stage.leave();
  stage = show('RecordBrowser', { api: stage.api });
  await expect.element(ui.getByRole('status').first()).toHaveTextContent('240 records');
  await userEvent.keyboard('s{Tab}{Tab}{Enter}');
  await expect.element(ui.getByRole('searchbox')).toHaveValue('weld');
  expect(stage.shared.get('filters')).toEqual({ instrument: ['fib2'] });
  await userEvent.keyboard('{Escape}');
  await userEvent.click(ui.getByRole('button', { name: '☆ save' }));
  await userEvent.click(ui.getByRole('button', { name: 'remove FIB welds' }));
  await expect.element(name).toHaveFocus();
  expect(localStorage.getItem('lims:kept:maria.k:searches')).toBe('[]');
});

test('a name that is typed before it is known who types is not lost', async () => {
  stage = show('RecordBrowser', { delayMs: 400 });
  await userEvent.click(ui.getByRole('button', { name: '☆ save' }));
  await userEvent.keyboard('Welds');
  await expect.element(ui.getByRole('button', { name: 'Save this search' })).toBeEnabled();
  await userEvent.keyboard('{Enter}');
  await expect.element(ui.getByRole('button', { name: 'Welds', exact: true })).toBeVisible();
});

test('what another person saved on the same computer is not shown to me', async () => {
  localStorage.setItem('lims:kept:jonas:searches', JSON.stringify([{ name: 'secret', query: 'x', kind: 'record', filters: {} }]));
  stage = show('RecordBrowser');
  await userEvent.click(ui.getByRole('button', { name: '☆ save' }));
  await expect.element(ui.getByRole('button', { name: 'Save this search' })).toBeEnabled();
  expect(ui.getByText('secret').elements()).toEqual([]);
});

test('nothing found says what to do next', async () => {
  stage = show('RecordBrowser', { values: { query: 'nothing-like-it' } });
  await userEvent.click(ui.getByRole('button', { name: 'Show everything' }));
  await expect.element(ui.getByRole('status').first()).toHaveTextContent('240 records');
});

test.each(['gallery', 'table'])('the %s has no serious accessibility fault', async view => {
  stage = show('RecordBrowser', { values: { view } });
  await expect.element(ui.getByRole('checkbox', { name: /FIB-2/ })).toBeVisible();
  await expectAccessible(stage.root);
});
