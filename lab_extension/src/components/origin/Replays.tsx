/** Whether a run came out the same again: the newest replay in full, the earlier ones in a line each, and how to do it oneself. */
import * as React from 'react';

import type { Replay, RunView } from '../../tokens';
import { useAction, useLims } from '../hooks';
import { Button, Copyable, Fold, Problem, Shape, Time } from '../kit';
import { useNames } from '../names';
import { count, digits } from '../quantities';
import { duration } from '../times';

/** What is kept of one output's comparison (lims.model.verdicts.Verdict). */
interface Verdict {
  name: string;
  verdict: string;
  where: string;
  max_abs: number | null;
  rms: number | null;
  /** how many elements differ; null where nothing could be compared */
  size: number | null;
  tolerance: Record<string, number | null> | null;
  note: string;
}

const FAILED = ['different', 'not replayable'];
const DRAWN = ['equivalent', 'visually equivalent', 'different'];
const PICTURE_NAME = 100;

export function Replays({ run, zone }: { run: RunView; zone: string }): JSX.Element {
  const [newest, ...earlier] = run.replays;
  const isReplayable = run.details.kind !== 'external' && run.details.source !== null;
  return (
    <section className="lims-Replays">
      <h3>Replay</h3>
      {newest ? <Newest replay={newest} zone={zone} /> : <p className="lims-muted">{isReplayable ? 'It was not replayed yet.' : 'It cannot be replayed: what ran is not kept here.'}</p>}
      {isReplayable && (
        <p className="lims-line">
          <span className="lims-muted">Replay it yourself:</span> <Copyable text={`lims replay ${run.run}`} label="copy the command to replay it" />
        </p>
      )}
      {earlier.length > 0 && (
        <Fold title={count(earlier.length, 'earlier replay')}>
          <ul className="lims-Artefacts">{earlier.map(one => <li key={one.id}><Line replay={one} zone={zone} /></li>)}</ul>
        </Fold>
      )}
    </section>
  );
}

function Newest({ replay, zone }: { replay: Replay; zone: string }): JSX.Element {
  const verdicts = replay.outputs as unknown as Verdict[];
  const causes = (replay.environment.causes ?? []) as string[];
  return (
    <>
      <p className="lims-line"><Line replay={replay} zone={zone} /></p>
      {replay.problem && <p className="lims-Failure">{replay.problem}</p>}
      {verdicts.length > 0 && (
        <table className="lims-Verdicts">
          <thead>
            <tr><th scope="col">Output</th><th scope="col">Verdict, and where</th><th scope="col">How much</th></tr>
          </thead>
          <tbody>
            {verdicts.map((one, index) => (
              <Row key={index} of={one} replay={replay.id} picture={pictureName(one.name, verdicts.slice(0, index).map(each => each.name))} />
            ))}
          </tbody>
        </table>
      )}
      {causes.length > 0 && <p>Likely why:</p>}
      {causes.length > 0 && <ul className="lims-Causes">{causes.map(cause => <li key={cause}>{cause}</li>)}</ul>}
    </>
  );
}

function Line({ replay, zone }: { replay: Replay; zone: string }): JSX.Element {
  const names = useNames();
  const { same, changes } = replay.environment as { same?: boolean; changes?: unknown[] };
  const environment = same ? 'in the same environment' : changes?.length ? 'in another environment' : '';
  return (
    <>
      <span className="lims-Status"><Shape state={replay.reproduced ? 'done' : 'attention'} /><b>{resultOf(replay)}</b></span>
      <span className="lims-muted">
        {names.person(replay.by)}, <Time at={replay.at} zone={zone} />{[environment, replay.took_s ? duration(replay.took_s) : ''].filter(Boolean).map(one => `, ${one}`)}
      </span>
    </>
  );
}

function resultOf(replay: Replay): string {
  return replay.reproduced ? 'reproduced' : replay.problem ? 'could not be replayed' : 'not reproduced';
}

/** Expected, found and difference beside each other, where there is something to be drawn. */
function Row({ of, replay, picture: name }: { of: Verdict; replay: string; picture: string }): JSX.Element {
  const { api } = useLims();
  const action = useAction();
  const [picture, setPicture] = React.useState<string>();
  React.useEffect(() => () => (picture ? URL.revokeObjectURL(picture) : undefined), [picture]);
  const toggle = (): void => {
    if (picture) {
      return setPicture(undefined);
    }
    void action.run(async () => setPicture(URL.createObjectURL(await api.bytes('replay_picture', { replay, name }))));
  };
  return (
    <>
      <tr>
        <th scope="row">{of.name}</th>
        <td>
          <span className="lims-Verdict"><Shape state={FAILED.includes(of.verdict) ? 'attention' : 'done'} />{of.verdict}</span>
          {of.where && <span className="lims-muted">{of.where}</span>}
          {of.note && <span className="lims-muted">{of.note}</span>}
          {DRAWN.includes(of.verdict) && of.size !== null && (
            <Button quiet busy={action.busy} aria-expanded={picture !== undefined} aria-label={`${picture ? 'Hide' : 'Show'} the difference of ${of.name}`} onClick={toggle}>
              {picture ? 'Hide' : 'Show'} the difference
            </Button>
          )}
          <Problem error={action.error} />
        </td>
        <td><HowMuch of={of} /></td>
      </tr>
      {picture && <tr><td colSpan={3}><img src={picture} alt={`${of.name}: expected, found, and their difference`} /></td></tr>}
    </>
  );
}

function HowMuch({ of: { max_abs, rms, tolerance } }: { of: Verdict }): JSX.Element | null {
  if (max_abs === null) {
    return null;
  }
  const allowed = Object.entries(tolerance ?? {}).filter(([, value]) => value !== null);
  return (
    <>
      <span title={String(max_abs)}>at most <span className="lims-nowrap">{digits(max_abs)}</span></span>
      {rms !== null && <span className="lims-nowrap" title={String(rms)}>rms {digits(rms)}</span>}
      {allowed.length > 0 && <span className="lims-muted">allowed: {allowed.map(([name, value]) => `${name} ${digits(value ?? 0)}`).join(', ')}</span>}
    </>
  );
}

/** Under which name the replay kept its picture: the output's; of several of one name the others begin with their number. */
export function pictureName(name: string, before: readonly string[]): string {
  const same = before.filter(one => one === name).length;
  return same ? `${same + 1}-${[...name].slice(0, PICTURE_NAME).join('')}` : name;
}
