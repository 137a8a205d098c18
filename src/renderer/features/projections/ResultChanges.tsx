import { useState } from 'react';
import type { Output } from '../../../contract/contract.ts';
import type { Cell, ProjectionStatus, projections } from '../../../contract/projections.ts';
import { subtractText } from '../../../core/numbers.ts';
import { Button } from '../../components/Button.tsx';
import { Section } from '../../components/Panel.tsx';
import { Segmented } from '../../components/Segmented.tsx';
import { Select } from '../../components/Select.tsx';
import { EmptyState, ErrorState, Skeleton } from '../../components/States.tsx';
import { type TableColumn, VirtualTable } from '../../components/VirtualTable.tsx';
import { go } from '../../lib/address.ts';
import { shown } from '../../lib/escape.ts';
import { formatCount, formatSigned, formatTime, plural } from '../../lib/format.ts';
import { usePagedRows } from '../../lib/pagedRows.ts';
import { callEngine } from '../../lib/queries.ts';
import { cellText, exactText } from './cells.ts';
import styles from './projections.module.css';
import versionStyles from './versions.module.css';

type Comparison = NonNullable<Output<(typeof projections)['compare']>>;
type Row = Comparison['rows'][number];
type Show = 'all' | Row['change'];
type Answer = { rows: readonly Row[]; total: number; comparison: Comparison | null };
type RowCell = Row['cells'][number];

const WORDS = { changed: 'changed', added: 'new row', removed: 'row gone' } as const;

/** The exact difference of two numbers; null when one is none. */
function deltaOf({ before, after }: RowCell): string | null {
  const [from, to] = [exactText(before), exactText(after)];
  if (from === null || to === null) return null;
  try {
    return subtractText(to, from);
  } catch {
    return null;
  }
}

function Change({ cell, change }: { cell: RowCell; change: Row['change'] }) {
  const delta = change === 'changed' ? deltaOf(cell) : null;
  return (
    <span className={versionStyles.change}>
      {change === 'added' ? null : <del>{textOf(cell.before, cell.column)}</del>}
      {change === 'removed' ? null : <ins>{textOf(cell.after, cell.column)}</ins>}
      {delta === null ? null : <span className="dim">{formatSigned(delta)}</span>}
    </span>
  );
}

const textOf = (cell: Cell, column: string): string => shown(cellText(cell, column));

/** The version that the definition gives itself; where both give the same, with the beginning of its hash. */
const nameOf = (own: Comparison['before'], other: Comparison['before']): string =>
  own.version === other.version
    ? `Version ${own.version} (${own.hash.slice(0, 8)})`
    : `Version ${own.version}`;

const columnsFor = (column: string | null): TableColumn<Row>[] => [
  {
    id: 'key',
    title: 'Row',
    width: 'minmax(150px, 1fr)',
    mono: true,
    cell: ({ key }) => shown(key),
    hover: ({ key }) => shown(key),
  },
  { id: 'change', title: 'What', width: '84px', cell: ({ change }) => WORDS[change] },
  {
    id: 'cells',
    title: column === null ? 'First difference' : shown(column),
    width: 'minmax(240px, 2fr)',
    mono: true,
    cell: ({ cells, change }) => {
      const first = cells.find((cell) => cell.column === column) ?? cells[0];
      if (first === undefined) return null;
      return (
        <>
          {column === null ? <span className="dim">{shown(first.column)} </span> : null}
          <Change cell={first} change={change} />
        </>
      );
    },
  },
  {
    id: 'count',
    title: 'Columns',
    width: '76px',
    align: 'right',
    cell: ({ cells }) => formatCount(cells.length),
  },
];

/** One of the kept results, or the present one. */
function ResultPicker({
  label,
  value,
  status: { kept, present },
  onValue,
}: {
  label: string;
  value: string;
  status: ProjectionStatus;
  onValue: (hash: string) => void;
}) {
  const results = present === null ? kept : [present, ...kept];
  return (
    <Select
      label={label}
      className={versionStyles.result}
      value={value}
      onValue={onValue}
      options={results.map((each) => ({
        value: each.hash,
        label: `Version ${each.version} (${each.hash.slice(0, 8)})`,
        hint: `${each.hash === present?.hash ? 'present, ' : ''}${plural(each.rows, 'row')}, ${formatTime(each.builtAt)}`,
      }))}
    />
  );
}

/**
 * What changes of the definition changed in the rows, counted over all of them: any two of the results that are kept.
 * @param before hash of the definition to begin with; null: the latest that is kept
 */
export function ResultChanges({
  status,
  aggregateType,
  before: chosenBefore,
}: {
  status: ProjectionStatus;
  aggregateType: string | null;
  before: string | null;
}) {
  const [show, setShow] = useState<Show>('all');
  const [column, setColumn] = useState<string>('');
  const [selected, setSelected] = useState(0);
  const [pair, setPair] = useState<{ before: string; after: string } | null>(null);
  const { kept, present } = status;
  const hashes = new Set([present, ...kept].map((each) => each?.hash));
  const isThere = pair !== null && hashes.has(pair.before) && hashes.has(pair.after);
  const sides = isThere ? pair : { before: chosenBefore ?? kept[0]?.hash ?? '', after: present?.hash ?? '' };
  const wanted = { ...sides, show: show === 'all' ? null : show, column: column === '' ? null : column };
  const rows = usePagedRows<Row, Answer>(
    ['projections', 'compare', status.name, status.builtAt, wanted],
    async (page, signal) => {
      const comparison = await callEngine(
        ['projections', 'compare'],
        { name: status.name, ...wanted, ...page },
        signal,
      );
      return { rows: comparison?.rows ?? [], total: comparison?.total ?? 0, comparison };
    },
    { enabled: kept.length > 0 && present !== null },
  );
  if (kept.length === 0 || present === null)
    return (
      <EmptyState title="No earlier result to compare with">
        {status.state === 'stale'
          ? 'The definition was changed. Rebuild it: the rows of the definition before are kept, and what differs is listed here.'
          : 'Change the definition and rebuild: the rows of the last five definitions are kept.'}
      </EmptyState>
    );
  if (rows.error !== null) return <ErrorState error={rows.error} onRetry={rows.retry} />;
  const comparison = rows.head?.comparison;
  if (comparison === undefined) return <Skeleton lines={8} />;
  if (comparison === null) return <EmptyState title="The earlier result is gone" />;
  const { counts, before, after, sameEvents, columns } = comparison;
  const differing = counts.changed + counts.added + counts.removed;
  const row = rows.getRow(selected);
  return (
    <>
      <div className={versionStyles.filters}>
        <ResultPicker
          label="From the result of"
          value={sides.before}
          status={status}
          onValue={(hash) => setPair({ ...sides, before: hash })}
        />
        <span aria-hidden="true">→</span>
        <ResultPicker
          label="To the result of"
          value={sides.after}
          status={status}
          onValue={(hash) => setPair({ ...sides, after: hash })}
        />
        <Button look="quiet" onClick={() => setPair({ before: sides.after, after: sides.before })}>
          Swap
        </Button>
      </div>
      <p className={versionStyles.summary}>
        {nameOf(before, after)} → {nameOf(after, before)}: {plural(differing, 'row')} of{' '}
        {formatCount(counts.same + differing)} differ
        {differing === 0
          ? ', in no column.'
          : `: ${formatCount(counts.changed)} changed, ${formatCount(counts.added)} new, ${formatCount(counts.removed)} gone.`}
        {before.failed === after.failed
          ? ''
          : ` Failed events: ${formatCount(before.failed)} → ${formatCount(after.failed)}.`}
        {sameEvents ? null : (
          <span className={styles.more}>
            {' '}
            The two rest on other events: not every difference is the definition’s doing.
          </span>
        )}
      </p>
      <div className={versionStyles.filters}>
        <Segmented<Show>
          label="Rows"
          value={show}
          onValue={setShow}
          options={[
            { value: 'all', label: 'All', count: formatCount(differing) },
            { value: 'changed', label: 'Changed', count: formatCount(counts.changed) },
            { value: 'added', label: 'New', count: formatCount(counts.added) },
            { value: 'removed', label: 'Gone', count: formatCount(counts.removed) },
          ]}
        />
        <Select
          label="Column"
          value={column}
          onValue={setColumn}
          options={[
            { value: '', label: 'any column' },
            ...columns
              .filter(({ differs, change }) => differs > 0 || change !== 'kept')
              .map(({ name, differs, change }) => ({
                value: name,
                label: shown(name),
                hint: change === 'kept' ? plural(differs, 'row') : `${change} column`,
              })),
          ]}
        />
      </div>
      {rows.total === 0 ? (
        <EmptyState title={differing === 0 ? 'All rows are the same, in every digit' : 'No row fits'} />
      ) : (
        <VirtualTable<Row>
          label="Rows that differ"
          columns={columnsFor(column === '' ? null : column)}
          total={rows.total}
          getRow={rows.getRow}
          onRange={rows.onRange}
          selected={Math.min(selected, rows.total - 1)}
          onSelect={setSelected}
          isOld={rows.isOld}
          onOpen={(index) => {
            const opened = rows.getRow(index);
            if (opened !== undefined && aggregateType !== null)
              go(['aggregates', aggregateType, opened.key], { reducer: status.name });
          }}
        />
      )}
      {row === undefined || row.cells.length < 2 ? null : (
        <div className={versionStyles.detail}>
          <Section title={shown(row.key)} note={plural(row.cells.length, 'column')}>
            <table className={styles.tryRow}>
              <tbody>
                {row.cells.map((cell) => (
                  <tr key={cell.column}>
                    <th scope="row">{shown(cell.column)}</th>
                    <td>
                      <Change cell={cell} change={row.change} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Section>
        </div>
      )}
    </>
  );
}
