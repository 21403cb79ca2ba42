/** One normalised value, asked about: where it stands in the file, what contradicts it, and a person's better word. */
import * as React from 'react';

import type { DatasetView } from '../../tokens';
import { useDraft } from '../drafts';
import { useAction, useLims } from '../hooks';
import { Button, Field, Problem } from '../kit';
import { useMe } from '../names';
import { fieldLabel } from '../quantities';
import { valueText } from './Fields';

export interface AboutValueProps {
  of: DatasetView;
  field: string;
  zone: string;
  onChange(of: DatasetView): void;
  onClose(): void;
}

export function AboutValue(props: AboutValueProps): JSX.Element {
  const { of, field, zone, onClose } = props;
  const value = of.normalised[field];
  const first = React.useRef<HTMLDivElement>(null);
  React.useEffect(() => first.current?.focus(), []);
  return (
    <div ref={first} tabIndex={-1} className="lims-About" role="group" aria-label={`about ${fieldLabel(field)}`} onKeyDown={event => {
      if (event.key === 'Escape') {
        event.stopPropagation();
        onClose();
      }
    }}>
      {value.note && <p data-doubt={!value.is_trusted}>{value.note}</p>}
      <ul>
        {[value, ...value.others].map((one, index) => (
          <li key={index}>{valueText(one, zone)} <code>{one.source}</code> {one.text}</li>
        ))}
      </ul>
      {of.may_correct && <Correction {...props} />}
    </div>
  );
}

/** The form; what is typed is kept until it is saved. */
function Correction({ of, field, onChange, onClose }: AboutValueProps): JSX.Element {
  const { api } = useLims();
  const me = useMe();
  const draft = me && `${me}:correct:${of.id}:${field}`;
  const [value, setValue] = useDraft(draft && `${draft}:value`, '');
  const [note, setNote] = useDraft(draft && `${draft}:note`, '');
  const action = useAction();
  const send = (operation: 'correct_value' | 'withdraw_correction', words = {}): void => void action.run(async () => {
    onChange(await api.call(operation, { dataset: of.id, field, ...words } as never));
    setValue('');
    setNote('');
    onClose();
  });
  return (
    <form onSubmit={event => {
      event.preventDefault();
      send('correct_value', { value, note });
    }}>
      <Field label="It is really"><input className="lims-Input" value={value} onChange={event => setValue(event.target.value)} /></Field>
      <Field label="because"><input className="lims-Input" value={note} onChange={event => setNote(event.target.value)} /></Field>
      <div className="lims-line">
        <Button primary busy={action.busy} disabled={action.busy || !value.trim()} submit>Correct</Button>
        {of.normalised[field].origin === 'person' && (
          <Button onClick={() => send('withdraw_correction')}>Take it back</Button>
        )}
        <Button quiet onClick={onClose}>Close</Button>
      </div>
      <Problem error={action.error} />
    </form>
  );
}
