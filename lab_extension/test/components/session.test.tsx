import { afterEach, expect, test } from 'vitest';
import { userEvent } from 'vitest/browser';

import { ApiError } from '../../src/api';
import { expectAccessible, show, type Stage, ui } from '../fixture/stage';

let stage: Stage;
afterEach(() => {
  stage.leave();
  localStorage.clear();
});

test('start, see files arrive, read why one failed, note, end, reopen', async () => {
  stage = show('SessionForm');
  await userEvent.fill(ui.getByLabelText('What for'), 'EDS maps');
  await userEvent.click(ui.getByRole('button', { name: 'Start session' }));
  await expect.element(ui.getByRole('timer')).toBeVisible();
  const id = [...stage.api.sessions.keys()].at(-1) ?? '';
  stage.api.drip(id);
  stage.api.drip(id, true);
  await expect.element(ui.getByText(/^2 files/)).toBeVisible();
  await expect.element(ui.getByRole('list', { name: 'files that need attention' })).toHaveTextContent(/it was cut short/);
  await userEvent.fill(ui.getByLabelText('note', { exact: true }), 'beam unstable');
  await userEvent.click(ui.getByRole('button', { name: 'Note', exact: true }));
  await expect.element(ui.getByText('beam unstable')).toBeVisible();
  await userEvent.click(ui.getByRole('button', { name: 'End session' }));
  await userEvent.click(ui.getByRole('button', { name: 'Reopen' }));
  await expect.element(ui.getByRole('button', { name: 'End session' })).toBeVisible();
  await expectAccessible(stage.root);
});

test('naming who else is there never starts the session, and no name hides a longer one', async () => {
  stage = show('SessionForm');
  await userEvent.click(ui.getByLabelText('With'));
  await userEvent.keyboard('yuki{Enter}');
  await expect.element(ui.getByRole('button', { name: 'without yuki', exact: true })).toBeVisible();
  await userEvent.keyboard('{Enter}yuki.2{Enter}{Enter}');
  await expect.element(ui.getByRole('button', { name: 'without yuki.2' })).toBeVisible();
  await expect.element(ui.getByRole('button', { name: 'Start session' })).toBeVisible();
  expect(stage.api.calls.map(([operation]) => operation)).not.toContain('start_session');
});

test('a reload loses no typed word, neither of the form nor of a note', async () => {
  stage = show('SessionForm');
  await userEvent.fill(ui.getByLabelText('What for'), 'half a sent');
  stage.leave();
  stage = show('SessionForm', { api: stage.api });
  await expect.element(ui.getByLabelText('What for')).toHaveValue('half a sent');
  await userEvent.click(ui.getByRole('button', { name: 'Start session' }));
  await userEvent.fill(ui.getByLabelText('note', { exact: true }), 'half a no');
  stage.leave();
  stage = show('SessionForm', { api: stage.api });
  await expect.element(ui.getByLabelText('note', { exact: true })).toHaveValue('half a no');
});

test('what another person types on the same computer is not shown to me', async () => {
  stage = show('SessionForm', { me: 'maria.k' });
  await userEvent.fill(ui.getByLabelText('What for'), 'secret');
  stage.leave();
  stage = show('SessionForm', { me: 'jonas' });
  await expect.element(ui.getByLabelText('What for')).toHaveValue('');
});

test('somebody else’s open session is offered to be ended at its last file', async () => {
  stage = show('SessionForm', { open: 'r.osei', me: 'maria.k' });
  await expect.element(ui.getByText(/Rebecca Osei still has a session open here/)).toBeVisible();
  await userEvent.click(ui.getByRole('button', { name: /^End Osei’s session at (\S+ )*\d\d:\d\d, its last file, and start yours$/ }));
  await expect.element(ui.getByRole('timer')).toBeVisible();
  const [, args] = stage.api.calls.find(([operation]) => operation === 'start_session') ?? [];
  expect(args).toMatchObject({ end_other: true, instrument: 'titan' });
});

test('a session that already happened is read on the instrument’s clock', async () => {
  stage = show('SessionForm');
  await userEvent.click(ui.getByText('Already happened'));
  await userEvent.fill(ui.getByLabelText('From'), '2018-11-13T12:30');
  await userEvent.fill(ui.getByLabelText('To', { exact: true }), '2018-11-13T15:30');
  await expect.element(ui.getByText('America/New_York, UTC−05:00, 3 h 00')).toBeVisible();
  await userEvent.click(ui.getByRole('button', { name: 'Log this session' }));
  await expect.element(ui.getByRole('button', { name: 'Log another session' })).toBeVisible();
  const [, args] = stage.api.calls.find(([operation]) => operation === 'start_session') ?? [];
  expect(args).toMatchObject({ at: '2018-11-13T17:30:00.000Z', end: '2018-11-13T20:30:00.000Z', end_other: false });
});

test('a refusal stands beside what was typed, and the retry carries the same key', async () => {
  const fail = { start_session: new ApiError('Unavailable', 'The service is away.', 'Try again in a minute.') };
  stage = show('SessionForm', { fail });
  await userEvent.fill(ui.getByLabelText('What for'), 'EDS maps');
  await userEvent.click(ui.getByRole('button', { name: 'Start session' }));
  await expect.element(ui.getByRole('alert')).toHaveTextContent('The service is away.');
  await expect.element(ui.getByLabelText('What for')).toHaveValue('EDS maps');
  await userEvent.click(ui.getByRole('button', { name: 'Start session' }));
  const keys = stage.api.calls.filter(([operation]) => operation === 'start_session').map(([, args]) => args.request_key);
  expect(keys.length).toBe(2);
  expect(keys[0]).toBe(keys[1]);
});

test('a booking fills the form', async () => {
  stage = show('SessionForm');
  await userEvent.click(ui.getByRole('button', { name: 'Use this booking' }));
  await expect.element(ui.getByLabelText('Sample')).toHaveValue('17-4-500C');
});

test('only staff log time in somebody else’s name', async () => {
  stage = show('SessionForm', { me: 'maria.k' });
  await expect.element(ui.getByLabelText('What for')).toBeVisible();
  expect(ui.getByLabelText('For', { exact: true }).elements()).toEqual([]);
  stage.leave();
  stage = show('SessionForm', { me: 'r.osei' });
  await expect.element(ui.getByLabelText('For', { exact: true })).toBeVisible();
  await expectAccessible(stage.root);
});

test('only what differs is sent when a session is corrected', async () => {
  stage = show('SessionForm', { open: 'maria.k' });
  await userEvent.click(ui.getByRole('button', { name: 'Edit', exact: true }));
  await userEvent.fill(ui.getByLabelText('Sample'), '17-4-500C');
  await userEvent.click(ui.getByRole('button', { name: 'Save' }));
  await expect.element(ui.getByText(/AM-12 · 17-4-500C/).first()).toBeVisible();
  const [, args] = stage.api.calls.find(([operation]) => operation === 'edit_session') ?? [];
  expect(args?.changes).toEqual({ sample: '17-4-500C' });
});

/** The page again, as after a reload: the same service, the same browser. */
function reload(): void {
  stage.leave();
  stage = show('SessionForm', { api: stage.api });
}

test('a reload loses no word of a correction; saving it or leaving it as it was ends the draft', async () => {
  stage = show('SessionForm', { open: 'maria.k' });
  await userEvent.click(ui.getByRole('button', { name: 'Edit', exact: true }));
  await userEvent.fill(ui.getByLabelText('Sample'), '17-4-5');
  await userEvent.click(ui.getByRole('button', { name: /should not have been logged/ }));
  await userEvent.fill(ui.getByLabelText('why'), 'wrong inst');
  reload();
  await expect.element(ui.getByLabelText('Sample')).toHaveValue('17-4-5');
  await expect.element(ui.getByLabelText('why')).toHaveValue('wrong inst');
  await userEvent.click(ui.getByRole('button', { name: 'Leave as it was' }));
  await expect.poll(() => document.activeElement?.textContent).toBe('Edit');
  reload();
  await expect.element(ui.getByRole('button', { name: 'Edit', exact: true })).toBeVisible();
  await userEvent.click(ui.getByRole('button', { name: 'Edit', exact: true }));
  await userEvent.fill(ui.getByLabelText('What for'), 'Bright field');
  await userEvent.keyboard('{Control>}{Enter}{/Control}');
  await expect.element(ui.getByRole('heading', { name: 'Bright field' })).toBeVisible();
  expect(Object.keys(localStorage)).toEqual([]);
});

test('a correction that waited in the browser does not undo what others corrected meanwhile', async () => {
  stage = show('SessionForm', { open: 'maria.k' });
  await userEvent.click(ui.getByRole('button', { name: 'Edit', exact: true }));
  await userEvent.fill(ui.getByLabelText('Sample'), '17-4-500C');
  await stage.api.call('edit_session', { session: 'ses-new0', changes: { title: 'Bright field' } });
  reload();
  await expect.element(ui.getByLabelText('What for')).toHaveValue('Bright field');
  await userEvent.click(ui.getByRole('button', { name: 'Save' }));
  const [, args] = stage.api.calls.filter(([operation]) => operation === 'edit_session').at(-1) ?? [];
  expect(args?.changes).toEqual({ sample: '17-4-500C' });
});

test('a reload loses no word of a note that is being corrected', async () => {
  stage = show('SessionForm', { open: 'maria.k' });
  await userEvent.fill(ui.getByLabelText('note', { exact: true }), 'beam unstable');
  await userEvent.click(ui.getByRole('button', { name: 'Note', exact: true }));
  await userEvent.click(ui.getByRole('button', { name: /^edit the note/ }));
  await userEvent.fill(ui.getByLabelText('the note, corrected'), 'beam very unst');
  reload();
  await expect.element(ui.getByLabelText('the note, corrected')).toHaveValue('beam very unst');
  await userEvent.click(ui.getByRole('button', { name: 'Save' }));
  await expect.element(ui.getByText('beam very unst')).toBeVisible();
  reload();
  await expect.element(ui.getByText('beam very unst')).toBeVisible();
  expect(ui.getByLabelText('the note, corrected').elements()).toEqual([]);
  await userEvent.click(ui.getByRole('button', { name: /^edit the note/ }));
  await userEvent.keyboard(' for long{Escape}');
  expect(Object.keys(localStorage)).toEqual([]);
});

test('a reload loses no half-typed name, and a started session takes it from the form', async () => {
  stage = show('SessionForm');
  await userEvent.fill(ui.getByLabelText('With'), 'yu');
  reload();
  await expect.element(ui.getByLabelText('With')).toHaveValue('yu');
  await userEvent.click(ui.getByRole('button', { name: 'Start session' }));
  await expect.element(ui.getByRole('timer')).toBeVisible();
  expect(Object.keys(localStorage).filter(name => name.includes(':session'))).toEqual([]);
});

test('the whole evening by keyboard: keys lead to fields and to the large button, none starts or ends by itself', async () => {
  stage = show('SessionForm');
  await expect.element(ui.getByLabelText('What for')).toBeVisible();
  await userEvent.keyboard('?');
  await expect.element(ui.getByRole('dialog', { name: 'Keys' })).toHaveTextContent(/to the note/);
  await userEvent.keyboard('{Escape}');
  await userEvent.keyboard('w');
  expect(document.activeElement?.getAttribute('placeholder')).toMatch(/^e\.g\. EDS/);
  await userEvent.keyboard('drift? wins{Control>}{Enter}{/Control}');
  await expect.element(ui.getByRole('timer')).toBeVisible();
  await expect.element(ui.getByRole('heading', { name: 'drift? wins' })).toBeVisible();
  await userEvent.keyboard('n');
  await userEvent.keyboard('beam unstable{Control>}{Enter}{/Control}');
  await expect.element(ui.getByText('beam unstable')).toBeVisible();
  (document.activeElement as HTMLElement).blur();
  await userEvent.keyboard('e');
  await expect.poll(() => document.activeElement?.getAttribute('value')).toBe('drift? wins');
  await userEvent.keyboard('{Escape}');
  await userEvent.keyboard('s');
  expect(document.activeElement?.textContent).toBe('End session');
  await expect.element(ui.getByRole('timer')).toBeVisible();
  await userEvent.keyboard('{Enter}');
  await expect.element(ui.getByRole('button', { name: 'Reopen' })).toBeVisible();
});
