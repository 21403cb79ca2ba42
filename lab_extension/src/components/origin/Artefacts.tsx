/** What a run read and wrote, and how that is known. */
import * as React from 'react';

import type { ArtefactOfRun, RunFile, RunView } from '../../tokens';
import { Fold, Shape } from '../kit';
import { count } from '../quantities';

const KNOWN: Record<string, string> = {
  declared: 'the code says so',
  observed: 'it was seen while the code ran',
  traced: 'it was seen while the code ran, below Python',
  imported: 'somebody told of it afterwards'
};

export interface ArtefactsProps {
  title: string;
  of: readonly ArtefactOfRun[];
  run: RunView;
  role: RunFile['role'];
  onOpen(id: string): void;
}

export function Artefacts({ title, of, run, role, onOpen }: ArtefactsProps): JSX.Element | null {
  const notes = new Map(run.files.filter(one => one.role === role).map(one => [one.dataset, one.note]));
  return of.length ? (
    <section>
      <h3>{title}</h3>
      <ul className="lims-Artefacts" aria-label={title.toLowerCase()}>
        {of.map(one => (
          <li key={one.id}>
            <button type="button" className="lims-Link" title={one.sha256 ? `SHA-256 ${one.sha256}` : undefined} onClick={() => onOpen(one.id)}>{one.name}</button>
            <span className="lims-muted" title={KNOWN[one.source]}>{one.source}</span>
            {one.is_changed && (
              <span className="lims-Status" title="What the run read is not what lies there now."><Shape state="attention" />another file since</span>
            )}
            {notes.get(one.id) && <span className="lims-muted">{notes.get(one.id)}</span>}
          </li>
        ))}
      </ul>
    </section>
  ) : null;
}

/** Files that the laboratory does not keep: nobody can be sure to find them again. */
export function Unknown({ files }: { files: readonly RunFile[] }): JSX.Element | null {
  const unknown = files.filter(one => !one.dataset);
  return unknown.length ? (
    <Fold title={`${count(unknown.length, 'file')} outside of the catalog`}>
      <ul className="lims-Artefacts" aria-label="files outside of the catalog">
        {unknown.map(one => (
          <li key={one.number}>
            <code>{one.path}</code>
            <span className="lims-muted">{[one.role === 'input' ? 'read' : 'written', ...one.seen, one.note].filter(Boolean).join(', ')}</span>
          </li>
        ))}
      </ul>
    </Fold>
  ) : null;
}
