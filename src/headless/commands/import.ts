import type { Command } from 'commander';
import type { ImportReport } from '../../contract/transfer.ts';
import { createOutput, EXIT, type Output } from '../output.ts';
import { runJob } from '../progress.ts';
import { type Session, withSession } from '../session.ts';

const ROWS_AT_ONCE = 1000;

/** Every line that brought no record, with the reason. */
async function tellBadLines(
  session: Session,
  output: Output,
  jobId: string,
  file: string,
): Promise<ImportReport> {
  for (let from = 0; ; from += ROWS_AT_ONCE) {
    const report = await session.services.transfer.importReport(
      { jobId, from, count: ROWS_AT_ONCE },
      session.afterwards,
    );
    for (const { line, problem } of report.rows) output.note(`${file}:${line}: ${problem}`);
    if (from + report.rows.length >= report.bad) return { ...report, rows: [] };
  }
}

export function importCommand(program: Command, done: (status: number) => void): void {
  program
    .command('import')
    .description('reads files of records (NDJSON, CSV or Parquet as export writes them) into a workspace')
    .argument('<file...>')
    .requiredOption('--workspace <file>', 'made when it is missing')
    .option('--json', 'the counts of each file as one JSON document a line')
    .action(async (files: string[], flags: { workspace: string; json?: boolean }) => {
      const output = createOutput(flags.json === true);
      await withSession({ transient: true }, async (session) => {
        await session.openFile(flags.workspace, 'ensure');
        let status: number = EXIT.done;
        for (const file of files) {
          const token = session.tokenFor(file);
          const job = await runJob(session, () =>
            session.services.transfer.importFile({ token }, session.context),
          );
          const { rows: _none, ...counts } = await tellBadLines(session, output, job.id, file);
          if (output.json) output.line({ file, ...counts });
          else output.text(`${file}: ${job.note}`);
          if (job.status === 'cancelled') return done(EXIT.interrupted);
          if (job.status === 'incomplete') status = EXIT.incomplete;
        }
        done(status);
      });
    });
}
