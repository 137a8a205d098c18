import { ChevronRight } from 'lucide-react';
import { type KeyboardEvent, type ReactNode, useEffect, useRef } from 'react';
import type { TreeChange } from '../../core/jsonRows.ts';
import { shown } from '../lib/escape.ts';
import { rowForKey, useVirtualRows } from '../lib/virtual.ts';
import { cx } from './cx.ts';
import styles from './JsonTree.module.css';
import { DiffValue } from './Value.tsx';

const ROW = 24;
const INDENT = 16;
/** Deeper lines stand no further to the right: they would leave the screen. */
const DEEPEST_INDENT = 20;

/** A line of a tree, whatever it was made of. */
export interface TreeLine {
  path: string;
  name: string;
  depth: number;
  /** What stands behind the name when the line has not changed. */
  value: ReactNode;
  branch: boolean;
  open: boolean;
  change: TreeChange | null;
  changedInside: boolean;
}

interface TreeViewProps {
  label: string;
  total: number;
  /** Undefined: on its way. */
  lineAt: (index: number) => TreeLine | undefined;
  onRange?: (first: number, last: number) => void;
  /** Place of the chosen line; −1: none, or not known. */
  at: number;
  selected: string | null;
  onSelect: (path: string, index: number) => void;
  onToggle: (path: string) => void;
  /** At the right edge of a line; called for lines on the screen only. */
  edge?: (path: string, index: number) => ReactNode;
}

/** A tree of 24 px lines. ↑ ↓ move, → opens, ← closes. Only the lines on the screen exist. */
export function TreeView(props: TreeViewProps) {
  const { label, total, lineAt, onRange, at, selected, onSelect, onToggle, edge } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const view = useVirtualRows(scroller, total, ROW);
  useEffect(() => onRange?.(view.first, Math.max(view.first, view.last)), [onRange, view.first, view.last]);
  /** A line that was gone to before it was there; it is chosen as soon as it is. */
  const awaited = useRef(-1);
  const select = (index: number) => {
    const line = lineAt(index);
    awaited.current = line === undefined ? index : -1;
    view.scrollTo(index);
    if (line !== undefined) onSelect(line.path, index);
  };
  useEffect(() => {
    if (awaited.current < 0) return;
    const line = lineAt(awaited.current);
    if (line === undefined) return;
    const index = awaited.current;
    awaited.current = -1;
    onSelect(line.path, index);
  });
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    // Where the key before led, also when that line is still on its way.
    const from = awaited.current >= 0 ? awaited.current : at;
    const line = from < 0 ? undefined : lineAt(from);
    if (line?.branch && (event.key === 'Enter' || event.key === (line.open ? 'ArrowLeft' : 'ArrowRight'))) {
      event.preventDefault();
      event.stopPropagation();
      onToggle(line.path);
      return;
    }
    const next = rowForKey(event.key, from, total, view.pageRows);
    if (next === null) return;
    event.preventDefault();
    event.stopPropagation();
    select(next);
  };
  const idOf = (index: number) => `${label.replace(/\W+/g, '-')}-node-${index}`;
  const lines: ReactNode[] = [];
  for (let index = view.first; index <= view.last; index += 1) {
    const line = lineAt(index);
    lines.push(
      line === undefined ? (
        <div key={index} className={styles.line}>
          <span className={styles.waiting} />
        </div>
      ) : (
        <Line
          key={line.path}
          id={idOf(index)}
          line={line}
          selected={line.path === selected}
          edge={edge?.(line.path, index)}
          onClick={() => select(index)}
          onToggle={() => onToggle(line.path)}
        />
      ),
    );
  }
  return (
    <div
      ref={scroller}
      className={styles.scroller}
      role="tree"
      aria-label={label}
      tabIndex={0}
      aria-activedescendant={at >= view.first && at <= view.last ? idOf(at) : undefined}
      onKeyDown={onKeyDown}
    >
      <div className={styles.range} style={{ height: view.height }} role="presentation">
        <div className={styles.viewport} style={{ height: view.viewport }} role="presentation">
          <div style={{ transform: `translateY(${view.top}px)` }} role="presentation">
            {lines}
          </div>
        </div>
      </div>
    </div>
  );
}

interface LineProps {
  id: string;
  line: TreeLine;
  selected: boolean;
  edge: ReactNode;
  onClick: () => void;
  onToggle: () => void;
}

function Line({ id, line, selected, edge, onClick, onToggle }: LineProps) {
  const { change, depth } = line;
  const indent = 6 + Math.min(depth, DEEPEST_INDENT) * INDENT;
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the tree has the focus and names its line.
    // biome-ignore lint/a11y/useKeyWithClickEvents: the tree handles the keys of its lines.
    <div
      id={id}
      role="treeitem"
      aria-level={depth + 1}
      aria-selected={selected}
      aria-expanded={line.branch ? line.open : undefined}
      className={cx(
        styles.line,
        (change !== null || line.changedInside) && styles.changed,
        selected && styles.selected,
      )}
      onClick={onClick}
      onDoubleClick={line.branch ? onToggle : undefined}
    >
      <span className={styles.text} style={{ paddingLeft: indent }}>
        {line.branch ? (
          <button type="button" className={styles.toggle} tabIndex={-1} aria-hidden="true" onClick={onToggle}>
            <ChevronRight className={line.open ? styles.turned : undefined} />
          </button>
        ) : (
          <span className={styles.toggle} />
        )}
        {depth > DEEPEST_INDENT ? <span className={styles.depth}>{depth}</span> : null}
        <span className={styles.key}>{shown(line.name)}</span>
        {change !== null && !line.branch ? (
          <DiffValue before={change.before} after={change.after} delta={change.delta} />
        ) : (
          line.value
        )}
      </span>
      {edge === undefined ? null : <span className={styles.blame}>{edge}</span>}
    </div>
  );
}
