/** How many per day, week or month; dragging (or the arrow keys) chooses a time. */
import * as React from 'react';

const MOST_BARS = 48;
const DAY_MS = 86_400_000;
const HEIGHT = 40;

interface Bar {
  from: number;
  to: number;
  count: number;
}

/** At most MOST_BARS equally wide bars over the days given. */
export function barsOf(days: readonly (readonly [string, number])[]): Bar[] {
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
  const bars = React.useMemo(() => barsOf(props.days), [props.days]);
  const ref = React.useRef<SVGSVGElement>(null);
  const [chosen, setChosen] = React.useState<[number, number] | null>(null);
  const from = React.useRef<number | null>(null);
  if (!bars.length) {
    return null;
  }
  const most = Math.max(...bars.map(bar => bar.count));
  const barAt = (event: React.PointerEvent): number => {
    const box = event.currentTarget.getBoundingClientRect();
    return Math.min(bars.length - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * bars.length)));
  };
  const finish = (range: [number, number] | null): void => {
    from.current = null;
    setChosen(null);
    if (range) {
      props.onChoose(dayText(bars[range[0]].from), dayText(bars[range[1]].to));
    }
  };
  const onKeyDown = (event: React.KeyboardEvent): void => {
    const [start, end] = chosen ?? [0, 0];
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step) {
      event.preventDefault();
      const next = Math.min(bars.length - 1, Math.max(0, end + step));
      setChosen(chosen ? (event.shiftKey ? [Math.min(start, next), next] : [next, next]) : [0, 0]);
    } else if (event.key === 'Enter' && chosen) {
      finish(chosen);
    } else if (event.key === 'Escape' && chosen) {
      event.stopPropagation();
      setChosen(null);
    }
  };
  const told = chosen && `${dayText(bars[chosen[0]].from)} – ${dayText(bars[chosen[1]].to - 1)}`;
  return (
    <div className="lims-Histogram">
      <svg ref={ref} viewBox={`0 0 ${bars.length} ${HEIGHT}`} preserveAspectRatio="none" tabIndex={0} role="slider"
        aria-label="dates; arrows choose, Shift extends, Enter applies" aria-valuetext={told ?? 'all dates'} aria-valuemin={0}
        aria-valuemax={bars.length - 1} aria-valuenow={chosen?.[1] ?? 0} onKeyDown={onKeyDown} onBlur={() => setChosen(null)}
        onPointerDown={event => {
          from.current = barAt(event);
          setChosen([from.current, from.current]);
          event.currentTarget.setPointerCapture(event.pointerId);
        }}
        onPointerMove={event => {
          if (from.current !== null) {
            const here = barAt(event);
            setChosen([Math.min(here, from.current), Math.max(here, from.current)]);
          }
        }}
        onPointerUp={() => finish(chosen)} onPointerCancel={() => finish(null)}>
        {chosen && <rect className="lims-Histogram-brush" x={chosen[0]} width={chosen[1] - chosen[0] + 1} y={0} height={HEIGHT} />}
        {bars.map((bar, index) => {
          const height = bar.count ? Math.max(2, ((HEIGHT - 2) * bar.count) / most) : 0;
          return (
            <rect key={bar.from} className="lims-Histogram-bar" x={index + 0.08} width={0.84} y={HEIGHT - height} height={height}>
              <title>{`${dayText(bar.from)}: ${bar.count}`}</title>
            </rect>
          );
        })}
      </svg>
      <div className="lims-Histogram-scale lims-muted" aria-hidden="true">
        {told ?? (
          <>
            <span>{dayText(bars[0].from)}</span>
            <span>{props.days[props.days.length - 1][0]}</span>
          </>
        )}
      </div>
    </div>
  );
}
