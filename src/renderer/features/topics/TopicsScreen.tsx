import { Download, ListTree, RotateCcw, Search, Server } from 'lucide-react';
import { useDeferredValue, useMemo, useRef, useState } from 'react';
import type { Connection, TopicRow } from '../../../contract/connections.ts';
import { Button, IconButton } from '../../components/Button.tsx';
import { Columns } from '../../components/Columns.tsx';
import { Input, Switch } from '../../components/Field.tsx';
import { JobLine } from '../../components/JobLine.tsx';
import { ScreenHead } from '../../components/Panel.tsx';
import { Bar, Screen } from '../../components/Screen.tsx';
import { EmptyState, ErrorState, Skeleton } from '../../components/States.tsx';
import { VirtualTable } from '../../components/VirtualTable.tsx';
import { go, setParams, useAddress } from '../../lib/address.ts';
import { useConnections } from '../../lib/connection.ts';
import { shown } from '../../lib/escape.ts';
import { formatDuration, plural } from '../../lib/format.ts';
import { useCommands } from '../../lib/keys.ts';
import { useJobs } from '../../lib/live.ts';
import { useEngineQuery } from '../../lib/queries.ts';
import { CaptureDialog } from './CaptureDialog.tsx';
import { TopicPanel } from './TopicPanel.tsx';
import styles from './Topics.module.css';
import { topicColumns } from './topicColumns.tsx';
import { capturedByTopic, chooseTopics, isOtherCluster, type TopicSort } from './topicRows.ts';

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

const ignoreRange = () => {};

function Topics({ connection }: { connection: Connection }) {
  const { params } = useAddress();
  const internal = params.get('internal') === '1';
  const search = params.get('q') ?? '';
  const searched = useDeferredValue(search);
  const [sort, setSort] = useState<{ by: TopicSort; descending: boolean }>({ by: 'name', descending: false });
  const [checked, setChecked] = useState<ReadonlySet<string>>(() => new Set());
  const [capturing, setCapturing] = useState<readonly TopicRow[] | null>(null);
  const field = useRef<HTMLInputElement>(null);
  const list = useEngineQuery(['topics', 'list'], { connectionId: connection.id, internal });
  const coverage = useEngineQuery(['workspace', 'coverage'], { topics: null });
  const jobs = useJobs((store) => store.jobs);

  const workspace = useEngineQuery(['workspace', 'current'], {}).data ?? null;
  // Topics of another cluster may have the same names: their counts say nothing about this one.
  const isOther = isOtherCluster(workspace?.clusterId, list.data?.clusterId);
  const captured = useMemo(
    () => capturedByTopic(isOther ? [] : (coverage.data?.partitions ?? [])),
    [coverage.data, isOther],
  );
  const all = useMemo(
    () =>
      (list.data?.topics ?? []).map((topic) => ({
        ...topic,
        captured: (captured.get(topic.name) ?? null) as TopicRow['captured'],
      })),
    [list.data, captured],
  );
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
      run: () => void list.refetch(),
    },
  ]);

  const columns = topicColumns({
    rows,
    checked,
    onCheck: (name) => toggle([name]),
    sort,
    onSort: (by) => setSort({ by, descending: sort.by === by ? !sort.descending : by !== 'name' }),
  });
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
        <IconButton
          label="Read again"
          keys="r"
          onClick={() => void list.refetch()}
          disabled={list.isFetching}
        >
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
        {isOther ? (
          <span className={styles.other}>
            The open workspace, {shown(workspace?.name ?? '')}, holds another cluster: nothing counts as
            captured here.
          </span>
        ) : null}
      </Bar>
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
              { id: 'topic', size: 340, min: 240 },
            ]}
          >
            <VirtualTable<TopicRow>
              label="Topics"
              columns={columns}
              total={rows.length}
              getRow={(index) => rows[index]}
              onRange={ignoreRange}
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
            <TopicPanel connectionId={connection.id} topic={current ?? null} ignoreCaptured={isOther} />
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
