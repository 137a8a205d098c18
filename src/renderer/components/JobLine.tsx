import { CircleAlert, CircleCheck, CircleSlash, LoaderCircle, X } from 'lucide-react';
import type { JobState } from '../../contract/system.ts';
import { shown } from '../lib/escape.ts';
import { formatAge, formatCount, formatDuration, formatLeft, formatRate, formatTime } from '../lib/format.ts';
import { useNow } from '../lib/now.ts';
import { useEngineAction } from '../lib/queries.ts';
import { Button } from './Button.tsx';
import styles from './JobLine.module.css';
import { ErrorState, ProgressBar } from './States.tsx';
import { toastError } from './Toast.tsx';

const ICONS: Record<JobState['status'], React.ReactNode> = {
  running: <LoaderCircle className={styles.running} />,
  done: <CircleCheck className={styles.done} />,
  incomplete: <CircleAlert className={styles.incomplete} />,
  failed: <CircleAlert className={styles.failed} />,
  cancelled: <CircleSlash className={styles.cancelled} />,
};

/** A job: what it does, how far it is, how fast, how long still, and how it ended. */
export function JobLine({ job }: { job: JobState }) {
  const cancel = useEngineAction(['jobs', 'cancel']);
  const now = useNow();
  const isRunning = job.status === 'running';
  const share = job.total === null ? null : job.total === 0 ? 1 : job.done / job.total;
  return (
    <article className={styles.job} aria-label={shown(job.title)}>
      {ICONS[job.status]}
      <div className={styles.body}>
        <div className={styles.head}>
          <span className={styles.title}>{shown(job.title)}</span>
          <span className={styles.numbers}>
            {formatCount(job.done)}
            {job.total === null ? '' : ` of ${formatCount(job.total)}`} {job.unit}
            {isRunning && job.perSecond !== null ? ` · ${formatRate(job.perSecond)}` : ''}
            {isRunning && job.remainingMs !== null ? ` · ${formatLeft(job.remainingMs)}` : ''}
          </span>
        </div>
        {isRunning ? (
          <div className={styles.bar}>
            <ProgressBar value={share} label={shown(job.title)} />
            <span className={styles.percent}>{share === null ? '' : `${Math.floor(share * 100)} %`}</span>
          </div>
        ) : null}
        <div className={styles.note}>
          {shown(job.note)}
          <span className="faint" title={formatTime(job.startedAt)}>
            {' '}
            {job.endedAt === null
              ? `started ${formatAge(job.startedAt, now)}`
              : `${formatAge(job.endedAt, now)}, took ${formatDuration(job.endedAt - job.startedAt)}`}
          </span>
        </div>
        {job.error === null ? null : <ErrorState error={job.error} compact />}
      </div>
      {isRunning ? (
        <Button
          icon={<X />}
          disabled={cancel.isPending}
          title="What was read until now is kept"
          onClick={() => cancel.mutate({ id: job.id }, { onError: toastError })}
        >
          Cancel
        </Button>
      ) : null}
    </article>
  );
}
