import { ListTree, Play, Square } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import { create } from 'zustand';
import { LIMITS } from '../../../contract/limits.ts';
import { parametersOf } from '../../../core/sqlParameters.ts';
import { Button } from '../../components/Button.tsx';
import { CodeEditor } from '../../components/CodeEditor.tsx';
import { Columns } from '../../components/Columns.tsx';
import { CoverageBadge } from '../../components/CoverageBadge.tsx';
import { Panel, PanelHeader } from '../../components/Panel.tsx';
import { Segmented } from '../../components/Segmented.tsx';
import { EmptyState, ErrorState, ProgressBar } from '../../components/States.tsx';
import { Announce } from '../../components/Toast.tsx';
import { getAddress, setParams, useAddress } from '../../lib/address.ts';
import { shown } from '../../lib/escape.ts';
import { useFocus } from '../../lib/focus.ts';
import { formatDuration, plural } from '../../lib/format.ts';
import { useCommands } from '../../lib/keys.ts';
import { useEngineQuery } from '../../lib/queries.ts';
import { choiceOf, choiceText, firstChoice } from './chartPoints.ts';
import consoleStyles from './console.module.css';
import { ExportResult } from './ExportResult.tsx';
import { ParameterFields } from './ParameterFields.tsx';
import { PlanView } from './PlanView.tsx';
import styles from './projections.module.css';
import { ResultChart } from './ResultChart.tsx';
import { ResultTable } from './ResultTable.tsx';
import { SchemaPanel } from './SchemaPanel.tsx';
import { remember } from './sqlHistory.ts';
import { type SqlAnswer, type SqlQuestion, useSqlAnswer } from './useSqlAnswer.ts';

const NO_CUT = { knownOn: null, trueOn: null };
const FIRST = 'SELECT type, count(*) AS events\nFROM events\nGROUP BY type\nORDER BY events DESC';
/** Longer statements would make addresses that other programs cut off. */
const LONGEST_LINKED = 1500;

interface Draft {
  text: string | null;
  /** The statement of the address that it was written from: another one there takes its place. */
  linked: string | null;
  parameters: Record<string, string>;
  /** Choice of the chart by names of columns; null: none was made. */
  chart: string | null;
}

/** What is being written stays while one looks elsewhere. */
const useDraft = create<Draft>(() => ({ text: null, linked: null, parameters: {}, chart: null }));

type View = 'table' | 'chart' | 'plan';
interface Asked {
  sql: string;
  parameters: Record<string, string>;
  run: number;
}

function linkedParameters(text: string | null): Record<string, string> {
  try {
    const found: unknown = JSON.parse(text ?? '{}');
    if (typeof found !== 'object' || found === null) return {};
    return Object.fromEntries(Object.entries(found).map(([name, value]) => [name, String(value)]));
  } catch {
    return {};
  }
}

/** The values of the parameters that a statement has; one that was not typed is left out, and told when it is run. */
const valuesFor = (sql: string, values: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    parametersOf(sql).names.flatMap((name) => {
      const value = values[name] ?? '';
      return value === '' ? [] : [[name, value]];
    }),
  );

/** Questions in SQL about the captured events and the projections, as of the focus. Reads only. */
export function SqlConsole() {
  const { params } = useAddress();
  const linked = params.get('sql');
  const draft = useDraft();
  // Another statement in the address came from a link, or from back and forward.
  const isLinked = linked !== null && linked !== draft.linked;
  const text = isLinked ? linked : (draft.text ?? FIRST);
  const typed = useMemo(
    () => (isLinked ? linkedParameters(params.get('with')) : draft.parameters),
    [isLinked, params, draft.parameters],
  );
  const names = useMemo(() => parametersOf(text).names, [text]);
  const parameters = useMemo(() => valuesFor(text, typed), [text, typed]);
  const [asked, setAsked] = useState<Asked | null>(
    linked === null ? null : { sql: linked, parameters: valuesFor(linked, typed), run: 0 },
  );
  const [view, setView] = useState<View>('table');
  const [explained, setExplained] = useState<Omit<Asked, 'run'> | null>(null);
  const { cut } = useFocus();
  const question = useMemo(
    () =>
      asked === null ? null : { sql: asked.sql, parameters: asked.parameters, cut, limit: LIMITS.sqlRows },
    [asked, cut],
  );
  const answer = useSqlAnswer(question, String(asked?.run ?? 0));
  const schema = useEngineQuery(['sql', 'schema'], {});
  const completion = useMemo(
    () =>
      Object.fromEntries(
        (schema.data?.tables ?? []).map(({ table, columns }) => [table, columns.map(({ name }) => name)]),
      ),
    [schema.data],
  );
  const functions = useMemo(
    () => (schema.data?.functions ?? []).flatMap(({ name }) => name.match(/\w+(?=\()/g) ?? []),
    [schema.data],
  );
  const isRunning = answer.fetchStatus === 'fetching';
  useEffect(() => {
    if (linked === null || linked === useDraft.getState().linked) return;
    const values = valuesFor(linked, linkedParameters(getAddress().params.get('with')));
    useDraft.setState({ text: linked, linked, parameters: values, chart: null });
    setAsked((before) =>
      before?.sql === linked ? before : { sql: linked, parameters: values, run: (before?.run ?? 0) + 1 },
    );
  }, [linked]);
  const run = (sql = text, values: Readonly<Record<string, string>> = typed) => {
    const statement = sql.trim();
    if (statement === '') return;
    const used = valuesFor(statement, values);
    setAsked({ sql: statement, parameters: used, run: (asked?.run ?? 0) + 1 });
    remember(statement, used);
    if (view === 'plan') setView('table');
    useDraft.setState({ linked: statement });
    const isShort = statement.length + JSON.stringify(used).length <= LONGEST_LINKED;
    setParams({
      sql: isShort ? statement : null,
      with: isShort && Object.keys(used).length > 0 ? JSON.stringify(used) : null,
    });
  };
  const ask = (sql: string, values: Record<string, string> = {}, chart: string | null = null) => {
    useDraft.setState({ text: sql, parameters: values, chart });
    run(sql, values);
  };
  const explain = () => {
    const sql = text.trim();
    if (sql === '') return;
    setExplained({ sql, parameters });
    setView('plan');
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
      id: 'sql.plan',
      title: 'Show how the SQL would be answered',
      group: 'SQL console',
      keys: 'mod+e',
      hint: 'plan',
      run: explain,
    },
    {
      id: 'sql.chart',
      title: view === 'chart' ? 'Show the result as a table' : 'Draw the result',
      group: 'SQL console',
      keys: 'c',
      hint: view === 'chart' ? 'table' : 'chart',
      disabled: answer.data === undefined,
      run: () => setView(view === 'chart' ? 'table' : 'chart'),
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
      <SchemaPanel
        schema={schema.data}
        error={schema.error}
        onRetry={() => void schema.refetch()}
        content={{ sql: text.trim(), parameters, chart: draft.chart }}
        onAsk={(sql) => ask(sql)}
        onSaved={(query) => {
          ask(query.sql, query.parameters, query.chart);
          if (query.chart !== null) setView('chart');
        }}
        onPast={(past) => ask(past.sql, past.parameters)}
      />
      <Columns
        id="console-work"
        direction="vertical"
        columns={[
          { id: 'editor', size: 210, min: 90 },
          { id: 'answer', min: 140 },
        ]}
      >
        <Panel
          label="Statement"
          fills
          head={
            <PanelHeader title="SQL" note="reads only, as of the focus">
              <Button icon={<ListTree />} keys="mod+e" onClick={explain}>
                Plan
              </Button>
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
          <div className={consoleStyles.statement}>
            <CodeEditor
              label="SQL statement"
              language="sql"
              value={text}
              onValue={(next) => useDraft.setState({ text: next })}
              onSubmit={() => run()}
              schema={completion}
              functions={functions}
            />
            <ParameterFields
              names={names}
              values={typed}
              onValue={(name, value) => useDraft.setState({ parameters: { ...typed, [name]: value } })}
              onRun={() => run()}
            />
          </div>
        </Panel>
        <Answer
          answer={answer}
          question={question}
          explained={explained}
          view={view}
          onView={setView}
          isRunning={isRunning}
          onRun={() => run()}
          chart={draft.chart}
          onChart={(chart) => useDraft.setState({ chart })}
        />
      </Columns>
    </Columns>
  );
}

interface AnswerProps {
  answer: ReturnType<typeof useSqlAnswer>;
  question: SqlQuestion | null;
  explained: { sql: string; parameters: Record<string, string> } | null;
  view: View;
  onView: (view: View) => void;
  isRunning: boolean;
  onRun: () => void;
  chart: string | null;
  onChart: (chart: string) => void;
}

function Answer(props: AnswerProps) {
  const { answer, question, explained, view, onView, isRunning, onRun, chart, onChart } = props;
  const { data } = answer;
  const isAsked = question !== null;
  const isOld = answer.isPlaceholderData || answer.error !== null;
  const choice = useMemo(
    () =>
      data === undefined ? null : (choiceOf(chart, data.columns) ?? firstChoice(data.columns, data.rows)),
    [data, chart],
  );
  return (
    <Panel
      label="Result"
      fills
      head={
        <PanelHeader
          title={
            <Segmented<View>
              label="Result as"
              value={view}
              onValue={onView}
              options={[
                { value: 'table', label: 'Result' },
                { value: 'chart', label: 'Chart', disabled: data === undefined },
                { value: 'plan', label: 'Plan' },
              ]}
            />
          }
          note={data === undefined || view === 'plan' ? undefined : <AnswerNote data={data} />}
        >
          {data === undefined || view === 'plan' ? null : <CoverageBadge badge={data.coverage} />}
          <ExportResult question={question} data={isOld ? undefined : data} />
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
      {view === 'plan' ? (
        <PlanView
          statement={
            explained ??
            (question === null ? null : { sql: question.sql, parameters: question.parameters ?? {} })
          }
          cut={question?.cut ?? NO_CUT}
        />
      ) : (
        <>
          {answer.error === null ? null : <ErrorState error={answer.error} compact />}
          {answer.isCancelled ? (
            <p className={styles.cancelled}>
              The query was cancelled. <Button onClick={onRun}>Run again</Button>
            </p>
          ) : null}
          {data === undefined ? (
            isAsked ? null : (
              <EmptyState title="Ask about all events and projections at once">
                Write a SELECT and press Ctrl+Enter, or begin with “look” beside a table. Write :name for a
                value that you want to change. The answer is as of the time chosen at the top.
              </EmptyState>
            )
          ) : view === 'chart' ? (
            <ResultChart
              data={data}
              choice={choice}
              onChoice={(next) => onChart(choiceText(next, data.columns))}
            />
          ) : (
            <Rows data={data} isOld={isOld} />
          )}
        </>
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
          WHERE, count with count(*), or export: a file holds all of them.
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
