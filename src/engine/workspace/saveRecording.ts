/** Saves a workspace as a recording: one file that opens read-only with no cluster, and says when it was damaged. */
import { copyFile, rename, rm, stat } from 'node:fs/promises';
import { HindcastError } from '../../contract/errors.ts';
import type { JobProgress } from '../jobs/jobRegistry.ts';
import type { Log, Workspace } from '../store/workspace.ts';
import { writeProblem } from '../transfer/writeProblem.ts';
import { StoreThread } from '../workers/storeThread.ts';
import { checkSeal } from './seal.ts';

export interface SavedRecording {
  bytes: number;
  /** The hash that stands for its content; null: the copy of one without a seal. */
  hash: string | null;
}

export interface RecordingOptions {
  log: Log;
  signal: AbortSignal;
  report: (progress: JobProgress) => void;
  /** Of the seal; milliseconds. */
  at: number;
}

/**
 * Replaces a file that is there; a failed one leaves nothing behind. Captures may go on: the recording is of one moment.
 * @throws HindcastError `disk.full`, `file.write`, `workspace.read-only-place`, `workspace.damaged`, `cancelled`
 */
export async function saveRecording(
  workspace: Workspace,
  target: string,
  options: RecordingOptions,
): Promise<SavedRecording> {
  return workspace.kind === 'recording'
    ? copyRecording(workspace.file, target, options)
    : buildRecording(workspace.file, target, options);
}

async function buildRecording(
  file: string,
  target: string,
  { log, signal, report, at }: RecordingOptions,
): Promise<SavedRecording> {
  const thread = new StoreThread({ entry: 'readerWorker', workerData: { file, check: false }, log });
  try {
    const { records } = (await thread.call('recording.begin', { target }, { signal })) as { records: number };
    report({ done: 0, total: records, note: 'Copying the tables.' });
    for (let table: string | null = ''; table !== null; )
      ({ table } = (await thread.call('recording.table', {}, { signal })) as { table: string | null });
    for (let isDone = false; !isDone; ) {
      const step = (await thread.call('recording.pack', {}, { signal })) as {
        records: number;
        done: boolean;
      };
      isDone = step.done;
      report({ done: step.records, total: records, note: 'Packing the records.' });
    }
    report({ done: records, total: records, note: 'Sealing.' });
    return (await thread.call('recording.finish', { at }, { signal })) as SavedRecording;
  } catch (error) {
    await thread.call('recording.discard', {});
    throw error;
  } finally {
    await thread.close();
  }
}

async function copyRecording(
  file: string,
  target: string,
  { signal, report }: RecordingOptions,
): Promise<SavedRecording> {
  const partial = `${target}.partial`;
  try {
    await copyFile(file, partial);
    const seal = await checkSeal(partial, false, {
      signal,
      onProgress: (done, total) => report({ done, total, note: 'Checking the copy.' }),
    });
    if (seal.state === 'damaged')
      throw new HindcastError('workspace.damaged', { where: file, problem: seal.problem });
    await rename(partial, target);
    const { size } = await stat(target);
    return { bytes: size, hash: seal.state === 'whole' ? seal.hash : null };
  } catch (error) {
    await rm(partial, { force: true });
    throw writeProblem(target, error);
  }
}
