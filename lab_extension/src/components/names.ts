/** Names for ids: instruments, people. Asked once for each transport. */
import * as React from 'react';

import type { Api, Choices } from '../tokens';
import { useLims } from './hooks';

const asked = new WeakMap<Api, Promise<Choices>>();

export function choicesOf(api: Api): Promise<Choices> {
  const known = asked.get(api) ?? api.call('choices', {});
  asked.set(api, known);
  known.catch(() => asked.delete(api));
  return known;
}

export interface Names {
  instrument(id: string | null): string;
  person(id: string | null): string;
  zone(instrument: string | null): string;
  label(field: string, value: string): string;
}

export function useNames(): Names {
  const { api } = useLims();
  const [choices, setChoices] = React.useState<Choices>();
  React.useEffect(() => {
    let wanted = true;
    choicesOf(api).then(
      found => wanted && setChoices(found),
      () => undefined
    );
    return () => {
      wanted = false;
    };
  }, [api]);
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
