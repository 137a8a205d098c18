/** Long work of the engine: started, watched, cancelled. Lives as long as the engine; its results live in the workspace. */
import { randomUUID } from 'node:crypto';
import { type ErrorValue, HindcastError, toErrorValue } from '../../contract/errors.ts';
import { LIMITS } from '../../contract/limits.ts';
import type { JobState } from '../../contract/system.ts';
import { RateWindow } from './rateWindow.ts';
import { Signal } from './signal.ts';

export interface JobProgress {
  /** Things done so far and to do, in the job's unit; total null: not known yet. */
  done: number;
  total: number | null;
  /** What it is doing, in a sentence. Absent: the last note stays. */
  note?: string;
}

/** How a job ended without an error. */
export interface JobEnd {
  status: 'done' | 'incomplete' | 'cancelled';
  note: string;
  /** For `incomplete`: what was in the way. */
  error?: HindcastError;
}

export interface JobSpec {
  kind: JobState['kind'];
  title: string;
  /** What `done` and `total` count, such as `records`. */
  unit: string;
}

export interface JobRegistry {
  /**
   * Starts `run` and answers with its id at once. What it throws becomes the job's error; an error `cancelled`, or any
   * error after a cancel, makes it `cancelled`. `report` may be called as often as it likes.
   */
  start(
    spec: JobSpec,
    run: (signal: AbortSignal, report: (progress: JobProgress) => void) => Promise<JobEnd>,
  ): { jobId: string };
  list(): JobState[];
  get(id: string): JobState | null;
  /** Asks a running job to stop; one that has ended stays as it is. @throws HindcastError `job.unknown` */
  cancel(id: string): void;
  /** Resolves with the last state when the job has ended. @throws HindcastError `job.unknown` */
  ended(id: string): Promise<JobState>;
  /** All jobs, newest first: now and after every change, at most ten times a second. */
  watch(signal: AbortSignal): AsyncGenerator<JobState[]>;
  /** Cancels all jobs and waits for them. */
  close(): Promise<void>;
}

interface Job {
  state: JobState;
  rate: RateWindow;
  abort: AbortController;
  finished: Promise<void>;
}

const PUSH_MS = 1000 / LIMITS.progressHz;
/** Ended jobs beyond this many are forgotten, oldest first. */
const KEPT = 200;

export function createJobRegistry(options: {
  onChange?: () => void;
  log: (level: 'info' | 'warn' | 'error', message: string, facts?: Record<string, unknown>) => void;
  /** Milliseconds; replaced in tests. */
  now?: () => number;
}): JobRegistry {
  const now = options.now ?? Date.now;
  const jobs = new Map<string, Job>();
  const bells = new Set<Signal>();
  const closed = new AbortController();

  const ring = () => {
    for (const bell of bells) bell.ring();
  };
  const known = (id: string): Job => {
    const job = jobs.get(id);
    if (job === undefined) throw new HindcastError('job.unknown', { id });
    return job;
  };
  const list = () => [...jobs.values()].map(({ state }) => state).reverse();

  const end = (job: Job, change: Pick<JobState, 'status' | 'note'> & { error: ErrorValue | null }) => {
    const { done, total } = job.state;
    // The last report may have been a moment before the end.
    const reached = change.status === 'done' && total !== null ? total : done;
    job.state = { ...job.state, ...change, done: reached, endedAt: now(), remainingMs: null };
    const { id, kind, status, error } = job.state;
    options.log(status === 'failed' ? 'error' : 'info', `Job ${status}`, {
      id,
      kind,
      problem: error?.message,
    });
    const old = [...jobs.values()].filter(({ state }) => state.status !== 'running').slice(0, -KEPT);
    for (const { state } of old) jobs.delete(state.id);
    ring();
    options.onChange?.();
  };

  const endWithError = (job: Job, thrown: unknown) => {
    const error = toErrorValue(thrown, job.state.id);
    const cancelled = job.abort.signal.aborted || error.code === 'cancelled';
    if (cancelled)
      end(job, { status: 'cancelled', note: 'Cancelled; what was done before is kept.', error: null });
    else end(job, { status: 'failed', note: error.message, error });
  };

  return {
    start(spec, run) {
      if (closed.signal.aborted) throw new HindcastError('cancelled', { what: spec.title });
      const id = randomUUID();
      const startedAt = now();
      const job: Job = {
        state: {
          id,
          ...spec,
          status: 'running',
          startedAt,
          endedAt: null,
          done: 0,
          total: null,
          perSecond: null,
          remainingMs: null,
          note: '',
          error: null,
        },
        rate: new RateWindow(),
        abort: new AbortController(),
        finished: Promise.resolve(),
      };
      jobs.set(id, job);
      const report = ({ done, total, note }: JobProgress) => {
        if (job.state.status !== 'running') return;
        const perSecond = job.rate.add(now(), done);
        const remainingMs =
          perSecond === null || perSecond <= 0 || total === null
            ? null
            : Math.max(0, Math.round(((total - done) / perSecond) * 1000));
        job.state = { ...job.state, done, total, perSecond, remainingMs, note: note ?? job.state.note };
        ring();
      };
      job.finished = Promise.resolve()
        .then(() => run(job.abort.signal, report))
        .then(
          ({ status, note, error }) =>
            end(job, { status, note, error: error === undefined ? null : toErrorValue(error, id) }),
          (thrown) => endWithError(job, thrown),
        );
      ring();
      options.onChange?.();
      return { jobId: id };
    },
    list,
    get: (id) => jobs.get(id)?.state ?? null,
    cancel: (id) => known(id).abort.abort(new HindcastError('cancelled', { what: known(id).state.title })),
    async ended(id) {
      const job = known(id);
      await job.finished;
      return job.state;
    },
    async *watch(signal) {
      const bell = new Signal(AbortSignal.any([signal, closed.signal]));
      bells.add(bell);
      bell.ring();
      try {
        while (await bell.wait()) {
          yield list();
          await bell.pause(PUSH_MS);
        }
      } finally {
        bells.delete(bell);
      }
    },
    async close() {
      const running = [...jobs.values()];
      for (const { abort, state } of running)
        if (state.status === 'running') abort.abort(new HindcastError('cancelled', { what: state.title }));
      await Promise.all(running.map(({ finished }) => finished));
      closed.abort();
    },
  };
}
