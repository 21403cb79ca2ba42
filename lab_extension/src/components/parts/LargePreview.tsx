/** The large preview with its scale bar, or in words why there is none. The space for it is reserved. */
import * as React from 'react';

import type { DatasetView } from '../../tokens';
import { useLims } from '../hooks';
import { usePreview, words } from '../Preview';
import { quantity } from '../quantities';

const NICE = [5, 2, 1];
const METRES: Record<string, number> = { m: 1, mm: 1e-3, um: 1e-6, 'µm': 1e-6, 'μm': 1e-6, nm: 1e-9, pm: 1e-12, 'Å': 1e-10, A: 1e-10 };

/** A round length that takes about a fifth of the picture: [share of the width, text]; null without a calibration. */
export function scaleBar(of: DatasetView): [number, string] | null {
  const axes = of.signals[0]?.axes.filter(axis => !axis.is_navigation) ?? [];
  const axis = axes[axes.length - 1];
  if (axes.length !== 2 || !axis.unit || axis.scale <= 0 || !of.preview_size) {
    return null;
  }
  const width = axis.scale * axis.size;
  const power = 10 ** Math.floor(Math.log10(width / 4));
  const length = (NICE.find(step => step * power <= width / 4) ?? 1) * power;
  const metres = METRES[axis.unit];
  return [length / width, metres ? quantity(length * metres, 'm') : `${Number(length.toPrecision(3))} ${axis.unit}`];
}

export function LargePreview({ of }: { of: DatasetView }): JSX.Element {
  const { api } = useLims();
  const small = usePreview(of.preview_size ? of.id : null);
  const [large, setLarge] = React.useState<string>();
  React.useEffect(() => {
    let address: string | undefined;
    let wanted = true;
    setLarge(undefined);
    if (of.preview_size) {
      api.bytes('preview', { dataset: of.id }).then(
        image => {
          if (wanted) {
            address = URL.createObjectURL(image);
            setLarge(address);
          }
        },
        () => undefined
      );
    }
    return () => {
      wanted = false;
      if (address) {
        URL.revokeObjectURL(address);
      }
    };
  }, [api, of.id, of.preview_size]);
  if (!of.preview_size) {
    return (
      <div className="lims-LargePreview" data-empty="true">
        <p className="lims-Preview-words">{words(of)}</p>
      </div>
    );
  }
  const shown = large ?? small;
  const bar = shown ? scaleBar(of) : null;
  const [width, height] = of.preview_size;
  return (
    <figure className="lims-LargePreview" style={{ aspectRatio: `${width} / ${height}`, maxWidth: Math.max(width, 320) }}>
      {shown && <img src={shown} alt={`preview of ${of.name}`} width={width} height={height} />}
      {bar && (
        <figcaption className="lims-ScaleBar" style={{ width: `${bar[0] * 100}%` }}>
          <span>{bar[1]}</span>
        </figcaption>
      )}
    </figure>
  );
}
