// biome-ignore-all lint/a11y/useSemanticElements: a real table cannot be virtual with a scaled scroll range.
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus and names its row by aria-activedescendant.
import { type KeyboardEvent, type MouseEvent, type ReactNode, type UIEvent, useRef } from 'react';
import type { RowSource } from '../lib/pagedRows.ts';
import { rowForKey, useSelectableRows } from '../lib/virtual.ts';
import { cx } from './cx.ts';
import styles from './VirtualTable.module.css';

export interface TableColumn<Row> {
  id: string;
  title: ReactNode;
  /** CSS grid width: `190px`, `minmax(120px, 1fr)`. */
  width: string;
  /** Numbers stand right. */
  align?: 'left' | 'right';
  /** Ids, times, numbers. */
  mono?: boolean;
  cell: (row: Row, index: number) => ReactNode;
  /** Whole text on hover. */
  hover?: (row: Row) => string;
  /** The head is a button that sorts by this column. */
  onSort?: () => void;
  sorted?: 'ascending' | 'descending' | null;
}

interface TableProps<Row> extends RowSource<Row> {
  columns: readonly TableColumn<Row>[];
  /** Name for screen readers. */
  label: string;
  /** The row the keyboard is on; −1 for none. */
  selected: number;
  onSelect: (index: number) => void;
  /** Enter or a double click. */
  onOpen?: (index: number) => void;
  /** Other keys while the table has the focus; return true when used. */
  onKey?: (event: KeyboardEvent, index: number) => boolean;
  rowClass?: (row: Row, index: number) => string | undefined;
  /** The table takes the focus when it appears. */
  autoFocus?: boolean;
  /** Dims the rows: they belong to the question before. */
  isOld?: boolean;
  /** Stays at the last row, whatever comes; told when a person scrolls up. */
  stick?: boolean;
  onScrollUp?: () => void;
}

const ROW = 28;
const HEAD = 30;

/** A table of any number of rows, of which only those on the screen exist. Arrow keys, Home, End, PgUp and PgDn move. */
export function VirtualTable<Row>(props: TableProps<Row>) {
  const {
    columns,
    label,
    total,
    getRow,
    onRange,
    selected,
    onSelect,
    onOpen,
    onKey,
    rowClass,
    autoFocus,
    isOld,
    stick,
    onScrollUp,
  } = props;
  /** Where the list stood when its scroll bar was taken; −1: it is not held. */
  const held = useRef(-1);
  const { scroller, view } = useSelectableRows({
    total,
    rowHeight: ROW,
    headHeight: HEAD,
    onRange,
    selected,
    stick,
    autoFocus,
  });
  // A list that became shorter scrolls by itself: only the wheel and a held scroll bar are a person's.
  const onScroll = ({ currentTarget: { scrollTop } }: UIEvent) => {
    if (scrollTop < held.current) onScrollUp?.();
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== scroller.current && !(event.target as Element).closest('[role=row]')) return;
    if (onKey?.(event, selected)) {
      event.preventDefault();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Enter' && selected >= 0 && event.target === scroller.current) {
      event.preventDefault();
      onOpen?.(selected);
      return;
    }
    const next = rowForKey(event.key, selected, total, view.pageRows);
    if (next === null) return;
    event.preventDefault();
    onSelect(next);
  };
  const template = columns.map((column) => column.width).join(' ');
  const idOf = (index: number) => `${label.replace(/\W+/g, '-')}-row-${index}`;
  const rows: ReactNode[] = [];
  for (let index = view.first; index <= view.last; index += 1) {
    const row = getRow(index);
    rows.push(
      // biome-ignore lint/a11y/useKeyWithClickEvents: the grid handles the keys of its rows.
      <div
        key={index}
        id={idOf(index)}
        role="row"
        aria-rowindex={index + 2}
        aria-selected={index === selected}
        className={cx(
          styles.row,
          index === selected && styles.selected,
          row !== undefined && rowClass?.(row, index),
        )}
        style={{ gridTemplateColumns: template }}
        onClick={() => onSelect(index)}
        onDoubleClick={(event: MouseEvent) => {
          if (!(event.target as Element).closest('button,[role=checkbox]')) onOpen?.(index);
        }}
      >
        {columns.map((column) => (
          <div
            key={column.id}
            role="gridcell"
            className={cx(styles.cell, column.mono && styles.mono, column.align === 'right' && styles.right)}
            title={row === undefined ? undefined : column.hover?.(row)}
          >
            {row === undefined ? <span className={styles.placeholder} /> : column.cell(row, index)}
          </div>
        ))}
      </div>,
    );
  }
  return (
    <div
      ref={scroller}
      className={cx(styles.scroller, isOld && styles.old)}
      role="grid"
      aria-label={label}
      aria-rowcount={total + 1}
      aria-busy={isOld === true || undefined}
      aria-activedescendant={selected >= view.first && selected <= view.last ? idOf(selected) : undefined}
      tabIndex={0}
      data-takes-focus={autoFocus || undefined}
      onKeyDown={onKeyDown}
      onScroll={onScroll}
      onPointerDown={({ currentTarget, target }) => {
        held.current = target === currentTarget ? currentTarget.scrollTop : -1;
      }}
      onPointerMove={({ buttons }) => {
        if (buttons === 0) held.current = -1;
      }}
      onWheel={({ deltaY }) => deltaY < 0 && onScrollUp?.()}
    >
      <div role="row" aria-rowindex={1} className={styles.head} style={{ gridTemplateColumns: template }}>
        {columns.map((column) => (
          <div
            key={column.id}
            role="columnheader"
            aria-sort={column.sorted ?? undefined}
            className={cx(styles.headCell, column.align === 'right' && styles.right)}
          >
            {column.onSort === undefined ? (
              column.title
            ) : (
              <button type="button" className={styles.sort} onClick={column.onSort}>
                {column.title}
                {column.sorted === 'ascending' ? ' ↑' : column.sorted === 'descending' ? ' ↓' : ''}
              </button>
            )}
          </div>
        ))}
      </div>
      <div className={styles.range} style={{ height: view.height }} role="presentation">
        <div className={styles.viewport} style={{ height: view.viewport, top: HEAD }} role="presentation">
          <div style={{ transform: `translateY(${view.top}px)` }} role="rowgroup">
            {rows}
          </div>
        </div>
      </div>
    </div>
  );
}
