import * as React from 'react';

import { useDraft } from '../drafts';
import { useAction, useLims } from '../hooks';
import { Button, Problem } from '../kit';
import { useMe } from '../names';

/** The tags of a record or dataset; anybody who sees it may put one on. */
export function Tags({ thing, tags: given }: { thing: string; tags: readonly string[] }): JSX.Element {
  const { api } = useLims();
  const [tags, setTags] = React.useState(given);
  const me = useMe();
  const [word, setWord] = useDraft(me && `${me}:tag:${thing}`, '');
  const [isOpen, setIsOpen] = React.useState(false);
  const close = (): void => {
    setWord('');
    setIsOpen(false);
  };
  const action = useAction();
  React.useEffect(() => setTags(given), [given]);
  const change = (operation: 'add_tag' | 'remove_tag', tag: string): Promise<boolean> =>
    action.run(async () => setTags(await api.call(operation, { thing, tag })));
  return (
    <div className="lims-Tags">
      {tags.map(tag => (
        <span key={tag} className="lims-Chip">
          {tag}
          <button type="button" aria-label={`remove tag ${tag}`} onClick={() => void change('remove_tag', tag)}>×</button>
        </span>
      ))}
      {!isOpen && !word ? (
        <Button quiet onClick={() => setIsOpen(true)}>+ tag</Button>
      ) : (
        <form onSubmit={event => {
          event.preventDefault();
          if (word.trim()) {
            void change('add_tag', word.trim()).then(done => done && close());
          } else {
            close();
          }
        }}>
          <input className="lims-Input" aria-label="new tag" autoFocus={isOpen} value={word} onChange={event => setWord(event.target.value)}
            onBlur={() => word.trim() || close()}
            onKeyDown={event => {
              if (event.key === 'Escape') {
                event.stopPropagation();
                close();
              }
            }} />
        </form>
      )}
      <Problem error={action.error} />
    </div>
  );
}
