import { afterEach, describe, expect, test } from 'vitest';
import { userEvent } from 'vitest/browser';

import { FixtureApi } from '../fixture/api';
import { expectAccessible, PICTURES, show, type Stage, ui } from '../fixture/stage';

let stage: Stage;
afterEach(() => {
  stage.leave();
  localStorage.clear();
});

const RECORD = { record: 'rec-0000000000' };

test('a record says who, where, when on the instrument’s clock, and by which clock', async () => {
  stage = show('RecordView', { values: RECORD });
  await expect.element(ui.getByRole('heading', { level: 1 })).toHaveTextContent('Grain boundaries in 17-4 steel');
  await expect.element(ui.getByText('America/New_York, UTC−05:00')).toBeVisible();
  await expect.element(ui.getByText(/files by the time inside them/)).toBeVisible();
  await expect.element(ui.getByText('1 file needs attention').first()).toBeVisible();
});

test('a signal without contrast says so, a broken file says why', async () => {
  stage = show('RecordView', { values: RECORD });
  await expect.element(ui.getByText('blank: 99.9 % zero').first()).toBeVisible();
  await expect.element(ui.getByText(/it was cut short/).first()).toBeInTheDocument();
});

test('an activity says why it begins there and what was varied in it, the rest when asked', async () => {
  stage = show('RecordView', { values: RECORD });
  const second = ui.getByText(/^begins: after 38 min without a file/).first();
  await expect.element(second).toBeVisible();
  const varied = ui.getByText(/^varied: /);
  await expect.element(varied).toHaveTextContent('varied: magnification 1000–50000; 3 values of detector name; acceleration voltage 80–200 kV');
  await expect.element(ui.getByTitle('HAADF, BF, DF4')).toBeVisible();
  await userEvent.click(ui.getByRole('button', { name: 'and 2 more' }));
  await expect.element(varied).toHaveTextContent(/; tilt alpha 0–350 mrad; stage x -180 to 210 µm$/);
});

test('a record that changed says how, newest first; one that did not keeps it closed', async () => {
  stage = show('RecordView', { values: RECORD });
  const changes = ui.getByRole('listitem').filter({ hasText: /file came|first built/ });
  await expect.element(changes.first()).toHaveTextContent(/^2018-11-20 04:14\s*1 file came$/);
  await expect.element(changes.nth(1)).toHaveTextContent(/first built, with \d+ files/);
  stage.leave();
  stage = show('RecordView', { values: { record: 'rec-0000000001' } });
  await expect.element(ui.getByText('What changed')).toBeVisible();
  expect(changes.elements()).toEqual([]);
});

test('a file says why it is in its session, where else it lies, and what lay there before', async () => {
  stage = show('RecordView', { values: { ...RECORD, dataset: 'dat-0000000000' } });
  const drawer = ui.getByRole('complementary', { name: 'file' });
  await userEvent.click(drawer.getByText('Files', { exact: true }));
  await expect.element(drawer.getByText(/^saved 41 s after the end; dated by the time of the file; the time inside the file is 2 hours before .* not obeyed$/)).toBeVisible();
  await expect.element(drawer.getByText(/1: 3\.2 MB, until .*, ab12cd34ab12cd34…/)).toBeVisible();
  await expect.element(drawer.getByText(/raw:USB\/.*, no longer there/)).toBeVisible();
  await expectAccessible(stage.root);
  await userEvent.click(drawer.getByRole('button', { name: /^raw:Backup/ }));
  await expect.element(drawer.getByRole('heading', { level: 2 })).toHaveTextContent('haadf_001');
  await userEvent.click(drawer.getByRole('button', { name: 'next file' }));
  await userEvent.click(drawer.getByText('Files', { exact: true }));
  await expect.element(drawer.getByText(/^pending: /)).toBeVisible();
});

test('a folder that is one object is brought by a command, and its many files are counted', async () => {
  const api = new FixtureApi(PICTURES);
  const call = api.call.bind(api);
  api.call = async (name, args) => {
    const answer = await call(name, args);
    const key = 'derived/stack.zspy';
    return name === 'dataset' ? ({ ...(answer as object), key, companions: Array.from({ length: 27 }, (_, number) => `${key}/${number}`) } as typeof answer) : answer;
  };
  stage = show('RecordView', { api, values: { ...RECORD, dataset: 'dat-0000000000' } });
  const drawer = ui.getByRole('complementary', { name: 'file' });
  await expect.element(drawer.getByText('lims get dat-0000000000 --to .')).toBeVisible();
  expect(drawer.getByRole('button', { name: 'Download', exact: true }).elements()).toEqual([]);
  await userEvent.click(drawer.getByText('Files', { exact: true }));
  await expect.element(drawer.getByText(/a folder of 27 files/)).toBeVisible();
  await expect.element(drawer.getByText('and 7 more')).toBeVisible();
  expect(drawer.getByRole('button', { name: 'download', exact: true }).elements()).toHaveLength(20);
});

test('a band of the timeline leads to its files, by keyboard too', async () => {
  stage = show('RecordView', { values: RECORD });
  const band = ui.getByRole('button', { name: /^activity 2/ });
  await expect.element(band).toBeVisible();
  (band.element() as unknown as HTMLElement).focus();
  await userEvent.keyboard('{Enter}');
  await expect.poll(() => document.activeElement?.closest('[data-activity]')?.getAttribute('data-activity')).toMatch(/^act-1/);
});

test('a file opens in the drawer with its values, its tree and its lineage; Esc goes back to it', async () => {
  stage = show('RecordView', { values: RECORD });
  await userEvent.click(ui.getByRole('button', { name: /image_000/ }));
  await expect.element(ui.getByText('200 kV', { exact: true }).first()).toBeVisible();
  await expect.element(ui.getByText('1 nm', { exact: true })).toBeInTheDocument();
  await userEvent.fill(ui.getByRole('searchbox'), 'exposure');
  await expect.element(ui.getByRole('treeitem', { name: /Exposure Time/ })).toBeVisible();
  await userEvent.click(ui.getByRole('complementary', { name: 'file' }).getByText('Lineage'));
  await userEvent.keyboard('{Escape}');
  await expect.poll(() => document.activeElement?.getAttribute('data-id')).toBe('dat-0000000000');
});

test('a value that the file contradicts tells what else it says, and a person corrects it and takes it back, by keyboard', async () => {
  stage = show('RecordView', { values: RECORD });
  await userEvent.click(ui.getByRole('button', { name: /image_000/ }));
  await expect.element(ui.getByRole('button', { name: 'about operator: not to be trusted' })).toBeVisible();
  await userEvent.click(ui.getByRole('button', { name: 'about detector name: 1 other' }));
  const about = ui.getByRole('group', { name: 'about detector name' });
  await expect.element(about.getByText('Acquisition.Device.Name')).toBeVisible();
  await expectAccessible(stage.root);
  await userEvent.click(about.getByLabelText('It is really'));
  await userEvent.keyboard('HAADF 2{Tab}changed in May{Enter}');
  await expect.element(ui.getByText('HAADF 2', { exact: true })).toBeVisible();
  await expect.poll(() => document.activeElement?.getAttribute('aria-label')).toBe('about detector name: corrected');
  await userEvent.keyboard('{Enter}');
  await expect.element(about.getByText('changed in May')).toBeVisible();
  await userEvent.click(about.getByRole('button', { name: 'Take it back' }));
  await expect.element(ui.getByText('HAADF', { exact: true }).first()).toBeVisible();
  await userEvent.click(ui.getByRole('button', { name: 'about detector name: 1 other' }));
  await userEvent.keyboard('{Escape}');
  await expect.element(about).not.toBeInTheDocument();
});

test('an edge of the lineage tells parameters and environment', async () => {
  stage = show('Lineage', { values: { of: 'demo' } });
  const edge = ui.getByRole('button', { name: /^iFFT of \[220\];/ });
  await expect.element(edge).toBeInTheDocument();
  (edge.element() as unknown as HTMLElement).focus();
  await userEvent.keyboard('{Enter}');
  await expect.element(ui.getByText('notebooks/fft.ipynb')).toBeVisible();
  await expect.element(ui.getByText('radius_px')).toBeVisible();
  await expectAccessible(stage.root);
});

test('a record that is not there is a sentence', async () => {
  stage = show('RecordView', { values: { record: 'rec-none' } });
  await expect.element(ui.getByRole('alert')).toHaveTextContent("No record 'rec-none' among those you can see.");
});

test('record and drawer have no serious accessibility fault', async () => {
  stage = show('RecordView', { values: { ...RECORD, dataset: 'dat-0000000000' } });
  await expect.element(ui.getByRole('treeitem').first()).toBeVisible();
  await expectAccessible(stage.root);
});

test('a reload loses no half-typed tag, which stays with its own file', async () => {
  stage = show('RecordView', { values: { ...RECORD, dataset: 'dat-0000000000' } });
  const drawer = ui.getByRole('complementary', { name: 'file' });
  await userEvent.click(drawer.getByRole('button', { name: '+ tag' }));
  await userEvent.fill(drawer.getByLabelText('new tag'), 'figu');
  stage.leave();
  stage = show('RecordView', { values: { ...RECORD, dataset: 'dat-0000000000' }, api: stage.api });
  await expect.element(drawer.getByLabelText('new tag')).toHaveValue('figu');
  await userEvent.click(drawer.getByRole('button', { name: 'next file' }));
  await expect.element(drawer.getByRole('button', { name: '+ tag' })).toBeVisible();
  await userEvent.click(drawer.getByRole('button', { name: 'previous file' }));
  await userEvent.fill(drawer.getByLabelText('new tag'), 'figure-3');
  await userEvent.keyboard('{Enter}');
  await expect.element(drawer.getByText('figure-3')).toBeVisible();
  expect(Object.keys(localStorage).filter(name => name.includes(':tag:'))).toEqual([]);
});

describe('my fields', () => {
  const drawer = ui.getByRole('complementary', { name: 'file' });
  const mine = drawer.getByLabelText('my fields', { exact: true });
  const values = { ...RECORD, dataset: 'dat-0000000000' };

  test('a pinned field stands on top of every file, for this person only, and the focus goes with it', async () => {
    stage = show('RecordView', { values });
    const pin = drawer.getByRole('button', { name: 'pin magnification' });
    await expect.element(drawer.getByRole('tree')).toBeVisible();
    (pin.element() as unknown as HTMLElement).focus();
    await userEvent.keyboard('{Enter}');
    await expect.element(mine).toHaveTextContent(/magnification.*225000/);
    expect(document.activeElement?.getAttribute('aria-label')).toBe('unpin magnification');
    await userEvent.click(drawer.getByRole('button', { name: 'next file' }));
    await expect.element(mine).toHaveTextContent(/magnification/);
    stage.leave();
    stage = show('RecordView', { values, me: 'jonas' });
    await expect.element(drawer.getByRole('button', { name: 'pin magnification' })).toBeInTheDocument();
    expect(mine.elements()).toEqual([]);
  });

  test('a value of the tree is pinned by keyboard, told apart by its path, and unpinned from the top', async () => {
    stage = show('RecordView', { values });
    await userEvent.fill(drawer.getByRole('searchbox'), 'Dimension scale');
    await userEvent.fill(drawer.getByRole('searchbox'), 'Dimension.');
    const tree = drawer.getByRole('tree');
    (tree.element() as unknown as HTMLElement).focus();
    await userEvent.keyboard('{Home}');
    const leaf = async (name: string): Promise<void> => {
      for (let step = 0; step < 20; step++) {
        const at = document.getElementById(tree.element().getAttribute('aria-activedescendant') ?? '');
        if (at?.title.startsWith(name)) {
          return userEvent.keyboard('p');
        }
        await userEvent.keyboard('{ArrowDown}');
      }
    };
    await leaf('ImageList.TagGroup0.ImageData.Calibrations.Dimension.0.Scale');
    await expect.element(mine).toHaveTextContent(/Scale.*0.0612/);
    await leaf('ImageList.TagGroup0.ImageData.Calibrations.Dimension.1.Scale');
    await expect.element(mine).toHaveTextContent(/0\.Scale.*1\.Scale/);
    expect(document.activeElement).toBe(tree.element());
    await expectAccessible(stage.root);
    await userEvent.click(mine.getByRole('button', { name: 'unpin 0.Scale' }));
    await expect.element(mine).not.toHaveTextContent(/0\.Scale/);
  });

  test('what a file does not say keeps its place', async () => {
    localStorage.setItem('lims:kept:maria.k:fields', '["path:Nowhere.Gain","field:magnification"]');
    stage = show('RecordView', { values });
    await expect.element(mine).toHaveTextContent(/Gain.*–.*magnification/);
  });
});
