import type { contract, Input, Service } from '../../contract/contract.ts';
import { HindcastError } from '../../contract/errors.ts';
import { formatCount, plural } from '../../core/count.ts';
import type { CaptureOutcome, CaptureProgress, CaptureRequest, KeyPlace } from '../capture/types.ts';
import { asHindcastError } from '../connections/faults.ts';
import type { JobEnd, JobProgress } from '../jobs/jobRegistry.ts';
import { captureFrom, captureTo } from './captureFrom.ts';
import type { ServiceDeps } from './deps.ts';
import { startFollow } from './follow.ts';

const PHASE: Record<CaptureProgress['phase'], string> = {
  connecting: 'Asking the cluster for its offsets.',
  reading: 'Reading.',
  elsewhere: 'Looking for the key in the other partitions.',
  indexing: 'Building indexes.',
};

export const createCaptureService = (deps: ServiceDeps): Service<'capture'> => ({
  start: async (input) => startCapture(deps, input),
  follow: async (input) => startFollow(deps, input),
});

/** Starts the job. @throws HindcastError `workspace.none`, `workspace.read-only`, `connection.unknown` */
export function startCapture(
  { connections, workspaces, jobs, changed }: ServiceDeps,
  { connectionId, topics, from, to, key }: Input<typeof contract.capture.start>,
): { jobId: string } {
  const workspace = workspaces.current();
  const { name } = connections.get(connectionId);
  if (workspace.readOnly) throw new HindcastError('workspace.read-only', { where: workspace.place });
  const asked: Omit<CaptureRequest, 'connection'> = {
    topics: [...new Set(topics)],
    from: captureFrom(from),
    ...(to === undefined ? {} : { to: captureTo(to) }),
    ...(key === undefined ? {} : { key: Buffer.from(key, 'utf8') }),
  };
  const where = asked.topics.length === 1 ? asked.topics[0] : plural(asked.topics.length, 'topic');
  const what = key === undefined ? where : `the key “${key}” in ${where}`;
  const spec = { kind: 'capture', title: `Capture of ${what} from ${name}`, unit: 'offsets' } as const;
  return jobs.start(spec, async (signal, report) => {
    const connection = await connections.toKafka(connectionId);
    try {
      const outcome = await workspace.capture(
        { connection, ...asked },
        { signal, onProgress: (progress) => report(progressOf(progress)) },
      );
      return endOf(outcome, key);
    } catch (error) {
      throw asHindcastError(error, name);
    } finally {
      changed.push('workspace', 'events');
    }
  });
}

const progressOf = ({ phase, waits, done, total, stored }: CaptureProgress): JobProgress => ({
  done,
  total,
  note:
    waits !== null
      ? `Waiting: ${waits.replace(/\.$/, '')}.`
      : stored === 0
        ? PHASE[phase]
        : `${PHASE[phase]} ${plural(stored, 'record')} kept.`,
});

function endOf(outcome: CaptureOutcome, key: string | undefined): JobEnd {
  const { status, stored, topics, problem, nextStep, absent, retention, unreadable, notRead } = outcome;
  const missing = [
    [absent, 'compacted away'],
    [retention, 'deleted by retention'],
    [unreadable, 'unreadable'],
    [notRead, 'not read'],
  ]
    .filter(([count]) => Number(count) > 0)
    .map(([count, why]) => `${plural(Number(count), 'offset')} ${why}`);
  const kept = `${plural(stored, 'new record')} of ${plural(topics, 'topic')}`;
  const note = [`${[kept, ...missing].join(', ')}.`, ...keyNote(outcome, key), ...asideNotes(outcome)].join(
    ' ',
  );
  if (status === 'cancelled') return { status, note: `Cancelled: ${note}` };
  if (status === 'complete') return { status: 'done', note };
  const error = new HindcastError('capture.incomplete', {
    problem: problem ?? `${formatCount(notRead)} offsets were not read`,
    next: `${nextStep === null ? '' : `${nextStep} `}Capture again: it goes on where it stopped.`,
  });
  return { status: 'incomplete', note: `${error.message} ${note}`, error };
}

const placesOf = (places: readonly KeyPlace[]) =>
  places.map(({ topic, partition, records }) => `${topic} [${partition}] ${formatCount(records)}`).join(', ');

/** Where the key was found, and that it was looked for elsewhere. */
function keyNote({ key, status }: CaptureOutcome, text: string | undefined): string[] {
  if (key === null || text === undefined) return [];
  const home = `New records of the key “${text}” where it hashes to: ${placesOf(key.home)}.`;
  if (key.elsewhere.length > 0) return [home, `It is elsewhere too: ${placesOf(key.elsewhere)}.`];
  return status === 'complete' && key.others > 0
    ? [home, `Nowhere else: ${plural(key.others, 'other partition')} looked through.`]
    : [home];
}

const asideNotes = ({ aside }: CaptureOutcome): string[] =>
  aside.map(({ topic, label, reason, partition, from }) =>
    reason === 'recreated'
      ? `${topic} was deleted and created again: what was captured before is kept as ${label}, and never mixed with it.`
      : `${topic} [${partition}] lost its end on the cluster (from offset ${formatCount(from ?? 0)} on it holds other records, or none): what was captured before is kept as ${label}.`,
  );
