/** The picture of a dataset in a frame of known size, or in words why there is none. */
import * as React from 'react';

import { useLims } from './hooks';

export interface Pictured {
  id: string;
  preview_size: [number, number] | null;
  no_picture: string;
  status?: string;
}

export function usePreview(id: string | null): string | null | undefined {
  const { previews } = useLims();
  const [, draw] = React.useReducer((turn: number) => turn + 1, 0);
  React.useEffect(() => (id === null ? undefined : previews.want(id, draw)), [previews, id]);
  return id === null ? null : previews.address(id);
}

export function Preview({ of, alt = '' }: { of: Pictured; alt?: string }): JSX.Element {
  const address = usePreview(of.preview_size ? of.id : null);
  if (address) {
    return <span className="lims-Preview"><img src={address} alt={alt} draggable={false} /></span>;
  }
  const waiting = address === undefined || of.status === 'registered';
  return (
    <span className="lims-Preview" data-waiting={waiting}>
      {!waiting && <span className="lims-Preview-words">{words(of)}</span>}
    </span>
  );
}

/** Why there is nothing to see. */
export function words(of: Pictured): string {
  return of.no_picture || unread(of.status);
}

function unread(status?: string): string {
  return status === 'missing' ? 'the file is missing' : status === 'failed' ? 'could not be read' : 'no picture';
}
