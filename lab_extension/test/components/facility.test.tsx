import { afterEach, describe, expect, test } from 'vitest';
import { userEvent } from 'vitest/browser';

import { ApiError } from '../../src/api';
import { expectAccessible, show, type Stage, ui } from '../fixture/stage';

let stage: Stage;
afterEach(() => stage.leave());

const asked = (operation: string): Record<string, unknown>[] => stage.api.calls.filter(([name]) => name === operation).map(([, args]) => args);
const waits = ui.getByRole('region', { name: 'to settle' });
const GROUP = '37 files in Titan_TEM/maria.k';
const group = waits.getByRole('listitem').filter({ hasText: GROUP }).first();

describe('to settle', () => {
  test('one click settles as proposed; who uses the keyboard goes on from the line that says so, and undoes it there', async () => {
    stage = show('FacilityOverview', { me: 'r.osei' });
    const accept = group.getByRole('button', { name: 'Put into maria.k’s session' });
    await expect.element(accept).toBeVisible();
    (accept.element() as HTMLElement).focus();
    await userEvent.keyboard('{Enter}');
    const said = waits.getByRole('status').first();
    await expect.element(said).toHaveTextContent(/^37 files in Titan_TEM\/maria\.k\s*in maria\.k's session ses-0000000000\s*Rebecca Osei/);
    expect(asked('settle')[0]).toMatchObject({ thing: 'dat-000000000c', kind: 'orphan', decision: 'accept' });
    await expect.poll(() => document.activeElement).toBe(said.element());
    expect(waits.getByRole('group', { name: `${GROUP}: what to do` }).elements()).toEqual([]);
    await userEvent.keyboard('{Tab}{Enter}');
    await expect.element(said).toHaveTextContent(/taken back/);
    expect(asked('unsettle')).toEqual([{ thing: 'dat-000000000c', kind: 'orphan' }]);
    await expect.element(accept).toBeVisible();
    expect(said.getByRole('button').elements()).toEqual([]);
  });

  test('the line stays until the next, and all of them are under “Settled lately”', async () => {
    stage = show('FacilityOverview');
    await userEvent.click(waits.getByRole('button', { name: 'Leave it' }));
    await expect.element(waits.getByRole('status').first()).toHaveTextContent(/scan_011\.bcf/);
    await userEvent.click(group.getByRole('button', { name: 'Nobody’s' }));
    await expect.element(waits.getByRole('status').first()).toHaveTextContent(/37 files.*nobody's/);
    await userEvent.click(ui.getByText('Settled lately'));
    await userEvent.click(waits.getByRole('listitem').getByRole('button', { name: 'Undo: scan_011.bcf' }));
    await expect.element(waits.getByRole('button', { name: 'Leave it' })).toBeVisible();
    await expect.element(waits.getByRole('listitem').getByRole('button', { name: `Undo: ${GROUP}` })).toBeVisible();
    await expect.poll(() => waits.getByRole('button', { name: 'Undo: scan_011.bcf' }).elements()).toEqual([]);
  });

  test('files go into another session of their instrument, of which the nearest in time stand first', async () => {
    stage = show('FacilityOverview');
    await userEvent.click(group.getByRole('button', { name: 'Another session…' }));
    const select = ui.getByLabelText('Into which session?');
    await expect.element(select).toBeEnabled();
    expect(asked('sessions')[0]).toMatchObject({ instrument: 'titan', near: expect.stringMatching(/^20\d\d-/) });
    const options = [...(select.element() as HTMLSelectElement).options].filter(one => one.value);
    expect(options.map(one => one.value)).not.toContain('ses-0000000000');
    expect(options[0].text).toMatch(/^2018-1\d-\d\d \d\d:\d\d–\d\d:\d\d \w+ \w+: /);
    expect(ui.getByRole('option', { name: 'Yuki Tanaka', exact: true }).elements()).toEqual([]);
    const put = group.getByRole('button', { name: 'Put 37 files there' });
    await expect.element(put).toBeDisabled();
    await expectAccessible(stage.root);
    await userEvent.selectOptions(select, options[0].value);
    await userEvent.click(put);
    expect(asked('settle')[0]).toMatchObject({ thing: 'dat-000000000c', decision: 'session', session: options[0].value });
  });

  test('where nobody has logged a session one is logged for whoever is chosen, and the way back is told', async () => {
    stage = show('FacilityOverview');
    const lost = waits.getByRole('listitem').filter({ hasText: 'lost_001.tif' });
    await userEvent.click(lost.getByRole('button', { name: 'Another session…' }));
    await expect.element(ui.getByRole('option', { name: 'Yuki Tanaka', exact: true })).toBeInTheDocument();
    await userEvent.selectOptions(ui.getByLabelText('Into which session?'), 'yuki');
    await userEvent.click(lost.getByRole('button', { name: 'Put it there' }));
    expect(asked('settle')[0]).toMatchObject({ thing: 'dat-000000000d', decision: 'accept', user: 'yuki' });
    const said = waits.getByRole('status').first();
    await expect.element(said).toHaveTextContent('lims session cancel ses-made');
    expect(said.getByRole('button', { name: /Undo/ }).elements()).toEqual([]);
  });

  test('what was refused says why beside its thing, which stays', async () => {
    stage = show('FacilityOverview', { fail: { settle: new ApiError('Invalid', 'Session ses-1 was cancelled.', 'Bring it back: lims session reopen ses-1') } });
    await userEvent.click(group.getByRole('button', { name: 'Put into maria.k’s session' }));
    await expect.element(group.getByRole('alert')).toHaveTextContent('Session ses-1 was cancelled. Bring it back');
    await expect.element(group.getByRole('button', { name: 'Put into maria.k’s session' })).toBeEnabled();
  });

  test('a session that is named leads to its record where the host opens one', async () => {
    const opened: string[] = [];
    stage = show('FacilityOverview', { host: { open: id => opened.push(id) } });
    await userEvent.click(group.getByRole('button', { name: 'Put into maria.k’s session' }));
    await userEvent.click(waits.getByRole('button', { name: 'ses-0000000000' }));
    expect(opened).toEqual(['rec-0000000000']);
  });

  test('what cannot be settled here says what to do', async () => {
    stage = show('FacilityOverview');
    await expect.element(waits.getByText(/write clock_offset_s = 3600 in facility\.toml/)).toBeVisible();
  });
});

describe('the harvest', () => {
  const harvest = ui.getByRole('region', { name: 'the harvest' });

  test('says how far it is, how fast, and what it waits for', async () => {
    stage = show('FacilityOverview');
    await expect.element(harvest).toHaveTextContent(/reading 120 of 200 files.*3\.1 GB of 40 GB · 4\.1 files\/s · 310 MB\/s · 2 min left/);
    await expect.element(harvest.getByRole('progressbar', { name: 'how far it is' })).toHaveAttribute('value', '3100000000');
    await expect.element(harvest.getByText(/merlin.* cannot be listed/)).toBeVisible();
    await expect.element(harvest.getByText('3 checksums to come')).toBeVisible();
    await expect.element(harvest.getByText('300 GB of 1.2 TB · 38 min left')).toBeVisible();
    await userEvent.click(harvest.getByText('1 file not finished yet'));
    await expect.element(harvest.getByText('still growing')).toBeVisible();
    await expectAccessible(stage.root);
  });

  test('of a service that tells less shows what it tells', async () => {
    stage = show('FacilityOverview', { harvest: { running: false, background: true, pending: 0, waiting: ['Titan_TEM/stack.mrc'], last_pass: '2018-11-13T18:51:00Z' } });
    await expect.element(harvest).toHaveTextContent(/all files are read\s*last looked at 2018-11-13 19:51/);
    await userEvent.click(harvest.getByText('1 file not finished yet'));
    await expect.element(harvest.getByText('Titan_TEM/stack.mrc')).toBeVisible();
    expect(harvest.getByRole('progressbar').elements()).toEqual([]);
  });

  test('is cancelled by staff only', async () => {
    stage = show('FacilityOverview', { me: 'r.osei' });
    await userEvent.click(harvest.getByRole('button', { name: 'Cancel' }));
    await expect.poll(() => asked('cancel_harvest')).toEqual([{}]);
    stage.leave();
    stage = show('FacilityOverview', { me: 'jonas' });
    await expect.element(harvest.getByRole('progressbar', { name: 'how far it is' })).toBeVisible();
    await expect.poll(() => asked('me').length).toBeGreaterThan(0);
    expect(harvest.getByRole('button').elements()).toEqual([]);
  });
});
