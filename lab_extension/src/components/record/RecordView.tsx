/** One record: who, where, when, why; what was done in which order; every file in a drawer. */
import * as React from 'react';

import type { ActivityView, RecordView as Record, Tile } from '../../tokens';
import { useAsk, useLims, useShared } from '../hooks';
import { Button, Copyable, Empty, Fold, Problem, Status, Time } from '../kit';
import { type Names, useNames } from '../names';
import { DatasetDetail } from '../parts/DatasetDetail';
import { valueText } from '../parts/Fields';
import { HistoryList } from '../parts/HistoryList';
import { openingLine } from '../parts/openingLine';
import { LineageOf } from '../parts/Origin';
import { Tags } from '../parts/Tags';
import { TileGrid } from '../parts/TileGrid';
import { Timeline } from '../parts/Timeline';
import { bytes, count, fieldLabel } from '../quantities';
import { day, offset, span } from '../times';
import { Why } from './Why';

const LIVE_MS = 2000;
/** What tells one activity from another at a glance; the rest is with each file. */
const TELLING = ['acceleration_voltage', 'detector_name', 'camera_length', 'signal_type'];
const UNFINISHED = ['open', 'building'];

export function RecordView({ id, onClose }: { id: string; onClose?(): void }): JSX.Element {
  const [everyMs, setEveryMs] = React.useState(0);
  const asked = useAsk('record', { record: id }, everyMs);
  const record = asked.result?.id === id ? asked.result : undefined;
  const isUnfinished = record !== undefined && UNFINISHED.includes(record.record.state);
  React.useEffect(() => setEveryMs(isUnfinished ? LIVE_MS : 0), [isUnfinished]);
  if (!record) {
    return (
      <div className="lims-Record">
        <div className="lims-Record-main">
          {onClose && <Button quiet className="lims-Back" onClick={onClose}>← All records</Button>}
          {asked.error ? <Problem error={asked.error} retry={asked.again} /> : <Waiting />}
        </div>
      </div>
    );
  }
  return <Shown record={record} onClose={onClose} />;
}

function Waiting(): JSX.Element {
  return (
    <div aria-busy="true">
      <div className="lims-Skeleton" style={{ height: 32, width: '50%', marginBlock: 12 }} />
      <div className="lims-Skeleton" style={{ height: 96 }} />
    </div>
  );
}

function Shown({ record, onClose }: { record: Record; onClose?(): void }): JSX.Element {
  const { host } = useLims();
  const names = useNames();
  const zone = record.session.timezone;
  const [dataset, setDataset] = useShared('dataset', '');
  const [, setSelected] = useShared<string[]>('selected', NONE);
  const main = React.useRef<HTMLDivElement>(null);
  const title = React.useRef<HTMLHeadingElement>(null);
  React.useEffect(() => title.current?.focus({ preventScroll: true }), [record.id]);
  const tiles = React.useMemo(() => [...record.activities.flatMap(one => one.datasets), ...record.unplaced], [record]);

  const open = (id: string): void => {
    if (id.startsWith('dat-')) {
      setDataset(id);
      setSelected([id]);
    } else {
      host.open?.(id, id);
    }
  };
  const close = (): void => {
    setDataset('');
    // A long way down its tile may not be drawn any more.
    (main.current?.querySelector<HTMLElement>(`[data-id="${dataset}"]`) ?? title.current)?.focus({ preventScroll: true });
  };
  const step = (by: 1 | -1): void => {
    const next = tiles[tiles.findIndex(tile => tile.id === dataset) + by];
    if (next) {
      open(next.id);
    }
  };
  const show = (activity: ActivityView): void => {
    const section = main.current?.querySelector<HTMLElement>(`[data-activity="${activity.id}"]`);
    section?.scrollIntoView({ block: 'start', behavior: 'smooth' });
    section?.querySelector<HTMLElement>('button[data-id]')?.focus({ preventScroll: true });
  };
  return (
    <div className="lims-Record" data-drawer={dataset !== ''} onKeyDown={event => {
      if (event.key === 'Escape' && dataset) {
        event.stopPropagation();
        close();
      }
    }}>
      <div ref={main} className="lims-Record-main">
        {onClose && <Button quiet className="lims-Back" onClick={onClose}>← All records</Button>}
        <header className="lims-Record-head">
          <h1 ref={title} tabIndex={-1}>{record.title || 'Untitled session'}</h1>
          <Status state={record.record.state} failed={record.record.failed} />
        </header>
        <Facts record={record} names={names} />
        <div className="lims-line">
          <Tags key={record.id} thing={record.id} tags={record.tags} />
          <Copyable text={`import lims\n\n${openingLine(record.id)}`} label="copy the Python line"><code>{record.id}</code></Copyable>
        </div>
        <Timeline start={record.session.start} end={record.session.end} zone={zone} activities={record.activities}
          events={record.events} onOpen={show} />
        {!tiles.length && (
          <Empty title="No files yet.">They appear here as the instrument writes them into its folder.</Empty>
        )}
        {record.activities.map(activity => (
          <Activity key={activity.id} activity={activity} zone={zone} chosen={dataset} onOpen={open} />
        ))}
        {record.unplaced.length > 0 && <Unplaced tiles={record.unplaced} zone={zone} chosen={dataset} onOpen={open} />}
        <Log record={record} />
        <Fold title="Lineage"><LineageOf of={record.id} zone={zone} onOpen={open} /></Fold>
        <Builds record={record} />
        <Fold title="History"><HistoryList thing={record.id} zone={zone} /></Fold>
      </div>
      {dataset && (
        <aside className="lims-Record-drawer" aria-label="file">
          <DatasetDetail id={dataset} onClose={close} onOpen={open} onStep={step} />
        </aside>
      )}
    </div>
  );
}

const NONE: string[] = [];

function Facts({ record, names }: { record: Record; names: Names }): JSX.Element {
  const { session } = record;
  const zone = session.timezone;
  const people = session.people.map(names.person).join(', ');
  return (
    <dl className="lims-Facts">
      <div>
        <dt>Who</dt>
        <dd>{names.person(session.user)}{people && ` with ${people}`}</dd>
        {session.operator !== session.user && <dd className="lims-muted">logged by {names.person(session.operator)}</dd>}
      </div>
      <div>
        <dt>Where</dt>
        <dd>{session.instrument_name}</dd>
      </div>
      <div>
        <dt>When</dt>
        <dd>
          <Time at={session.start} zone={zone} />
          {session.end ? <>–<Time at={session.end} zone={zone} show={day(session.start, zone) === day(session.end, zone) ? 'clock' : 'minute'} /> <span className="lims-nowrap">({span(session.start, session.end)})</span></> : ', still open'}
        </dd>
        <dd className="lims-muted">{zone}, {offset(session.start, zone)}</dd>
      </div>
      <div>
        <dt>Why</dt>
        <dd>{[record.project, ...record.samples].filter(Boolean).join(' · ') || '–'}</dd>
        {record.reservation && <dd className="lims-muted">booked as “{record.reservation.title}”</dd>}
      </div>
      <div>
        <dt>What</dt>
        <dd>{count(record.record.datasets, 'file')}, {bytes(record.record.bytes)}, {count(record.record.activities, 'activity', 'activities')}</dd>
        {record.record.clock && <dd className="lims-muted">{record.record.clock}</dd>}
      </div>
      {session.notes && (
        <div className="lims-Facts-wide">
          <dt>Notes</dt>
          <dd>{session.notes}</dd>
        </div>
      )}
    </dl>
  );
}

interface GroupProps {
  zone: string;
  chosen: string;
  onOpen(id: string): void;
}

function Activity({ activity, zone, chosen, onOpen }: GroupProps & { activity: ActivityView }): JSX.Element {
  const setup = TELLING.filter(name => activity.setup[name]).map(name => (
    <span key={name} title={fieldLabel(name)}>{valueText(activity.setup[name], zone)}</span>
  ));
  return (
    <section className="lims-Activity" data-activity={activity.id}>
      <h2>
        Activity {activity.number} <span className="lims-Activity-facts lims-muted">
          <span><Time at={activity.start} zone={zone} show="clock" />–<Time at={activity.end} zone={zone} show="clock" /></span>
          <span>{count(activity.datasets.length, 'file')}</span>
          {setup}
        </span>
      </h2>
      <Why activity={activity} />
      <TileGrid tiles={activity.datasets} label={`files of activity ${activity.number}`} zone={zone} chosen={chosen} onOpen={tile => onOpen(tile.id)} />
    </section>
  );
}

function Unplaced({ tiles, zone, chosen, onOpen }: GroupProps & { tiles: Tile[] }): JSX.Element {
  const failed = tiles.filter(tile => tile.failures.length).length;
  return (
    <section className="lims-Activity">
      <h2>
        In no activity{' '}
        {failed > 0 && <Status state="attention" failed={failed} />}
      </h2>
      <TileGrid tiles={tiles} label="files in no activity" zone={zone} chosen={chosen} onOpen={tile => onOpen(tile.id)} />
    </section>
  );
}

/** How the finished record has changed since it was first built. */
function Builds({ record: { builds, session } }: { record: Record }): JSX.Element | null {
  return builds.length ? (
    <Fold title="What changed" open={builds.length > 1}>
      <ol className="lims-Log">
        {[...builds].reverse().map(one => (
          <li key={one.number}>
            <Time at={one.at} zone={session.timezone} />
            <span>{one.text}</span>
          </li>
        ))}
      </ol>
    </Fold>
  ) : null;
}

function Log({ record }: { record: Record }): JSX.Element | null {
  const zone = record.session.timezone;
  const told = record.events.filter(event => event.text);
  return told.length ? (
    <section className="lims-Section">
      <h2>Notes</h2>
      <ol className="lims-Log">
        {told.map(event => (
          <li key={event.id}>
            <Time at={event.at} zone={zone} show="clock" />
            <span>{event.text}</span>
            <span className="lims-muted">{event.kind === 'note' ? event.by : `${event.kind}, ${event.by}`}</span>
          </li>
        ))}
      </ol>
    </section>
  ) : null;
}
