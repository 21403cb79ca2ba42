import { afterEach, describe, expect, test } from 'vitest';
import { userEvent } from 'vitest/browser';

import { FixtureApi } from '../fixture/api';
import { expectAccessible, PICTURES, show, type Stage, ui } from '../fixture/stage';

let stage: Stage;
afterEach(() => {
  stage.leave();
  localStorage.clear();
});

const box = ui.getByRole('combobox', { name: 'Search' });
const options = (): string[] => [...stage.root.querySelectorAll('.lims-Completion bdi')].map(one => one.textContent ?? '');
const asked = (operation: string): Record<string, unknown>[] => stage.api.calls.filter(([name]) => name === operation).map(([, args]) => args);
const total = (text: string): Promise<void> => expect.element(ui.getByRole('status').first()).toHaveTextContent(text) as unknown as Promise<void>;

describe('where a result has what was asked for', () => {
  const marks = (): string[] => [...stage.root.querySelectorAll('.lims-Where mark')].map(one => one.textContent ?? '');

  test.each(['gallery', 'table'])('is said in the %s after the results are there, marked, all of it on hover', async view => {
    stage = show('RecordBrowser', { values: { view, query: 'steel' } });
    await expect.poll(() => marks().length).toBeGreaterThan(3);
    expect(new Set(marks())).toEqual(new Set(['steel']));
    const [first] = stage.root.querySelectorAll('.lims-Where');
    expect(first.textContent).toMatch(/^notes: 🔬 the steel was etched/);
    expect(first.getAttribute('title')).toMatch(/^name: .*\nnotes: /);
    const pages = asked('search').filter(args => args.query === 'steel');
    expect(pages[0].highlights).toBeUndefined();
    expect(pages.filter(args => args.highlights).map(args => args.limit)).toEqual(expect.arrayContaining([20]));
    await expectAccessible(stage.root);
  });

  test('has its line before it is known, so that nothing moves, and without a query there is no such line', async () => {
    stage = show('RecordBrowser', { delayMs: 300, values: { view: 'table', query: 'steel' } });
    const height = (): number => stage.root.querySelector<HTMLElement>('[aria-label=results]')?.clientHeight ?? 0;
    await total('30 records');
    expect(height()).toBe(30 * 62);
    await expect.poll(() => marks().length).toBeGreaterThan(3);
    expect(height()).toBe(30 * 62);
    await userEvent.fill(box, '');
    await total('240 records');
    expect(height()).toBe(240 * 44);
    expect(stage.root.querySelector('.lims-Where')).toBeNull();
  });
});

describe('a histogram of values', () => {
  const bars = ui.getByRole('slider', { name: /^voltage/ });

  test('is added by name, brushed by keyboard, kept, taken back and removed', async () => {
    stage = show('RecordBrowser', { values: { query: 'ht:80kV' } });
    await userEvent.click(ui.getByRole('button', { name: '+ field' }));
    await expect.element(ui.getByLabelText('field of a histogram')).toHaveFocus();
    await userEvent.keyboard('vol');
    await expect.poll(options).toEqual(['voltage', 'ImageList.TagGroup0.ImageTags.Microscope Info.Voltage']);
    await userEvent.keyboard('{Enter}');
    await expect.element(ui.getByRole('button', { name: '+ field' })).toHaveFocus();
    await expect.element(bars).toBeVisible();
    await expect.element(ui.getByText('35 records without')).toBeVisible();
    expect(asked('histogram').at(-1)).toMatchObject({ field: 'voltage', query: '', kind: 'record' });
    (stage.root.querySelector('.lims-Spread svg') as unknown as HTMLElement).focus();
    await userEvent.keyboard('{ArrowRight}{Shift>}{ArrowRight}{ArrowRight}{/Shift}');
    await expect.element(bars).toHaveAttribute('aria-valuetext', '60 kV – 90 kV');
    await userEvent.keyboard('{Enter}');
    await expect.element(box).toHaveValue('voltage:60..90kV');
    await total('82 records');
    await expect.element(bars).toHaveAttribute('aria-valuetext', '60 – 90kV');
    expect(asked('histogram').at(-1)).toMatchObject({ query: '' });
    await expectAccessible(stage.root);
    stage.leave();
    stage = show('RecordBrowser', { api: stage.api, values: { query: 'steel voltage:>=200kV' } });
    await userEvent.click(ui.getByRole('button', { name: 'all of voltage' }));
    await expect.element(box).toHaveValue('steel');
    await userEvent.click(ui.getByRole('button', { name: 'remove the histogram of voltage' }));
    await expect.element(bars).not.toBeInTheDocument();
    expect(localStorage.getItem('lims:kept:maria.k:histograms')).toBe('[]');
  });

  test('is brushed with the mouse; growing bins and those without a value say so', async () => {
    localStorage.setItem('lims:kept:maria.k:histograms', JSON.stringify([{ names: ['voltage', 'acceleration_voltage'] }, { names: ['probe_current'] }]));
    stage = show('RecordBrowser', { api: new FixtureApi(PICTURES) });
    const current = ui.getByRole('region', { name: 'histogram of probe current' });
    await expect.element(current.getByText('log')).toBeVisible();
    await expect.element(current.getByText('20 nA', { exact: true })).toBeVisible();
    const svg = stage.root.querySelector('.lims-Spread svg') as Element;
    const box = svg.getBoundingClientRect();
    const at = (share: number): PointerEventInit => ({ bubbles: true, pointerId: 1, clientX: box.left + box.width * share, clientY: box.top + 10 });
    (svg as unknown as { setPointerCapture(): void }).setPointerCapture = () => undefined;
    svg.dispatchEvent(new PointerEvent('pointerdown', at(0.55)));
    svg.dispatchEvent(new PointerEvent('pointermove', at(0.99)));
    await expect.element(bars).toHaveAttribute('aria-valuetext', '190 kV – 300 kV');
    svg.dispatchEvent(new PointerEvent('pointerup', at(0.99)));
    await expect.poll(() => stage.shared.get('query')).toBe('voltage:190..300kV');
  });

  test('Esc puts the choice of a field away', async () => {
    stage = show('RecordBrowser');
    await userEvent.click(ui.getByRole('button', { name: '+ field' }));
    await expect.poll(() => options().length).toBeGreaterThan(2);
    await userEvent.keyboard('{Escape}');
    await expect.element(ui.getByRole('button', { name: '+ field' })).toHaveFocus();
    expect(ui.getByLabelText('field of a histogram').elements()).toEqual([]);
  });
});
