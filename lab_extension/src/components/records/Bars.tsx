/** Bars of counts, of which dragging or the arrow keys choose a range. */
import * as React from 'react';

const HEIGHT = 40;

export interface Bar {
  count: number;
  title: string;
}
/** [first, last], both belong. */
export type Range = [number, number];

export function Bars(props: {
  bars: readonly Bar[];
  /** what it is of */
  label: string;
  /** the range that is in force */
  now?: Range | null;
  /** how that is said, if not as the edges of its bars */
  nowTold?: string;
  told(range: Range): string;
  /** what stands below while nothing is chosen */
  scale: React.ReactNode;
  onChoose(range: Range): void;
}): JSX.Element {
  const { bars, now = null } = props;
  const [brushed, setBrushed] = React.useState<Range | null>(null);
  const from = React.useRef<number | null>(null);
  const most = Math.max(1, ...bars.map(bar => bar.count));
  const chosen = brushed ?? now;
  const barAt = (event: React.PointerEvent): number => {
    const box = event.currentTarget.getBoundingClientRect();
    return Math.min(bars.length - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * bars.length)));
  };
  const finish = (range: Range | null): void => {
    from.current = null;
    setBrushed(null);
    if (range) {
      props.onChoose(range);
    }
  };
  const onKeyDown = (event: React.KeyboardEvent): void => {
    const [start, end] = brushed ?? [0, 0];
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step) {
      event.preventDefault();
      const next = Math.min(bars.length - 1, Math.max(0, end + step));
      setBrushed(brushed ? (event.shiftKey ? [Math.min(start, next), next] : [next, next]) : [0, 0]);
    } else if (event.key === 'Enter' && brushed) {
      finish(brushed);
    } else if (event.key === 'Escape' && brushed) {
      event.stopPropagation();
      setBrushed(null);
    }
  };
  const told = brushed ? props.told(brushed) : (now && (props.nowTold ?? props.told(now)));
  return (
    <div className="lims-Histogram">
      <svg viewBox={`0 0 ${bars.length} ${HEIGHT}`} preserveAspectRatio="none" tabIndex={0} role="slider"
        aria-label={`${props.label}; arrows choose, Shift extends, Enter applies`} aria-valuetext={told ?? `all ${props.label}`} aria-valuemin={0}
        aria-valuemax={bars.length - 1} aria-valuenow={chosen?.[1] ?? 0} onKeyDown={onKeyDown} onBlur={() => setBrushed(null)}
        onPointerDown={event => {
          from.current = barAt(event);
          setBrushed([from.current, from.current]);
          event.currentTarget.setPointerCapture(event.pointerId);
        }}
        onPointerMove={event => {
          if (from.current !== null) {
            const here = barAt(event);
            setBrushed([Math.min(here, from.current), Math.max(here, from.current)]);
          }
        }}
        onPointerUp={() => finish(brushed)} onPointerCancel={() => finish(null)}>
        {chosen && <rect className="lims-Histogram-brush" x={chosen[0]} width={chosen[1] - chosen[0] + 1} y={0} height={HEIGHT} />}
        {bars.map((bar, index) => {
          const height = bar.count ? Math.max(2, ((HEIGHT - 2) * bar.count) / most) : 0;
          return (
            <rect key={index} className="lims-Histogram-bar" x={index + 0.08} width={0.84} y={HEIGHT - height} height={height}>
              <title>{bar.title}</title>
            </rect>
          );
        })}
      </svg>
      <div className="lims-Histogram-scale lims-muted" aria-hidden="true">{told ?? props.scale}</div>
    </div>
  );
}
