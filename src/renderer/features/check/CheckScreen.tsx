import { ShieldCheck } from 'lucide-react';
import { useState } from 'react';
import type { ConsistencyResult, FindingOut } from '../../../contract/check.ts';
import { Button } from '../../components/Button.tsx';
import { Columns } from '../../components/Columns.tsx';
import { JobLine } from '../../components/JobLine.tsx';
import { Panel, PanelHeader, ScreenHead } from '../../components/Panel.tsx';
import { Bar, Screen } from '../../components/Screen.tsx';
import { Select } from '../../components/Select.tsx';
import { EmptyState, ErrorState, Skeleton } from '../../components/States.tsx';
import { Announce, toastError } from '../../components/Toast.tsx';
import { VirtualList } from '../../components/VirtualList.tsx';
import { setParams, useAddress } from '../../lib/address.ts';
import { shown } from '../../lib/escape.ts';
import { formatAge, formatCount, formatDuration, formatTime } from '../../lib/format.ts';
import { useCommands } from '../../lib/keys.ts';
import { useJobs } from '../../lib/live.ts';
import { useNow } from '../../lib/now.ts';
import { usePagedRows } from '../../lib/pagedRows.ts';
import { callEngine, useEngineAction, useEngineQuery } from '../../lib/queries.ts';
import styles from './check.module.css';
import { FindingDetail } from './FindingDetail.tsx';
import { openFinding } from './openFinding.ts';
import { RuleList } from './RuleList.tsx';
import { SeverityIcon } from './SeverityIcon.tsx';
import { scopeName, scopeOf, scopeText } from './scope.ts';

interface FindingsAnswer {
  total: number;
  rows: readonly FindingOut[];
}

/** The consistency check: `#/check?topic=…` or `?type=…&id=…`; which rule is shown: `rule=…`. */
export default function CheckScreen() {
  const { params } = useAddress();
  const scope = scopeOf(params);
  const result = useEngineQuery(['check', 'result'], {});
  const contents = useEngineQuery(['workspace', 'contents'], { measure: false });
  const job = useJobs(({ jobs }) => jobs.find(({ kind }) => kind === 'check'));
  const run = useEngineAction(['check', 'run']);
  const isRunning = job?.status === 'running' || run.isPending;
  const start = () => {
    if (!isRunning) run.mutate({ scope }, { onError: toastError });
  };
  const group = 'Check';
  useCommands([
    { id: 'check.run', title: 'Run the check', group, keys: 'r', hint: 'run', run: start },
    { id: 'check.select', title: 'Select a finding', group, keys: ['arrowup', 'arrowdown'], hint: 'select' },
    { id: 'check.open', title: 'Open the chosen finding', group, keys: 'enter', hint: 'open' },
  ]);
  const topics = contents.data?.topics.map(({ topic }) => topic) ?? [];
  const chosen = scopeText(scope);
  const options = [
    { value: '', label: 'The whole workspace' },
    ...(scope.kind === 'aggregate' ? [{ value: chosen, label: shown(scopeName(scope)) }] : []),
    ...topics.map((topic) => ({ value: `topic ${topic}`, label: shown(topic) })),
  ];
  return (
    <Screen>
      <ScreenHead title="Check" note={<Note result={result.data ?? null} />}>
        <Select
          label="What is checked"
          className={styles.scope}
          value={options.some(({ value }) => value === chosen) ? chosen : ''}
          options={options}
          disabled={isRunning}
          onValue={(value) => {
            if (value !== chosen)
              setParams({ topic: value === '' ? null : value.slice('topic '.length), type: null, id: null });
          }}
        />
        <Button look="primary" icon={<ShieldCheck />} keys="r" disabled={isRunning} onClick={start}>
          {isRunning ? 'Checking…' : 'Run the check'}
        </Button>
      </ScreenHead>
      {job !== undefined && job.status !== 'done' ? (
        <Bar>
          <div className={styles.job}>
            <JobLine job={job} />
          </div>
        </Bar>
      ) : null}
      {result.error === null ? (
        <Findings result={result.data} isRunning={isRunning} onStart={start} />
      ) : (
        <ErrorState error={result.error} onRetry={() => void result.refetch()} />
      )}
    </Screen>
  );
}

function Note({ result }: { result: ConsistencyResult | null }) {
  const now = useNow();
  const current = useEngineQuery(['workspace', 'current'], {});
  if (result === null) return null;
  const revision = current.data?.revision;
  const isOld = revision !== undefined && revision !== result.revision;
  return (
    <>
      {shown(scopeName(result.scope))} · {formatAge(result.startedAt, Math.max(now, result.startedAt))}, took{' '}
      {formatDuration(result.tookMs)}
      {isOld ? <span className={styles.old}> · before the last changes</span> : null}
    </>
  );
}

function Findings({
  result,
  isRunning,
  onStart,
}: {
  result: ConsistencyResult | null | undefined;
  isRunning: boolean;
  onStart: () => void;
}) {
  const { params } = useAddress();
  const rule = params.get('rule');
  const [selected, setSelected] = useState(0);
  const rows = usePagedRows<FindingOut, FindingsAnswer>(
    ['check', 'findings', rule, result?.startedAt ?? null],
    async (page, signal) => {
      const { total, findings } = await callEngine(
        ['check', 'findings'],
        { rule, severity: null, ...page },
        signal,
      );
      return { total, rows: findings };
    },
    { enabled: result !== null && result !== undefined },
  );
  if (result === undefined) return <Skeleton lines={6} />;
  if (result === null)
    return (
      <EmptyState
        icon={<ShieldCheck />}
        title="Nothing has been checked in this session"
        action={
          <Button disabled={isRunning} onClick={onStart}>
            {isRunning ? 'Checking…' : 'Run the check'}
          </Button>
        }
      >
        A check looks for what contradicts itself in the captured events: gaps and duplicates, clocks that are
        wrong, broken hashes and chains, events after a closure, balances below zero.
      </EmptyState>
    );
  // Chosen while a longer list was still shown: the last one that there is.
  const at = Math.min(selected, rows.total - 1);
  const finding = rows.getRow(at);
  return (
    <div className={styles.content}>
      <Announce>{result.summary}</Announce>
      <Columns
        id="check"
        columns={[
          { id: 'rules', size: 300, min: 220 },
          { id: 'findings', min: 320 },
          { id: 'detail', size: 400, min: 280 },
        ]}
      >
        <Panel label="Rules" fills>
          <RuleList
            result={result}
            selected={rule}
            onSelect={(next) => {
              setSelected(0);
              setParams({ rule: next });
            }}
          />
        </Panel>
        <Panel
          label="Findings"
          fills
          head={
            <PanelHeader
              title="Findings"
              note={<Listed total={rows.total} found={countOf(result, rule)} />}
            />
          }
        >
          {rows.error !== null ? (
            <ErrorState error={rows.error} onRetry={rows.retry} />
          ) : rows.total === 0 && !rows.isLoading ? (
            <EmptyState icon={<ShieldCheck />} title="Nothing contradicts itself">
              {result.summary}
            </EmptyState>
          ) : (
            <VirtualList
              label="Findings"
              autoFocus
              total={rows.total}
              getRow={rows.getRow}
              onRange={rows.onRange}
              isOld={rows.isOld}
              selected={at}
              onSelect={setSelected}
              onOpen={(index) => {
                const row = rows.getRow(index);
                if (row !== undefined) openFinding(row);
              }}
              render={(row) => <FindingLine finding={row} />}
            />
          )}
        </Panel>
        <Panel label="Finding" look="raised">
          <FindingDetail finding={finding ?? null} result={result} />
        </Panel>
      </Columns>
    </div>
  );
}

/** How many a rule found, or all of them; more than are kept one by one. */
const countOf = ({ rules, errors, warnings, hints }: ConsistencyResult, rule: string | null): number =>
  rule === null ? errors + warnings + hints : (rules.find((each) => each.rule === rule)?.count ?? 0);

function Listed({ total, found }: { total: number; found: number }) {
  if (total >= found) return formatCount(total);
  return (
    <span className={styles.old} title="The first of each rule are kept one by one; all are counted">
      the first {formatCount(total)} of {formatCount(found)}
    </span>
  );
}

function FindingLine({ finding }: { finding: FindingOut }) {
  const { text, severity, events } = finding;
  const [first] = events;
  const owner = first?.aggregate == null ? '' : `${first.aggregate.type} ${first.aggregate.id}`;
  return (
    <div className={styles.line}>
      <SeverityIcon severity={severity} />
      <div className={styles.lineBody}>
        <span className={styles.lineText} title={text}>
          {shown(text)}
        </span>
        <span className={styles.lineNote}>
          <span className={styles.lineOwner}>
            {shown(first?.type || 'no type')} · {shown(owner)}
          </span>
          {first === undefined ? null : (
            <span className={styles.lineTime}>{formatTime(first.recordedAt)}</span>
          )}
        </span>
      </div>
    </div>
  );
}
