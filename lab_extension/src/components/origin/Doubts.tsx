/** Where what was declared and what was seen disagree. Of a relation a person says which of the two is right. */
import * as React from 'react';

import type { Arguments, Doubt } from '../../tokens';
import { requestKey, useAction, useLims } from '../hooks';
import { Button, Problem, Shape } from '../kit';

type Decision = Arguments<'settle_relation'>['decision'];

const WAYS: readonly (readonly [Decision, string, string])[] = [
  ['accept', 'Accept', 'it was made from it: the step stays, without a doubt'],
  ['reject', 'Reject', 'it was not made from it: the step is no longer followed']
];

/** onSettled: what was done, in a sentence. */
export function Doubts({ doubts, onSettled }: { doubts: readonly Doubt[]; onSettled(words: string): void }): JSX.Element | null {
  return doubts.length ? (
    <ul className="lims-Rows lims-Doubts" aria-label="in doubt">
      {doubts.map(doubt => <One key={doubt.relation ?? doubt.text} doubt={doubt} onSettled={onSettled} />)}
    </ul>
  ) : null;
}

function One({ doubt: { text, relation }, onSettled }: { doubt: Doubt; onSettled(words: string): void }): JSX.Element {
  const { api } = useLims();
  const action = useAction();
  const settle = (decision: Decision): void => void action.run(async () => {
    await api.call('settle_relation', { relation: relation ?? '', decision, request_key: requestKey() });
    onSettled(`${decision === 'accept' ? 'Accepted' : 'Rejected'}: ${text}`);
  });
  return (
    <li>
      <Shape state="attention" />
      <span className="lims-grow">{text}</span>
      {relation && (
        <span className="lims-Ways" role="group" aria-label={text}>
          {WAYS.map(([decision, label, means]) => (
            <Button key={decision} title={means} disabled={action.busy} onClick={() => settle(decision)}>{label}</Button>
          ))}
        </span>
      )}
      <Problem error={action.error} />
    </li>
  );
}
