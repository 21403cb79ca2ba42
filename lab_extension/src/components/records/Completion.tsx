/** A list below a text field, of what may be meant; the focus stays in the field. */
import * as React from 'react';

import { quantity } from '../quantities';
import type { Entry } from './entries';

export interface Completion {
  /** for the input */
  input: React.InputHTMLAttributes<HTMLInputElement>;
  list: JSX.Element | null;
  /** true: the key was the list's, and nobody else's. */
  onKeyDown(event: React.KeyboardEvent): boolean;
}

const STEPS: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 };

/**
 * written: what is being written; another text chooses anew. offersFirst: the first is chosen from the start, where there
 * is nothing else that Enter could mean.
 */
export function useCompletion(props: {
  entries: readonly Entry[];
  label: string;
  written: string;
  offersFirst?: boolean;
  onTake(entry: Entry): void;
  onClose(): void;
}): Completion {
  const { entries, written, offersFirst = false, onTake, onClose } = props;
  const id = React.useId();
  const [choice, setChoice] = React.useState<{ written: string; text: string | null }>({ written, text: null });
  const index = choice.written === written ? entries.findIndex(one => one.text === choice.text) : -1;
  const at = index < 0 && offersFirst ? 0 : index;
  const isOpen = entries.length > 0;
  const chosen = React.useRef<HTMLLIElement>(null);
  React.useEffect(() => {
    void chosen.current?.scrollIntoView({ block: 'nearest' });
  }, [at]);

  const onKeyDown = (event: React.KeyboardEvent): boolean => {
    const step = STEPS[event.key];
    if (!isOpen || event.nativeEvent.isComposing) {
      return false;
    }
    if (step) {
      const next = Math.max(offersFirst ? 0 : -1, Math.min(entries.length - 1, at + step));
      setChoice({ written, text: entries[next]?.text ?? null });
    } else if (event.key === 'Enter' && at >= 0) {
      onTake(entries[at]);
    } else if (event.key === 'Tab' && !event.shiftKey && index >= 0) {
      onTake(entries[index]);
    } else if (event.key === 'Escape') {
      event.stopPropagation();
      onClose();
    } else {
      return false;
    }
    event.preventDefault();
    return true;
  };
  const option = (index: number): string => `${id}-${index}`;
  const list = isOpen ? (
    // The field keeps the focus when the list is clicked.
    <ul className="lims-Completion" role="listbox" id={id} aria-label={props.label} onMouseDown={event => event.preventDefault()}>
      {entries.map((entry, index) => (
        <li key={entry.text} ref={index === at ? chosen : undefined} id={option(index)} role="option" aria-selected={index === at} title={entry.title}
          onClick={() => onTake(entry)}>
          <Name entry={entry} />
          <span className="lims-muted lims-Completion-note">{noteOf(entry)}</span>
          <span className="lims-muted lims-number">{entry.count > 0 && entry.count.toLocaleString('en')}</span>
        </li>
      ))}
    </ul>
  ) : null;
  const input = {
    role: 'combobox', autoComplete: 'off', 'aria-autocomplete': 'list', 'aria-expanded': isOpen, 'aria-controls': isOpen ? id : undefined,
    'aria-activedescendant': isOpen && at >= 0 ? option(at) : undefined
  } as const;
  return { input, list, onKeyDown };
}

function Name({ entry: { name, matched: [begin, end], isPath } }: { entry: Entry }): JSX.Element {
  return (
    <span className="lims-Completion-name" data-path={isPath}>
      <bdi dir="ltr">{name.slice(0, begin)}<b>{name.slice(begin, end)}</b>{name.slice(end)}</bdi>
    </span>
  );
}

/** Examples tell the unit; where there are none it is said by itself. */
function noteOf({ note, unit, field }: Entry): string {
  return [note, unit && !field?.examples.length && quantity(1, unit).replace(/^1 /, '')].filter(Boolean).join(' · ');
}
