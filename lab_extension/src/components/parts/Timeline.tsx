/** A session on one line: its activities as bands, its files as ticks, its notes as marks. A band leads to its gallery. */
import * as React from 'react';

import type { ActivityView, SessionEvent } from '../../tokens';
import { useWidth } from '../hooks';
import { count } from '../quantities';
import { clock, wall } from '../times';

const HEIGHT = 64;
const BAND = { top: 14, height: 28 };
const LEAST_PX = 8;
const STEPS_MIN = [5, 10, 15, 30, 60, 120, 180, 240, 360, 720, 1440];
const TICK_PX = 72;

interface Props {
  start: string;
  end: string | null;
  zone: string;
  activities: readonly ActivityView[];
  events: readonly SessionEvent[];
  onOpen(activity: ActivityView): void;
}

/** Round times on the instrument's clock, at most one for each TICK_PX. */
function ticks(from: number, to: number, width: number, zone: string): number[] {
  const least = ((to - from) / 60_000) * (TICK_PX / Math.max(width, TICK_PX));
  const step = (STEPS_MIN.find(minutes => minutes >= least) ?? Math.ceil(least / 1440) * 1440) * 60_000;
  const shift = Date.parse(`${wall(new Date(from), zone)}Z`) - from;
  const first = Math.ceil((from + shift) / step) * step - shift;
  return Array.from({ length: Math.max(0, Math.floor((to - first) / step) + 1) }, (_, index) => first + index * step);
}

export function Timeline({ start, end, zone, activities, events, onOpen }: Props): JSX.Element {
  const [ref, width] = useWidth();
  const times = activities.flatMap(one => [Date.parse(one.start), Date.parse(one.end)]);
  const from = Math.min(Date.parse(start), ...times);
  const to = Math.max(end ? Date.parse(end) : Date.now(), from + 60_000, ...times);
  const x = (time: string | number): number => ((new Date(time).getTime() - from) / (to - from)) * width;
  const notes = events.filter(event => event.kind === 'note');
  return (
    <div ref={ref} className="lims-Timeline">
      {width > 0 && (
        <svg width={width} height={HEIGHT} role="group" aria-label={`timeline: ${count(activities.length, 'activity', 'activities')}`}>
          <rect className="lims-Timeline-session" x={0} y={BAND.top} width={width} height={BAND.height} rx={2} />
          {ticks(from, to, width, zone).map(time => (
            <g key={time} className="lims-Timeline-tick" transform={`translate(${x(time)})`}>
              <line y1={BAND.top} y2={BAND.top + BAND.height + 4} />
              <text y={HEIGHT - 4} textAnchor={x(time) < 20 ? 'start' : x(time) > width - 20 ? 'end' : 'middle'}>{clock(new Date(time), zone)}</text>
            </g>
          ))}
          {activities.map(activity => (
            <Band key={activity.id} activity={activity} zone={zone} x={x} limit={width} onOpen={onOpen} />
          ))}
          {notes.map(note => (
            <path key={note.id} className="lims-Timeline-note" d="M-4 2h8l-4 7Z" transform={`translate(${x(note.at)})`}>
              <title>{`${clock(note.at, zone)} ${note.text}`}</title>
            </path>
          ))}
        </svg>
      )}
    </div>
  );
}

function Band(props: { activity: ActivityView; zone: string; x(time: string): number; limit: number; onOpen(activity: ActivityView): void }): JSX.Element {
  const { activity, zone, x, onOpen } = props;
  const width = Math.max(LEAST_PX, x(activity.end) - x(activity.start));
  const left = Math.min(x(activity.start), props.limit - width);
  const told = `activity ${activity.number}, ${clock(activity.start, zone)} to ${clock(activity.end, zone)}, ${count(activity.datasets.length, 'file')}`;
  return (
    <g className="lims-Timeline-band" role="button" tabIndex={0} aria-label={told} onClick={() => onOpen(activity)}
      onKeyDown={event => {
        if (event.key === 'Enter' || event.key === ' ') {
          event.preventDefault();
          onOpen(activity);
        }
      }}>
      <title>{told}</title>
      <rect x={left} y={BAND.top} width={width} height={BAND.height} rx={3} />
      {activity.datasets.map(tile => tile.at && <line key={tile.id} x1={x(tile.at)} x2={x(tile.at)} y1={BAND.top + 18} y2={BAND.top + BAND.height - 3} />)}
      {width > 20 && <text x={left + 6} y={BAND.top + 13}>{activity.number}</text>}
    </g>
  );
}
