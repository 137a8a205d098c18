import { Download, Play, Square } from 'lucide-react';
import { useMemo, useState } from 'react';
import { create } from 'zustand';
import { LIMITS } from '../../../contract/limits.ts';
import { Button } from '../../components/Button.tsx';
import { CodeEditor } from '../../components/CodeEditor.tsx';
import { Columns } from '../../components/Columns.tsx';
import { CoverageBadge } from '../../components/CoverageBadge.tsx';
import { Menu } from '../../components/Menu.tsx';
import { Panel, PanelHeader } from '../../components/Panel.tsx';
import { EmptyState, ErrorState, ProgressBar, Skeleton } from '../../components/States.tsx';
import { Announce } from '../../components/Toast.tsx';
import { go, setParams, useAddress } from '../../lib/address.ts';
import { shown } from '../../lib/escape.ts';
import { useFocus } from '../../lib/focus.ts';
import { formatDuration, plural } from '../../lib/format.ts';
import { useCommands } from '../../lib/keys.ts';
import { useEngineQuery } from '../../lib/queries.ts';
import { downloadRows } from './download.ts';
import styles from './projections.module.css';
import { ResultTable } from './ResultTable.tsx';
import { type SqlAnswer, useSqlAnswer } from './useSqlAnswer.ts';

const FIRST = 'SELECT type, count(*) AS events\nFROM events\nGROUP BY type\nORDER BY events DESC';
/** Longer statements would make addresses that other programs cut off. */
const LONGEST_LINKED = 1500;

/** What is being written stays while one looks elsewhere. */
const useText = create<{ text: string | null }>(() => ({ text: null }));

/** Questions in SQL about the captured events and the projections, as of the focus. Reads only. */
export function SqlConsole() {
  const { params } = useAddress();
  const linked = params.get('sql');
  const text = useText((store) => store.text) ?? linked ?? FIRST;
  const setText = (next: string) => useText.setState({ text: next });
  const [asked, setAsked] = useState<{ sql: string; run: number } | null>(
    linked === null ? null : { sql: linked, run: 0 },
  );
  const { cut } = useFocus();
  const question = useMemo(
    () => (asked === null ? null : { sql: asked.sql, cut, limit: LIMITS.sqlRows }),
    [asked, cut],
  );
  const answer = useSqlAnswer(question, String(asked?.run ?? 0));
  const schema = useEngineQuery(['sql', 'schema'], {});
  const completion = useMemo(
    () =>
      Object.fromEntries(
        (schema.data ?? []).map(({ table, columns }) => [table, columns.map(({ name }) => name)]),
      ),
    [schema.data],
  );
  const isRunning = answer.fetchStatus === 'fetching';
  const run = (sql = text) => {
    const statement = sql.trim();
    if (statement === '') return;
    setAsked({ sql: statement, run: (asked?.run ?? 0) + 1 });
    setParams({ sql: statement.length <= LONGEST_LINKED ? statement : null });
  };
  const ask = (sql: string) => {
    setText(sql);
    run(sql);
  };
  useCommands([
    {
      id: 'sql.run',
      title: 'Run the SQL',
      group: 'SQL console',
      keys: 'mod+enter',
      hint: 'run',
      run: () => run(),
    },
    {
      id: 'sql.cancel',
      title: 'Cancel the running query',
      group: 'SQL console',
      keys: 'escape',
      hint: 'cancel',
      whileTyping: true,
      disabled: !isRunning,
      run: answer.cancel,
    },
  ]);
  return (
    <Columns
      id="console"
      columns={[
        { id: 'schema', size: 260, min: 180 },
        { id: 'work', min: 420 },
      ]}
    >
      <Panel label="Tables" head={<PanelHeader title="Tables" note="as of the focus" />}>
        {schema.error !== null ? (
          <ErrorState error={schema.error} onRetry={() => void schema.refetch()} compact />
        ) : schema.data === undefined ? (
          <Skeleton lines={8} />
        ) : (
          schema.data.map((table) => <SchemaTable key={table.table} table={table} onAsk={ask} />)
        )}
      </Panel>
      <Columns
        id="console-work"
        direction="vertical"
        columns={[
          { id: 'editor', size: 190, min: 90 },
          { id: 'answer', min: 140 },
        ]}
      >
        <Panel
          label="Statement"
          fills
          head={
            <PanelHeader title="SQL" note="reads only">
              {isRunning ? (
                <Button icon={<Square />} onClick={answer.cancel}>
                  Cancel
                </Button>
              ) : null}
              <Button
                look="primary"
                icon={<Play />}
                keys="mod+enter"
                disabled={isRunning}
                onClick={() => run()}
              >
                Run
              </Button>
            </PanelHeader>
          }
        >
          <CodeEditor
            label="SQL statement"
            language="sql"
            value={text}
            onValue={setText}
            onSubmit={() => run()}
            schema={completion}
          />
        </Panel>
        <Answer answer={answer} isAsked={asked !== null} isRunning={isRunning} onRun={() => run()} />
      </Columns>
    </Columns>
  );
}

interface SchemaTableProps {
  table: { table: string; note: string; columns: { name: string; type: string }[] };
  onAsk: (sql: string) => void;
}

function SchemaTable({ table, onAsk }: SchemaTableProps) {
  return (
    <div className={styles.schema}>
      <button
        type="button"
        className={styles.peek}
        title={`Show the first rows of ${shown(table.table)}`}
        onClick={() => onAsk(`SELECT *\nFROM ${table.table}\nLIMIT 100`)}
      >
        look
      </button>
      <details open>
        <summary>
          <span className={styles.schemaName}>{shown(table.table)}</span>
        </summary>
        <p className={styles.schemaNote}>{shown(table.note)}</p>
        <dl>
          {table.columns.map(({ name, type }) => (
            <div key={name} className={styles.schemaColumn}>
              <dt>{shown(name)}</dt>
              <dd>{type}</dd>
            </div>
          ))}
        </dl>
      </details>
    </div>
  );
}

interface AnswerProps {
  answer: ReturnType<typeof useSqlAnswer>;
  isAsked: boolean;
  isRunning: boolean;
  onRun: () => void;
}

function Answer({ answer, isAsked, isRunning, onRun }: AnswerProps) {
  const { data } = answer;
  const isOld = answer.isPlaceholderData || answer.error !== null;
  const wasCancelled = isAsked && !isRunning && answer.error === null && (data === undefined || isOld);
  return (
    <Panel
      label="Result"
      fills
      head={
        <PanelHeader title="Result" note={data === undefined ? undefined : <AnswerNote data={data} />}>
          {data === undefined ? null : <CoverageBadge badge={data.coverage} />}
          <Menu
            align="end"
            trigger={
              <Button icon={<Download />} disabled={data === undefined || isOld}>
                Export
              </Button>
            }
            groups={[
              {
                id: 'rows',
                label:
                  data === undefined ? 'Nothing to export' : `The ${plural(data.rows.length, 'row')} shown`,
                items: (['csv', 'json'] as const).map((form) => ({
                  id: form,
                  label: form.toUpperCase(),
                  hint: 'every digit kept',
                  run: () => data !== undefined && downloadRows(form, 'result', data.columns, data.rows),
                })),
              },
            ]}
          />
        </PanelHeader>
      }
    >
      {isRunning ? (
        <div className={styles.running}>
          <ProgressBar value={null} label="The query is running" />
        </div>
      ) : null}
      <Announce>
        {isRunning ? 'Running' : data === undefined || isOld ? '' : plural(data.rows.length, 'row')}
      </Announce>
      {answer.error === null ? null : (
        <div>
          <ErrorState error={answer.error} compact />
          {/has not been replayed/.test(answer.error.message) ? (
            <div className={styles.errorAction}>
              <Button onClick={() => go(['projections'])}>Show the projections</Button>
            </div>
          ) : null}
        </div>
      )}
      {wasCancelled ? (
        <p className={styles.cancelled}>
          The query was cancelled. <Button onClick={onRun}>Run again</Button>
        </p>
      ) : null}
      {data !== undefined ? (
        <Rows data={data} isOld={isOld} />
      ) : isAsked ? null : (
        <EmptyState title="Ask about all events and projections at once">
          Write a SELECT and press Ctrl+Enter, or begin with “look” beside a table. The answer is as of the
          time chosen at the top.
        </EmptyState>
      )}
    </Panel>
  );
}

function AnswerNote({ data }: { data: SqlAnswer }) {
  return (
    <span title={shown(data.asOf)}>
      {plural(data.rows.length, 'row')}
      {data.more ? <span className={styles.more}> and more than these</span> : null} ·{' '}
      {formatDuration(data.tookMs)} · <span className={styles.asOf}>{shown(data.asOf)}</span>
    </span>
  );
}

function Rows({ data, isOld }: { data: SqlAnswer; isOld: boolean }) {
  if (data.rows.length === 0)
    return <EmptyState title="No row fits.">The statement ran; its answer is empty.</EmptyState>;
  return (
    <>
      {data.more ? (
        <p className={styles.moreLine}>
          The first {plural(data.rows.length, 'row')} are shown; there are more. Narrow the question with
          WHERE, or count with count(*).
        </p>
      ) : null}
      <ResultTable
        key={data.columns.map(({ name }) => name).join('\n')}
        label="Result rows"
        columns={data.columns}
        sample={data.rows}
        total={data.rows.length}
        getRow={(index) => data.rows[index]}
        isOld={isOld}
      />
    </>
  );
}
