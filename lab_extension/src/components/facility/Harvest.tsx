/** What the harvest does at this moment, how far it is, and what it waits for. */
import * as React from 'react';

import { useAction, useAsk, useLims } from '../hooks';
import { Button, Fold, Problem, Shape, Time } from '../kit';
import { bytes, count, digits } from '../quantities';
import { duration } from '../times';

const LIVE_MS = 2000;
const IDLE_MS = 30_000;
const MOST_SHOWN = 5;

interface Growing {
  key: string;
  bytes: number;
  why: string;
}
interface Hashing {
  key: string;
  bytes: number;
  bytes_done: number;
  remaining_s: number | null;
}
/** Answered as a plain object: what is not told is not shown, of a service of any age. */
interface Status {
  background?: boolean;
  running?: boolean;
  done?: number;
  total?: number;
  doing?: string;
  bytes_done?: number;
  bytes_total?: number;
  files_per_s?: number;
  bytes_per_s?: number;
  remaining_s?: number | null;
  last_pass?: string;
  pending?: number;
  backlog?: number;
  hash_pending?: number;
  hashing?: Hashing[];
  waiting?: string[];
  growing?: Growing[];
  ignored?: number;
  unavailable?: string[];
  trouble?: string;
}

export function Harvest({ zone }: { zone: string }): JSX.Element {
  const [isLive, setIsLive] = React.useState(false);
  const asked = useAsk('harvest_status', {}, isLive ? LIVE_MS : IDLE_MS);
  const status = asked.result as Status | undefined;
  const { running = false, trouble, unavailable = [], hashing = [] } = status ?? {};
  React.useEffect(() => setIsLive(running || hashing.length > 0), [running, hashing.length]);
  return (
    <section className="lims-Section" aria-label="the harvest">
      <h2>The harvest</h2>
      <Problem error={asked.error} retry={asked.again} />
      {status && (running ? <Running status={status} onCancelled={asked.again} /> : <Idle status={status} zone={zone} />)}
      {[trouble, ...unavailable].filter(Boolean).map(sentence => (
        <p key={sentence}><Shape state="attention" /> {sentence}</p>
      ))}
      {status && <Hashes status={status} />}
      {status && <StillGrowing status={status} />}
    </section>
  );
}

function Running({ status, onCancelled }: { status: Status; onCancelled(): void }): JSX.Element {
  const { done = 0, total = 0, doing, bytes_done: read = 0, bytes_total: all = 0, files_per_s: files = 0, bytes_per_s: pace = 0, remaining_s: left } = status;
  const facts = [
    all > 0 && `${bytes(read)} of ${bytes(all)}`,
    files > 0 && `${digits(files, 2)} files/s`,
    pace > 0 && `${bytes(pace)}/s`,
    typeof left === 'number' && `${duration(left)} left`
  ];
  return (
    <>
      <div className="lims-line">
        <Shape state="running" />
        <span>{total ? `reading ${done.toLocaleString('en')} of ${count(total, 'file')}` : 'looking'}</span>
        {total > 0 && <progress aria-label="how far it is" value={all ? read : done} max={all || total} />}
        <span className="lims-muted lims-number">{facts.filter(Boolean).join(' · ')}</span>
        <Cancel onCancelled={onCancelled} />
      </div>
      {doing && <p className="lims-Harvest-doing lims-muted" title={doing}>{doing}</p>}
    </>
  );
}

/** For staff. */
function Cancel({ onCancelled }: { onCancelled(): void }): JSX.Element | null {
  const { api } = useLims();
  const action = useAction();
  const me = useAsk('me', {});
  return me.result?.is_staff ? (
    <>
      <Button busy={action.busy} title="What was read is kept; the next pass takes up the rest." onClick={() => void action.run(() => api.call('cancel_harvest', {}).then(onCancelled))}>
        Cancel
      </Button>
      <Problem error={action.error} />
    </>
  ) : null;
}

function Idle({ status, zone }: { status: Status; zone: string }): JSX.Element {
  const { background, last_pass: last, pending = 0, backlog = 0, ignored = 0 } = status;
  const waiting = Math.max(pending, backlog);
  return (
    <p className="lims-line">
      <Shape state={waiting ? 'registered' : 'done'} />
      <span>{waiting ? `${count(waiting, 'file waits', 'files wait')} to be read` : 'all files are read'}</span>
      <span className="lims-muted">
        {last && <>last looked at <Time at={last} zone={zone} /></>}
        {background === false && ' · does not look by itself'}
        {ignored > 0 && ` · ${count(ignored, 'file')} left out, as facility.toml says`}
      </span>
    </p>
  );
}

function Hashes({ status }: { status: Status }): JSX.Element | null {
  const { hash_pending: pending = 0, hashing = [] } = status;
  return pending || hashing.length ? (
    <div className="lims-Section">
      <p className="lims-line"><Shape state="registered" /> {count(Math.max(pending, hashing.length), 'checksum')} to come</p>
      <ul className="lims-Rows">
        {hashing.slice(0, MOST_SHOWN).map(one => (
          <li key={one.key}>
            <code className="lims-grow">{one.key}</code>
            <progress aria-label={`checksum of ${one.key}`} value={one.bytes_done} max={one.bytes || 1} />
            <span className="lims-muted lims-number">
              {bytes(one.bytes_done)} of {bytes(one.bytes)}{typeof one.remaining_s === 'number' && ` · ${duration(one.remaining_s)} left`}
            </span>
          </li>
        ))}
      </ul>
    </div>
  ) : null;
}

function StillGrowing({ status }: { status: Status }): JSX.Element | null {
  const { waiting = [], growing } = status;
  const files: Partial<Growing>[] = growing ?? waiting.map(key => ({ key }));
  return files.length ? (
    <Fold title={`${count(files.length, 'file')} not finished yet`}>
      <ul className="lims-Rows">
        {files.map(one => (
          <li key={one.key}>
            <code className="lims-grow">{one.key}</code>
            <span>{one.why}</span>
            {one.bytes !== undefined && <span className="lims-muted lims-number">{bytes(one.bytes)}</span>}
          </li>
        ))}
      </ul>
    </Fold>
  ) : null;
}
