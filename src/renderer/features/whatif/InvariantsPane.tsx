import { CircleCheck, ListChecks, Plus, X } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import type { AggregateRef } from '../../../contract/common.ts';
import type { Output } from '../../../contract/contract.ts';
import type { InvariantResult, InvariantTrack, invariants, Violation } from '../../../contract/invariants.ts';
import { FilterProblem, parseStateCondition } from '../../../core/filter/filter.ts';
import { Button, IconButton } from '../../components/Button.tsx';
import { Columns } from '../../components/Columns.tsx';
import { Field, Input } from '../../components/Field.tsx';
import { JobLine } from '../../components/JobLine.tsx';
import { Callout, Panel, PanelHeader, ScreenHead, Section } from '../../components/Panel.tsx';
import { Bar, Screen } from '../../components/Screen.tsx';
import { Segmented } from '../../components/Segmented.tsx';
import { Select } from '../../components/Select.tsx';
import { EmptyState, ErrorState, Skeleton } from '../../components/States.tsx';
import { Announce, toastError } from '../../components/Toast.tsx';
import { type TableColumn, VirtualTable } from '../../components/VirtualTable.tsx';
import { go, setParams, useAddress } from '../../lib/address.ts';
import { shown } from '../../lib/escape.ts';
import { useFocus } from '../../lib/focus.ts';
import { formatCount, formatDuration, formatSpan, formatTime, plural } from '../../lib/format.ts';
import { useCommands } from '../../lib/keys.ts';
import { useJobs } from '../../lib/live.ts';
import { usePagedRows } from '../../lib/pagedRows.ts';
import { callEngine, useEngineAction, useEngineQuery } from '../../lib/queries.ts';
import { useDraft } from './draft.ts';
import { idOf } from './scope.ts';
import { Track } from './Track.tsx';
import styles from './whatif.module.css';

type RowsAnswer = Output<(typeof invariants)['rows']>;
type Show = 'all' | 'broken' | 'healed';

interface InvariantsPaneProps {
  subject: AggregateRef | null;
  projections: readonly { name: string; title: string }[];
  tabs: React.ReactNode;
}

/** Conditions on states after every event: over one aggregate while typing, over a whole projection as a job. */
export function InvariantsPane({ subject, projections, tabs }: InvariantsPaneProps) {
  const { params } = useAddress();
  const { cut } = useFocus();
  const tried = useDraft((draft) => draft.conditions);
  const projection = params.get('projection') ?? projections[0]?.name ?? '';
  const definition = useEngineQuery(['projections', 'definition'], { name: projection }, { keep: false });
  const { own, key } = useMemo(() => watchedOf(definition.data?.definition), [definition.data]);
  const conditions = [...own, ...tried.map((expression) => ({ name: expression, expression }))];
  const result = useEngineQuery(['invariants', 'result'], {});
  const job = useJobs(({ jobs }) => jobs.find(({ kind }) => kind === 'invariants'));
  const { refetch } = result;
  // biome-ignore lint/correctness/useExhaustiveDependencies: what the job has done stands for the result.
  useEffect(() => void refetch(), [refetch, job?.id, job?.done, job?.status]);
  const run = useEngineAction(['invariants', 'run']);
  const start = () =>
    run.mutate({ projection, cut, conditions }, { onError: toastError, onSettled: () => void refetch() });
  const isRunning = job?.status === 'running' || run.isPending;
  useCommands([
    {
      id: 'invariants.run',
      title: 'Look at all states',
      group: 'What-if',
      keys: ['mod+enter', 'r'],
      hint: 'run',
      disabled: conditions.length === 0,
      run: start,
    },
  ]);
  return (
    <Screen>
      <ScreenHead title="What-if" note="What must hold after every event">
        {tabs}
        <Select
          label="Projection"
          className={styles.scope}
          value={projection}
          options={projections.map(({ name, title }) => ({ value: name, label: shown(title) }))}
          onValue={(name) => setParams({ projection: name }, false)}
        />
        <Button
          look="primary"
          icon={<ListChecks />}
          keys="mod+enter"
          disabled={conditions.length === 0}
          onClick={start}
        >
          {isRunning ? 'Run again' : 'Look at all'}
        </Button>
      </ScreenHead>
      {job?.status === 'running' ? (
        <Bar>
          <div className={styles.job}>
            <JobLine job={job} />
          </div>
        </Bar>
      ) : null}
      <div className={styles.content}>
        <Columns
          id="invariants"
          columns={[
            { id: 'conditions', size: '36%', min: 300 },
            { id: 'violations', min: 420 },
          ]}
        >
          <Conditions own={own} tried={tried} subject={key === 'aggregateId' ? subject : null} rowsBy={key} />
          {result.error !== null ? (
            <ErrorState error={result.error} onRetry={() => void result.refetch()} />
          ) : result.data === undefined ? (
            <Skeleton lines={6} />
          ) : result.data === null ? (
            <EmptyState icon={<ListChecks />} title="Nothing was looked at yet">
              A run looks at every state that every row of the projection ever had. Violations that healed by
              themselves are found as well.
            </EmptyState>
          ) : (
            <Violations result={result.data} />
          )}
        </Columns>
      </div>
    </Screen>
  );
}

/** The invariants of a definition (JSON text), and what its rows are by. */
function watchedOf(definition: string | undefined): {
  own: readonly { name: string; expression: string }[];
  key: string;
} {
  if (definition === undefined) return { own: [], key: 'aggregateId' };
  const { invariants: own = [], key } = JSON.parse(definition) as {
    invariants?: { name: string; expression: string }[];
    key: string;
  };
  return { own, key };
}

interface ConditionsProps {
  own: readonly { name: string; expression: string }[];
  tried: readonly string[];
  /** The aggregate whose runs are shown beside the conditions; null: none. */
  subject: AggregateRef | null;
  rowsBy: string;
}

function Conditions({ own, tried, subject, rowsBy }: ConditionsProps) {
  const [text, setText] = useState('');
  const { cut } = useFocus();
  const problem = useMemo(() => {
    if (text.trim() === '') return null;
    try {
      parseStateCondition(text);
      return null;
    } catch (error) {
      if (error instanceof FilterProblem) return error;
      throw error;
    }
  }, [text]);
  const isUsable = text.trim() !== '' && problem === null;
  const shownConditions = [
    ...own,
    ...tried.map((expression) => ({ name: expression, expression })),
    ...(isUsable ? [{ name: text.trim(), expression: text.trim() }] : []),
  ];
  const tracks = useEngineQuery(
    ['invariants', 'tracks'],
    { ref: subject ?? { type: '', id: '-' }, cut, reducer: null, conditions: shownConditions.slice(0, 20) },
    { enabled: subject !== null && shownConditions.length > 0 },
  );
  const trackOf = (expression: string): InvariantTrack | undefined =>
    subject === null ? undefined : tracks.data?.tracks.find((track) => track.expression === expression);
  const add = () => {
    if (!isUsable) return;
    useDraft.setState({ conditions: [...new Set([...tried, text.trim()])] });
    setText('');
  };
  const ofWhat = rowsBy === 'aggregateId' ? 'on the state' : `on the state of each row, by ${rowsBy}`;
  return (
    <Panel label="Conditions" head={<PanelHeader title="Conditions" note={shown(subject?.id ?? ofWhat)} />}>
      <Section>
        <form
          className={styles.add}
          onSubmit={(event) => {
            event.preventDefault();
            add();
          }}
        >
          <Field
            layout="above"
            label="Try a condition"
            hint="A path of the state and what must hold of it, such as balance >= 0 or status != &quot;Closed&quot;"
            error={
              problem === null
                ? null
                : `${shown(problem.message)} (character ${problem.position + 1}). ${shown(problem.hint)}`
            }
          >
            <Input
              mono
              value={text}
              placeholder="balance >= 0"
              onValue={setText}
              end={
                <IconButton label="Add the condition" type="submit" disabled={!isUsable}>
                  <Plus />
                </IconButton>
              }
            />
          </Field>
        </form>
        {isUsable && subject !== null ? <Track track={trackOf(text.trim())} subject={subject} /> : null}
      </Section>
      {tracks.error === null || subject === null ? null : <ErrorState error={tracks.error} compact />}
      {own.length + tried.length === 0 ? (
        <EmptyState icon={<CircleCheck />} title="No invariant yet">
          This projection says nothing of what must always hold. Try a condition above, or add “invariants” to
          its definition.
        </EmptyState>
      ) : null}
      {own.map(({ name, expression }) => (
        <Section key={name} title={shown(name)}>
          <code className={styles.expression}>{shown(expression)}</code>
          {subject === null ? null : <Track track={trackOf(expression)} subject={subject} />}
        </Section>
      ))}
      {tried.map((expression) => (
        <Section key={expression}>
          <div className={styles.tried}>
            <code className={styles.expression}>{shown(expression)}</code>
            <IconButton
              label={`Remove ${expression}`}
              onClick={() => useDraft.setState({ conditions: tried.filter((each) => each !== expression) })}
            >
              <X />
            </IconButton>
          </div>
          {subject === null ? null : <Track track={trackOf(expression)} subject={subject} />}
        </Section>
      ))}
    </Panel>
  );
}

function Violations({ result }: { result: InvariantResult }) {
  const [invariant, setInvariant] = useState('');
  const [show, setShow] = useState<Show>('all');
  const [selected, setSelected] = useState(0);
  const names = result.invariants.map(({ name }) => name);
  const chosen = names.includes(invariant) ? invariant : '';
  const question = { run: result.run, invariant: chosen === '' ? null : chosen, show };
  const rows = usePagedRows<Violation, RowsAnswer>(
    ['invariants', 'rows', question, result.kept, result.state],
    (page, signal) => callEngine(['invariants', 'rows'], { ...question, ...page }, signal),
  );
  const open = (index: number) => {
    const row = rows.getRow(index);
    if (row === undefined) return;
    const { aggregate, id } = row;
    if (aggregate === null) go(['events'], { record: id });
    else go(['aggregates', aggregate.type, aggregate.id], { event: id });
  };
  const sum = (of: (each: InvariantResult['invariants'][number]) => number) =>
    result.invariants.reduce((total, each) => total + of(each), 0);
  const words = `${plural(result.violations, 'violation')} in ${plural(result.aggregates.total, result.of)}`;
  return (
    <Panel
      label="Violations"
      fills
      head={
        <PanelHeader title="Violations" note={`${formatCount(rows.total)} listed`}>
          <Segmented
            label="Which violations"
            value={show}
            onValue={setShow}
            options={[
              { value: 'all', label: 'All' },
              { value: 'broken', label: 'Broken now' },
              { value: 'healed', label: 'Healed' },
            ]}
          />
        </PanelHeader>
      }
    >
      <p className={styles.summary}>
        <b>{words}</b>
        <span className={styles.faint}>
          {' '}
          · {formatCount(sum(({ broken }) => broken))} broken now, {formatCount(sum(({ healed }) => healed))}{' '}
          healed · {plural(result.events, 'event')} in {formatDuration(result.tookMs)}
        </span>
      </p>
      {result.invariants
        .filter(({ unknown }) => unknown > 0)
        .map(({ name, unknown }) => (
          <Callout
            key={name}
            tone="warn"
            title={`${shown(name)} cannot be said of ${plural(unknown, result.of)}`}
          >
            The path is never there, or never of the kind it is compared with.
          </Callout>
        ))}
      {result.notes.map((note) => (
        <Callout key={note} tone="warn" title={shown(note)} />
      ))}
      <div className={styles.filters}>
        <Select
          label="Condition"
          className={styles.path}
          value={chosen}
          options={[
            { value: '', label: 'All conditions' },
            ...result.invariants.map(({ name, broken, healed }) => ({
              value: name,
              label: shown(name),
              hint: formatCount(broken + healed),
            })),
          ]}
          onValue={(value) => {
            setInvariant(value);
            setSelected(0);
          }}
        />
      </div>
      {rows.error !== null ? (
        <ErrorState error={rows.error} onRetry={rows.retry} compact />
      ) : rows.isLoading ? (
        <Skeleton lines={6} />
      ) : rows.total === 0 ? (
        <EmptyState
          icon={<CircleCheck />}
          title={result.state === 'running' ? 'None so far' : 'No violation'}
        >
          {result.state === 'running'
            ? 'The states are being folded.'
            : 'It holds after every event that was looked at.'}
        </EmptyState>
      ) : (
        <VirtualTable
          label="Violations"
          columns={COLUMNS[result.of]}
          total={rows.total}
          getRow={rows.getRow}
          onRange={rows.onRange}
          isOld={rows.isOld}
          selected={Math.min(selected, rows.total - 1)}
          onSelect={setSelected}
          onOpen={open}
        />
      )}
      <Announce>{result.state === 'running' ? '' : words}</Announce>
    </Panel>
  );
}

const columnsFor = (title: string): TableColumn<Violation>[] => [
  {
    id: 'id',
    title,
    width: 'minmax(110px, 0.8fr)',
    mono: true,
    cell: ({ ref }) => <span className="ellipsis">{shown(idOf(ref))}</span>,
    hover: ({ ref }) => shown('key' in ref ? ref.key : `${ref.type} ${ref.id}`),
  },
  {
    id: 'invariant',
    title: 'Condition',
    width: 'minmax(120px, 0.9fr)',
    cell: ({ invariant }) => <span className="ellipsis">{shown(invariant)}</span>,
  },
  {
    id: 'value',
    title: 'Was',
    width: '96px',
    align: 'right',
    mono: true,
    cell: ({ value }) => shown(value ?? ''),
  },
  {
    id: 'at',
    title: 'Broken by',
    width: 'minmax(160px, 1.5fr)',
    cell: (row) => (
      <span className="ellipsis">
        {shown(row.type)} <span className={styles.faint}>{formatTime(row.at, 's')}</span>
      </span>
    ),
    hover: (row) => `${shown(row.type)} ${formatTime(row.at)}`,
  },
  {
    id: 'healed',
    title: 'Healed',
    width: 'minmax(110px, 0.8fr)',
    cell: (row) =>
      row.healedAt === null ? (
        <span className={styles.bad}>still broken</span>
      ) : (
        `after ${formatSpan(row.healedAt - row.at)}, ${plural(row.events, 'event')}`
      ),
    hover: (row) => (row.healedAt === null ? '' : formatTime(row.healedAt)),
  },
];

const COLUMNS = { aggregate: columnsFor('Aggregate'), row: columnsFor('Row') };
