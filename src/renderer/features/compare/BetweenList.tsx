import { useState } from 'react';
import type { aggregates } from '../../../contract/aggregates.ts';
import type { BetweenRow, CompareSide } from '../../../contract/compare.ts';
import type { Output } from '../../../contract/contract.ts';
import { cx } from '../../components/cx.ts';
import { EmptyState, ErrorState, Skeleton } from '../../components/States.tsx';
import { Tag } from '../../components/Tag.tsx';
import { TypeMark } from '../../components/TypeMark.tsx';
import { VirtualList } from '../../components/VirtualList.tsx';
import { go } from '../../lib/address.ts';
import { shown } from '../../lib/escape.ts';
import { formatIso, formatSigned, formatSpan, formatTime, plural } from '../../lib/format.ts';
import { usePagedRows } from '../../lib/pagedRows.ts';
import { callEngine } from '../../lib/queries.ts';
import { type ColourOf, useTypeColours } from '../../lib/typeColour.ts';
import styles from './compare.module.css';

type Answer = Output<(typeof aggregates)['compareEvents']>;
type Between = Output<(typeof aggregates)['compare']>['between'];

const SIDES = { a: 'only in A', b: 'only in B', moved: 'moved' } as const;

/** Later than this after it occurred, an event says how late it came. Milliseconds. */
const LATE = 60_000;

interface BetweenListProps {
  a: CompareSide;
  b: CompareSide;
  between: Between;
}

/** The events that only one side takes in, in the order they were recorded. Enter opens the timeline at one. */
export function BetweenList({ a, b, between }: BetweenListProps) {
  const [selected, setSelected] = useState(0);
  const colourOf = useTypeColours();
  const sides = { a: { ...a, reducer: null }, b: { ...b, reducer: null } };
  const rows = usePagedRows<BetweenRow, Answer>(['aggregates', 'compareEvents', sides], (page, signal) =>
    callEngine(['aggregates', 'compareEvents'], { ...sides, ...page }, signal),
  );
  const open = (index: number) => {
    const row = rows.getRow(index);
    if (row === undefined) return;
    const { ref, cut, reducer } = row.side === 'a' ? a : b;
    const iso = (time: number | null) => (time === null ? null : formatIso(time));
    go(['aggregates', ref.type, ref.id], {
      event: row.id,
      known: iso(cut.knownOn),
      true: iso(cut.trueOn),
      reducer,
    });
  };
  if (between === null)
    return (
      <EmptyState title="Two different aggregates">
        Each has a stream of its own, so no events lie between them.
      </EmptyState>
    );
  if (rows.error !== null) return <ErrorState error={rows.error} onRetry={rows.retry} compact />;
  if (rows.isLoading) return <Skeleton lines={8} />;
  if (rows.total === 0)
    return (
      <EmptyState title="No event lies between A and B">
        {a.reducer === b.reducer
          ? 'Both sides take in the same events.'
          : 'Both sides take in the same events; what differs comes from the reducers.'}
      </EmptyState>
    );
  return (
    <VirtualList
      label="Events between A and B"
      total={rows.total}
      getRow={rows.getRow}
      onRange={rows.onRange}
      isOld={rows.isOld}
      selected={Math.min(selected, rows.total - 1)}
      onSelect={setSelected}
      onOpen={open}
      render={(row) => <BetweenLine row={row} colourOf={colourOf} />}
    />
  );
}

function BetweenLine({ row, colourOf }: { row: BetweenRow; colourOf: ColourOf }) {
  const late = row.occurredAt === null ? 0 : row.recordedAt - row.occurredAt;
  return (
    <div className={styles.line}>
      <TypeMark letter={row.letter} colour={colourOf(row.type)} />
      <span className={styles.words}>
        <span className="ellipsis" title={shown(row.sentence)}>
          {row.version === null ? '' : `v${row.version} · `}
          {shown(row.sentence)}
        </span>
        <span className={styles.sub}>
          <span className="ellipsis">
            {formatTime(row.recordedAt)}
            {late > LATE ? (
              <span className={styles.late} title={`Occurred ${formatTime(row.occurredAt!)}`}>
                {` · ${formatSpan(late)} late`}
              </span>
            ) : null}
          </span>
        </span>
      </span>
      <span className={styles.lineEnd}>
        <Tag tone={row.side === 'moved' ? 'warn' : 'plain'}>{SIDES[row.side]}</Tag>
        {row.amount === null ? null : (
          <span className={cx(styles.amount, styles[row.tone])}>{formatSigned(row.amount)}</span>
        )}
      </span>
    </div>
  );
}

/** The events between by type, the most frequent first. */
export function BetweenTypes({ between }: { between: NonNullable<Between> }) {
  if (between.types.length === 0) return null;
  return (
    <div className={styles.types}>
      {between.types.map(({ type, events }) => (
        <span key={type} className={styles.type}>
          {type === '' ? 'without a type' : shown(type)} <b>{events}</b>
        </span>
      ))}
      {between.furtherTypes === 0 ? null : <span>and {plural(between.furtherTypes, 'further type')}</span>}
    </div>
  );
}
