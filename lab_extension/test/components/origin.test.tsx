import { afterEach, describe, expect, test } from 'vitest';
import { userEvent } from 'vitest/browser';

import { ApiError } from '../../src/api';
import { factsOf } from '../../src/components/origin/Environment';
import { pictureName } from '../../src/components/origin/Replays';
import { STALE } from '../fixture/api';
import { NEWER, RUN } from '../fixture/runs';
import { expectAccessible, show, type Stage, ui } from '../fixture/stage';

let stage: Stage;
afterEach(() => {
  stage.leave();
  localStorage.clear();
});

const asked = (operation: string): Record<string, unknown>[] => stage.api.calls.filter(([name]) => name === operation).map(([, args]) => args);
const focus = (of: { element(): Element }): void => (of.element() as HTMLElement).focus();

describe('the lineage', () => {
  const step = ui.getByRole('region', { name: 'how it was made' });
  const edge = (words: string | RegExp): ReturnType<typeof ui.getByRole> => ui.getByRole('button', { name: words });

  test('an edge says in a sentence what was made of what; the step that is opened says it, too', async () => {
    stage = show('Lineage', { values: { of: 'demo' } });
    const one = edge(/^iFFT of \[220\];/);
    await expect.element(one).toHaveAttribute('title', 'iFFT of [220]; iFFT of [220].hspy is the iFFT of [220] of FFT.hspy; declared');
    await userEvent.click(one);
    await expect.element(step.getByRole('heading').first()).toHaveTextContent('iFFT of [220].hspy is the iFFT of [220] of FFT.hspy');
    await expect.element(step.getByText('iFFT of [220] · declared')).toBeVisible();
  });

  test('what is stale or bad carries the word, and why', async () => {
    stage = show('Lineage', { values: { of: 'demo' } });
    const node = ui.getByRole('button', { name: /^figure 2\.png/ });
    await expect.element(node).toHaveAccessibleName(/^figure 2\.png stale ?: iFFT of \[111\]\.hspy is marked bad\.$/);
    await expect.element(ui.getByTitle('r.osei: the wrong spot was masked')).toHaveTextContent('bad');
    await expect.element(ui.getByTitle('mask.npy is another file since.')).toBeVisible();
    await expectAccessible(stage.root);
  });

  test('an edge in doubt is drawn in its own way and settled where it stands, by keyboard; the rest stays', async () => {
    stage = show('Lineage', { values: { of: 'demo' } });
    const one = edge(/^panel b;.*in doubt: iFFT of \[111\]\.hspy was declared as an input, and was not seen to be read\.$/);
    await expect.element(one).toHaveTextContent('panel b?');
    expect(document.querySelectorAll('.lims-LineageGraph-line[data-doubt="true"]').length).toBe(1);
    focus(one);
    await userEvent.keyboard('{Enter}');
    const accept = step.getByRole('group', { name: /^iFFT of \[111\]/ }).getByRole('button', { name: 'Accept' });
    await expect.element(accept).toBeVisible();
    await expectAccessible(stage.root);
    focus(accept);
    await userEvent.keyboard('{Enter}');
    await expect.element(edge('panel b; figure 2.png is the panel b of iFFT of [111].hspy; declared')).toHaveTextContent(/^panel b$/);
    expect(asked('settle_relation')[0]).toMatchObject({ relation: 'rel-45', decision: 'accept' });
    await expect.element(step.getByText('panel b · declared')).toBeVisible();
    await expect.poll(() => document.activeElement?.textContent).toBe('Accepted: iFFT of [111].hspy was declared as an input, and was not seen to be read.');
  });

  test('a rejected edge is gone with its step', async () => {
    stage = show('Lineage', { values: { of: 'demo' } });
    await userEvent.click(edge(/^panel b;/));
    await userEvent.click(step.getByRole('group', { name: /^iFFT of \[111\]/ }).getByRole('button', { name: 'Reject' }));
    await expect.element(step).not.toBeInTheDocument();
    await expect.element(edge(/^panel b;/)).not.toBeInTheDocument();
    await expect.poll(() => document.activeElement?.textContent).toMatch(/^Rejected: /);
  });

  test('who may not settle it reads why', async () => {
    stage = show('Lineage', { values: { of: 'demo' }, fail: { settle_relation: new ApiError('Forbidden', 'figure 2.png is jonas’s.', 'Ask them, or the staff.') } });
    await userEvent.click(edge(/^panel b;/));
    await userEvent.click(step.getByRole('group', { name: /^iFFT of \[111\]/ }).getByRole('button', { name: 'Reject' }));
    await expect.element(step.getByRole('alert')).toHaveTextContent('figure 2.png is jonas’s. Ask them, or the staff.');
  });

  test('what is not shown is counted and comes page by page, down to the last', async () => {
    stage = show('Lineage', { values: { of: 'large' } });
    await expect.element(ui.getByText('156 more are not shown.')).toBeVisible();
    await expect.element(ui.getByRole('button', { name: /^haadf_040/ })).toBeInViewport();
    await userEvent.click(ui.getByRole('button', { name: 'Show 100 more' }));
    await expect.element(ui.getByText('56 more are not shown.')).toBeVisible();
    expect(asked('lineage').map(one => one.limit)).toEqual([100, 200]);
    await userEvent.click(ui.getByRole('button', { name: 'Show them' }));
    await expect.element(ui.getByText('All 256 are shown.')).toBeVisible();
    await expect.poll(() => document.activeElement?.textContent).toBe('All 256 are shown.');
    expect(document.querySelectorAll('.lims-LineageGraph-node').length).toBe(256);
  }, 30_000);
});

describe('a run', () => {
  const run = ui.getByRole('region', { name: `run ${RUN}` });
  const open = async (options: Parameters<typeof show>[1] = {}): Promise<void> => {
    stage = show('RecordView', { values: { record: RUN }, ...options });
    await expect.element(run.getByText('notebooks/fft.ipynb')).toBeVisible();
  };

  test('says what ran, for how long, with which text of which commit', async () => {
    const opened: string[] = [];
    await open({ host: { open: id => opened.push(id) } });
    await expect.element(run.getByText(/^notebook, Maria Keller, 2018-11-14 \d\d:12, 41 s$/)).toBeVisible();
    await expect.element(run.getByText('4ef0d09a1b2c')).toBeVisible();
    await expect.element(run.getByText(', with changes that were not committed')).toBeVisible();
    await userEvent.click(run.getByRole('button', { name: 'fft.ipynb, as it ran' }));
    await userEvent.click(run.getByRole('button', { name: 'with what its cells gave' }));
    expect(opened).toEqual(['dat-0000000002', 'dat-0000000003']);
    await expectAccessible(stage.root);
  });

  test('says of each file how it is known, and which is another one since', async () => {
    await open();
    const inputs = run.getByRole('list', { name: 'inputs', exact: true }).getByRole('listitem');
    await expect.element(inputs.first()).toHaveTextContent(/^haadf_040\.dm3declared$/);
    await expect.element(inputs.nth(1)).toHaveTextContent(/^mask\.npyobservedanother file sinceread after it was written$/);
    await expect.element(run.getByRole('list', { name: 'outputs' }).getByRole('listitem').nth(2)).toHaveTextContent(/^spots\.csvtraced$/);
    await userEvent.click(run.getByText('1 file outside of the catalog'));
    await expect.element(run.getByText('read, traced, not there any more')).toBeVisible();
  });

  test('lists what is in doubt; only of a relation a person decides, and goes on from there', async () => {
    await open();
    const doubts = run.getByRole('list', { name: 'in doubt' }).getByRole('listitem');
    await expect.element(doubts.first()).toHaveTextContent(/^The source was changed while it ran\.$/);
    focus(doubts.nth(1).getByRole('button', { name: 'Accept' }));
    await userEvent.keyboard('{Enter}');
    await expect.element(doubts.nth(2)).not.toBeInTheDocument();
    expect(asked('settle_relation')[0]).toMatchObject({ relation: 'rel-3', decision: 'accept' });
    await expect.element(run.getByRole('status').filter({ hasText: 'Accepted: mask.npy was read' })).toBeVisible();
    await expect.poll(() => document.activeElement).toBe(run.element());
  });

  test('leads to the run that replaced it and back', async () => {
    await open();
    await userEvent.click(run.getByRole('button', { name: NEWER }));
    const newer = ui.getByRole('region', { name: `run ${NEWER}` });
    await expect.element(newer.getByText('ValueError in cell 4: no spot within 12 px')).toBeVisible();
    await expect.element(newer.getByText('It cannot be replayed: what ran is not kept here.')).toBeVisible();
    await expect.poll(() => document.activeElement).toBe(newer.element());
    await userEvent.click(newer.getByRole('button', { name: RUN, exact: true }));
    await expect.element(run.getByText('4ef0d09a1b2c')).toBeVisible();
    await userEvent.click(run.getByRole('button', { name: NEWER }));
    await userEvent.click(newer.getByRole('button', { name: `← ${RUN}` }));
    await expect.element(run.getByText('4ef0d09a1b2c')).toBeVisible();
  });

  test('tells the environment when asked: what can change a number, and the packages that were loaded', async () => {
    await open();
    await expect.element(run.getByText('Loaded packages')).not.toBeInTheDocument();
    await userEvent.click(run.getByText('Environment', { exact: true }));
    await expect.element(run.getByText('CPython 3.11.7')).toBeVisible();
    await expect.element(run.getByText('openblas Zen, 2 threads; openmp, 1 thread')).toBeVisible();
    await expect.element(run.getByText('numpy.random without a seed of its own')).toBeVisible();
    const loaded = run.getByRole('list', { name: 'loaded packages' }).getByRole('listitem');
    expect(loaded.elements().map(one => one.textContent)).toEqual(['hyperspy 2.5.0', 'numpy 2.4.1', 'scikit_image 0.26.0']);
    await expectAccessible(stage.root);
  });

  test('tells the newest replay: each output’s verdict, where, how much, and the picture where there is one', async () => {
    await open();
    await expect.element(run.getByText('not reproduced')).toBeVisible();
    await expect.element(run.getByText('package numpy: 2.4.1 → 2.5.0')).toBeVisible();
    const row = (name: string): ReturnType<typeof run.getByRole> => run.getByRole('row').filter({ hasText: name });
    await expect.element(row('iFFT of [220].hspy')).toHaveTextContent(/equivalent\s*data at \[17, 403\].*at most 3\.10e-7\s*rms 4\.40e-9\s*allowed: relative 1\.00e-5/);
    await expect.element(row('spots.csv')).toHaveTextContent(/not replayable\s*the replay did not write it$/);
    expect(row('FFT.hspy').first().getByRole('button').elements()).toEqual([]);
    await userEvent.click(run.getByRole('button', { name: 'Show the difference of iFFT of [220].hspy' }));
    await expect.element(run.getByAltText('iFFT of [220].hspy: expected, found, and their difference')).toBeVisible();
    expect(asked('replay_picture')[0]).toEqual({ replay: 'rpl-2', name: 'iFFT of [220].hspy' });
    await userEvent.click(run.getByRole('button', { name: 'Hide the difference of iFFT of [220].hspy' }));
    await userEvent.click(run.getByRole('button', { name: 'Show the difference of iFFT of [111].hspy' }));
    await expect.element(run.getByRole('alert')).toHaveTextContent('Identical outputs have none.');
    await userEvent.click(run.getByText('1 earlier replay'));
    await expect.element(run.getByText('reproduced', { exact: true })).toBeVisible();
    await expect.element(run.getByText(`lims replay ${RUN}`)).toBeVisible();
    await expect.element(run.getByRole('button', { name: 'copy the command to replay it' })).toBeVisible();
  });
});

describe('a file', () => {
  const drawer = ui.getByRole('complementary', { name: 'file' });
  const values = { record: 'rec-0000000000', dataset: STALE };
  const warnings = drawer.getByRole('status', { name: 'warnings' });

  test('that is stale says why and how to bring it up to date; the run that made it opens in place', async () => {
    stage = show('RecordView', { values });
    await expect.element(warnings).toHaveTextContent(/^Stale\. haadf_040\.dm3 is another file since\. Bring it up to date: lims rerun dat-0000000001 --downstream/);
    await expect.element(warnings.getByRole('button', { name: 'copy the command to bring it up to date' })).toBeVisible();
    const made = drawer.getByRole('button', { name: RUN, exact: true });
    await userEvent.click(made);
    await expect.element(drawer.getByRole('region', { name: `run ${RUN}` }).getByText('notebooks/fft.ipynb')).toBeVisible();
    await expectAccessible(stage.root);
    await userEvent.click(made);
    await expect.element(drawer.getByRole('region', { name: `run ${RUN}` })).not.toBeInTheDocument();
  });

  test('is marked as bad with a reason and the mark taken back, by keyboard', async () => {
    stage = show('RecordView', { values });
    const opener = drawer.getByRole('button', { name: 'Mark as bad…' });
    // The file's name has the focus first.
    await expect.poll(() => document.activeElement?.textContent).toBe('haadf_001.tif');
    await expect.element(opener).toBeVisible();
    focus(opener);
    await userEvent.keyboard('{Enter}the beam was on the edge');
    await expectAccessible(stage.root);
    await userEvent.keyboard('{Escape}');
    await expect.poll(() => document.activeElement).toBe(opener.element());
    await userEvent.keyboard('{Enter}');
    await expect.element(drawer.getByLabelText('What is wrong with it')).toHaveValue('the beam was on the edge');
    await userEvent.keyboard('{Enter}');
    await expect.element(warnings).toHaveTextContent(/^Marked as bad\. maria\.k: the beam was on the edge/);
    expect(asked('mark_bad')[0]).toMatchObject({ dataset: STALE, reason: 'the beam was on the edge' });
    await expect.poll(() => document.activeElement).toBe(warnings.element());
    expect(opener.elements()).toEqual([]);
    await userEvent.keyboard('{Tab}{Enter}');
    await expect.element(warnings).toHaveTextContent(/^The warning was taken back\./);
    expect(asked('unsettle')).toEqual([{ thing: STALE, kind: 'bad' }]);
    await expect.poll(() => document.activeElement).toBe(warnings.element());
    await expect.element(opener).toBeVisible();
  });
});

test('an environment of an older form stands as it is', () => {
  expect(factsOf({ python: '3.9.2', hyperspy: '1.6', threads: { OMP_NUM_THREADS: '2' } }, 0)).toEqual({ Python: '3.9.2', threads: 'OMP_NUM_THREADS 2', hyperspy: '1.6' });
  expect(factsOf({}, 0)).toEqual({});
});

test('a picture is asked for under the name by which it was kept', () => {
  expect(pictureName('figure.png', ['other.png'])).toBe('figure.png');
  expect(pictureName('𝛼'.repeat(120), ['a', '𝛼'.repeat(120)])).toBe(`2-${'𝛼'.repeat(100)}`);
});
