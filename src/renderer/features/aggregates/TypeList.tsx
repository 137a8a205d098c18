import { type KeyboardEvent, useRef } from 'react';
import { cx } from '../../components/cx.ts';
import { ErrorState, Skeleton } from '../../components/States.tsx';
import { shown } from '../../lib/escape.ts';
import { formatCount, plural } from '../../lib/format.ts';
import { useEngineQuery } from '../../lib/queries.ts';
import { rowForKey } from '../../lib/virtual.ts';
import styles from './aggregateList.module.css';

const PAGE = 10;

/** The types of aggregates, each with how many there are; the first line stands for all. */
export function TypeList({
  selected,
  onSelect,
}: {
  selected: string | null;
  onSelect: (type: string | null) => void;
}) {
  const types = useEngineQuery(['aggregates', 'types'], {});
  const list = useRef<HTMLDivElement>(null);
  if (types.error !== null)
    return <ErrorState error={types.error} onRetry={() => void types.refetch()} compact />;
  if (types.data === undefined) return <Skeleton lines={6} />;
  const sum = (of: 'aggregates' | 'events') => types.data.reduce((total, each) => total + each[of], 0);
  const lines = [
    { type: null, aggregates: sum('aggregates'), events: sum('events') },
    ...types.data.map(({ type, aggregates, events }) => ({ type, aggregates, events })),
  ];
  const at = Math.max(
    0,
    lines.findIndex(({ type }) => type === selected),
  );
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const next = rowForKey(event.key, at, lines.length, PAGE);
    if (next === null) return;
    event.preventDefault();
    onSelect(lines[next]!.type);
    list.current?.children[next]?.scrollIntoView({ block: 'nearest' });
  };
  return (
    <div
      ref={list}
      role="listbox"
      aria-label="Aggregate types"
      tabIndex={0}
      aria-activedescendant={`aggregate-type-${at}`}
      className={styles.types}
      onKeyDown={onKeyDown}
    >
      {lines.map(({ type, aggregates, events }, index) => (
        // biome-ignore lint/a11y/useFocusableInteractive: the listbox has the focus and names its option.
        // biome-ignore lint/a11y/useKeyWithClickEvents: the listbox handles the keys of its options.
        <div
          key={type ?? '\0all'}
          id={`aggregate-type-${index}`}
          role="option"
          aria-selected={index === at}
          className={cx(styles.type, index === at && styles.typeOn)}
          onClick={() => onSelect(type)}
          title={plural(events, 'event')}
        >
          <span className="ellipsis">
            {type === null ? 'All types' : type === '' ? 'no type' : shown(type)}
          </span>
          <span className={styles.typeCount}>{formatCount(aggregates)}</span>
        </div>
      ))}
    </div>
  );
}
