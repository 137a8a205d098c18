import { type ReactNode, useMemo, useState } from 'react';
import { parseJson } from '../../core/json.ts';
import { jsonRows, type TreeChange } from '../../core/jsonRows.ts';
import styles from './JsonTree.module.css';
import { type TreeLine, TreeView } from './TreeView.tsx';
import { Value } from './Value.tsx';

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

/** An exact value as a tree. ↑ ↓ move, → opens, ← closes. */
export function JsonTree({ json, changes, blame, selected = null, onSelect, label }: JsonTreeProps) {
  const [toggled, setToggled] = useState<ReadonlySet<string>>(() => new Set());
  const root = useMemo(() => parseJson(json), [json]);
  const rows = useMemo(() => jsonRows(root, changes, toggled), [root, changes, toggled]);
  const [own, setOwn] = useState<string | null>(null);
  const current = selected ?? own;
  const at = useMemo(() => rows.findIndex((row) => row.path === current), [rows, current]);
  const lineAt = (index: number): TreeLine | undefined => {
    const row = rows[index];
    return row === undefined
      ? undefined
      : { ...row, value: row.value === undefined ? null : <Value value={row.value} /> };
  };
  const toggle = (path: string) => {
    const next = new Set(toggled);
    if (!next.delete(path)) next.add(path);
    setToggled(next);
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
  return (
    <TreeView
      label={label}
      total={rows.length}
      lineAt={lineAt}
      at={at}
      selected={current}
      onSelect={(path) => {
        setOwn(path);
        onSelect?.(path);
      }}
      onToggle={toggle}
      {...(blame === undefined ? {} : { edge: blame })}
    />
  );
}
