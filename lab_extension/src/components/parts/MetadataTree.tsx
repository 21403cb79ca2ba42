/** The vendor's tree with its own search; virtual, as some files carry ten thousand values. */
import * as React from 'react';

import { plain } from '../quantities';
import { useVirtualRows } from '../virtual';
import { PinButton } from './Fields';

const ROW_HEIGHT = 24;
const FEW = 40;

interface Row {
  path: string;
  name: string;
  depth: number;
  /** text of a leaf; undefined for a branch */
  value?: string;
  size: number;
}
type Branch = Record<string, unknown> | unknown[];

function isBranch(value: unknown): value is Branch {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0 && !isShortList(value);
}

function isShortList(value: object): boolean {
  return Array.isArray(value) && value.length <= 6 && value.every(one => typeof one !== 'object');
}

/** The rows of a tree that are visible. `words`: every row whose path or value has them, and the branches above. */
export function rowsOf(tree: Branch, isOpen: (path: string) => boolean, words: string): Row[] {
  const needle = words.trim().toLowerCase();
  const walk = (branch: Branch, above: string, depth: number, isWithin: boolean): Row[] =>
    Object.entries(branch).flatMap(([name, value]) => {
      const path = above ? `${above}.${name}` : name;
      const matches = isWithin || !needle || path.toLowerCase().includes(needle);
      if (!isBranch(value)) {
        const text = Array.isArray(value) ? value.map(plain).join(', ') : plain(value);
        return matches || text.toLowerCase().includes(needle) ? [{ path, name, depth, value: text, size: 0 }] : [];
      }
      const row = { path, name, depth, size: Object.keys(value).length };
      if (needle) {
        const inside = walk(value, path, depth + 1, matches);
        return inside.length ? [row, ...inside] : [];
      }
      return isOpen(path) ? [row, ...walk(value, path, depth + 1, false)] : [row];
    });
  return walk(tree, '', 0, false);
}

/** Every value by its path. */
export function leavesOf(tree: Branch): Map<string, string> {
  return new Map(rowsOf(tree, () => true, '').flatMap(row => (row.value === undefined ? [] : [[row.path, row.value] as const])));
}

interface MetadataTreeProps {
  tree: Record<string, unknown>;
  label: string;
  /** what is among the person's fields: `path:PATH` */
  pins?: readonly string[];
  onPin?(path: string): void;
}

export function MetadataTree({ tree, label, pins, onPin }: MetadataTreeProps): JSX.Element {
  const [words, setWords] = React.useState('');
  const [open, setOpen] = React.useState<ReadonlySet<string>>(() => firstOpen(tree));
  const [current, setCurrent] = React.useState(0);
  const id = React.useId();
  const ref = React.useRef<HTMLDivElement>(null);
  const rows = React.useMemo(() => rowsOf(tree, path => open.has(path), words), [tree, open, words]);
  const virtual = useVirtualRows(ref, rows.length, ROW_HEIGHT);
  const at = Math.min(current, rows.length - 1);
  const toggle = (path: string, wanted = !open.has(path)): void =>
    setOpen(old => new Set(wanted ? [...old, path] : [...old].filter(one => one !== path)));
  const go = (index: number): void => {
    const next = Math.max(0, Math.min(rows.length - 1, index));
    setCurrent(next);
    virtual.reveal(next);
  };
  const onKeyDown = (event: React.KeyboardEvent): void => {
    const row = rows[at];
    const acts: Record<string, () => void> = {
      ArrowDown: () => go(at + 1), ArrowUp: () => go(at - 1), Home: () => go(0), End: () => go(rows.length - 1),
      PageDown: () => go(at + 12), PageUp: () => go(at - 12),
      ArrowRight: () => row.value === undefined && (open.has(row.path) ? go(at + 1) : toggle(row.path, true)),
      ArrowLeft: () => (open.has(row.path) ? toggle(row.path, false) : go(parentOf(rows, at))),
      Enter: () => row.value === undefined && toggle(row.path),
      p: () => row.value !== undefined && onPin?.(row.path)
    };
    if (row && acts[event.key] && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      event.stopPropagation();
      acts[event.key]();
    }
  };
  return (
    <div className="lims-Metadata">
      <input className="lims-Input" type="search" placeholder="Search in the metadata" aria-label={`search in ${label}`} value={words}
        onChange={event => setWords(event.target.value)} />
      <span className="lims-hidden" role="status">{words && `${rows.filter(row => row.value !== undefined).length} values`}</span>
      <div className="lims-Tree" role="tree" aria-label={label} tabIndex={0} onKeyDown={onKeyDown} aria-keyshortcuts={onPin && 'p'}
        aria-activedescendant={rows.length ? `${id}-${at}` : undefined}
        style={{ height: Math.min(18, Math.max(3, rows.length)) * ROW_HEIGHT + 2 }}>
        <div ref={ref} role="presentation" style={{ height: virtual.total, position: 'relative' }}>
          {virtual.rows.map(index => (
            <TreeRow key={rows[index].path} id={`${id}-${index}`} row={rows[index]} top={index * ROW_HEIGHT} isCurrent={index === at}
              isOpen={words !== '' || open.has(rows[index].path)} isMine={pins?.includes(`path:${rows[index].path}`)} onPin={onPin} onPress={() => {
                setCurrent(index);
                if (rows[index].value === undefined) {
                  toggle(rows[index].path);
                }
              }} />
          ))}
        </div>
        {!rows.length && <p className="lims-muted lims-Tree-none">{words ? 'Nothing here has these words.' : 'The file says nothing more.'}</p>}
      </div>
    </div>
  );
}

/** A small tree is shown whole, a large one closed. */
function firstOpen(tree: Record<string, unknown>): ReadonlySet<string> {
  const all = rowsOf(tree, () => true, '');
  return new Set(all.length <= FEW ? all.filter(row => row.value === undefined).map(row => row.path) : []);
}

function parentOf(rows: Row[], at: number): number {
  const depth = rows[at]?.depth ?? 0;
  for (let index = at - 1; index >= 0; index--) {
    if (rows[index].depth < depth) {
      return index;
    }
  }
  return at;
}

interface TreeRowProps {
  id: string;
  row: Row;
  top: number;
  isCurrent: boolean;
  isOpen: boolean;
  isMine?: boolean;
  onPress(): void;
  onPin?(path: string): void;
}

function TreeRow(props: TreeRowProps): JSX.Element {
  const { row, onPin } = props;
  const isLeaf = row.value !== undefined;
  return (
    <div id={props.id} role="treeitem" aria-level={row.depth + 1} aria-expanded={isLeaf ? undefined : props.isOpen} aria-selected={props.isCurrent}
      className="lims-Tree-row" style={{ transform: `translateY(${props.top}px)`, paddingInlineStart: 4 + row.depth * 14 }}
      title={isLeaf ? `${row.path} = ${row.value}` : row.path} onClick={props.onPress}>
      <span className="lims-Tree-mark" data-open={props.isOpen} data-leaf={isLeaf} aria-hidden="true" />
      <span className="lims-Tree-name">{row.name}</span>
      {isLeaf ? <span className="lims-Tree-value">{row.value}</span> : <span className="lims-muted"> {row.size}</span>}
      {isLeaf && onPin && <PinButton pin={`path:${row.path}`} label={row.name} isMine={props.isMine ?? false} isReached={false} onPin={() => onPin(row.path)} />}
    </div>
  );
}
