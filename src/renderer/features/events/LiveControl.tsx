import { Pause, Radio } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { Connection } from '../../../contract/connections.ts';
import type { EventFilter } from '../../../contract/events.ts';
import type { JobState } from '../../../contract/system.ts';
import type { WorkspaceInfo } from '../../../contract/workspace.ts';
import { Button } from '../../components/Button.tsx';
import { Menu, MenuArrow } from '../../components/Menu.tsx';
import { toastError } from '../../components/Toast.tsx';
import { go } from '../../lib/address.ts';
import { chooseConnection, useConnections } from '../../lib/connection.ts';
import { shown } from '../../lib/escape.ts';
import { formatCount, formatRate } from '../../lib/format.ts';
import { useJobs } from '../../lib/live.ts';
import { callEngine, useEngineQuery } from '../../lib/queries.ts';
import styles from './liveControl.module.css';
import { showProblem } from './showProblem.ts';
import type { LiveRows } from './useLiveRows.ts';

export interface Live {
  /** The running job that follows topics; undefined: none. */
  job: JobState | undefined;
  connections: readonly Connection[];
  current: Connection | null;
  /** Why it cannot be started; null: it can. */
  hindrance: string | null;
  start(connection: Connection): void;
  stop(): void;
  /** Starts with the connection in use, or stops; does nothing when a connection has to be chosen first. */
  toggle(): void;
}

/** Following the topics of the filter, or else all of the workspace. */
export function useLive(filter: EventFilter): Live {
  const job = useJobs(({ jobs }) =>
    jobs.find(({ kind, status }) => kind === 'follow' && status === 'running'),
  );
  const [startedId, setStartedId] = useState<string | null>(null);
  const failed = useJobs(({ jobs }) =>
    jobs.find(({ id, status }) => id === startedId && status === 'failed'),
  );
  const { connections, current } = useConnections();
  const workspace = useEngineQuery(['workspace', 'current'], {}).data ?? null;
  const topics = filter.topics ?? workspace?.topics ?? [];
  useEffect(() => {
    if (failed?.error == null) return;
    toastError(failed.error);
    setStartedId(null);
  }, [failed]);
  const start = (connection: Connection) => {
    chooseConnection(connection.id);
    callEngine(['capture', 'follow'], { connectionId: connection.id, topics, from: 'earliest' }).then(
      ({ jobId }) => setStartedId(jobId),
      showProblem,
    );
  };
  const stop = () => {
    if (job !== undefined) callEngine(['jobs', 'cancel'], { id: job.id }).catch(showProblem);
  };
  const hindrance = hindranceOf(workspace, topics);
  return {
    job,
    connections,
    current,
    hindrance,
    start,
    stop,
    toggle() {
      if (job !== undefined) stop();
      else if (hindrance === null && current !== null) start(current);
    },
  };
}

function hindranceOf(workspace: WorkspaceInfo | null, topics: readonly string[]): string | null {
  if (workspace === null) return 'No workspace is open.';
  if (workspace.readOnly)
    return 'A recording holds what it holds: open or create a workspace to follow topics.';
  return topics.length === 0 ? 'Capture a topic first; live goes on from there.' : null;
}

/** Live: on or off, paused, and how much is new. */
export function LiveControl({ live, rows }: { live: Live; rows: LiveRows }) {
  const { job, current, connections, hindrance } = live;
  if (job === undefined) {
    const face = { look: 'quiet', icon: <Radio /> } as const;
    const title = hindrance ?? 'Follow these topics: new events appear as they come';
    return (
      <span className={styles.live}>
        {current !== null || hindrance !== null ? (
          <Button {...face} disabled={hindrance !== null} title={title} keys="l" onClick={live.toggle}>
            Live
          </Button>
        ) : connections.length === 0 ? (
          <Button {...face} title="Live needs a cluster" onClick={() => go(['connections', 'new'])}>
            Live
          </Button>
        ) : (
          <Menu
            align="end"
            trigger={
              <Button {...face} title={title}>
                Live
                <MenuArrow />
              </Button>
            }
            groups={[
              {
                id: 'connections',
                label: 'Follow on',
                items: connections.map((connection) => ({
                  id: connection.id,
                  label: shown(connection.name),
                  run: () => live.start(connection),
                })),
              },
            ]}
          />
        )}
      </span>
    );
  }
  const waits = job.note.startsWith('Waiting');
  return (
    <span className={styles.live}>
      <span className={waits ? styles.liveWaits : styles.liveNote} title={shown(job.note)}>
        {waits ? shown(job.note) : job.perSecond === null ? '' : formatRate(job.perSecond)}
      </span>
      {rows.isPaused ? (
        <Button look="primary" keys="space" className={styles.liveNews} onClick={rows.goOn}>
          {rows.news === 0
            ? 'Paused – go on'
            : `${formatCount(rows.news)} new ${rows.news === 1 ? 'event' : 'events'} – show`}
        </Button>
      ) : (
        <Button look="quiet" icon={<Pause />} keys="space" onClick={rows.pause}>
          Pause
        </Button>
      )}
      <Button
        look="quiet"
        className={styles.liveOn}
        aria-pressed
        title={`${shown(job.title)}: stop`}
        keys="l"
        onClick={live.stop}
      >
        <i className={rows.isPaused || waits ? styles.livePaused : styles.liveDot} aria-hidden="true" />
        Live
      </Button>
    </span>
  );
}
