import * as React from 'react';

import { plain } from '../quantities';

/** Names with their values, whatever they are. */
export function Pairs({ of }: { of: Record<string, unknown> }): JSX.Element | null {
  return Object.keys(of).length ? (
    <dl className="lims-Pairs">
      {Object.entries(of).map(([name, value]) => (
        <React.Fragment key={name}>
          <dt>{name}</dt>
          <dd><code>{plain(value)}</code></dd>
        </React.Fragment>
      ))}
    </dl>
  ) : null;
}
