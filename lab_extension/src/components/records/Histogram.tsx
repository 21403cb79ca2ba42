/** How many per day, week or month; dragging (or the arrow keys) chooses a time. */
import * as React from 'react';

import { Bars } from './Bars';

const MOST_BARS = 48;
const DAY_MS = 86_400_000;

interface Span {
  from: number;
  to: number;
  count: number;
}

/** At most MOST_BARS equally wide bars over the days given. */
export function barsOf(days: readonly (readonly [string, number])[]): Span[] {
  if (!days.length) {
    return [];
  }
  const at = days.map(([text]) => Date.parse(`${text}T00:00:00Z`) / DAY_MS);
  const first = Math.min(...at);
  const width = Math.max(1, Math.ceil((Math.max(...at) - first + 1) / MOST_BARS));
  const length = Math.floor((Math.max(...at) - first) / width) + 1;
  const bars = Array.from({ length }, (_, index) => ({ from: first + index * width, to: first + (index + 1) * width, count: 0 }));
  days.forEach(([, count], index) => {
    bars[Math.floor((at[index] - first) / width)].count += count;
  });
  return bars;
}

export function dayText(dayNumber: number): string {
  return new Date(dayNumber * DAY_MS).toISOString().slice(0, 10);
}

export function Histogram(props: {
  /** Oldest first. */
  days: readonly (readonly [string, number])[];
  /** [after, before), as days */
  onChoose(after: string, before: string): void;
}): JSX.Element | null {
  const spans = React.useMemo(() => barsOf(props.days), [props.days]);
  if (!spans.length) {
    return null;
  }
  const bars = spans.map(({ from, count }) => ({ count, title: `${dayText(from)}: ${count}` }));
  return (
    <Bars bars={bars} label="dates" told={([first, last]) => `${dayText(spans[first].from)} – ${dayText(spans[last].to - 1)}`}
      scale={<><span>{dayText(spans[0].from)}</span><span>{props.days[props.days.length - 1][0]}</span></>}
      onChoose={([first, last]) => props.onChoose(dayText(spans[first].from), dayText(spans[last].to))} />
  );
}
