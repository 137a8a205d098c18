import { type KeyboardEvent, memo, type ReactNode, useRef } from 'react';
import type { RowSource } from '../lib/pagedRows.ts';
import { RowElements } from '../lib/rowElements.ts';
import { rowForKey, useSelectableRows } from '../lib/virtual.ts';
import { cx } from './cx.ts';
import styles from './VirtualList.module.css';

interface ListProps<Row> extends RowSource<Row> {
  label: string;
  /** Draws a row; the row's frame, selection and keys are the list's. */
  render: (row: Row, index: number) => ReactNode;
  selected: number;
  onSelect: (index: number) => void;
  /** A click on a row, where it means another thing than a key that leads there. */
  onPick?: (index: number) => void;
  onOpen?: (index: number) => void;
  rowClass?: (row: Row, index: number) => string | undefined;
  /** A line between rows (the cut): its text, drawn above the row with this index (may be `total`). */
  divider?: { before: number; text: ReactNode } | null;
  /** Height of a row, px. */
  rowHeight?: number;
  /** Keeps the selected row in the middle while it moves (playing). */
  follow?: 'nearest' | 'center';
  autoFocus?: boolean;
  isOld?: boolean;
  /**
   * Rows keep nothing of their own: the elements of rows that leave the screen show those that come, which is far less
   * work than making new ones.
   */
  reuses?: boolean;
}

/** A list of two-line rows (44 px) of any length. Arrow keys, Home, End, PgUp and PgDn move the selection. */
export const VirtualList = memo(RowList) as typeof RowList;

function RowList<Row>(props: ListProps<Row>) {
  const {
    label,
    total,
    getRow,
    onRange,
    render,
    selected,
    onSelect,
    onPick = onSelect,
    onOpen,
    rowClass,
    divider,
    rowHeight = 44,
  } = props;
  const { follow, autoFocus, isOld, reuses = false } = props;
  const elements = useRef(new RowElements());
  const { scroller, view } = useSelectableRows({
    total,
    rowHeight,
    onRange,
    selected,
    follow,
    autoFocus,
  });

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== scroller.current || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Enter' && selected >= 0) {
      event.preventDefault();
      onOpen?.(selected);
      return;
    }
    const next = rowForKey(event.key, selected, total, view.pageRows);
    if (next === null) return;
    event.preventDefault();
    onSelect(next);
  };
  const idOf = (index: number) => `${label.replace(/\W+/g, '-')}-item-${index}`;
  const keyOf = reuses ? elements.current.at(view.first, view.last) : (index: number) => index;
  const items: ReactNode[] = [];
  for (let index = view.first; index <= view.last; index += 1) {
    const row = getRow(index);
    items.push(
      // biome-ignore lint/a11y/useFocusableInteractive: the listbox has the focus and names its option.
      // biome-ignore lint/a11y/useKeyWithClickEvents: the listbox handles the keys of its options.
      <div
        key={keyOf(index)}
        id={idOf(index)}
        role="option"
        aria-selected={index === selected}
        aria-posinset={index + 1}
        aria-setsize={total}
        className={cx(
          styles.row,
          index === selected && styles.selected,
          row !== undefined && rowClass?.(row, index),
        )}
        style={{ height: rowHeight }}
        onClick={() => onPick(index)}
        onDoubleClick={() => onOpen?.(index)}
      >
        {row === undefined ? <span className={styles.placeholder} /> : render(row, index)}
      </div>,
    );
  }
  const cutAt =
    divider && divider.before >= view.first && divider.before <= view.last + 1
      ? view.top + (divider.before - view.first) * rowHeight
      : null;
  return (
    <div
      ref={scroller}
      className={cx(styles.scroller, isOld && styles.old)}
      role="listbox"
      aria-label={label}
      aria-activedescendant={selected >= view.first && selected <= view.last ? idOf(selected) : undefined}
      tabIndex={0}
      data-takes-focus={autoFocus || undefined}
      onKeyDown={onKeyDown}
    >
      <div className={styles.range} style={{ height: view.height }} role="presentation">
        <div className={styles.viewport} style={{ height: view.viewport }} role="presentation">
          <div style={{ transform: `translateY(${view.top}px)` }} role="presentation">
            {items}
          </div>
          {cutAt === null ? null : (
            <div
              className={styles.divider}
              style={{ transform: `translateY(${cutAt - 1}px)` }}
              aria-hidden="true"
            >
              <span className={styles.dividerText}>{divider?.text}</span>
            </div>
          )}
        </div>
      </div>
    </div>
  );
}
