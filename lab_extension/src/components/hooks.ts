/** What the components share of React: asking, polling, widths, the host. */
import * as React from 'react';

import { ApiError, asError } from '../api';
import type { Api, Arguments, Host, Operation, Results } from '../tokens';
import type { Previews } from './previews';

export interface Surroundings {
  api: Api;
  host: Host;
  previews: Previews;
}
export const Lims = React.createContext<Surroundings | null>(null);

export function useLims(): Surroundings {
  const found = React.useContext(Lims);
  if (!found) {
    throw new Error('A component of jupyter-lims was drawn outside of mount().');
  }
  return found;
}

export interface Asked<Result> {
  result?: Result;
  error?: ApiError;
  busy: boolean;
  again(): void;
  /** Replace what is shown, e.g. by what a change answered. */
  put(result: Result): void;
}

/** Ask an operation whenever its arguments change; the old result stays until the new one is there. null: do not ask. */
export function useAsk<Name extends Operation>(operation: Name, args: Arguments<Name> | null, everyMs = 0): Asked<Results[Name]> {
  const { api } = useLims();
  const [state, setState] = React.useState<{ result?: Results[Name]; error?: ApiError; busy: boolean }>({ busy: true });
  const [turn, setTurn] = React.useState(0);
  const key = args && JSON.stringify(args);
  React.useEffect(() => {
    if (key === null) {
      return setState({ busy: false });
    }
    let wanted = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async (): Promise<void> => {
      try {
        const result = await api.call(operation, JSON.parse(key) as Arguments<Name>);
        if (wanted) {
          setState({ result, busy: false });
        }
      } catch (reason) {
        if (wanted) {
          setState(old => ({ ...old, error: asError(reason), busy: false }));
        }
      }
      if (wanted && everyMs) {
        timer = setTimeout(() => void ask(), document.hidden ? everyMs * 5 : everyMs);
      }
    };
    setState(old => ({ ...old, busy: true }));
    void ask();
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [api, operation, key, everyMs, turn]);
  const again = React.useCallback(() => setTurn(old => old + 1), []);
  const put = React.useCallback((result: Results[Name]) => setState({ result, busy: false }), []);
  return { ...state, again, put };
}

export interface Action {
  run(work: () => Promise<unknown>): Promise<boolean>;
  busy: boolean;
  error?: ApiError;
  clear(): void;
}

/** One change at a time; its error is kept beside what was typed. */
export function useAction(): Action {
  const [busy, setBusy] = React.useState(false);
  const [error, setError] = React.useState<ApiError>();
  const run = React.useCallback(async (work: () => Promise<unknown>) => {
    setBusy(true);
    setError(undefined);
    try {
      await work();
      return true;
    } catch (reason) {
      setError(asError(reason));
      return false;
    } finally {
      setBusy(false);
    }
  }, []);
  return { run, busy, error, clear: () => setError(undefined) };
}

/** The same text for a change and for every retry of it, so that nothing is done twice. */
export function requestKey(): string {
  return `ui-${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 12)}`;
}

/** A value shared with the host: a trait, the page's address. */
export function useShared<T>(name: string, initial: T): [T, (value: T) => void] {
  const { shared } = useLims().host;
  const subscribe = React.useCallback((heard: () => void) => shared.subscribe(name, heard), [shared, name]);
  const value = React.useSyncExternalStore(subscribe, () => shared.get(name)) as T | undefined;
  const set = React.useCallback((next: T) => shared.set(name, next), [shared, name]);
  return [value === undefined || value === null || value === '' ? initial : value, set];
}

export function useWidth(): [React.RefObject<HTMLDivElement>, number] {
  const ref = React.useRef<HTMLDivElement>(null);
  const [width, setWidth] = React.useState(0);
  React.useLayoutEffect(() => {
    const element = ref.current;
    if (!element) {
      return;
    }
    setWidth(element.clientWidth);
    // A hidden element keeps the width that it will have again, and with it what is drawn inside.
    const observer = new ResizeObserver(([entry]) => setWidth(old => entry.contentRect.width || old));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [ref, width];
}

export function useNow(everyMs: number): number {
  const [now, setNow] = React.useState(() => Date.now());
  React.useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

export function useLater<T>(value: T, afterMs: number): T {
  const [later, setLater] = React.useState(value);
  React.useEffect(() => {
    const timer = setTimeout(() => setLater(value), afterMs);
    return () => clearTimeout(timer);
  }, [value, afterMs]);
  return later;
}
