/** Names for ids: instruments, people. Asked once for each transport. */
import * as React from 'react';

import type { Api, Arguments, Choices, Results } from '../tokens';
import { useLims } from './hooks';

const NOTHING = {};

interface Once<T> {
  /** the answer, if it is there */
  now(api: Api): T | undefined;
  ask(api: Api): Promise<T>;
}

/** Asks once for each transport; a failure is not remembered. */
function once<Name extends 'choices' | 'me'>(operation: Name): Once<Results[Name]> {
  const asked = new WeakMap<Api, Promise<Results[Name]>>();
  const answers = new WeakMap<Api, Results[Name]>();
  const now = (api: Api): Results[Name] | undefined => {
    const answer = answers.get(api) ?? api.known?.(operation, NOTHING as Arguments<Name>);
    if (answer) {
      answers.set(api, answer);
    }
    return answer;
  };
  return {
    now,
    ask: api => {
      const answer = now(api);
      const known = answer ? Promise.resolve(answer) : (asked.get(api) ?? api.call(operation, NOTHING as Arguments<Name>));
      asked.set(api, known);
      known.then(found => answers.set(api, found), () => asked.delete(api));
      return known;
    }
  };
}

const choicesOnce = once('choices');
const meOnce = once('me');

/** The answer, undefined until it is there. */
function useOnce<T>(source: Once<T>): T | undefined {
  const { api } = useLims();
  const [answer, setAnswer] = React.useState(() => source.now(api));
  React.useEffect(() => {
    let wanted = true;
    source.ask(api).then(
      found => wanted && setAnswer(found),
      () => undefined
    );
    return () => {
      wanted = false;
    };
  }, [api, source]);
  return answer;
}

/** Who looks at it, for what the browser keeps for each person; null until that is known. */
export function useMe(): string | null {
  return useOnce(meOnce)?.name ?? null;
}

export interface Names {
  instrument(id: string | null): string;
  person(id: string | null): string;
  zone(instrument: string | null): string;
  label(field: string, value: string): string;
}

export function useNames(): Names {
  const choices = useOnce(choicesOnce);
  return React.useMemo(() => namesIn(choices), [choices]);
}

function namesIn(choices: Choices | undefined): Names {
  const instruments = new Map(choices?.instruments.map(one => [one.id, one]));
  const people = new Map(choices?.people.map(one => [one.id, one.name || one.id]));
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const names: Names = {
    instrument: id => instruments.get(id ?? '')?.name ?? id ?? '',
    person: id => people.get(id ?? '') ?? id ?? '',
    zone: instrument => instruments.get(instrument ?? '')?.timezone ?? here,
    label: (field, value) => {
      if (field === 'instrument') {
        return names.instrument(value);
      }
      return field === 'user' ? names.person(value) : value;
    }
  };
  return names;
}
