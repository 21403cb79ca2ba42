/** Whether a dataset may be relied on: it may be out of date, or somebody warns of it. */
import * as React from 'react';

import type { DatasetView } from '../../tokens';
import { useDraft } from '../drafts';
import { requestKey, useAction, useLims } from '../hooks';
import { Button, Copyable, Field, Notice, Problem } from '../kit';
import { useMe } from '../names';

interface Props {
  of: DatasetView;
  /** It has to be asked for anew. */
  onChange(): void;
}

/** Why not; the warning with the way to take it back. */
export function Warnings({ of, onChange }: Props): JSX.Element {
  const { api } = useLims();
  const action = useAction();
  const [first, setFirst] = React.useState(of.bad);
  const isOther = first !== of.bad;
  const told = React.useRef<HTMLDivElement>(null);
  // What was pressed is gone; who uses the keyboard goes on from what it did.
  React.useEffect(() => (isOther ? told.current?.focus() : undefined), [isOther, of.bad]);
  const takeBack = (): void => void action.run(async () => {
    await api.call('unsettle', { thing: of.id, kind: 'bad' });
    setFirst(of.bad);
    onChange();
  });
  return (
    <div className="lims-Warnings" role="status" ref={told} tabIndex={-1} aria-label="warnings">
      {isOther && !of.bad && <p>The warning was taken back.</p>}
      {of.bad && (
        <Notice>
          <b>Marked as bad.</b> {of.bad}
          {of.may_correct && <Button quiet busy={action.busy} onClick={takeBack}>Take back</Button>}
          <Problem error={action.error} />
        </Notice>
      )}
      {of.stale && (
        <Notice>
          <b>Stale.</b> {of.stale} <span className="lims-nowrap">Bring it up to date:</span>{' '}
          <Copyable text={`lims rerun ${of.id} --downstream`} label="copy the command to bring it up to date" />
        </Notice>
      )}
    </div>
  );
}

/** Warn of it, with the reason. What is typed is kept until it is sent. */
export function MarkBad({ of, onChange }: Props): JSX.Element | null {
  const { api } = useLims();
  const me = useMe();
  const action = useAction();
  const [reason, setReason] = useDraft(me && `${me}:bad:${of.id}`, '');
  const [isOpen, setIsOpen] = React.useState(false);
  const opener = React.useRef<HTMLButtonElement>(null);
  const field = React.useRef<HTMLInputElement>(null);
  React.useEffect(() => (isOpen ? field.current?.focus() : undefined), [isOpen]);
  const close = (): void => {
    setIsOpen(false);
    opener.current?.focus();
  };
  const mark = (): void => void action.run(async () => {
    await api.call('mark_bad', { dataset: of.id, reason: reason.trim(), request_key: requestKey() });
    setReason('');
    setIsOpen(false);
    onChange();
  });
  if (!of.may_correct || of.bad) {
    return null;
  }
  return (
    <>
      <Button quiet ref={opener} aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>Mark as bad…</Button>
      {isOpen && (
        <form className="lims-MarkBad" aria-label="mark as bad" onSubmit={event => {
          event.preventDefault();
          mark();
        }} onKeyDown={event => {
          if (event.key === 'Escape') {
            event.stopPropagation();
            close();
          }
        }}>
          <Field label="What is wrong with it" note="Others read it, and what was made from it is stale from now on.">
            <input ref={field} className="lims-Input" value={reason} onChange={event => setReason(event.target.value)} />
          </Field>
          <div className="lims-line">
            <Button submit busy={action.busy} disabled={action.busy || !reason.trim()}>Mark as bad</Button>
            <Button quiet onClick={close}>Cancel</Button>
          </div>
          <Problem error={action.error} />
        </form>
      )}
    </>
  );
}
