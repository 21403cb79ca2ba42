/** What is typed and not yet sent, kept in the browser. */
import * as React from 'react';

/** A value that survives a reload of the page, until it is set to its initial value again. */
export function useDraft<T>(name: string | null, initial: T): [T, (value: T) => void] {
  const [value, setValue] = React.useState<T>(() => read(name, initial));
  const loaded = React.useRef(name);
  if (loaded.current !== name) {
    // Whose draft it is may become known only while it is being typed.
    const isNamed = loaded.current === null && JSON.stringify(value) !== JSON.stringify(initial);
    loaded.current = name;
    if (isNamed) {
      write(name, value, initial);
    } else {
      setValue(read(name, initial));
    }
  }
  const set = React.useCallback(
    (next: T) => {
      setValue(next);
      write(name, next, initial);
    },
    // eslint-disable-next-line react-hooks/exhaustive-deps -- `initial` is a literal of the caller
    [name]
  );
  return [value, set];
}

const DRAFTS = 'lims:draft:';

function read<T>(name: string | null, initial: T): T {
  try {
    const kept = name && localStorage.getItem(DRAFTS + name);
    return kept ? (JSON.parse(kept) as T) : initial;
  } catch {
    return initial;
  }
}

function write<T>(name: string | null, value: T, initial: T): void {
  if (!name) {
    return;
  }
  try {
    if (JSON.stringify(value) === JSON.stringify(initial)) {
      localStorage.removeItem(DRAFTS + name);
    } else {
      localStorage.setItem(DRAFTS + name, JSON.stringify(value));
    }
  } catch {
    // A browser that keeps nothing still shows what is typed.
  }
}
