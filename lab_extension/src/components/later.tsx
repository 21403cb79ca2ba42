/** A component whose code is loaded when it is first drawn: what few people open is not paid for at every start. */
import * as React from 'react';

import { ApiError } from '../api';
import { useAction } from './hooks';
import { Problem } from './kit';

type Component<Props> = (props: Props) => JSX.Element;

/** load: its `import()`, which makes a chunk of its own; scripts/sizes.mjs counts those apart. */
export function later<Props extends object>(load: () => Promise<Component<Props>>): Component<Props> {
  let loaded: Component<Props> | undefined;
  return function Later(props) {
    const { run, error } = useAction();
    const [Loaded, setLoaded] = React.useState(() => loaded);
    const fetch = React.useCallback(() => void run(async () => {
      loaded ??= await load().catch(() => {
        throw new ApiError('Unavailable', 'This part of the interface could not be loaded.', 'Reload the page if it stays so: it may have been updated.');
      });
      setLoaded(() => loaded);
    }), [run]);
    React.useEffect(fetch, [fetch]);
    if (Loaded) {
      return <Loaded {...props} />;
    }
    return error ? <Problem error={error} retry={fetch} /> : <div className="lims-Skeleton" style={{ height: 200 }} />;
  };
}
