/** Names for ids: instruments, people. Asked once for each transport. */
import * as React from 'react';

import type { Api, Choices, Me } from '../tokens';
import { useLims } from './hooks';

/** Asks once for each transport; a failure is not remembered. */
function once<T>(ask: (api: Api) => Promise<T>): (api: Api) => Promise<T> {
  const asked = new WeakMap<Api, Promise<T>>();
  return api => {
    const known = asked.get(api) ?? ask(api);
    asked.set(api, known);
    known.catch(() => asked.delete(api));
    return known;
  };
}

const choicesOf = once<Choices>(api => api.call('choices', {}));
const meOf = once<Me>(api => api.call('me', {}));

/** Who looks at it, for what the browser keeps for each person; null until that is known. */
export function useMe(): string | null {
  const { api } = useLims();
  const [me, setMe] = React.useState<string | null>(null);
  React.useEffect(() => {
    let wanted = true;
    meOf(api).then(
      found => wanted && setMe(found.name),
      () => undefined
    );
    return () => {
      wanted = false;
    };
  }, [api]);
  return me;
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
