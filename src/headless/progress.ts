import { HindcastError } from '../contract/errors.ts';
import type { JobState } from '../contract/system.ts';
import type { Session } from './session.ts';

const PLAIN_EVERY_MS = 3000;
const LIVE_EVERY_MS = 100;

/** “1,234,567 of 2,000,000 events · 310,000/s · 3 s left” */
export function describeProgress(job: JobState): string {
  const number = (n: number): string => Math.round(n).toLocaleString('en-US');
  const parts = [job.total === null ? number(job.done) : `${number(job.done)} of ${number(job.total)}`];
  parts[0] += ` ${job.unit}`;
  if (job.perSecond !== null) parts.push(`${number(job.perSecond)}/s`);
  if (job.remainingMs !== null) parts.push(`${Math.ceil(job.remainingMs / 1000)} s left`);
  if (job.note) parts.push(job.note);
  return parts.join(' · ');
}

/**
 * Starts a job, shows its progress on standard error (a live line on a terminal, a line every few seconds elsewhere)
 * and returns how it ended. An interrupt cancels the job and waits for it.
 * @throws HindcastError what the job failed with.
 */
export async function runJob(session: Session, start: () => Promise<{ jobId: string }>): Promise<JobState> {
  const { services, context, signal } = session;
  const { jobId } = await start();
  const cancel = (): void => void services.jobs.cancel({ id: jobId }, context).catch(() => {});
  signal.addEventListener('abort', cancel, { once: true });
  if (signal.aborted) cancel();
  const live = process.stderr.isTTY === true;
  let shownAt = live ? 0 : Date.now();
  const watching = new AbortController();
  try {
    for await (const all of services.jobs.watch({}, { ...context, signal: watching.signal })) {
      const job = all.find(({ id }) => id === jobId);
      if (!job) continue;
      if (job.status !== 'running') {
        if (live && shownAt > 0) process.stderr.write('\n');
        if (job.status === 'failed')
          throw job.error
            ? Object.assign(new HindcastError('internal', {}), job.error)
            : new HindcastError('internal', { problem: job.note });
        return job;
      }
      if (Date.now() - shownAt < (live ? LIVE_EVERY_MS : PLAIN_EVERY_MS)) continue;
      shownAt = Date.now();
      const line = `${job.title}: ${describeProgress(job)}`;
      process.stderr.write(live ? `\r\u001b[2K${line}` : `${line}\n`);
    }
    throw new HindcastError('job.unknown', { id: jobId });
  } finally {
    watching.abort();
    signal.removeEventListener('abort', cancel);
  }
}
