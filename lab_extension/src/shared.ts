/** Where a component's state is kept: in memory, in a widget's traits, in the page's address. */
import type { Shared } from './tokens';

class Listeners {
  private readonly heard = new Map<string, Set<() => void>>();

  add(name: string, listener: () => void): () => void {
    const listeners = this.heard.get(name) ?? new Set();
    this.heard.set(name, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  tell(name: string): void {
    this.heard.get(name)?.forEach(listener => listener());
  }

  tellAll(): void {
    this.heard.forEach((_, name) => this.tell(name));
  }
}

export function memoryShared(initial: Record<string, unknown> = {}): Shared {
  const values = new Map(Object.entries(initial));
  const listeners = new Listeners();
  return {
    get: name => values.get(name),
    set: (name, value) => {
      values.set(name, value);
      listeners.tell(name);
    },
    subscribe: (name, heard) => listeners.add(name, heard)
  };
}

/** The part of an anywidget model that holds traits. */
export interface TraitModel {
  get(name: string): unknown;
  set(name: string, value: unknown): void;
  save_changes(): void;
  on(event: string, heard: () => void): void;
  off(event: string, heard: () => void): void;
}

/** Traits where the widget has them, memory for the rest. */
export function traitShared(model: TraitModel): Shared {
  const memory = memoryShared();
  const isTrait = (name: string): boolean => model.get(name) !== undefined;
  return {
    get: name => (isTrait(name) ? model.get(name) : memory.get(name)),
    set: (name, value) => {
      if (isTrait(name)) {
        model.set(name, value);
        model.save_changes();
      } else {
        memory.set(name, value);
      }
    },
    subscribe: (name, heard) => {
      const quiet = memory.subscribe(name, heard);
      model.on(`change:${name}`, heard);
      return () => {
        quiet();
        model.off(`change:${name}`, heard);
      };
    }
  };
}

/** These stand in the address of a page; those in `STEPS` make an entry in the browser's history. */
const IN_ADDRESS = ['query', 'kind', 'sort', 'view', 'filters', 'record', 'dataset', 'instrument'];
const STEPS = ['record', 'dataset'];

function readAddress(name: string): unknown {
  const text = new URLSearchParams(location.search).get(name);
  if (text === null) {
    return undefined;
  }
  try {
    return name === 'filters' ? JSON.parse(text) : text;
  } catch {
    return undefined;
  }
}

function writeAddress(name: string, value: unknown): void {
  const address = new URL(location.href);
  const isEmpty = value === undefined || value === null || value === '' || JSON.stringify(value) === '{}';
  if (isEmpty) {
    address.searchParams.delete(name);
  } else {
    address.searchParams.set(name, typeof value === 'string' ? value : JSON.stringify(value));
  }
  if (address.href !== location.href) {
    history[STEPS.includes(name) ? 'pushState' : 'replaceState'](null, '', address);
  }
}

/** Adds the page's address to `inner`: what it says comes first, what is set is written there too. */
export function addressShared(inner: Shared): Shared {
  const listeners = new Listeners();
  const take = (): void =>
    IN_ADDRESS.forEach(name => {
      const value = readAddress(name);
      const empty = name === 'filters' ? {} : '';
      if (JSON.stringify(value ?? empty) !== JSON.stringify(inner.get(name) ?? empty)) {
        inner.set(name, value ?? empty);
      }
    });
  IN_ADDRESS.forEach(name => {
    const value = readAddress(name);
    if (value !== undefined) {
      inner.set(name, value);
    }
  });
  addEventListener('popstate', () => {
    take();
    listeners.tellAll();
  });
  return {
    get: name => inner.get(name),
    set: (name, value) => {
      inner.set(name, value);
      if (IN_ADDRESS.includes(name)) {
        writeAddress(name, value);
      }
    },
    subscribe: (name, heard) => {
      const quiet = inner.subscribe(name, heard);
      const deaf = listeners.add(name, heard);
      return () => {
        quiet();
        deaf();
      };
    }
  };
}
