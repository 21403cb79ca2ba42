/** The choices beside the results: what else could be picked, and how many that would give. */
import * as React from 'react';

import type { Facet } from '../../tokens';
import { Button } from '../kit';
import type { Names } from '../names';
import { fieldLabel } from '../quantities';

const FEW = 7;
const LABELS: Record<string, string> = { user: 'person', state: 'state' };

export type Filters = Record<string, string[]>;

export function toggled(filters: Filters, field: string, value: string): Filters {
  const chosen = filters[field] ?? [];
  const next = chosen.includes(value) ? chosen.filter(one => one !== value) : [...chosen, value];
  return Object.fromEntries(Object.entries({ ...filters, [field]: next }).filter(([, values]) => values.length));
}

export function facetLabel(field: string): string {
  return LABELS[field] ?? fieldLabel(field);
}

export function Facets(props: {
  order: readonly string[];
  facets: Record<string, Facet[]>;
  filters: Filters;
  names: Names;
  onChange(filters: Filters): void;
}): JSX.Element {
  const shown = props.order.filter(field => withChosen(props.facets[field] ?? [], props.filters[field] ?? []).some(one => one.value));
  return (
    <>
      {shown.map(field => (
        <OneFacet key={field} field={field} values={withChosen(props.facets[field] ?? [], props.filters[field] ?? [])}
          chosen={props.filters[field] ?? []} names={props.names}
          onToggle={value => props.onChange(toggled(props.filters, field, value))} />
      ))}
    </>
  );
}

/** What is chosen stays visible, also where nothing is left of it. */
function withChosen(values: Facet[], chosen: string[]): Facet[] {
  const gone = chosen.filter(value => !values.some(one => one.value === value));
  return [...values, ...gone.map(value => ({ value, count: 0 }))];
}

function OneFacet(props: {
  field: string;
  values: Facet[];
  chosen: string[];
  names: Names;
  onToggle(value: string): void;
}): JSX.Element {
  const [all, setAll] = React.useState(false);
  const values = all ? props.values : props.values.filter((one, index) => index < FEW || props.chosen.includes(one.value));
  const most = Math.max(1, ...props.values.map(one => one.count));
  return (
    <fieldset className="lims-Facet">
      <legend>{facetLabel(props.field)}</legend>
      {values.map(({ value, count }) => (
        <label key={value} className="lims-Facet-value" style={{ ['--lims-share' as string]: count / most }}>
          <input type="checkbox" checked={props.chosen.includes(value)} onChange={() => props.onToggle(value)} />
          <span className="lims-Facet-name">{props.names.label(props.field, value) || '(none)'}</span>
          <span className="lims-Facet-bar" aria-hidden="true" />
          <span className="lims-Facet-count">{count.toLocaleString('en')}</span>
        </label>
      ))}
      {props.values.length > values.length && (
        <Button quiet onClick={() => setAll(true)}>{props.values.length - values.length} more</Button>
      )}
    </fieldset>
  );
}
