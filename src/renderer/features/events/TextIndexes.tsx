import { TextSearch } from 'lucide-react';
import { useState } from 'react';
import type { TextIndex } from '../../../contract/search.ts';
import { Button, IconButton } from '../../components/Button.tsx';
import { Popover } from '../../components/Popover.tsx';
import { ErrorState, ProgressBar, Skeleton } from '../../components/States.tsx';
import { shown } from '../../lib/escape.ts';
import { formatBytes, formatCount, formatLeft } from '../../lib/format.ts';
import { useJobs } from '../../lib/live.ts';
import { useEngineAction, useEngineQuery } from '../../lib/queries.ts';
import styles from './filterBar.module.css';

/** Full-text indexes: which topics have one, how large it is, how far it is; to build, bring up to date and remove. */
export function TextIndexes() {
  const [open, setOpen] = useState(false);
  return (
    <Popover
      trigger={
        <IconButton label="Full-text indexes">
          <TextSearch />
        </IconButton>
      }
      title="Full-text indexes"
      open={open}
      onOpenChange={setOpen}
      align="end"
    >
      {open ? <Topics /> : null}
    </Popover>
  );
}

function Topics() {
  const workspace = useEngineQuery(['workspace', 'current'], {});
  const indexes = useEngineQuery(['search', 'indexes'], {});
  const error = indexes.error ?? workspace.error;
  if (error !== null) return <ErrorState error={error} onRetry={() => void indexes.refetch()} compact />;
  if (indexes.data === undefined || workspace.data === undefined) return <Skeleton lines={4} />;
  const topics = workspace.data?.topics ?? [];
  const known = new Map(indexes.data.map((index) => [index.topic, index]));
  return (
    <div className={styles.indexes}>
      <p className="faint">
        With an index, words and texts of values are found without reading every value. It lies beside the
        workspace and can be removed at any time.
      </p>
      {topics.length === 0 ? <p className="faint">No topic is captured yet.</p> : null}
      <ul className={styles.indexList}>
        {topics.map((topic) => (
          <li key={topic}>
            <Topic topic={topic} index={known.get(topic) ?? null} />
          </li>
        ))}
      </ul>
    </div>
  );
}

function Topic({ topic, index }: { topic: string; index: TextIndex | null }) {
  const build = useEngineAction(['search', 'index']);
  const remove = useEngineAction(['search', 'removeIndex']);
  const cancel = useEngineAction(['jobs', 'cancel']);
  const job = useJobs(({ jobs }) => jobs.find(({ id }) => id === index?.jobId));
  const isRunning = job?.status === 'running';
  const error = build.error ?? remove.error;
  const name = shown(topic);
  return (
    <>
      <div className={styles.indexHead}>
        <span className={styles.indexTopic} title={name}>
          {name}
        </span>
        {isRunning ? (
          <Button onClick={() => cancel.mutate({ id: job.id })} aria-label={`Stop indexing ${name}`}>
            Stop
          </Button>
        ) : (
          <>
            {index === null || index.behind > 0 ? (
              <Button
                disabled={build.isPending}
                onClick={() => build.mutate({ topic })}
                aria-label={`${index === null ? 'Build' : 'Update'} the index of ${name}`}
              >
                {index === null ? 'Build' : 'Update'}
              </Button>
            ) : null}
            {index === null ? null : (
              <Button
                look="quiet"
                disabled={remove.isPending}
                onClick={() => remove.mutate({ topic })}
                aria-label={`Remove the index of ${name}`}
              >
                Remove
              </Button>
            )}
          </>
        )}
      </div>
      {isRunning ? (
        <div className={styles.indexBar}>
          <ProgressBar
            value={job.total === null || job.total === 0 ? null : job.done / job.total}
            label={`Index of ${name}`}
          />
          <span>
            {formatCount(job.done)}
            {job.total === null ? '' : ` of ${formatCount(job.total)}`}
            {job.remainingMs === null ? '' : ` · ${formatLeft(job.remainingMs)}`}
          </span>
        </div>
      ) : (
        <span className={styles.indexNote}>{index === null ? 'no index' : noteOf(index)}</span>
      )}
      {error === null ? null : <ErrorState error={error} compact />}
    </>
  );
}

const noteOf = ({ indexed, behind, bytes }: TextIndex): string =>
  `${formatCount(indexed)} records · ${formatBytes(bytes)}${behind === 0 ? '' : ` · ${formatCount(behind)} not yet`}`;
