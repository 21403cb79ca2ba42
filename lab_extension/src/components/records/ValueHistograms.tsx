/** How the values of fields are spread over the results; a range of them can be chosen. Which fields is kept for each person. */
import * as React from 'react';

import type { SearchField } from '../../tokens';
import { useAsk } from '../hooks';
import { useKept } from '../kept';
import { Button } from '../kit';
import { type Names, useMe } from '../names';
import { count, fieldLabel } from '../quantities';
import { Bars } from './Bars';
import { useCompletion } from './Completion';
import { useEntries } from './entries';
import { type Binned, binsOf, edgeText, rangeInQuery } from './ranges';
import { valueOf, withValue } from './terms';
import { argumentsOf, type Asking } from './useSearch';

const BINS = 24;

/** names: the first is what was chosen, and what is put into queries. */
interface Shown {
  names: string[];
}

interface Ways {
  /** what the results are of */
  asked: Asking;
  query: string;
  onQuery(query: string): void;
}

export function ValueHistograms(props: Ways & { names: Names }): JSX.Element {
  const me = useMe();
  const [shown, setShown] = useKept<Shown>(me && `${me}:histograms`);
  const [isAdding, setIsAdding] = React.useState(false);
  const add = React.useRef<HTMLButtonElement>(null);
  const close = (): void => {
    setIsAdding(false);
    setTimeout(() => add.current?.focus(), 0);
  };
  return (
    <>
      {shown.map(one => (
        <ValueHistogram key={one.names[0]} {...props} fields={one.names} onRemove={() => {
          setShown(shown.filter(other => other !== one));
          add.current?.focus();
        }} />
      ))}
      <div className="lims-AddHistogram">
        <Button quiet ref={add} aria-expanded={isAdding} title="Show how the values of a field are spread" disabled={me === null}
          onClick={() => setIsAdding(!isAdding)}>+ field</Button>
        {isAdding && (
          <FieldChoice names={props.names} kind={props.asked.kind} onClose={close} onTake={(name, field) => {
            const names = [...new Set([name, field.name, ...field.aliases])];
            if (!shown.some(one => one.names.includes(field.name))) {
              setShown([...shown, { names }]);
            }
            close();
          }} />
        )}
      </div>
    </>
  );
}

const hasNumbers = (field: SearchField): boolean => (field.kind === 'number' || field.kind === 'time') && field.group !== 'special';

function FieldChoice(props: { names: Names; kind: Asking['kind']; onTake(name: string, field: SearchField): void; onClose(): void }): JSX.Element {
  const [typed, setTyped] = React.useState('');
  const entries = useEntries({ field: null, typed }, props.kind, props.names, hasNumbers);
  const completion = useCompletion({
    entries,
    label: 'fields with numbers',
    written: typed,
    offersFirst: true,
    onTake: ({ name, field }) => field && props.onTake(name, field),
    onClose: props.onClose
  });
  return (
    <>
      <input {...completion.input} className="lims-Input" aria-label="field of a histogram" placeholder="field with numbers" autoFocus spellCheck={false}
        value={typed} onChange={event => setTyped(event.target.value)} onKeyDown={event => {
          if (!completion.onKeyDown(event) && event.key === 'Escape') {
            event.stopPropagation();
            props.onClose();
          }
        }} />
      {completion.list}
    </>
  );
}

function ValueHistogram({ fields, asked, query, onQuery, onRemove }: Ways & { fields: readonly string[]; onRemove(): void }): JSX.Element {
  // As the other choices, it shows what there would be without itself.
  const { kind, filters } = argumentsOf(asked);
  const { result, error } = useAsk('histogram', { field: fields[0], query: withValue(asked.query, fields, ''), bins: BINS, kind, filters });
  const label = fieldLabel(fields[0]);
  const value = valueOf(query, fields);
  const bars = result?.counts.map((number, index) => ({ count: number, title: `${edgeText(result, index)} – ${edgeText(result, index + 1)}: ${number}` })) ?? [];
  return (
    <section className="lims-Facet lims-Spread" aria-label={`histogram of ${label}`}>
      <header>
        <h3 className="lims-Completion-name" data-path={fields[0].includes('.')} title={fields[1] ?? fields[0]}><bdi dir="ltr">{label}</bdi></h3>
        {value && <Button quiet aria-label={`all of ${label}`} title={`${fields[0]}:${value}`} onClick={() => onQuery(withValue(query, fields, ''))}>all</Button>}
        <Button quiet aria-label={`remove the histogram of ${label}`} onClick={onRemove}>×</Button>
      </header>
      {error ? <p className="lims-muted">{error.message} {error.hint}</p> : !result ? <div className="lims-Skeleton" /> : !bars.length ? (
        <p className="lims-muted">None of these tells it.</p>
      ) : (
        <Bars bars={bars} label={label} now={binsOf(result, value)} nowTold={value.replace('..', ' – ')} told={([first, last]) => `${edgeText(result, first)} – ${edgeText(result, last + 1)}`}
          scale={<Scale of={result} />}
          onChoose={range => onQuery(withValue(query, fields, rangeInQuery(result, range)))} />
      )}
      {result && bars.length > 0 && result.missing > 0 && <p className="lims-muted lims-Spread-missing">{count(result.missing, kind === 'record' ? 'record' : 'file')} without</p>}
    </section>
  );
}

/** The ends, which may be one. */
function Scale({ of }: { of: Binned }): JSX.Element {
  const [low, high] = [0, of.counts.length].map(index => edgeText(of, index));
  return (
    <>
      <span>{low}</span>
      {of.is_log && <span title="each step is a factor">log</span>}
      {high !== low && <span>{high}</span>}
    </>
  );
}
