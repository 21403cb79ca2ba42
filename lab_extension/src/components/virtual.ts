/** Long lists of equally high rows: only those in sight (and a few more) are drawn. */
import * as React from 'react';

const MORE = 3;
const FIRST_ROWS = 12;

export interface VirtualRows {
  /** indices of the rows to draw */
  rows: number[];
  total: number;
  reveal(index: number): void;
}

/** The nearest element around that scrolls. */
function scrollerOf(element: HTMLElement): HTMLElement {
  for (let parent = element.parentElement; parent; parent = parent.parentElement) {
    if (/auto|scroll/.test(getComputedStyle(parent).overflowY)) {
      return parent;
    }
  }
  return document.documentElement;
}

/** Where the window onto the list begins and ends, in the list's own pixels. */
function sight(list: HTMLElement): [number, number] {
  const scroller = scrollerOf(list);
  const isPage = scroller === document.documentElement;
  const top = isPage ? 0 : scroller.getBoundingClientRect().top;
  const above = top - list.getBoundingClientRect().top;
  return [above, above + scroller.clientHeight];
}

/** list: the element that is as high as all rows together. */
export function useVirtualRows(list: React.RefObject<HTMLElement>, count: number, height: number): VirtualRows {
  const [[first, last], setRange] = React.useState<[number, number]>([0, FIRST_ROWS]);
  const known = React.useRef<[number, number]>([0, FIRST_ROWS]);
  const look = React.useCallback(() => {
    if (!list.current || height <= 0) {
      return;
    }
    const [above, below] = sight(list.current);
    const from = Math.max(0, Math.floor(above / height) - MORE);
    const to = Math.max(0, Math.ceil(below / height) + MORE);
    // Compared here and not in an updater: while a slower update waits, React draws again for every updater, without end.
    if (known.current[0] !== from || known.current[1] !== to) {
      known.current = [from, to];
      setRange(known.current);
    }
  }, [list, height]);
  // What stands above the list may have grown with any drawing; rows never move the list itself, so this settles at once.
  React.useLayoutEffect(look);
  React.useEffect(() => {
    // Captured at the document, because scroll events do not bubble and the page itself may be what scrolls.
    document.addEventListener('scroll', look, { capture: true, passive: true });
    window.addEventListener('resize', look);
    return () => {
      document.removeEventListener('scroll', look, { capture: true });
      window.removeEventListener('resize', look);
    };
  }, [look]);
  const end = Math.min(count, last);
  const start = Math.min(first, end);
  const reveal = (index: number): void => {
    if (!list.current) {
      return;
    }
    const [above, below] = sight(list.current);
    const [top, bottom] = [index * height, (index + 1) * height];
    scrollerOf(list.current).scrollTop += top < above ? top - above : bottom > below ? bottom - below : 0;
    look();
  };
  return { rows: Array.from({ length: end - start }, (_, index) => start + index), total: count * height, reveal };
}
