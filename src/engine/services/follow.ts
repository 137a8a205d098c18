/** Following topics as a job: runs until it is cancelled, and says what it waits for. */
import type { contract, Input } from '../../contract/contract.ts';
import { HindcastError } from '../../contract/errors.ts';
import { plural as many } from '../../core/count.ts';
import type { FollowProgress } from '../capture/followTypes.ts';
import { asHindcastError } from '../connections/faults.ts';
import type { JobProgress } from '../jobs/jobRegistry.ts';
import { Signal } from '../jobs/signal.ts';
import { captureFrom } from './captureFrom.ts';
import type { ServiceDeps } from './deps.ts';
import { derivedFolder } from './folders.ts';

/** @throws HindcastError `workspace.none`, `workspace.read-only`, `connection.unknown`, `capture.running` */
export function startFollow(
  { connections, workspaces, jobs, changed }: ServiceDeps,
  { connectionId, topics, from }: Input<typeof contract.capture.follow>,
): { jobId: string } {
  const workspace = workspaces.current();
  const { name } = connections.get(connectionId);
  if (workspace.readOnly) throw new HindcastError('workspace.read-only', { where: workspace.place });
  if (jobs.list().some(({ kind, status }) => kind === 'follow' && status === 'running'))
    throw new HindcastError('capture.running');
  const request = { topics: [...new Set(topics)], from: captureFrom(from) };
  const what = request.topics.length === 1 ? request.topics[0] : many(request.topics.length, 'topic');
  const spec = { kind: 'follow', title: `Following ${what} from ${name}`, unit: 'records' } as const;
  return jobs.start(spec, async (signal, report) => {
    const connection = await connections.toKafka(connectionId);
    try {
      const { stored, waits } = await workspace.follow(
        { connection, ...request },
        { signal, onProgress: (progress) => report(progressOf(progress)) },
      );
      const left = waits === null ? '' : ` When it ended: ${sentence(waits)}`;
      return { status: 'cancelled', note: `Stopped; ${many(stored, 'record')} kept.${left}` };
    } catch (error) {
      throw asHindcastError(error, name);
    } finally {
      changed.push('workspace', 'events');
    }
  });
}

const sentence = (text: string) => (text.endsWith('.') ? text : `${text}.`);

function progressOf({ stored, behind, waits }: FollowProgress): JobProgress {
  const place = behind === 0 ? 'Up to date.' : `${many(behind, 'offset')} behind.`;
  return { done: stored, total: null, note: waits === null ? place : `Waiting: ${sentence(waits)} ${place}` };
}

/** Counts are taken at most so often; a row is on the screen soon after. */
const WATCH_EVERY_MS = 60;

/** Counts of what fits a filter, now and after every change, until the signal fires or another workspace is opened. */
export async function* watchEvents(
  deps: ServiceDeps,
  { filter }: Input<typeof contract.events.watch>,
  signal: AbortSignal,
) {
  const { workspaces } = deps;
  const workspace = workspaces.current();
  const textIndex = derivedFolder(deps);
  const switched = new AbortController();
  const until = AbortSignal.any([signal, switched.signal]);
  const bell = new Signal(until);
  const stops = [workspaces.onSwitch(() => switched.abort()), workspace.onRevision(() => bell.ring())];
  bell.ring();
  try {
    while (await bell.wait()) {
      const asked = { filter, textIndex };
      const { done, ...counts } = await workspace.read('events.count', asked, { signal: until });
      yield counts;
      // Bytes are left that have to be searched.
      if (!done) bell.ring();
      await bell.pause(WATCH_EVERY_MS);
    }
  } catch (error) {
    if (!until.aborted) throw error;
  } finally {
    for (const stop of stops) stop();
  }
}
