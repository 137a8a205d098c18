import { useState } from 'react';
import { LIMITS } from '../../../contract/limits.ts';
import type { ProjectionStatus } from '../../../contract/projections.ts';
import { Button } from '../../components/Button.tsx';
import { EmptyState, ErrorState, Skeleton } from '../../components/States.tsx';
import { go } from '../../lib/address.ts';
import { shown } from '../../lib/escape.ts';
import { useFocus } from '../../lib/focus.ts';
import { formatDuration, plural } from '../../lib/format.ts';
import { usePagedRows } from '../../lib/pagedRows.ts';
import { ExportResult } from './ExportResult.tsx';
import styles from './projections.module.css';
import { type ResultRow, ResultTable, type SortChoice } from './ResultTable.tsx';
import { askSql, type SqlAnswer, useSqlAnswer } from './useSqlAnswer.ts';

const PAGE = 500;
const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;

interface RowsTabProps {
  status: ProjectionStatus;
  /** Rows are aggregates of this type; null when they are something else. */
  aggregateType: string | null;
  onBuild: () => void;
}

/** The projection's table as of the focus. */
export function RowsTab({ status, aggregateType, onBuild }: RowsTabProps) {
  const { cut } = useFocus();
  const [sort, setSort] = useState<{ by: string; descending: boolean }>({ by: 'key', descending: false });
  const isPast = cut.knownOn !== null || cut.trueOn !== null;
  const statement = `SELECT * FROM ${quoted(status.name)} ORDER BY ${quoted(sort.by)}${sort.descending ? ' DESC' : ''}`;
  const choice: SortChoice = {
    ...sort,
    onSort: (by) => setSort({ by, descending: sort.by === by && !sort.descending }),
  };
  const open = (row: ResultRow, columns: SqlAnswer['columns']) => {
    const key = row[columns.findIndex(({ name }) => name === 'key')];
    if (aggregateType !== null && typeof key === 'string') go(['aggregates', aggregateType, key]);
  };
  const shared = { status, statement, sort: choice, onOpen: open };
  if (isPast) return <PastRows {...shared} cut={cut} />;
  if (status.builtAt === null)
    return status.state === 'building' ? (
      <EmptyState title="The rows appear when the replay is done." />
    ) : (
      <EmptyState
        title={`Build ${status.name} to ask about all of them at once`}
        action={
          <Button look="primary" onClick={onBuild}>
            Build {status.name}
          </Button>
        }
      >
        Every captured event of {shown(status.source)} is folded into one row each, in a local table. Kafka is
        not asked.
      </EmptyState>
    );
  return <PresentRows {...shared} />;
}

interface TableProps {
  status: ProjectionStatus;
  statement: string;
  sort: SortChoice;
  onOpen: (row: ResultRow, columns: SqlAnswer['columns']) => void;
}

const NOW = { knownOn: null, trueOn: null };

/** The built table, page by page. */
function PresentRows({ status, statement, sort, onOpen }: TableProps) {
  const pages = usePagedRows<ResultRow, SqlAnswer & { total: number }>(
    ['sql', 'query', statement, status.builtAt, status.processed, status.rows],
    async ({ from, count }, signal) => ({
      ...(await askSql(
        { sql: `${statement} LIMIT ${count} OFFSET ${from}`, cut: NOW, limit: count },
        signal,
      )),
      total: status.rows,
    }),
    { pageSize: PAGE },
  );
  if (pages.error !== null && pages.head === undefined)
    return <ErrorState error={pages.error} onRetry={pages.retry} />;
  if (pages.head === undefined) return <Skeleton lines={10} />;
  const { head } = pages;
  if (pages.total === 0) return <NoRows status={status} />;
  return (
    <>
      <TableLine answer={head} note={plural(status.rows, 'row')}>
        <ExportResult
          name={status.name}
          question={{ sql: statement, cut: NOW, limit: LIMITS.sqlRows }}
          data={head}
        />
      </TableLine>
      {pages.error === null ? null : <ErrorState error={pages.error} onRetry={pages.retry} compact />}
      <ResultTable
        label={`Rows of ${status.name}`}
        columns={head.columns}
        sample={head.rows}
        total={pages.total}
        getRow={pages.getRow}
        onRange={pages.onRange}
        isOld={pages.isOld}
        sort={sort}
        onOpen={(row) => onOpen(row, head.columns)}
      />
    </>
  );
}

/** Folded for the chosen moment; nothing is kept. */
function PastRows({
  status,
  statement,
  sort,
  onOpen,
  cut,
}: TableProps & { cut: typeof NOW | Parameters<typeof askSql>[0]['cut'] }) {
  const question = { sql: statement, cut, limit: LIMITS.sqlRows };
  const answer = useSqlAnswer(question, String(status.processed));
  const { data } = answer;
  if (answer.error !== null) return <ErrorState error={answer.error} onRetry={() => void answer.refetch()} />;
  if (data === undefined) return <Skeleton lines={10} />;
  return (
    <>
      <TableLine
        answer={data}
        note={
          <>
            {plural(data.rows.length, 'row')}
            {data.more ? (
              <span className={styles.more}> and more than these; ask the SQL console for the rest</span>
            ) : null}
          </>
        }
      >
        <ExportResult name={status.name} question={question} data={data} />
      </TableLine>
      {data.rows.length === 0 ? (
        <NoRows status={status} />
      ) : (
        <ResultTable
          label={`Rows of ${status.name}`}
          columns={data.columns}
          sample={data.rows}
          total={data.rows.length}
          getRow={(index) => data.rows[index]}
          isOld={answer.isPlaceholderData}
          sort={sort}
          onOpen={(row) => onOpen(row, data.columns)}
        />
      )}
    </>
  );
}

const NoRows = ({ status }: { status: ProjectionStatus }) => (
  <EmptyState title="No row: no captured event belongs here.">
    It reads {shown(status.source)}. Capture topics that hold them, or choose a later time.
  </EmptyState>
);

function TableLine({
  answer,
  note,
  children,
}: {
  answer: SqlAnswer;
  note: React.ReactNode;
  children: React.ReactNode;
}) {
  return (
    <div className={styles.tableLine}>
      <span className="ellipsis" title={shown(answer.asOf)}>
        {note} · <span className={styles.asOf}>{shown(answer.asOf)}</span> · {formatDuration(answer.tookMs)}
        {answer.coverage.state === 'partial' ? (
          <span className={styles.more}> · {shown(answer.coverage.summary)}</span>
        ) : null}
      </span>
      {children}
    </div>
  );
}
