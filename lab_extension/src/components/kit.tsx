/** The few elements everything is made of. They look as JupyterLab does, through its variables (style/base.css). */
import * as React from 'react';

import type { ApiError } from '../api';
import { day, offset, wall } from './times';

type ButtonProps = Omit<React.ButtonHTMLAttributes<HTMLButtonElement>, 'type'> & {
  /** the one thing to do next */
  primary?: boolean;
  quiet?: boolean;
  busy?: boolean;
  submit?: boolean;
};
export const Button = React.forwardRef<HTMLButtonElement, ButtonProps>(function Button(
  { primary, quiet, busy, submit, className = '', children, disabled, ...rest },
  ref
) {
  const look = primary ? 'lims-primary' : quiet ? 'lims-quiet' : '';
  return (
    <button {...rest} ref={ref} type={submit ? 'submit' : 'button'} className={`lims-Button ${look} ${className}`}
      aria-busy={busy} disabled={disabled ?? busy}>
      {children}
    </button>
  );
});

/** A label with its control, and below it what is to be known about it. */
export function Field(props: {
  label: string;
  note?: React.ReactNode;
  wide?: boolean;
  children: React.ReactElement<{ id?: string; 'aria-describedby'?: string }>;
}): JSX.Element {
  const id = React.useId();
  const hasNote = props.note !== undefined && props.note !== '';
  return (
    <div className="lims-Field" data-wide={props.wide}>
      <label className="lims-Field-label" htmlFor={id}>{props.label}</label>
      {React.cloneElement(props.children, { id, 'aria-describedby': hasNote ? `${id}-note` : undefined })}
      {hasNote && <span className="lims-Field-note" id={`${id}-note`}>{props.note}</span>}
    </div>
  );
}

export interface Option {
  value: string;
  label?: string;
}
/** A text field that suggests. */
export function Suggest(props: {
  value: string;
  options: readonly Option[];
  /** chosen: from the list, not letter by letter. */
  onChange(value: string, chosen: boolean): void;
  placeholder?: string;
  id?: string;
  'aria-describedby'?: string;
  onKeyDown?(event: React.KeyboardEvent): void;
}): JSX.Element {
  const list = React.useId();
  return (
    <>
      <input className="lims-Input" list={list} value={props.value} placeholder={props.placeholder} autoComplete="off" id={props.id}
        aria-describedby={props['aria-describedby']}
        onChange={event => props.onChange(event.target.value, isChosen(event.nativeEvent))} onKeyDown={props.onKeyDown} />
      <datalist id={list}>
        {props.options.map(option => (
          <option key={option.value} value={option.value}>{option.label}</option>
        ))}
      </datalist>
    </>
  );
}

/** What is chosen from a datalist comes as a replacement, in some browsers as a plain event. */
function isChosen(event: Event): boolean {
  return !(event instanceof InputEvent) || event.inputType === 'insertReplacementText';
}

export function Choice<T extends string>(props: {
  label: string;
  value: T;
  options: readonly (readonly [T, string])[];
  onChange(value: T): void;
}): JSX.Element {
  // Radio buttons of one name are one group in the whole document, and a cell may stand beside the panel.
  const group = React.useId();
  return (
    <div className="lims-Choice" role="radiogroup" aria-label={props.label}>
      {props.options.map(([value, text]) => (
        <label key={value} data-on={value === props.value}>
          <input type="radio" name={group} checked={value === props.value} onChange={() => props.onChange(value)} />
          {text}
        </label>
      ))}
    </div>
  );
}

/** What happened, to which thing, and what to do. */
export function Problem({ error, retry }: { error?: ApiError; retry?(): void }): JSX.Element | null {
  return error ? (
    <div className="lims-Problem" role="alert">
      <Shape state="attention" />
      <p>
        {error.message} {error.hint && <span className="lims-muted">{error.hint}</span>}
      </p>
      {retry && <Button onClick={retry}>Try again</Button>}
    </div>
  ) : null;
}

/** What has to be known of a thing before it is used. */
export function Notice({ children }: { children: React.ReactNode }): JSX.Element {
  return (
    <div className="lims-Notice">
      <Shape state="attention" />
      <div>{children}</div>
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: React.ReactNode }): JSX.Element {
  return (
    <div className="lims-Empty">
      <p>{title}</p>
      {children && <div className="lims-muted">{children}</div>}
    </div>
  );
}

const WORDS: Record<string, string> = {
  open: 'open', paused: 'paused', ended: 'ended', building: 'building', complete: 'complete', cancelled: 'cancelled',
  registered: 'reading', extracted: 'read', failed: 'could not be read', missing: 'missing', done: 'done', running: 'running'
};
const OUTLINES: Record<string, string> = {
  open: 'M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2Z',
  running: 'M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2Z',
  paused: 'M4 3h3v10H4zM9 3h3v10H9z',
  building: 'M8 2a6 6 0 0 1 0 12Z M8 2a6 6 0 0 0-6 6h1.5A4.5 4.5 0 0 1 8 3.5Z M2 8a6 6 0 0 0 6 6v-1.500A4.5 4.5 0 0 1 3.5 8Z',
  registered: 'M8 2a6 6 0 0 1 0 12Z M8 2a6 6 0 0 0-6 6h1.5A4.5 4.5 0 0 1 8 3.5Z M2 8a6 6 0 0 0 6 6v-1.500A4.5 4.5 0 0 1 3.5 8Z',
  attention: 'M8 1.5 15 14H1Zm-.8 4.5v4h1.6V6Zm0 5v1.5h1.6V11Z',
  failed: 'M8 1.5 15 14H1Zm-.8 4.5v4h1.6V6Zm0 5v1.5h1.6V11Z',
  missing: 'M8 1.5 15 14H1Zm-.8 4.5v4h1.6V6Zm0 5v1.5h1.6V11Z',
  cancelled: 'M3.5 2.5 8 7l4.5-4.5 1 1L9 8l4.5 4.5-1 1L8 9l-4.5 4.5-1-1L7 8 2.5 3.5Z'
};
const TICK = 'M6.5 12.5 2 8l1.2-1.2 3.3 3.3 6.3-6.300L14 5Z';

export function Shape({ state }: { state: string }): JSX.Element {
  return (
    <svg className="lims-Shape" data-state={state} viewBox="0 0 16 16" aria-hidden="true">
      <path fillRule="evenodd" d={OUTLINES[state] ?? TICK} />
    </svg>
  );
}

/** A word and a shape, never colour alone. */
export function Status({ state, failed = 0 }: { state: string; failed?: number }): JSX.Element {
  const attention = failed ? `${failed} ${failed === 1 ? 'file needs' : 'files need'} attention` : 'needs attention';
  return (
    <span className="lims-Status" data-state={state} title={state === 'attention' ? attention : undefined}>
      <Shape state={state} />
      <span>{state === 'attention' ? attention : (WORDS[state] ?? state)}</span>
    </span>
  );
}

/** A moment on the instrument's clock, its offset on hover. */
export function Time({ at, zone, show = 'minute' }: { at: string; zone: string; show?: 'day' | 'minute' | 'clock' | 'second' }): JSX.Element {
  const shown = wall(at, zone);
  const text = { day: day(at, zone), minute: shown.slice(0, 16).replace('T', ' '), clock: shown.slice(11, 16), second: shown.slice(11, 19) };
  return (
    <time dateTime={at} title={`${shown.replace('T', ' ')} ${offset(at, zone)} (${zone})`}>
      {text[show]}
    </time>
  );
}

/** A short text with a button that copies it. */
export function Copyable({ text, label, children }: { text: string; label: string; children?: React.ReactNode }): JSX.Element {
  const [told, setTold] = React.useState('');
  React.useEffect(() => {
    const timer = setTimeout(() => setTold(''), 2000);
    return () => clearTimeout(timer);
  }, [told]);
  const copy = (): void => void copyText(text).then(done => setTold(done ? 'copied' : 'press Ctrl+C'));
  return (
    <span className="lims-Copyable">
      {children ?? <code>{text}</code>}
      <Button quiet onClick={copy} aria-label={label} title={label}>
        {told || 'copy'}
      </Button>
      <span className="lims-hidden" role="status">{told}</span>
    </span>
  );
}

/** The clipboard is closed to pages without TLS; a hidden text field still copies there. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = document.createElement('textarea');
    field.value = text;
    field.style.cssText = 'position:fixed;opacity:0';
    document.body.append(field);
    field.select();
    const done = document.execCommand('copy');
    field.remove();
    return done;
  }
}

/** A heading that opens and closes what is below it. */
export function Fold(props: { title: React.ReactNode; open?: boolean; onOpen?(): void; children: React.ReactNode }): JSX.Element {
  const [open, setOpen] = React.useState(props.open ?? false);
  const { onOpen } = props;
  return (
    <details className="lims-Fold" open={open} onToggle={event => {
      const now = event.currentTarget.open;
      setOpen(now);
      if (now) {
        onOpen?.();
      }
    }}>
      <summary>{props.title}</summary>
      {open && props.children}
    </details>
  );
}

/** A modal dialog: focus stays inside, Esc closes it. */
export function Dialog(props: { title: string; onClose(): void; children: React.ReactNode }): JSX.Element {
  const ref = React.useRef<HTMLDialogElement>(null);
  React.useEffect(() => {
    const element = ref.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  return (
    <dialog ref={ref} className="lims-Dialog" aria-label={props.title} onClose={props.onClose}
      onKeyDown={event => event.stopPropagation()}>
      <header>
        <h2>{props.title}</h2>
        <Button quiet onClick={props.onClose}>Close</Button>
      </header>
      {props.children}
    </dialog>
  );
}

export function Keys({ keys, onClose }: { keys: readonly (readonly [string, string])[]; onClose(): void }): JSX.Element {
  return (
    <Dialog title="Keys" onClose={onClose}>
      <dl className="lims-Keys">
        {keys.map(([key, does]) => (
          <React.Fragment key={key}>
            <dt><kbd>{key}</kbd></dt>
            <dd>{does}</dd>
          </React.Fragment>
        ))}
      </dl>
    </Dialog>
  );
}
