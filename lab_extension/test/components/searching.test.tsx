import { afterEach, describe, expect, test } from 'vitest';
import { userEvent } from 'vitest/browser';

import { expectAccessible, show, type Stage, ui } from '../fixture/stage';

let stage: Stage;
afterEach(() => {
  stage.leave();
  localStorage.clear();
});

const box = ui.getByRole('combobox', { name: 'Search' });
const list = ui.getByRole('listbox', { name: /^(fields|values of)/ });
const options = (): string[] => [...stage.root.querySelectorAll('.lims-Completion bdi')].map(one => one.textContent ?? '');
const asked = (operation: string): Record<string, unknown>[] => stage.api.calls.filter(([name]) => name === operation).map(([, args]) => args);
const total = (text: string): Promise<void> => expect.element(ui.getByRole('status').first()).toHaveTextContent(text) as unknown as Promise<void>;

describe('while a query is typed', () => {
  test('a field is offered, taken by keyboard, and the results are those of what is typed on', async () => {
    stage = show('RecordBrowser');
    await userEvent.click(box);
    await userEvent.keyboard('vol');
    await expect.poll(options).toEqual(['voltage', 'ImageList.TagGroup0.ImageTags.Microscope Info.Voltage', 'Operation Voltage Mode']);
    await expect.element(box).toHaveAttribute('aria-expanded', 'true');
    expect(stage.root.querySelector('[role=option] b')?.textContent).toBe('vol');
    await expectAccessible(stage.root);
    await userEvent.keyboard('{ArrowDown}');
    await expect.element(ui.getByRole('option', { name: /^voltage/ })).toHaveAttribute('aria-selected', 'true');
    const active = document.activeElement?.getAttribute('aria-activedescendant') ?? '';
    expect(document.getElementById(active)?.textContent).toContain('60 kV – 300 kV');
    await userEvent.keyboard('{Tab}');
    await expect.element(box).toHaveValue('voltage:');
    await expect.element(box).toHaveFocus();
    await userEvent.keyboard('300kV{Enter}');
    await total('41 records');
    await expect.poll(() => document.activeElement?.getAttribute('data-index')).toBe('0');
  });

  test('names with blanks are quoted, and the arrows come back to what was typed', async () => {
    stage = show('RecordBrowser');
    await userEvent.click(box);
    await userEvent.keyboard('probe_cu');
    await expect.poll(options).toEqual(['probe_current', 'ImageList.TagGroup0.ImageTags.Microscope Info.Probe Current (nA)']);
    await userEvent.keyboard('{ArrowDown}{ArrowDown}{ArrowDown}{ArrowUp}{ArrowUp}');
    await expect.element(box).not.toHaveAttribute('aria-activedescendant');
    await userEvent.click(ui.getByRole('option', { name: /Probe Current/ }));
    await expect.element(box).toHaveValue('"ImageList.TagGroup0.ImageTags.Microscope Info.Probe Current (nA)":');
    await expect.element(box).toHaveFocus();
  });

  test('Esc puts the list away and nothing else; Enter without a choice searches; ArrowDown without a list goes to the results', async () => {
    stage = show('RecordBrowser');
    await userEvent.click(box);
    await userEvent.keyboard('de');
    await expect.poll(() => options().length).toBeGreaterThan(0);
    await userEvent.keyboard('{Escape}');
    await expect.element(list).not.toBeInTheDocument();
    await expect.element(box).toHaveValue('de');
    await userEvent.keyboard('{Backspace}{Backspace}steel');
    await total('30 records');
    await userEvent.keyboard('{ArrowDown}');
    await expect.poll(() => document.activeElement?.getAttribute('data-index')).toBe('0');
    await userEvent.click(box);
    await userEvent.keyboard(' is');
    await expect.poll(options).toContain('is');
    await userEvent.keyboard('{Backspace}{Backspace}{Backspace}{Enter}');
    await expect.poll(() => document.activeElement?.getAttribute('data-index')).toBe('0');
    await expect.element(list).not.toBeInTheDocument();
  });

  test('values are offered after a field, the most frequent first, in quotes where they need them', async () => {
    stage = show('RecordBrowser', { values: { kind: 'dataset' } });
    await userEvent.click(box);
    await userEvent.keyboard('is:');
    await expect.poll(options).toEqual(['raw', 'derived', 'orphan', 'failed', 'missing', 'blank']);
    await userEvent.keyboard('f');
    await expect.poll(options).toEqual(['failed']);
    await userEvent.keyboard('{ArrowDown}{Enter}');
    await expect.element(box).toHaveValue('is:failed');
    await expect.element(list).not.toBeInTheDocument();
    await userEvent.fill(box, 'project:');
    await expect.poll(() => options().length).toBeGreaterThan(1);
    const counts = [...stage.root.querySelectorAll('.lims-Completion .lims-number')].map(one => Number(one.textContent?.replace(',', '')));
    expect(counts).toEqual([...counts].sort((a, b) => b - a));
    await userEvent.fill(box, 'after:las');
    await expect.poll(options).toEqual(['last monday']);
    await userEvent.keyboard('{ArrowDown}{Tab}');
    await expect.element(box).toHaveValue('after:"last monday"');
  });

  test('nothing is asked twice, nor at every letter, and a late answer replaces no newer one', async () => {
    stage = show('RecordBrowser', { delayMs: 250 });
    await total('240 records');
    await userEvent.click(box);
    await userEvent.keyboard('pr');
    await expect.poll(() => asked('fields').length).toBe(1);
    await userEvent.keyboard('{Backspace}{Backspace}vol');
    await expect.poll(options).toContain('voltage');
    await new Promise(done => setTimeout(done, 400));
    expect(options()).toContain('voltage');
    expect(asked('fields').map(args => args.like)).toEqual(['pr', 'vol']);
    await userEvent.keyboard('tag');
    await expect.poll(options).toEqual(['voltage', 'ImageList.TagGroup0.ImageTags.Microscope Info.Voltage', 'Operation Voltage Mode']);
    await userEvent.keyboard('{Backspace}{Backspace}{Backspace}');
    await new Promise(done => setTimeout(done, 250));
    expect(asked('fields')).toHaveLength(2);
  });
});

test('what may have been meant is taken into the box', async () => {
  stage = show('RecordBrowser', { values: { query: 'wled' } });
  await userEvent.click(ui.getByRole('button', { name: 'Did you mean weld?' }));
  await total('30 records');
  await expect.element(box).toHaveValue('weld');
  await expect.element(box).toHaveFocus();
});

test('what is wrong in a query is said below it, once, with its place', async () => {
  stage = show('RecordBrowser', { values: { query: '🔬 voltage: x' } });
  await expect.element(ui.getByRole('alert')).toHaveTextContent('A value is missing after voltage: at character 11 of the query. Write it without a blank between, or in quotes.');
  expect(stage.root.querySelector('.lims-QueryProblem code')?.innerHTML).toBe('🔬 voltage:<mark> </mark>x');
  await expect.element(box).toHaveAttribute('aria-invalid', 'true');
  await expect.element(box).toHaveAccessibleDescription(/A value is missing/);
  await expectAccessible(stage.root);
  await userEvent.click(ui.getByRole('button', { name: 'Go there' }));
  await expect.poll(() => (document.activeElement as HTMLInputElement).selectionStart).toBe(11);
  await userEvent.keyboard('5');
  await expect.element(box).toHaveValue('🔬 voltage:5x');
  await expect.element(ui.getByRole('alert')).not.toBeInTheDocument();
});

test('what is only not finished is no mistake while it is written, but is one when it is sent off', async () => {
  stage = show('RecordBrowser');
  await total('240 records');
  await userEvent.click(box);
  await userEvent.keyboard('steel voltage:');
  await expect.poll(() => asked('search').some(args => args.query === 'steel voltage:')).toBe(true);
  await new Promise(done => setTimeout(done, 1000));
  expect(ui.getByRole('alert').elements()).toEqual([]);
  await userEvent.keyboard('{Enter}');
  await expect.element(ui.getByRole('alert')).toHaveTextContent('A value is missing');
  await expect.element(box).toHaveFocus();
  await userEvent.keyboard('60kV (');
  await expect.element(ui.getByRole('alert')).toHaveTextContent('This ( is never closed');
});
