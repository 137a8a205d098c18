/** The `transfer` namespace: records into files and back, as jobs. */
import type { Service } from '../../contract/contract.ts';
import { HindcastError } from '../../contract/errors.ts';
import type { ImportReport } from '../../contract/transfer.ts';
import { formatCount, plural } from '../../core/count.ts';
import type { FileDesk } from '../host.ts';
import type { JobEnd } from '../jobs/jobRegistry.ts';
import { noteOf, runImport } from '../transfer/importRun.ts';
import { type ExportOutcome, runExport } from '../transfer/runExport.ts';
import type { ServiceDeps } from './deps.ts';
import { derivedFolder } from './folders.ts';

const FORMAT_NAMES = { ndjson: 'NDJSON', csv: 'CSV', parquet: 'Parquet' } as const;
/** Reports of imports that are kept. */
const KEPT_REPORTS = 20;

export function createTransferService(deps: ServiceDeps & { desk: FileDesk }): Service<'transfer'> {
  const { host, workspaces, jobs, changed, desk, log } = deps;
  const reports = new Map<string, ImportReport>();
  return {
    async exportEvents({ filter, format, target }) {
      const workspace = workspaces.current();
      const destination = desk.destination(target);
      const title = `Export of ${filter.topics?.length === 1 ? filter.topics[0] : 'events'} as ${FORMAT_NAMES[format]}`;
      const started = jobs.start({ kind: 'export', title, unit: 'records' }, async (signal, report) => {
        const program = `Hindcast ${host.version}`;
        const textIndex = derivedFolder(deps);
        const request = { filter, format, target: destination.path, textIndex, program };
        const outcome = await runExport(workspace, request, log, signal, report);
        destination.offer(started.jobId);
        return endOfExport(destination.shown, outcome);
      });
      return started;
    },
    async importFile({ token }) {
      const workspace = workspaces.current();
      if (workspace.readOnly) throw new HindcastError('workspace.read-only', { where: workspace.place });
      const { file } = desk.resolve(token);
      const result: ImportReport = { format: null, lines: 0, stored: 0, same: 0, bad: 0, rows: [] };
      const started = jobs.start(
        { kind: 'import', title: 'Import of records', unit: 'bytes' },
        async (signal, report) => {
          try {
            await runImport(workspace, file, result, { signal, report });
          } finally {
            changed.push('workspace', 'events');
          }
          const note = noteOf(result);
          if (result.bad === 0) return { status: 'done', note };
          const problem = `${plural(result.bad, 'line')} of ${formatCount(result.lines)} brought no record`;
          return { status: 'incomplete', note, error: new HindcastError('import.bad-lines', { problem }) };
        },
      );
      reports.set(started.jobId, result);
      for (const oldest of reports.keys()) {
        if (reports.size <= KEPT_REPORTS) break;
        reports.delete(oldest);
      }
      return started;
    },
    async importReport({ jobId, from, count }) {
      const report = reports.get(jobId);
      if (report === undefined) throw new HindcastError('job.unknown', { id: jobId });
      return { ...report, rows: report.rows.slice(from, from + count) };
    },
    download: async ({ jobId }) => desk.download(jobId),
    upload: async ({ name, bytes }) => desk.upload(name, bytes),
  };
}

function endOfExport(where: string, { rows, bytes, guarded, gone, inexact }: ExportOutcome): JobEnd {
  const notes = [`${where}: ${plural(rows, 'record')}, ${plural(bytes, 'byte')}.`];
  if (guarded > 0)
    notes.push(
      `${plural(guarded, 'cell')} that a spreadsheet would run as a formula begin with an apostrophe; the last column says which, and an import takes it off again.`,
    );
  if (inexact > 0) notes.push(`${plural(inexact, 'time')} beyond 2^53 are the nearest number.`);
  if (gone === 0) return { status: 'done', note: notes.join(' ') };
  const problem = `${plural(gone, 'record')} were deleted or read again while it ran`;
  return {
    status: 'incomplete',
    note: `${notes.join(' ')} ${problem}.`,
    error: new HindcastError('export.incomplete', { problem }),
  };
}
