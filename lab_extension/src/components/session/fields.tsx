/** The fields of a session, the same when it is started and when it is corrected. */
import * as React from 'react';

import type { Choices, Session } from '../../tokens';
import { Button, Field, Suggest } from '../kit';

export interface Typed {
  user: string;
  project: string;
  sample: string;
  people: string[];
  title: string;
  notes: string;
}

export const NOTHING: Typed = { user: '', project: '', sample: '', people: [], title: '', notes: '' };

export function typedOf(session: Session): Typed {
  const { user, project, sample, people, title, notes } = session;
  return { user, project: project ?? '', sample: sample ?? '', people, title, notes };
}

export function SessionFields(props: {
  typed: Typed;
  choices: Choices;
  /** Only staff log time in somebody else's name. */
  forOthers: boolean;
  me: string;
  onChange(typed: Typed): void;
}): JSX.Element {
  const { typed, choices, onChange } = props;
  const set = (change: Partial<Typed>): void => onChange({ ...typed, ...change });
  const people = choices.people.map(one => ({ value: one.id, label: one.name }));
  const samples = choices.samples.filter(one => !typed.project || !one.project || one.project === typed.project);
  return (
    <div className="lims-SessionFields" data-three={!props.forOthers}>
      <Field label="What for" wide>
        <input className="lims-Input lims-SessionFields-title" value={typed.title} maxLength={300} autoComplete="off"
          placeholder="e.g. EDS maps of the boundary from last week" onChange={event => set({ title: event.target.value })} />
      </Field>
      {props.forOthers && (
        <Field label="For" note={nameOf(choices, typed.user)}>
          <Suggest value={typed.user} options={people} placeholder={props.me} onChange={user => set({ user })} />
        </Field>
      )}
      <With people={typed.people} options={people} onChange={found => set({ people: found })} />
      <Field label="Project" note={choices.projects.find(one => one.id === typed.project)?.title}>
        <Suggest value={typed.project} options={choices.projects.map(one => ({ value: one.id, label: one.title }))}
          onChange={project => set({ project })} />
      </Field>
      <Field label="Sample" note={choices.samples.find(one => one.id === typed.sample)?.title}>
        <Suggest value={typed.sample} options={samples.map(one => ({ value: one.id, label: one.title }))} onChange={sample => set({ sample })} />
      </Field>
      <Field label="Notes" wide>
        <textarea className="lims-Input" rows={2} value={typed.notes} onChange={event => set({ notes: event.target.value })} />
      </Field>
    </div>
  );
}

function nameOf(choices: Choices, id: string): string | undefined {
  const name = choices.people.find(one => one.id === id)?.name;
  return name === id ? undefined : name;
}

/** Who else works on it. */
function With(props: { people: string[]; options: { value: string; label: string }[]; onChange(people: string[]): void }): JSX.Element {
  const [word, setWord] = React.useState('');
  const add = (name = word.trim()): void => {
    if (name && !props.people.includes(name)) {
      props.onChange([...props.people, name]);
    }
    setWord('');
  };
  const onChange = (text: string, chosen: boolean): void => (chosen ? add(text.trim()) : setWord(text));
  return (
    <div>
      <Field label="With">
        <Suggest value={word} options={props.options} onChange={onChange} placeholder="add a person, Enter"
          onKeyDown={event => {
            if (event.key === 'Enter') {
              event.preventDefault(); // and never start the session
              add();
            }
          }} />
      </Field>
      {word.trim() && <Button quiet onClick={() => add()}>Add {word.trim()}</Button>}
      <span className="lims-Tags">
        {props.people.map(name => (
          <span key={name} className="lims-Chip">
            {name}
            <button type="button" aria-label={`without ${name}`} onClick={() => props.onChange(props.people.filter(one => one !== name))}>×</button>
          </span>
        ))}
      </span>
    </div>
  );
}
