/** One dataset: how it looks, what it says, how to get it, where it came from. */
import * as React from 'react';

import type { DatasetView } from '../../tokens';
import { useAction, useAsk, useLims } from '../hooks';
import { Button, Copyable, copyText, Fold, Problem, Status, Time } from '../kit';
import { useNames } from '../names';
import { bytes } from '../quantities';
import { download } from './download';
import { HistoryList } from './HistoryList';
import { LargePreview } from './LargePreview';
import { MadeBy } from './MadeBy';
import { Metadata } from './Metadata';
import { openingLine } from './openingLine';
import { LineageOf } from './Origin';
import { MarkBad, Warnings } from './Quality';
import { Tags } from './Tags';

/** More files of a folder are counted. */
const MOST_FILES = 20;

export interface DatasetDetailProps {
  id: string;
  onClose?(): void;
  onOpen(id: string): void;
  /** the neighbours in a gallery */
  onStep?(by: 1 | -1): void;
}

export function DatasetDetail({ id, onClose, onOpen, onStep }: DatasetDetailProps): JSX.Element {
  const asked = useAsk('dataset', { dataset: id, metadata: false });
  const of = asked.result?.id === id ? asked.result : undefined;
  const heading = React.useRef<HTMLHeadingElement>(null);
  React.useEffect(() => heading.current?.focus({ preventScroll: true }), [id, of !== undefined]); // eslint-disable-line react-hooks/exhaustive-deps
  return (
    <article className="lims-Dataset" aria-busy={!of} onKeyDown={event => {
      if (event.key === 'Escape' && onClose) {
        event.stopPropagation();
        onClose();
      }
    }}>
      <header className="lims-Dataset-head">
        <h2 ref={heading} tabIndex={-1}>{of?.name ?? ' '}</h2>
        {onStep && (
          <>
            <Button quiet aria-label="previous file" onClick={() => onStep(-1)}>←</Button>
            <Button quiet aria-label="next file" onClick={() => onStep(1)}>→</Button>
          </>
        )}
        {onClose && <Button quiet onClick={onClose}>Close</Button>}
      </header>
      <Problem error={asked.error} retry={asked.again} />
      {!of && !asked.error && <div className="lims-Skeleton lims-LargePreview" />}
      {of && <Content of={of} onOpen={onOpen} onChange={asked.again} />}
    </article>
  );
}

function Content({ of, onOpen, onChange }: { of: DatasetView; onOpen(id: string): void; onChange(): void }): JSX.Element {
  const zone = useNames().zone(of.instrument);
  const [shape] = of.signals.map(signal => signal.shape.join(' × '));
  const facts = [of.format, shape, of.signals[0]?.dtype, bytes(of.bytes)].filter(Boolean).join(' · ');
  return (
    <div className="lims-Dataset-body">
      <Warnings key={of.id} of={of} onChange={onChange} />
      <LargePreview of={of} />
      <div className="lims-Dataset-says">
        <p className="lims-line lims-muted">
          {of.status !== 'extracted' && <Status state={of.status} />}
          <span>{facts}</span>
          {of.acquired && <Time at={of.acquired} zone={zone} show="second" />}
        </p>
        {(of.clock_note || of.home_note) && <p className="lims-muted">{[of.home_note, of.clock_note].filter(Boolean).join('; ')}</p>}
        {of.failures.map(failure => (
          <p key={failure.step} className="lims-Failure">
            <Status state="failed" /> {failure.step}: {failure.reason} <span className="lims-muted">{failure.version}</span>
          </p>
        ))}
        <Actions of={of} onChange={onChange} />
        <MadeBy key={`run ${of.id}`} runs={of.made_by} zone={zone} onOpen={onOpen} />
        <Tags key={`tags ${of.id}`} thing={of.id} tags={of.tags} />
        <Metadata key={`says ${of.id}`} of={of} zone={zone} />
        <Fold title="Lineage" open={of.origin === 'derived'}>
          <LineageOf key={of.id + of.bad} of={of.id} zone={zone} onOpen={onOpen} />
        </Fold>
        <Fold title="Files"><Files of={of} zone={zone} onOpen={onOpen} /></Fold>
        <Fold title="History"><HistoryList thing={of.id} zone={zone} /></Fold>
      </div>
    </div>
  );
}

/** Of a folder that is one object (.zspy) all bytes are in its companions. */
function isFolder(of: DatasetView): boolean {
  return of.companions.some(key => key.startsWith(`${of.key}/`));
}

function Actions({ of, onChange }: { of: DatasetView; onChange(): void }): JSX.Element {
  const { api, host } = useLims();
  const action = useAction();
  const [copied, setCopied] = React.useState(false);
  const line = openingLine(of.id);
  React.useEffect(() => setCopied(false), [of.id]);
  return (
    <>
      <div className="lims-line">
        {host.insert ? (
          <Button primary onClick={() => host.insert?.(line)}>Open in notebook</Button>
        ) : (
          <Button primary title={line} onClick={() => void copyText(`import lims\n\n${line}`).then(setCopied)}>
            {copied ? 'Copied: paste it into a notebook' : 'Copy the Python line'}
          </Button>
        )}
        {isFolder(of) ? (
          <Copyable text={`lims get ${of.id} --to .`} label="copy the command that brings all its files" />
        ) : (
          <Button busy={action.busy} onClick={() => void action.run(() => download(api, of.id, of.key))}>
            {action.busy ? `Fetching ${bytes(of.bytes)}` : 'Download'}
          </Button>
        )}
        <MarkBad key={of.id} of={of} onChange={onChange} />
        <span role="status" className="lims-hidden">{copied && 'copied'}</span>
      </div>
      <Problem error={action.error} />
    </>
  );
}

function Files({ of, zone, onOpen }: { of: DatasetView; zone: string; onOpen(id: string): void }): JSX.Element {
  const { api } = useLims();
  const action = useAction();
  const isPlaced = of.origin === 'raw' && of.status !== 'registered';
  const others = of.locations.filter(one => one.dataset !== of.id);
  const files = isFolder(of) ? of.companions.slice(0, MOST_FILES) : [of.key, ...of.companions];
  const more = isFolder(of) ? of.companions.length - files.length : 0;
  return (
    <>
      <ul className="lims-Files">
        {isFolder(of) && <li><code>{of.store}:{of.key}</code> a folder of {of.companions.length.toLocaleString('en')} files</li>}
        {files.map(key => (
          <li key={key}>
            <code>{isFolder(of) ? key.slice(of.key.length + 1) : `${of.store}:${key}`}</code>
            <Button quiet onClick={() => void action.run(() => download(api, of.id, key))}>download</Button>
          </li>
        ))}
        {more > 0 && <li className="lims-muted">and {more.toLocaleString('en')} more</li>}
      </ul>
      <Problem error={action.error} />
      <dl className="lims-Pairs">
        <dt>id</dt>
        <dd><Copyable text={of.id} label="copy the id" /></dd>
        <dt>SHA-256</dt>
        <dd>{of.sha256 ? <Copyable text={of.sha256} label="copy the checksum"><Short sha256={of.sha256} /></Copyable> : 'pending: the file is there, its checksum is still to come'}</dd>
        {isPlaced && <dt>{of.session ? 'why in this session' : 'why in no session'}</dt>}
        {isPlaced && <dd>{[of.home_note, `dated by the time ${of.clock === 'inner' ? 'inside' : 'of'} the file`, of.clock_note].filter(Boolean).join('; ')}</dd>}
        {others.length > 0 && <dt>also at</dt>}
        {others.map(one => (
          <dd key={one.dataset}>
            <button type="button" className="lims-Link" onClick={() => onOpen(one.dataset)}>{one.store}:{one.key}</button>{one.is_missing && ', no longer there'}
          </dd>
        ))}
        {of.former.length > 0 && <dt>former versions</dt>}
        {[...of.former].reverse().map(one => (
          <dd key={one.version}>
            {one.version}: {bytes(one.bytes)}, until <Time at={one.replaced} zone={zone} />{one.sha256 && <>, <Short sha256={one.sha256} /></>}
          </dd>
        ))}
      </dl>
    </>
  );
}

function Short({ sha256 }: { sha256: string }): JSX.Element {
  return <code title={sha256}>{sha256.slice(0, 16)}…</code>;
}
