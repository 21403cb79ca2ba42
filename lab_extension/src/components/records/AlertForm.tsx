/** How a person hears of what is new for a saved search: in the page, by e-mail, by a webhook. */
import * as React from 'react';

import type { SavedSearch } from '../../tokens';
import { requestKey, useAction, useLims } from '../hooks';
import { Button, Copyable, Field, Problem, Time } from '../kit';

export function AlertForm({ of, zone, onChange }: { of: SavedSearch; zone: string; onChange(now: SavedSearch): void }): JSX.Element {
  const { api } = useLims();
  const action = useAction();
  const [page, setPage] = React.useState(of.page || waysOf(of) === '');
  const [mail, setMail] = React.useState(of.mail);
  const [webhook, setWebhook] = React.useState(of.webhook);
  const [told, setTold] = React.useState('');
  const set = (how: { page: boolean; mail: boolean; webhook: string }): void =>
    void action.run(async () => {
      const now = await api.call('set_alert', { search: of.id, ...how, request_key: requestKey() });
      setTold(waysOf(now) ? `told by ${waysOf(now)} from now on` : 'told no more');
      onChange(now);
    });
  return (
    <form className="lims-Alert" aria-label={`alert of ${of.name}`} onSubmit={event => {
      event.preventDefault();
      set({ page, mail, webhook: webhook.trim() });
    }}>
      <span>Tell me of new files that match</span>
      <label><input type="checkbox" autoFocus checked={page} onChange={event => setPage(event.target.checked)} /> in this page</label>
      <label><input type="checkbox" checked={mail} onChange={event => setMail(event.target.checked)} /> by e-mail</label>
      <Field label="webhook" note={of.webhook && of.secret ? <>signed with <Copyable text={of.secret} label="copy the secret"><code>{of.secret.slice(0, 8)}…</code></Copyable></> : ''}>
        <input className="lims-Input" type="url" placeholder="https://…" value={webhook} onChange={event => setWebhook(event.target.value)} />
      </Field>
      <span className="lims-line">
        <Button submit busy={action.busy} disabled={action.busy || !(page || mail || webhook.trim())}>Set</Button>
        {waysOf(of) && <Button quiet disabled={action.busy} onClick={() => set(OFF)}>Turn off</Button>}
        <span className="lims-muted" role="status">{told}</span>
      </span>
      {of.deliveries.filter(one => one.reason).map(one => (
        <p key={one.channel} className="lims-muted">
          By {one.channel} it could not be told: {one.reason} It is tried again at <Time at={one.due} zone={zone} />.
        </p>
      ))}
      <Problem error={action.error} />
    </form>
  );
}

/** In words; '' where the alert is off. */
export function waysOf({ page, mail, webhook }: SavedSearch): string {
  return [page && 'page', mail && 'e-mail', webhook && 'webhook'].filter(Boolean).join(', ');
}

const OFF = { page: false, mail: false, webhook: '' };
