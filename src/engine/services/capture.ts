import type { contract, Input, Service } from '../../contract/contract.ts';
import { HindcastError } from '../../contract/errors.ts';
import type { CaptureFrom, CaptureOutcome, CaptureProgress } from '../capture/types.ts';
import { asHindcastError } from '../connections/faults.ts';
import type { JobEnd, JobProgress } from '../jobs/jobRegistry.ts';
import type { ServiceDeps } from './deps.ts';
import { offsetOf } from './offsets.ts';

const plural = (count: number, one: string) =>
  `${count.toLocaleString('en-US')} ${one}${count === 1 ? '' : 's'}`;

const PHASE: Record<CaptureProgress['phase'], string> = {
  connecting: 'Asking the cluster for its offsets.',
  reading: 'Reading.',
  indexing: 'Building indexes.',
};

export const createCaptureService = (deps: ServiceDeps): Service<'capture'> => ({
  start: async (input) => startCapture(deps, input),
});

/** Starts the job. @throws HindcastError `workspace.none`, `workspace.read-only`, `connection.unknown` */
export function startCapture(
  { connections, workspaces, jobs, changed }: ServiceDeps,
  { connectionId, topics, from }: Input<typeof contract.capture.start>,
): { jobId: string } {
  const workspace = workspaces.current();
  const { name } = connections.get(connectionId);
  if (workspace.readOnly) throw new HindcastError('workspace.read-only', { where: workspace.file });
  const start = startOf(from);
  const what = topics.length === 1 ? topics[0] : `${topics.length} topics`;
  const spec = { kind: 'capture', title: `Capture of ${what} from ${name}`, unit: 'offsets' } as const;
  return jobs.start(spec, async (signal, report) => {
    const connection = await connections.toKafka(connectionId);
    try {
      const outcome = await workspace.capture(
        { connection, topics: [...new Set(topics)], from: start },
        { signal, onProgress: (progress) => report(progressOf(progress)) },
      );
      return endOf(outcome);
    } catch (error) {
      throw asHindcastError(error, name);
    } finally {
      changed.push('workspace', 'events');
    }
  });
}

const startOf = (from: 'earliest' | { time: number } | { offset: string }): CaptureFrom =>
  typeof from === 'object' && 'offset' in from ? { offset: offsetOf(from.offset, 'from.offset') } : from;

const progressOf = ({ phase, done, total, stored }: CaptureProgress): JobProgress => ({
  done,
  total,
  note: stored === 0 ? PHASE[phase] : `${PHASE[phase]} ${plural(stored, 'record')} kept.`,
});

function endOf(outcome: CaptureOutcome): JobEnd {
  const { status, stored, topics, problem, absent, retention, unreadable, notRead } = outcome;
  const missing = [
    [absent, 'compacted away'],
    [retention, 'deleted by retention'],
    [unreadable, 'unreadable'],
    [notRead, 'not read'],
  ]
    .filter(([count]) => Number(count) > 0)
    .map(([count, why]) => `${plural(Number(count), 'offset')} ${why}`);
  const kept = `${plural(stored, 'new record')} of ${plural(topics, 'topic')}`;
  const note = `${[kept, ...missing].join(', ')}.`;
  if (status === 'cancelled') return { status, note: `Cancelled: ${note}` };
  if (status === 'complete') return { status: 'done', note };
  const error = new HindcastError('capture.incomplete', {
    problem: problem ?? `${notRead} offsets were not read`,
  });
  return { status: 'incomplete', note: `${error.message} ${note}`, error };
}
