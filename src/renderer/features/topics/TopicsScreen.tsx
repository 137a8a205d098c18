import { Download, ListTree, RotateCcw, Search, Server } from 'lucide-react';
import { useCallback, useDeferredValue, useMemo, useRef, useState } from 'react';
import type { Connection, TopicRow } from '../../../contract/connections.ts';
import { Button, IconButton } from '../../components/Button.tsx';
import { Columns } from '../../components/Columns.tsx';
import { Input, Switch } from '../../components/Field.tsx';
import { JobLine } from '../../components/JobLine.tsx';
import { ScreenHead } from '../../components/Panel.tsx';
import { Bar, Screen } from '../../components/Screen.tsx';
import { EmptyState, ErrorState, Skeleton } from '../../components/States.tsx';
import { Tag } from '../../components/Tag.tsx';
import { VirtualTable } from '../../components/VirtualTable.tsx';
import { go, setParams, useAddress } from '../../lib/address.ts';
import { useConnections } from '../../lib/connection.ts';
import { shown } from '../../lib/escape.ts';
import { formatDuration, plural } from '../../lib/format.ts';
import { useCommands } from '../../lib/keys.ts';
import { useJobs } from '../../lib/live.ts';
import { queryClient, useEngineQuery } from '../../lib/queries.ts';
import { CaptureDialog } from './CaptureDialog.tsx';
import { useLagLimit } from './lagLimit.ts';
import { lastHigh, rateOf } from './rates.ts';
import { TopicPanel } from './TopicPanel.tsx';
import styles from './Topics.module.css';
import { topicColumns } from './topicColumns.tsx';
import { useSamples, useTopicLags, useTopicList, useTopicSizes } from './topicData.ts';
import {
  capturedByTopic,
  chooseTopics,
  commonProblem,
  isOtherCluster,
  type ListedTopic,
  type TopicSort,
} from './topicRows.ts';
import { topicTabCommands } from './topicTabs.ts';

export default function TopicsScreen() {
  const { current, connections, isLoading } = useConnections();
  if (isLoading) return <Skeleton lines={8} />;
  if (current === null) {
    const none = connections.length === 0;
    return (
      <EmptyState
        heading
        icon={<Server />}
        title={none ? 'Topics come from a cluster.' : 'Choose the cluster whose topics you want to see.'}
        action={
          <Button look="primary" onClick={() => go(['connections', ...(none ? ['new'] : [])])}>
            {none ? 'New connection' : 'Choose a cluster'}
          </Button>
        }
      />
    );
  }
  return <Topics key={current.id} connection={current} />;
}

/** Questions about the selected topic, which `Read again` asks again as well. */
const isOfOneTopic = ({ queryKey }: { queryKey: readonly unknown[] }): boolean =>
  ['partitions', 'size', 'config', 'groups', 'throughput'].includes(String(queryKey[1]));

function Topics({ connection }: { connection: Connection }) {
  const { params } = useAddress();
  const internal = params.get('internal') === '1';
  const search = params.get('q') ?? '';
  const searched = useDeferredValue(search);
  const [sort, setSort] = useState<{ by: TopicSort; descending: boolean }>({ by: 'name', descending: false });
  const [checked, setChecked] = useState<ReadonlySet<string>>(() => new Set());
  const [capturing, setCapturing] = useState<readonly TopicRow[] | null>(null);
  const field = useRef<HTMLInputElement>(null);
  const limit = useLagLimit((store) => store.seconds);
  const list = useTopicList(connection.id, internal);
  const sizes = useTopicSizes(connection.id, list.data !== undefined);
  const lags = useTopicLags(connection.id, limit * 1000, list.data !== undefined);
  const [range, setRange] = useState<readonly [number, number]>([0, 0]);
  const coverage = useEngineQuery(['workspace', 'coverage'], { topics: null });
  const jobs = useJobs((store) => store.jobs);

  const workspace = useEngineQuery(['workspace', 'current'], {}).data ?? null;
  // Topics of another cluster may have the same names: their counts say nothing about this one.
  const isOther = isOtherCluster(workspace?.clusterId, list.data?.clusterId);
  const captured = useMemo(
    () => capturedByTopic(isOther ? [] : (coverage.data?.partitions ?? [])),
    [coverage.data, isOther],
  );
  const all = useMemo(() => {
    const sizeOf = new Map(sizes.data?.topics.map((size) => [size.name, size]));
    const lagOf = new Map(lags.data?.topics.map((lag) => [lag.name, lag]));
    return (list.data?.topics ?? []).map(
      (topic): ListedTopic => ({
        ...topic,
        captured: (captured.get(topic.name) ?? null) as TopicRow['captured'],
        size: sizeOf.get(topic.name) ?? null,
        lag: lagOf.get(topic.name) ?? null,
      }),
    );
  }, [list.data, captured, sizes.data, lags.data]);
  const rows = useMemo(() => chooseTopics(all, searched, sort.by, sort.descending), [all, searched, sort]);
  const selected = rows.findIndex(({ name }) => name === params.get('topic'));
  const chosen = all.filter(({ name }) => checked.has(name));

  const toggle = (names: readonly string[], on?: boolean) => {
    const next = new Set(checked);
    for (const name of names) {
      if (on ?? !next.has(name)) next.add(name);
      else next.delete(name);
    }
    setChecked(next);
  };
  const openCapture = () => {
    const wanted = chosen.length > 0 ? chosen : rows.filter((_, index) => index === selected);
    if (wanted.length > 0) setCapturing(wanted);
  };
  const current = rows[selected];
  const inView = rows.slice(range[0], range[1] + 1).map(({ name }) => name);
  const samples = useSamples(
    connection.id,
    current === undefined || inView.includes(current.name) ? inView : [current.name, ...inView],
  );
  const onRange = useCallback((first: number, last: number) => setRange([first, last]), []);
  const readAgain = () => {
    for (const query of [list, sizes, lags]) void query.refetch();
    void queryClient.invalidateQueries({ queryKey: ['topics'], predicate: isOfOneTopic });
  };
  useCommands([
    {
      id: 'topics.search',
      title: 'Search topics',
      group: 'Topics',
      keys: '/',
      hint: 'search',
      run: () => field.current?.focus(),
    },
    {
      id: 'topics.move',
      title: 'Move in the list',
      group: 'Topics',
      keys: ['arrowup', 'arrowdown'],
      hint: 'select',
    },
    { id: 'topics.mark', title: 'Mark the topic for capture', group: 'Topics', keys: 'space', hint: 'mark' },
    {
      id: 'topics.all',
      title: 'Mark all topics of the list',
      group: 'Topics',
      keys: 'a',
      hint: 'mark all',
      run: () =>
        toggle(
          rows.map(({ name }) => name),
          chosen.length < rows.length,
        ),
    },
    {
      id: 'topics.capture',
      title: 'Capture the marked topics…',
      group: 'Topics',
      keys: 'c',
      hint: 'capture',
      run: openCapture,
      disabled: chosen.length === 0 && selected < 0,
    },
    {
      id: 'topics.refresh',
      title: 'Read the list of topics again',
      group: 'Topics',
      keys: 'r',
      run: readAgain,
    },
    ...topicTabCommands(),
  ]);

  const common = useMemo(() => commonProblem(all), [all]);
  const columns = topicColumns({
    rows,
    checked,
    onCheck: (name) => toggle([name]),
    sort,
    onSort: (by) => setSort({ by, descending: sort.by === by ? !sort.descending : by !== 'name' }),
    highOf: (name) => lastHigh(samples, name),
    rateOf: (name) => rateOf(samples, name),
    sizesProblem: sizes.error?.message ?? sizes.data?.problem ?? null,
    lagsProblem: lags.error?.message ?? (lags.data?.problems.join(' ') || null),
    saidOnce: common?.problem ?? null,
  });
  const late = all.filter(({ lag }) => (lag?.lateGroups.length ?? 0) > 0).length;
  const recent = jobs.filter(({ kind, status }) => kind === 'capture' && status === 'running');
  return (
    <Screen>
      <ScreenHead
        title="Topics"
        note={
          list.data === undefined
            ? shown(connection.name)
            : `${shown(connection.name)} · ${plural(list.data.brokers, 'broker')} · ${plural(all.length, 'topic')} in ${formatDuration(list.data.tookMs)}`
        }
      >
        <IconButton label="Read again" keys="r" onClick={readAgain} disabled={list.isFetching}>
          <RotateCcw />
        </IconButton>
        <Button
          look="primary"
          icon={<Download />}
          onClick={openCapture}
          disabled={chosen.length === 0 && selected < 0}
        >
          {chosen.length > 0 ? `Capture ${plural(chosen.length, 'topic')}…` : 'Capture…'}
        </Button>
      </ScreenHead>
      <Bar>
        <Input
          ref={field}
          icon={<Search />}
          value={search}
          onValue={(q) => setParams({ q })}
          placeholder="Part of a topic’s name"
          aria-label="Search topics"
          className={styles.search}
          end={
            search === '' ? undefined : <span className={styles.found}>{plural(rows.length, 'topic')}</span>
          }
        />
        <Switch checked={internal} onChecked={(on) => setParams({ internal: on ? '1' : null })}>
          internal topics
        </Switch>
        {late === 0 ? null : (
          <Button look="quiet" onClick={() => setSort({ by: 'lag', descending: true })}>
            <Tag tone="bad">late</Tag> {plural(late, 'topic')} with records unread for more than{' '}
            {formatDuration(limit * 1000)}
          </Button>
        )}
        {isOther ? (
          <span className={styles.other}>
            The open workspace, {shown(workspace?.name ?? '')}, holds another cluster: nothing counts as
            captured here.
          </span>
        ) : null}
      </Bar>
      {common === null ? null : (
        <p className={styles.common}>
          {common.topics === all.length ? 'All topics' : plural(common.topics, 'topic')}:{' '}
          {shown(common.problem)}.
        </p>
      )}
      {recent.map((job) => (
        <JobLine key={job.id} job={job} />
      ))}
      {list.error !== null ? (
        <ErrorState error={list.error} onRetry={() => void list.refetch()} />
      ) : list.data === undefined ? (
        <Skeleton lines={10} />
      ) : all.length === 0 ? (
        <EmptyState icon={<ListTree />} title="This principal sees no topics on this cluster.">
          Ask for Describe and Read on the topics you need{internal ? '' : ', or show internal topics'}.
        </EmptyState>
      ) : (
        <div className={styles.content}>
          <Columns
            id="topics"
            columns={[
              { id: 'table', min: 400 },
              { id: 'topic', size: 410, min: 300 },
            ]}
          >
            <VirtualTable<ListedTopic>
              label="Topics"
              columns={columns}
              total={rows.length}
              getRow={(index) => rows[index]}
              onRange={onRange}
              selected={selected}
              onSelect={(index) => setParams({ topic: rows[index]?.name })}
              onOpen={openCapture}
              onKey={(event, index) => {
                const row = rows[index];
                if (event.key !== ' ' || row === undefined) return false;
                toggle([row.name]);
                return true;
              }}
              isOld={list.isPlaceholderData}
              autoFocus
            />
            <TopicPanel
              connectionId={connection.id}
              topic={current ?? null}
              rate={current === undefined ? null : rateOf(samples, current.name)}
              ignoreCaptured={isOther}
            />
          </Columns>
        </div>
      )}
      <CaptureDialog
        connection={connection}
        clusterId={list.data?.clusterId ?? null}
        topics={capturing}
        onClose={() => setCapturing(null)}
        onStarted={() => setChecked(new Set())}
      />
    </Screen>
  );
}
