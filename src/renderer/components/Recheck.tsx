import { ScanSearch } from 'lucide-react';
import { useState } from 'react';
import type { Connection } from '../../contract/connections.ts';
import { EngineError } from '../lib/engine.ts';
import { shown } from '../lib/escape.ts';
import { formatCount, formatTime, plural } from '../lib/format.ts';
import { useJobs } from '../lib/live.ts';
import { callEngine, useEngineQuery } from '../lib/queries.ts';
import { Button } from './Button.tsx';
import { Callout } from './Panel.tsx';
import styles from './Recheck.module.css';
import { ErrorState } from './States.tsx';

/** Compares the workspace with its cluster, byte for byte, and says what the last comparison found. */
export function Recheck({ connection }: { connection: Connection | null }) {
  const found = useEngineQuery(['workspace', 'rechecked'], {}).data ?? null;
  const job = useJobs(({ jobs }) =>
    jobs.find(({ kind, status }) => kind === 'recheck' && status === 'running'),
  );
  const failed = useJobs(({ jobs }) => jobs.find(({ kind }) => kind === 'recheck'));
  const [error, setError] = useState<EngineError | null>(null);
  const run = async (id: string) => {
    setError(null);
    try {
      await callEngine(['workspace', 'recheck'], { connectionId: id, topics: null });
    } catch (thrown) {
      if (!(thrown instanceof EngineError)) throw thrown;
      setError(thrown);
    }
  };
  return (
    <div className={styles.recheck}>
      <div className={styles.line}>
        <span className={styles.said} role="status">
          {job !== undefined
            ? `${job.note} ${formatCount(job.done)}${job.total === null ? '' : ` of ${formatCount(job.total)}`} offsets`
            : failed?.status === 'failed'
              ? shown(failed.note)
              : found === null
                ? 'Not compared with the cluster yet.'
                : `Compared ${formatTime(found.endedAt, 'min')}: ${sentenceOf(found)}`}
        </span>
        {job === undefined ? (
          <Button
            icon={<ScanSearch />}
            disabled={connection === null}
            title={
              connection === null
                ? 'Choose the connection of this cluster first'
                : `Reads what is stored again from ${shown(connection.name)} and compares every byte; nothing is written`
            }
            onClick={() => connection !== null && void run(connection.id)}
          >
            Compare with the cluster
          </Button>
        ) : (
          <Button onClick={() => void callEngine(['jobs', 'cancel'], { id: job.id })}>Cancel</Button>
        )}
      </div>
      {error === null ? null : <ErrorState error={error} compact />}
      {found === null || found.state !== 'different' ? null : (
        <Callout tone="warn" title="The cluster sends other bytes">
          {found.partitions.flatMap(({ topic, partition, differences }) =>
            differences.map(({ offset, what }) => (
              <div key={`${topic}/${partition}/${offset}`}>
                {shown(topic)} [{partition}] {formatCount(offset)}: {what}
              </div>
            )),
          )}
        </Callout>
      )}
    </div>
  );
}

interface Found {
  partitions: readonly {
    equal: string;
    different: string;
    extra: string;
    gone: string;
    notCompared: string;
  }[];
}

function sentenceOf({ partitions }: Found): string {
  const sum = (name: keyof Found['partitions'][number]) =>
    partitions.reduce((total, each) => total + BigInt(each[name]), 0n);
  const parts = [`${plural(String(sum('equal')), 'record')} equal, byte for byte`];
  for (const [name, what] of [
    ['different', 'different'],
    ['extra', 'on the cluster only'],
    ['gone', 'gone from the cluster'],
    ['notCompared', 'not compared'],
  ] as const)
    if (sum(name) > 0n) parts.push(`${formatCount(sum(name))} ${what}`);
  return `${parts.join(', ')}.`;
}
