/** Every component that a host can mount, by name. The panels meet here and nowhere else. */
import * as React from 'react';

import { useAsk, useLims, useShared } from './hooks';
import { Button, Empty, Problem } from './kit';
import { later } from './later';
import { useNames } from './names';
import { DatasetDetail } from './parts/DatasetDetail';
import { Gallery } from './parts/Gallery';
import { MetadataTree as Tree } from './parts/MetadataTree';
import { LineageOf, RunDetail } from './parts/Origin';
import { RecordView } from './record/RecordView';
import { RecordBrowser } from './records/RecordBrowser';
import { SessionForm } from './session/SessionForm';

export const COMPONENTS: Record<string, (props: object) => JSX.Element> = {
  FacilityOverview: later(async () => (await import('./facility/FacilityOverview')).FacilityOverview),
  Gallery,
  Lineage,
  MetadataTree,
  RecordBrowser: () => <RecordBrowser opened={(id, close) => <Opened id={id} onClose={close} />} />,
  RecordView: OneThing,
  SessionForm
};

/** A record, a dataset that is on no record, or a run. */
function Opened({ id, onClose }: { id: string; onClose?(): void }): JSX.Element {
  const { host } = useLims();
  const [, setRecord] = useShared('record', '');
  const open = (next: string): void => (host.open ? host.open(next, next) : setRecord(next));
  if (id.startsWith('dat-')) {
    return (
      <div className="lims-Record lims-Record-single">
        {onClose && <Button quiet className="lims-Back" onClick={onClose}>← All files</Button>}
        <DatasetDetail id={id} onOpen={open} />
      </div>
    );
  }
  if (id.startsWith('run-')) {
    return <Run id={id} onOpen={open} />;
  }
  return <RecordView id={id} onClose={onClose} />;
}

function Run({ id, onOpen }: { id: string; onOpen(id: string): void }): JSX.Element {
  const zone = useNames().zone(null);
  return <div className="lims-Record lims-Record-single"><RunDetail id={id} zone={zone} onOpen={onOpen} /></div>;
}

function OneThing(): JSX.Element {
  const [id] = useShared('record', '');
  return id ? <Opened id={id} /> : <Empty title="No record was given.">RecordView(record="rec-…") takes its id.</Empty>;
}

function Lineage(): JSX.Element {
  const [of] = useShared('of', '');
  const [, setSelected] = useShared<string[]>('selected', NONE);
  const [open, setOpen] = React.useState<string>();
  const names = useNames();
  if (!of) {
    return <Empty title="Nothing was given.">Lineage(of="dat-…") takes the id of a dataset, record or run.</Empty>;
  }
  return (
    <div className="lims-Record" data-drawer={open !== undefined}>
      <div className="lims-Record-main">
        <LineageOf of={of} zone={names.zone(null)} onOpen={id => {
          setSelected([id]);
          setOpen(id.startsWith('dat-') ? id : undefined);
        }} />
      </div>
      {open && (
        <aside className="lims-Record-drawer" aria-label="file">
          <DatasetDetail id={open} onClose={() => setOpen(undefined)} onOpen={setOpen} />
        </aside>
      )}
    </div>
  );
}

function MetadataTree(): JSX.Element {
  const [of] = useShared('of', '');
  const asked = useAsk('metadata', of ? { dataset: of } : null);
  return asked.result ? <Tree tree={asked.result} label="metadata" /> : <Problem error={asked.error} retry={asked.again} />;
}

const NONE: string[] = [];
