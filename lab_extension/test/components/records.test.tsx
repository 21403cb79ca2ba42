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
  await userEvent.fill(ui.getByRole('combobox', { name: 'Search' }), 'weld');
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
  const focused = (): string | null | undefined => document.activeElement?.getAttribute('data-index');
  await userEvent.keyboard('{Enter}');
  await expect.poll(focused).toBe('0');
  await userEvent.keyboard('{ArrowRight}');
  await expect.poll(focused).toBe('1');
  const second = document.activeElement?.getAttribute('data-id');
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
  await expect.element(ui.getByRole('combobox', { name: 'Search' })).toHaveValue('ceria');
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
  await expect.element(ui.getByRole('combobox', { name: 'Search' })).toHaveValue('voltage:>=200nm');
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
  await userEvent.fill(ui.getByRole('combobox', { name: 'Search' }), 'weld');
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
  await userEvent.fill(ui.getByRole('combobox', { name: 'Search' }), 'weld');
  await userEvent.click(ui.getByRole('checkbox', { name: /FIB-2/ }));
  await userEvent.click(ui.getByRole('button', { name: '☆ save' }));
  await userEvent.keyboard('{Enter}');
  await expect.element(ui.getByText('saved as FIB welds')).toBeVisible();
  await expectAccessible(stage.root);

  stage.leave();
  stage = show('RecordBrowser', { api: stage.api });
  await expect.element(ui.getByRole('status').first()).toHaveTextContent('240 records');
  await userEvent.keyboard('s');
  await expect.element(ui.getByRole('button', { name: 'FIB welds', exact: true })).toBeVisible();
  await userEvent.keyboard('{Tab}{Tab}{Enter}');
  await expect.element(ui.getByRole('combobox', { name: 'Search' })).toHaveValue('weld');
  expect(stage.shared.get('filters')).toEqual({ instrument: ['fib2'] });
  await userEvent.keyboard('{Escape}');
  await userEvent.click(ui.getByRole('button', { name: '☆ save' }));
  await userEvent.click(ui.getByRole('button', { name: 'remove FIB welds' }));
  await expect.element(name).toHaveFocus();
  expect(stage.api.saved).toEqual([]);
});

test('what this browser has kept is moved to the facility once, beside what is there', async () => {
  const api = new FixtureApi(PICTURES);
  await api.call('save_search', { name: 'welds', query: 'mine', kind: 'record' });
  const kept = [{ name: 'welds', query: 'weld', kind: 'dataset', filters: { format: ['dm3'] } }, { name: 'broken', query: '(x', kind: 'record', filters: {} }];
  localStorage.setItem('lims:kept:maria.k:searches', JSON.stringify(kept));
  stage = show('RecordBrowser', { api });
  await userEvent.click(ui.getByRole('button', { name: '☆ save' }));
  await expect.element(ui.getByRole('button', { name: 'welds (of a browser)', exact: true })).toBeVisible();
  await expect.element(ui.getByRole('alert')).toHaveTextContent('This ( is never closed');
  expect(stage.api.saved.map(one => [one.name, one.query, one.kind, one.filters])).toEqual([
    ['welds', 'mine', 'record', {}], ['welds (of a browser)', 'weld', 'dataset', { format: ['dm3'] }]
  ]);
  expect(JSON.parse(localStorage.getItem('lims:kept:maria.k:searches') ?? '')).toEqual(kept.slice(1));
});

test('what is new is counted beside the star, opened by itself by keyboard, and is new no more then', async () => {
  const api = new FixtureApi(PICTURES);
  const hits = (await api.call('search', { kind: 'dataset', query: 'dm3', limit: 3 })).items;
  const made = await api.call('save_search', { name: 'welds', query: 'dm3', kind: 'record', filters: {} });
  Object.assign(api.saved[0], { page: true, unread: 3, newest: hits.map(one => one.id), until: '2026-11-20T09:00:00.000004Z' });
  stage = show('RecordBrowser', { api });
  await expect.element(ui.getByRole('button', { name: '☆ save 3 new files' })).toBeVisible();
  await userEvent.keyboard('s');
  await expect.element(ui.getByRole('button', { name: '3 new files for welds' })).toBeVisible();
  await userEvent.keyboard('{Tab}{Tab}{Tab}');
  await expect.element(ui.getByRole('button', { name: '3 new files for welds' })).toHaveFocus();
  await userEvent.keyboard('{Enter}');
  await expect.element(ui.getByRole('status').first()).toHaveTextContent('3 files');
  expect(stage.shared.get('filters')).toEqual({ id: hits.map(one => one.id) });
  expect(api.calls.find(([operation]) => operation === 'mark_seen')?.[1]).toMatchObject({ search: made.id, until: '2026-11-20T09:00:00.000004Z' });
  await expect.element(ui.getByRole('button', { name: '☆ save', exact: true })).toBeVisible();
  await userEvent.click(ui.getByRole('button', { name: 'remove only 3 files' }));
  await expect.poll(() => stage.shared.get('filters')).toEqual({});
});

test('an alert is set and turned off; what the facility does not have is said and nothing is lost', async () => {
  stage = show('RecordBrowser', { values: { query: 'weld' } });
  await userEvent.click(ui.getByRole('button', { name: '☆ save' }));
  await expect.element(ui.getByRole('button', { name: 'Save this search' })).toBeEnabled();
  await userEvent.keyboard('{Enter}');
  await userEvent.click(ui.getByRole('button', { name: 'tell me: weld' }));
  await expect.element(ui.getByLabelText('in this page')).toHaveFocus();
  await userEvent.click(ui.getByLabelText('by e-mail'));
  await userEvent.click(ui.getByRole('button', { name: 'Set' }));
  await expect.element(ui.getByRole('alert')).toHaveTextContent('This facility sends no e-mail.');
  await userEvent.click(ui.getByLabelText('by e-mail'));
  await userEvent.fill(ui.getByLabelText('webhook'), 'https://hooks.example.org/x');
  await userEvent.click(ui.getByRole('button', { name: 'Set' }));
  await expect.element(ui.getByText('told by page, webhook from now on')).toBeVisible();
  await expect.element(ui.getByText('5ec4e75e…')).toBeVisible();
  expect(stage.api.saved[0]).toMatchObject({ page: true, mail: false, webhook: 'https://hooks.example.org/x' });
  await expectAccessible(stage.root);
  await userEvent.click(ui.getByRole('button', { name: 'Turn off' }));
  await expect.element(ui.getByText('told no more')).toBeVisible();
  expect(stage.api.saved[0].page).toBe(false);
});

test('a search that cannot be asked and a message that does not arrive say so', async () => {
  const api = new FixtureApi(PICTURES);
  await api.call('save_search', { name: 'old', query: 'Gone:>1', kind: 'record', filters: {} });
  const waiting = { channel: 'mail' as const, due: '2026-11-20T10:00:00Z', attempts: 3, reason: '550 no such mailbox.' };
  Object.assign(api.saved[0], { mail: true, trouble: 'There is no field \'Gone\'.', deliveries: [waiting] });
  stage = show('RecordBrowser', { api });
  await userEvent.click(ui.getByRole('button', { name: '☆ save' }));
  await expect.element(ui.getByText(/It cannot be asked any more: There is no field 'Gone'/)).toBeVisible();
  await userEvent.click(ui.getByRole('button', { name: 'told by e-mail: old' }));
  await expect.element(ui.getByText(/By mail it could not be told: 550 no such mailbox/)).toBeVisible();
  await expectAccessible(stage.root);
});

test('a query that the facility refuses keeps the name that was typed', async () => {
  stage = show('RecordBrowser', { values: { query: '(weld' } });
  await userEvent.click(ui.getByRole('button', { name: '☆ save' }));
  await expect.element(ui.getByRole('button', { name: 'Save this search' })).toBeEnabled();
  await userEvent.keyboard('Welds{Enter}');
  await expect.element(ui.getByRole('region', { name: 'saved searches' }).getByRole('alert')).toHaveTextContent('This ( is never closed');
  await expect.element(ui.getByLabelText('name of this search')).toHaveValue('Welds');
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
