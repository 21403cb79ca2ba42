import * as React from 'react';

import { RunDetail } from './Origin';

/** The runs that wrote a dataset, newest first; the chosen one in full, in place. */
export function MadeBy({ runs, zone, onOpen }: { runs: readonly string[]; zone: string; onOpen(id: string): void }): JSX.Element | null {
  const [chosen, setChosen] = React.useState<string>();
  return runs.length ? (
    <div className="lims-MadeBy">
      <p className="lims-line">
        <span className="lims-muted">made by</span>
        {runs.map(run => (
          <button key={run} type="button" className="lims-Link" aria-expanded={run === chosen}
            onClick={() => setChosen(run === chosen ? undefined : run)}>{run}</button>
        ))}
      </p>
      {chosen && <RunDetail id={chosen} zone={zone} onOpen={onOpen} />}
    </div>
  ) : null;
}
