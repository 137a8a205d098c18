import { ChevronRight } from 'lucide-react';
import { type KeyboardEvent, type ReactNode, useMemo, useRef, useState } from 'react';
import { parseJson } from '../../core/json.ts';
import { shown } from '../lib/escape.ts';
import { type JsonRow, jsonRows, type TreeChange } from '../lib/jsonRows.ts';
import { rowForKey, useVirtualRows } from '../lib/virtual.ts';
import { cx } from './cx.ts';
import styles from './JsonTree.module.css';
import { DiffValue, Value } from './Value.tsx';

const ROW = 24;

interface JsonTreeProps {
  /** JSON text with every digit. */
  json: string;
  /** By display path. */
  changes?: ReadonlyMap<string, TreeChange>;
  /** At the right edge of each line, such as which event set it; called for lines on the screen only. */
  blame?: (path: string) => ReactNode;
  /** The chosen path, and being told of a new one. */
  selected?: string | null;
  onSelect?: (path: string) => void;
  label: string;
}

/** An exact value as a tree of 24 px lines. ↑ ↓ move, → opens, ← closes. Only the lines on the screen exist. */
export function JsonTree({ json, changes, blame, selected = null, onSelect, label }: JsonTreeProps) {
  const [toggled, setToggled] = useState<ReadonlySet<string>>(() => new Set());
  const root = useMemo(() => parseJson(json), [json]);
  const rows = useMemo(() => jsonRows(root, changes, toggled), [root, changes, toggled]);
  const scroller = useRef<HTMLDivElement>(null);
  const view = useVirtualRows(scroller, rows.length, ROW);
  const [own, setOwn] = useState<string | null>(null);
  const current = selected ?? own;
  const at = rows.findIndex((row) => row.path === current);

  const select = (index: number) => {
    const row = rows[index];
    if (row === undefined) return;
    setOwn(row.path);
    onSelect?.(row.path);
    view.scrollTo(index);
  };
  const toggle = (path: string) => {
    const next = new Set(toggled);
    if (!next.delete(path)) next.add(path);
    setToggled(next);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const row = rows[at];
    if (row?.branch && (event.key === 'Enter' || event.key === (row.open ? 'ArrowLeft' : 'ArrowRight'))) {
      event.preventDefault();
      event.stopPropagation();
      toggle(row.path);
      return;
    }
    const next = rowForKey(event.key, at, rows.length, view.pageRows);
    if (next === null) return;
    event.preventDefault();
    event.stopPropagation();
    select(next);
  };

  // A value that is no object or list is one line without a name.
  if (rows.length === 0) {
    return (
      <div className={styles.scroller}>
        <div className={styles.single}>
          <Value value={root} />
        </div>
      </div>
    );
  }
  const idOf = (index: number) => `${label.replace(/\W+/g, '-')}-node-${index}`;
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
            {rows.slice(view.first, view.last + 1).map((row, offset) => (
              <Line
                key={row.path}
                id={idOf(view.first + offset)}
                row={row}
                selected={row.path === current}
                blame={blame?.(row.path)}
                onClick={() => select(view.first + offset)}
                onToggle={() => toggle(row.path)}
              />
            ))}
          </div>
        </div>
      </div>
    </div>
  );
}

interface LineProps {
  id: string;
  row: JsonRow;
  selected: boolean;
  blame: ReactNode;
  onClick: () => void;
  onToggle: () => void;
}

function Line({ id, row, selected, blame, onClick, onToggle }: LineProps) {
  const { change } = row;
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the tree has the focus and names its line.
    // biome-ignore lint/a11y/useKeyWithClickEvents: the tree handles the keys of its lines.
    <div
      id={id}
      role="treeitem"
      aria-level={row.depth + 1}
      aria-selected={selected}
      aria-expanded={row.branch ? row.open : undefined}
      className={cx(
        styles.line,
        (change !== null || row.changedInside) && styles.changed,
        selected && styles.selected,
      )}
      onClick={onClick}
      onDoubleClick={row.branch ? onToggle : undefined}
    >
      <span className={styles.text} style={{ paddingLeft: 6 + row.depth * 16 }}>
        {row.branch ? (
          <button type="button" className={styles.toggle} tabIndex={-1} aria-hidden="true" onClick={onToggle}>
            <ChevronRight className={row.open ? styles.turned : undefined} />
          </button>
        ) : (
          <span className={styles.toggle} />
        )}
        <span className={styles.key}>{shown(row.name)}</span>
        {change !== null && !row.branch ? (
          <DiffValue before={change.before} after={change.after} delta={change.delta} />
        ) : row.value === undefined ? null : (
          <Value value={row.value} />
        )}
      </span>
      {blame === undefined ? null : <span className={styles.blame}>{blame}</span>}
    </div>
  );
}
