/** An export from its beginning to its end: which records, then piece by piece into the file, in a thread of its own. */
import type { EventFilter } from '../../contract/events.ts';
import type { TransferFormat } from '../../contract/transfer.ts';
import type { JobProgress } from '../jobs/jobRegistry.ts';
import type { Workspace } from '../store/workspace.ts';
import { StoreThread } from '../workers/storeThread.ts';
import type { ExportCounts } from './exportFile.ts';
import type { WantedIds } from './exportReads.ts';

/** Records of one step: some tens of milliseconds, after each of which the write-ahead log can be folded in. */
const STEP = 2_000;

export interface ExportRequest {
  filter: EventFilter;
  format: TransferFormat;
  target: string;
  /** Folder of the full-text indexes. */
  textIndex: string;
  /** Name and version, for formats that carry them. */
  program: string;
}

export interface ExportOutcome extends ExportCounts {
  /** Records that were there at the start and gone when their turn came. */
  gone: number;
  /** Times beyond 2^53 that the workspace holds as the nearest number. */
  inexact: number;
}

/** @throws HindcastError `file.write`, `cancelled`, `filter.invalid`; nothing is left behind then */
export async function runExport(
  workspace: Workspace,
  request: ExportRequest,
  log: ConstructorParameters<typeof StoreThread>[0]['log'],
  signal: AbortSignal,
  report: (progress: JobProgress) => void,
): Promise<ExportOutcome> {
  const { filter, format, target, textIndex, program } = request;
  let wanted: WantedIds;
  do {
    wanted = await workspace.read('events.ids', { filter, textIndex }, { signal });
    if (wanted.ids === null)
      report({ done: 0, total: null, note: `Searching: ${wanted.looked} of ${wanted.of}.` });
  } while (wanted.ids === null);
  const { ids } = wanted;
  const thread = new StoreThread({
    entry: 'readerWorker',
    workerData: { file: workspace.file, check: false },
    log,
  });
  try {
    await thread.call('transfer.open', { target, format, program }, { signal });
    const outcome = { gone: 0, inexact: 0 };
    try {
      for (let at = 0; at < ids.length; at += STEP) {
        report({ done: at, total: ids.length, note: 'Writing.' });
        const part = Array.from(ids.subarray(at, at + STEP));
        const step = (await thread.call('transfer.append', { ids: part }, { signal })) as typeof outcome;
        outcome.gone += step.gone;
        outcome.inexact += step.inexact;
      }
    } catch (error) {
      await thread.call('transfer.close', { keep: false });
      throw error;
    }
    const counts = (await thread.call('transfer.close', { keep: true })) as ExportCounts;
    report({ done: ids.length, total: ids.length });
    return { ...counts, ...outcome };
  } finally {
    await thread.close();
  }
}
