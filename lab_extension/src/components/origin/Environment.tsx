/** What a run ran in: what can change a number first, the packages that it loaded, and how many there were. */
import * as React from 'react';

import { plain } from '../quantities';
import { Pairs } from './Pairs';

type Facts = Record<string, unknown>;

export function Environment({ of }: { of: Facts }): JSX.Element {
  const versions = new Map(Object.entries(dictOf(of.packages)).map(([name, version]) => [canonical(name), plain(version)]));
  const used = listOf(of.used).map(plain);
  return (
    <>
      <Pairs of={factsOf(of, versions.size)} />
      {used.length > 0 && <h3>Loaded packages</h3>}
      {used.length > 0 && (
        <ul className="lims-Packages" aria-label="loaded packages">
          {used.map(name => <li key={name}><code>{name} {versions.get(canonical(name)) ?? ''}</code></li>)}
        </ul>
      )}
    </>
  );
}

/** In words; a fact of an older form stands as it is. */
export function factsOf(of: Facts, packages: number): Facts {
  const facts: Facts = {
    Python: isDict(of.python) ? textOf(of.python, 'implementation', 'version') : of.python,
    'linear algebra': textOf(of.blas, 'name', 'version'),
    threads: listOf(of.pools).map(poolText).join('; ') || plainOf(of.threads),
    processor: textOf(of.cpu, 'model'),
    system: textOf(of.system, 'name', 'libc'),
    container: plainOf(of.container),
    'random numbers': listOf(of.generators).length ? `${listOf(of.generators).map(plain).join(', ')} without a seed of its own` : '',
    packages: packages || ''
  };
  const others = Object.entries(of).filter(([name, value]) => !(name in facts) && name !== 'python' && ['string', 'number'].includes(typeof value));
  return Object.fromEntries([...Object.entries(facts), ...others].filter(([, value]) => value !== '' && value !== undefined));
}

/** "openblas Haswell, 4 threads" */
function poolText(pool: unknown): string {
  const threads = dictOf(pool).num_threads;
  return [textOf(pool, 'internal_api', 'architecture'), threads === undefined ? '' : `${plain(threads)} ${threads === 1 ? 'thread' : 'threads'}`].filter(Boolean).join(', ');
}

function isDict(value: unknown): value is Facts {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function dictOf(value: unknown): Facts {
  return isDict(value) ? value : {};
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function textOf(part: unknown, ...names: string[]): string {
  return names.map(name => dictOf(part)[name]).filter(Boolean).map(plain).join(' ');
}

function plainOf(value: unknown): string {
  return isDict(value) ? Object.entries(value).map(([name, one]) => `${name} ${plain(one)}`).join(', ') : value === undefined ? '' : plain(value);
}

/** Source: PEP 503. */
function canonical(name: string): string {
  return name.replace(/[-_.]+/g, '-').toLowerCase();
}
