import { Play, RefreshCw } from 'lucide-react';
import type { ProjectionStatus } from '../../../contract/projections.ts';
import { Button } from '../../components/Button.tsx';
import { JobLine } from '../../components/JobLine.tsx';
import { Callout } from '../../components/Panel.tsx';
import { Tabs } from '../../components/Segmented.tsx';
import { ErrorState, Skeleton } from '../../components/States.tsx';
import { Tag } from '../../components/Tag.tsx';
import { toastError } from '../../components/Toast.tsx';
import { setParams, useAddress } from '../../lib/address.ts';
import { shown } from '../../lib/escape.ts';
import { formatAge, formatBytes, formatCount, formatTime, plural } from '../../lib/format.ts';
import { useCommands } from '../../lib/keys.ts';
import { useJobs } from '../../lib/live.ts';
import { useNow } from '../../lib/now.ts';
import { useEngineAction, useEngineQuery } from '../../lib/queries.ts';
import { DefinitionTab } from './DefinitionTab.tsx';
import { aggregateTypeOf } from './definitionText.ts';
import { FailuresTab } from './FailuresTab.tsx';
import styles from './projections.module.css';
import { RowsTab } from './RowsTab.tsx';
import { STATE_TONES, STATE_WORDS } from './states.ts';
import { VersionsTab } from './VersionsTab.tsx';

type Tab = 'rows' | 'definition' | 'versions' | 'failures';
const TABS: readonly Tab[] = ['rows', 'definition', 'versions', 'failures'];

/** One projection: how it stands, what can be done with it, its rows, definition and failures. */
export function ProjectionDetail({ status }: { status: ProjectionStatus }) {
  const { params } = useAddress();
  const tab = TABS.find((each) => each === params.get('tab')) ?? 'rows';
  const definition = useEngineQuery(['projections', 'definition'], { name: status.name }, { keep: false });
  const start = useEngineAction(['projections', 'run']);
  const job = useJobs((store) => store.jobs).find(
    ({ id, status: state }) => id === status.jobId && state === 'running',
  );
  const isBusy = job !== undefined || status.state === 'building' || start.isPending;
  const run = (rebuild: boolean) => start.mutate({ name: status.name, rebuild }, { onError: toastError });
  const isBuilt = status.builtAt !== null;
  const isStale = status.state === 'stale';
  const canContinue = isBuilt && !isStale && status.behind > 0;
  const next = () => run(isStale);
  const build = ({ name, state, behind }: Pick<ProjectionStatus, 'name' | 'state' | 'behind'>) => {
    if (!isBusy && (state !== 'ready' || behind > 0))
      start.mutate({ name, rebuild: state === 'stale' }, { onError: toastError });
  };
  useCommands([
    {
      id: 'projections.run',
      title: isStale
        ? 'Rebuild the projection by its present definition'
        : isBuilt
          ? 'Bring the projection up to date'
          : 'Build the projection',
      group: 'Projections',
      keys: 'mod+enter',
      hint: isStale ? 'rebuild' : isBuilt ? 'continue' : 'build',
      disabled: isBusy || (isBuilt && !isStale && !canContinue),
      run: next,
    },
    {
      id: 'projections.rebuild',
      title: 'Rebuild the projection from nothing',
      group: 'Projections',
      disabled: isBusy || !isBuilt,
      run: () => run(true),
    },
  ]);
  return (
    <div className={styles.detail}>
      <div className={styles.subject}>
        <div className={styles.subjectText}>
          <h2 className={styles.subjectTitle}>
            {shown(status.title)} <span className={styles.subjectName}>{status.name}</span>{' '}
            <Tag tone={STATE_TONES[status.state]}>{STATE_WORDS[status.state]}</Tag>
            {status.builtIn ? <Tag>built in</Tag> : null}
          </h2>
          <p className="ellipsis dim" title={shown(status.description)}>
            {status.description === '' ? shown(status.source) : shown(status.description)}
          </p>
        </div>
        <div className={styles.actions}>
          {isBuilt && !isStale ? (
            <Button icon={<RefreshCw />} disabled={isBusy} onClick={() => run(true)}>
              Rebuild
            </Button>
          ) : (
            <Button
              look="primary"
              icon={isStale ? <RefreshCw /> : <Play />}
              keys="mod+enter"
              disabled={isBusy}
              onClick={next}
            >
              {isStale ? 'Rebuild' : 'Build'}
            </Button>
          )}
          {canContinue ? (
            <Button look="primary" icon={<Play />} keys="mod+enter" disabled={isBusy} onClick={next}>
              Continue
            </Button>
          ) : null}
        </div>
      </div>
      <Standing status={status} />
      {job === undefined ? null : <JobLine job={job} />}
      {status.problem === null ? null : (
        <Callout tone="bad" title="The last replay failed">
          {shown(status.problem)}
        </Callout>
      )}
      {isStale ? (
        <Callout tone="warn" title="The rows are of an older definition">
          Rebuild it to see what the present definition makes of the events. These rows answer until that is
          done, and are kept to compare with.
        </Callout>
      ) : null}
      <Tabs<Tab>
        label="Projection"
        value={tab}
        onValue={(value) => setParams({ tab: value === 'rows' ? null : value })}
        options={[
          { value: 'rows', label: 'Rows', count: isBuilt ? formatCount(status.rows) : undefined },
          { value: 'definition', label: 'Definition', count: `v${status.version}` },
          { value: 'versions', label: 'Versions' },
          { value: 'failures', label: 'Failures', count: isBuilt ? formatCount(status.failed) : undefined },
        ]}
      >
        {definition.error !== null ? (
          <ErrorState error={definition.error} onRetry={() => void definition.refetch()} />
        ) : definition.data === undefined ? (
          <Skeleton lines={8} />
        ) : tab === 'definition' ? (
          <DefinitionTab status={status} definition={definition.data.definition} onBuild={build} />
        ) : tab === 'versions' ? (
          <VersionsTab status={status} aggregateType={aggregateTypeOf(definition.data.definition)} />
        ) : tab === 'failures' ? (
          <FailuresTab status={status} isBusy={isBusy} onBuild={next} />
        ) : (
          <RowsTab
            status={status}
            aggregateType={aggregateTypeOf(definition.data.definition)}
            onBuild={() => run(false)}
          />
        )}
      </Tabs>
    </div>
  );
}

/** The counts that say what the rows rest on. */
function Standing({ status }: { status: ProjectionStatus }) {
  const now = useNow();
  const figures: { name: string; value: string; tone?: 'warn' | 'bad'; title: string }[] = [
    {
      name: 'processed',
      value: formatCount(status.processed),
      title: 'Events folded into the rows',
    },
    {
      name: 'ignored',
      value: formatCount(status.ignored),
      title: 'Records of the source that change nothing by definition',
    },
    {
      name: 'failed',
      value: formatCount(status.failed),
      title: 'Records that could not be folded; see Failures',
      ...(status.failed > 0 ? { tone: 'bad' as const } : {}),
    },
    {
      name: 'behind',
      value: formatCount(status.behind),
      title: 'Captured records that the rows do not take in yet',
      ...(status.behind > 0 ? { tone: 'warn' as const } : {}),
    },
  ];
  return (
    <dl className={styles.standing}>
      {figures.map(({ name, value, tone, title }) => (
        <div key={name} title={title} data-tone={tone}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
      <div
        title={
          status.builtAt === null
            ? 'Never built'
            : `${formatTime(status.builtAt)} UTC${
                status.history === null
                  ? ''
                  : `; ${plural(status.history.changes, 'change')} kept to answer as of any time, ${formatBytes(status.history.bytes)}`
              }`
        }
      >
        <dt>built</dt>
        <dd>
          {status.builtAt === null ? 'never' : formatAge(status.builtAt, Math.max(now, status.builtAt))}
        </dd>
      </div>
      <div title={shown(status.source)} className={styles.source}>
        <dt>reads</dt>
        <dd>
          {shown(status.source)} · {plural(status.columns.length, 'column')}
        </dd>
      </div>
    </dl>
  );
}
