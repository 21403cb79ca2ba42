/** The facility at this moment, and what a person has to settle. */
import * as React from 'react';

import { useAsk } from '../hooks';
import { Problem, Status } from '../kit';
import { useNames } from '../names';
import { span } from '../times';
import { Harvest } from './Harvest';
import { ToSettle } from './ToSettle';

const EVERY_MS = 30_000;

export function FacilityOverview(): JSX.Element {
  const place = useAsk('place', {}, EVERY_MS);
  const names = useNames();
  if (!place.result) {
    return place.error ? <Problem error={place.error} retry={place.again} /> : <div className="lims-Skeleton" style={{ height: 200 }} />;
  }
  const { name, counts, open_sessions: open, timezone, version } = place.result;
  return (
    <div className="lims-Facility">
      <header className="lims-line">
        <h1>{name}</h1>
        <span className="lims-muted">{timezone} · version {version}</span>
      </header>
      <dl className="lims-Counts">
        {Object.entries(counts).map(([what, number]) => (
          <div key={what}>
            <dt>{what.replaceAll('_', ' ')}</dt>
            <dd>{number.toLocaleString('en')}</dd>
          </div>
        ))}
      </dl>
      <section className="lims-Section">
        <h2>Open now</h2>
        {!open.length && <p className="lims-muted">No session is open.</p>}
        <ul className="lims-Rows">
          {open.map(session => (
            <li key={session.id}>
              <Status state={session.state} />
              <b>{names.instrument(session.instrument)}</b>
              <span>{names.person(session.user)}</span>
              <span className="lims-grow">{session.title}</span>
              <span className="lims-muted">{span(session.start, new Date())}</span>
            </li>
          ))}
        </ul>
      </section>
      <Harvest zone={timezone} />
      <ToSettle zone={timezone} onSettled={place.again} />
    </div>
  );
}
