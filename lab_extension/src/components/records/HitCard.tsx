/** One result, as a card or as a line. */
import * as React from 'react';

import type { Hit } from '../../tokens';
import { Status, Time } from '../kit';
import type { Names } from '../names';
import { Preview, type Pictured } from '../Preview';
import { bytes, count } from '../quantities';
import type { Highlight } from './useHighlights';
import { Where } from './Where';

interface HitProps {
  hit: Hit | undefined;
  index: number;
  position: [number, number];
  isCurrent: boolean;
  isSelected: boolean;
  names: Names;
  /** A line is there for where it has what was asked for. */
  hasWhere: boolean;
  where?: readonly Highlight[];
  onFocus(): void;
  onOpen(hit: Hit): void;
  onSelect(hit: Hit): void;
  onDetails?(hit: Hit): void;
  onDrag?(hit: Hit, x: number, y: number): void;
}

const DRAG_PX = 5;

/** What the button of a result does: open on click, select with Ctrl, drag where the host can. */
function usePress({ hit, index, isCurrent, isSelected, onFocus, onOpen, onSelect, onDrag }: HitProps): React.HTMLAttributes<HTMLButtonElement> {
  const press = React.useRef<{ x: number; y: number } | null>(null);
  return {
    ...{ 'data-index': index, 'data-id': hit?.id, 'data-selected': isSelected },
    tabIndex: isCurrent ? 0 : -1,
    'aria-disabled': !hit,
    onFocus,
    onClick: event => hit && (event.ctrlKey || event.metaKey ? onSelect(hit) : onOpen(hit)),
    onPointerDown: event => {
      press.current = onDrag && event.button === 0 && event.pointerType === 'mouse' ? { x: event.clientX, y: event.clientY } : null;
    },
    onPointerMove: event => {
      const start = press.current;
      if (start && hit && Math.hypot(event.clientX - start.x, event.clientY - start.y) > DRAG_PX) {
        press.current = null;
        onDrag?.(hit, event.clientX, event.clientY);
      }
    },
    onPointerUp: () => {
      press.current = null;
    }
  };
}

function pictured(hit: Hit): Pictured {
  const isDataset = hit.kind === 'dataset';
  return { id: hit.cover ?? hit.id, preview_size: hit.preview_size, no_picture: hit.no_picture, status: isDataset ? hit.state : 'extracted' };
}

/** What kind of thing is in it, for the second and third line. */
function contents(hit: Hit): string {
  if (hit.kind === 'dataset') {
    return [hit.format, bytes(hit.bytes)].filter(Boolean).join(' · ');
  }
  const activities = hit.activities ? [count(hit.activities, 'activity', 'activities')] : [];
  return [count(hit.datasets, 'file'), ...activities].join(' · ');
}

export function HitCard(props: HitProps): JSX.Element {
  const { hit, names, position } = props;
  const press = usePress(props);
  return (
    <div className="lims-HitCard" role="listitem" aria-posinset={position[0]} aria-setsize={position[1]}>
      <button type="button" {...press} title={hit?.name}>
        {hit ? <Preview of={pictured(hit)} /> : <span className="lims-Preview" data-waiting="true" />}
        <span className="lims-HitCard-name">{hit?.name ?? ' '}</span>
        {hit && (
          <span className="lims-HitCard-facts lims-muted">
            {hit.at && <Time at={hit.at} zone={names.zone(hit.instrument)} show={hit.kind === 'dataset' ? 'minute' : 'day'} />}
            <span>{[names.instrument(hit.instrument), names.person(hit.user)].filter(Boolean).map(name => ` · ${name}`)}</span>
          </span>
        )}
        {hit && <span className="lims-HitCard-facts lims-muted"><span>{contents(hit)}</span></span>}
        {hit?.kind === 'record' && <span className="lims-HitCard-facts"><Status state={hit.state} failed={hit.failed} /></span>}
        {props.hasWhere && <Where highlights={props.where} most={1} />}
      </button>
      {hit && props.onDetails && <Details hit={hit} onDetails={props.onDetails} />}
    </div>
  );
}

function Details({ hit, onDetails }: { hit: Hit; onDetails(hit: Hit): void }): JSX.Element {
  return (
    <button type="button" className="lims-HitCard-details" tabIndex={-1} aria-label={`details of ${hit.name}`} title="Details (i)"
      onClick={() => onDetails(hit)}>
      details
    </button>
  );
}

export function HitRow(props: HitProps): JSX.Element {
  const { hit, names, position } = props;
  const press = usePress(props);
  return (
    <div className="lims-HitRow" role="listitem" aria-posinset={position[0]} aria-setsize={position[1]}>
      <button type="button" {...press}>
        {hit ? <Preview of={pictured(hit)} /> : <span className="lims-Preview" data-waiting="true" />}
        <span className="lims-HitRow-name">{hit?.name}</span>
        <span className="lims-muted">{hit?.at && <Time at={hit.at} zone={names.zone(hit.instrument)} show={hit.kind === 'dataset' ? 'minute' : 'day'} />}</span>
        <span className="lims-HitRow-instrument">{hit && names.instrument(hit.instrument)}</span>
        <span className="lims-HitRow-person">{hit && names.person(hit.user)}</span>
        <span className="lims-HitRow-contents lims-muted">{hit && contents(hit)}</span>
        <span className="lims-HitRow-state">{hit?.kind === 'record' && <Status state={hit.state} failed={hit.failed} />}</span>
        {props.hasWhere && <Where highlights={props.where} most={2} />}
      </button>
      {hit && props.onDetails && <Details hit={hit} onDetails={props.onDetails} />}
    </div>
  );
}
