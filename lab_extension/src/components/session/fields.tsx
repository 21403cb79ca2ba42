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
  /** who is being typed into "With" and not on the list yet; never sent */
  half: string;
}

export const NOTHING: Typed = { user: '', project: '', sample: '', people: [], title: '', notes: '', half: '' };

export function typedOf(session: Session): Typed {
  const { user, project, sample, people, title, notes } = session;
  return { user, project: project ?? '', sample: sample ?? '', people, title, notes, half: '' };
}

export function SessionFields(props: {
  typed: Typed;
  choices: Choices;
  /** Only staff log time in somebody else's name. */
  forOthers: boolean;
  me: string;
  isFocused?: boolean;
  onChange(typed: Typed): void;
}): JSX.Element {
  const { typed, choices, onChange } = props;
  const set = (change: Partial<Typed>): void => onChange({ ...typed, ...change });
  const people = choices.people.map(one => ({ value: one.id, label: one.name }));
  const samples = choices.samples.filter(one => !typed.project || !one.project || one.project === typed.project);
  return (
    <div className="lims-SessionFields" data-three={!props.forOthers}>
      <Field label="What for" wide>
        <input className="lims-Input lims-SessionFields-title" value={typed.title} maxLength={300} autoComplete="off" autoFocus={props.isFocused} aria-keyshortcuts="w"
          placeholder="e.g. EDS maps of the boundary from last week" onChange={event => set({ title: event.target.value })} />
      </Field>
      {props.forOthers && (
        <Field label="For" note={nameOf(choices, typed.user)}>
          <Suggest value={typed.user} options={people} placeholder={props.me} onChange={user => set({ user })} />
        </Field>
      )}
      <With people={typed.people} half={typed.half} options={people} onChange={set} />
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
function With(props: {
  people: string[];
  half: string;
  options: { value: string; label: string }[];
  onChange(change: { people?: string[]; half?: string }): void;
}): JSX.Element {
  const { people, half } = props;
  const word = half.trim();
  const add = (name = word): void => props.onChange({ people: name && !people.includes(name) ? [...people, name] : people, half: '' });
  const onChange = (text: string, chosen: boolean): void => (chosen ? add(text.trim()) : props.onChange({ half: text }));
  return (
    <div>
      <Field label="With">
        <Suggest value={half} options={props.options} onChange={onChange} placeholder="add a person, Enter"
          onKeyDown={event => {
            if (event.key === 'Enter') {
              event.preventDefault(); // and never start the session
              add();
            }
          }} />
      </Field>
      {word && <Button quiet onClick={() => add()}>Add {word}</Button>}
      <span className="lims-Tags">
        {people.map(name => (
          <span key={name} className="lims-Chip">
            {name}
            <button type="button" aria-label={`without ${name}`} onClick={() => props.onChange({ people: people.filter(one => one !== name) })}>×</button>
          </span>
        ))}
      </span>
    </div>
  );
}
