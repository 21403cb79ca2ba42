import * as React from 'react';

import { useAction, useLims } from '../hooks';
import { Button, Problem } from '../kit';

/** The tags of a record or dataset; anybody who sees it may put one on. */
export function Tags({ thing, tags: given }: { thing: string; tags: readonly string[] }): JSX.Element {
  const { api } = useLims();
  const [tags, setTags] = React.useState(given);
  const [word, setWord] = React.useState<string | null>(null);
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
      {word === null ? (
        <Button quiet onClick={() => setWord('')}>+ tag</Button>
      ) : (
        <form onSubmit={event => {
          event.preventDefault();
          if (word.trim()) {
            void change('add_tag', word.trim()).then(done => done && setWord(null));
          } else {
            setWord(null);
          }
        }}>
          <input className="lims-Input" aria-label="new tag" autoFocus value={word} onChange={event => setWord(event.target.value)}
            onKeyDown={event => {
              if (event.key === 'Escape') {
                event.stopPropagation();
                setWord(null);
              }
            }} />
        </form>
      )}
      <Problem error={action.error} />
    </div>
  );
}
