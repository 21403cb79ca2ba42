/** What a person keeps in this browser: names of fields, searches. The same at once in every tab and component. */
import * as React from 'react';

const KEPT = 'lims:kept:';
const listeners = new Set<() => void>();
/** For a browser that keeps nothing: until the page is left. */
const held = new Map<string, string>();

function read(name: string | null): string {
  if (!name) {
    return '';
  }
  try {
    return localStorage.getItem(KEPT + name) ?? '';
  } catch {
    return held.get(name) ?? '';
  }
}

function write(name: string, text: string): void {
  held.set(name, text);
  try {
    localStorage.setItem(KEPT + name, text);
  } catch {
    // See `held`.
  }
  listeners.forEach(heard => heard());
}

function subscribe(heard: () => void): () => void {
  listeners.add(heard);
  addEventListener('storage', heard);
  return () => {
    listeners.delete(heard);
    removeEventListener('storage', heard);
  };
}

function listOf<T>(text: string): readonly T[] {
  try {
    const found: unknown = JSON.parse(text || '[]');
    return Array.isArray(found) ? (found as T[]) : [];
  } catch {
    return [];
  }
}

/** A person's list; null: nobody's yet, and nothing is kept. */
export function useKept<T>(name: string | null): [readonly T[], (list: readonly T[]) => void] {
  const text = React.useSyncExternalStore(subscribe, () => read(name));
  const list = React.useMemo(() => listOf<T>(text), [text]);
  const set = React.useCallback((next: readonly T[]) => (name ? write(name, JSON.stringify(next)) : undefined), [name]);
  return [list, set];
}
