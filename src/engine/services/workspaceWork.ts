/** The part of the `workspace` namespace that looks after a workspace: contents, compact, check, delete, save. */
import { statSync } from 'node:fs';
import type { Service } from '../../contract/contract.ts';
import { HindcastError } from '../../contract/errors.ts';
import { WorkspaceName } from '../../contract/workspace.ts';
import type { CheckReport, CompactPlan, workspaceWork } from '../../contract/workspaceWork.ts';
import { formatCount, plural } from '../../core/count.ts';
import type { FileDesk } from '../host.ts';
import type { JobProgress } from '../jobs/jobRegistry.ts';
import type { Workspace } from '../store/workspace.ts';
import { roomFor } from '../workspace/compact.ts';
import { runCheck } from '../workspace/runCheck.ts';
import { saveRecording } from '../workspace/saveRecording.ts';
import type { ServiceDeps } from './deps.ts';
import { derivedFolder } from './folders.ts';
import type { Seals } from './seals.ts';
import type { WorkspaceHolder } from './workspaceHolder.ts';

type Work = Pick<Service<'workspace'>, keyof typeof workspaceWork>;

const PROGRESS_MS = 250;
const megabytes = (bytes: number) =>
  bytes < 10_000_000 ? `${(bytes / 1e6).toFixed(1)} MB` : `${formatCount(Math.round(bytes / 1e6))} MB`;

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

export function createWorkspaceWork(
  deps: ServiceDeps & { desk: FileDesk; seals: Seals },
  holder: WorkspaceHolder,
): Work {
  const { jobs, changed, desk, seals, log } = deps;
  const reports = new Map<string, CheckReport>();

  const writable = (): Workspace => {
    const workspace = holder.current();
    if (workspace.readOnly) throw new HindcastError('workspace.read-only', { where: workspace.place });
    return workspace;
  };
  const isCapturing = () =>
    jobs.list().some(({ kind, status }) => (kind === 'capture' || kind === 'follow') && status === 'running');

  async function planCompact(workspace: Workspace, signal?: AbortSignal): Promise<CompactPlan> {
    const { fileBytes, freeBytes } = await workspace.read('workspace.use', {}, { signal });
    const room = await roomFor(workspace.file, fileBytes - freeBytes);
    const problem = workspace.readOnly
      ? 'It is a recording, and as small as it can be.'
      : isCapturing()
        ? 'A capture is running in it.'
        : room.isEnough
          ? null
          : `It needs ${megabytes(room.needed)} free on the disk of ${room.where}; ${megabytes(room.available)} are.`;
    return { fileBytes, freeBytes, neededBytes: room.needed, availableBytes: room.available, problem };
  }

  return {
    async contents({ measure }, { signal }) {
      const workspace = holder.current();
      const [contents, side] = await Promise.all([
        workspace.read('workspace.contents', { measure }, { signal }),
        workspace.read('workspace.sideFiles', { folder: derivedFolder(deps) }, { signal }),
      ]);
      const seal = await seals.stateOf(workspace, sizeOf(workspace.file));
      return { ...contents, sideFiles: side, seal };
    },
    compactPlan: (_input, { signal }) => planCompact(holder.current(), signal),
    async compact() {
      const workspace = writable();
      if (isCapturing()) throw new HindcastError('capture.running');
      const room = await planCompact(workspace);
      if (room.availableBytes < room.neededBytes)
        throw new HindcastError('disk.short', {
          what: 'Compacting',
          needed: megabytes(room.neededBytes),
          available: megabytes(room.availableBytes),
          where: workspace.file,
        });
      const title = `Compacting ${holder.nameOf(workspace)}`;
      return jobs.start({ kind: 'workspace', title, unit: 'bytes' }, async (signal, report) => {
        const before = sizeOf(workspace.file) + sizeOf(`${workspace.file}-wal`);
        const bytes = await watched(workspace, room.fileBytes - room.freeBytes, report, () =>
          workspace.write('compact', {}, { signal }),
        );
        changed.push('workspace');
        const saved = before - bytes.bytes;
        return {
          status: 'done',
          note:
            saved > 0
              ? `${megabytes(before)} before, ${megabytes(bytes.bytes)} now.`
              : `It was as small as it can be: ${megabytes(bytes.bytes)}.`,
        };
      });
    },
    async check() {
      const workspace = holder.current();
      const title = `Integrity check of ${holder.nameOf(workspace)}`;
      return jobs.start({ kind: 'workspace', title, unit: 'parts' }, async (signal, report) => {
        const answer = await runCheck(workspace, { log, signal, report, now: Date.now });
        reports.set(workspace.file, answer);
        changed.push('workspace');
        const { status, summary } = answer;
        if (status === 'damaged')
          return {
            status: 'incomplete',
            note: summary,
            error: new HindcastError('workspace.faults', {
              where: holder.nameOf(workspace),
              problem: summary,
            }),
          };
        return { status: signal.aborted ? 'cancelled' : 'done', note: summary };
      });
    },
    checkReport: async () => reports.get(holder.current().file) ?? null,
    async deleteTopic({ topic }) {
      const workspace = writable();
      if (isCapturing()) throw new HindcastError('capture.running');
      const { topics } = await workspace.read('workspace.contents', { measure: false });
      const held = topics.find((each) => each.topic === topic);
      if (held === undefined) throw new HindcastError('topic.not-held', { topic });
      const spec = { kind: 'workspace', title: `Deleting ${topic}`, unit: 'records' } as const;
      return jobs.start(spec, async (signal, report) => {
        const onProgress = (state: unknown) =>
          report({ done: (state as { done: number }).done, total: held.records });
        try {
          const { records } = await workspace.write('deleteTopic', { topic }, { signal, onProgress });
          return {
            status: 'done',
            note: `${plural(records, 'record')} deleted. Compact the workspace to give the space back to the disk.`,
          };
        } finally {
          // What was made from the topic's records is made again from what is left.
          await workspace.read('projections.dropAll', { folder: derivedFolder(deps) });
          changed.push('workspace', 'events', 'projections');
        }
      });
    },
    async saveRecording({ target }) {
      const workspace = holder.current();
      const destination = desk.destination(target);
      const title = `Saving ${holder.nameOf(workspace)} as a recording`;
      const started = jobs.start({ kind: 'workspace', title, unit: 'records' }, async (signal, report) => {
        const saved = await saveRecording(workspace, destination.path, {
          log,
          signal,
          report,
          at: Date.now(),
        });
        destination.offer(started.jobId);
        const raw = await workspace.read('workspace.contents', { measure: false });
        const share =
          raw.recordBytes === 0
            ? ''
            : `, ${Math.round((saved.bytes / raw.recordBytes) * 100)} % of the records’ own ${megabytes(raw.recordBytes)}`;
        return { status: 'done', note: `${destination.shown}: ${megabytes(saved.bytes)}${share}.` };
      });
      return started;
    },
    async rename({ name }) {
      const wanted = checkedName(name);
      if (isCapturing()) throw new HindcastError('capture.running');
      return { name: holder.nameOf(await holder.rename(wanted)) };
    },
    async remove({ name }) {
      await holder.remove(checkedName(name));
      changed.push('workspace');
      return {};
    },
  };
}

function checkedName(name: string): string {
  const parsed = WorkspaceName.safeParse(name.trim());
  if (parsed.success) return parsed.data;
  throw new HindcastError('input.invalid', {
    procedure: 'the name',
    problem:
      'it begins with a letter or digit; then letters, digits, space, dot, dash and underscore, at most 80',
  });
}

/** SQLite tells nothing while it rewrites; what it has written back is seen at the write-ahead log. */
async function watched<T>(
  workspace: Workspace,
  total: number,
  report: (progress: JobProgress) => void,
  work: () => Promise<T>,
): Promise<T> {
  report({ done: 0, total, note: 'SQLite makes a copy; it does not tell how far it is.' });
  const timer = setInterval(() => {
    const done = Math.min(sizeOf(`${workspace.file}-wal`), total);
    if (done > 0) report({ done, total, note: 'Writing the copy back. It cannot be stopped now.' });
  }, PROGRESS_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
