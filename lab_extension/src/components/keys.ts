/** Single keys, on a page of its own and inside of other people's pages. */
import * as React from 'react';

import type { Host } from '../tokens';

/** True where a key belongs to a text field, not to the page. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement) || (target instanceof HTMLInputElement && /^(radio|checkbox)$/.test(target.type))) {
    return false;
  }
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

/**
 * On a page of its own the keys work wherever the focus is; elsewhere, JupyterLab's tabs included, the component's own
 * element has to listen: to what this gives back.
 */
export function usePageKeys(host: Host, onKeyDown: (event: React.KeyboardEvent) => void): typeof onKeyDown | undefined {
  const isOn = host.layout === 'page' && host.place !== 'lab';
  const latest = React.useRef(onKeyDown);
  latest.current = onKeyDown;
  React.useEffect(() => {
    if (!isOn) {
      return;
    }
    const heard = (event: KeyboardEvent): void => latest.current(event as unknown as React.KeyboardEvent);
    document.addEventListener('keydown', heard);
    return () => document.removeEventListener('keydown', heard);
  }, [isOn]);
  return isOn ? undefined : onKeyDown;
}

/** What says that it has this key (aria-keyshortcuts), or the tile inside of it that Tab would reach. */
export function ownerOfKey(root: HTMLElement | null, key: string): HTMLElement | null {
  const owner = /^[a-z]$/.test(key) ? root?.querySelector<HTMLElement>(`[aria-keyshortcuts='${key}']`) : null;
  return owner?.querySelector<HTMLElement>('button[tabindex="0"]') ?? owner ?? null;
}
