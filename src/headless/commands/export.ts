import { existsSync } from 'node:fs';
import { extname } from 'node:path';
import type { Command } from 'commander';
import { HindcastError } from '../../contract/errors.ts';
import { TransferFormat } from '../../contract/transfer.ts';
import { createOutput, EXIT } from '../output.ts';
import { runJob } from '../progress.ts';
import { withSession } from '../session.ts';
import { type FilterFlags, filterOf } from './events.ts';

interface Flags extends FilterFlags {
  workspace: string;
  to: string;
  until?: string;
  format?: string;
  force?: boolean;
}

const FORMATS: Record<string, TransferFormat> = {
  '.ndjson': 'ndjson',
  '.jsonl': 'ndjson',
  '.csv': 'csv',
  '.parquet': 'parquet',
};

/** @throws HindcastError `input.invalid` */
function formatOf({ to, format }: Flags): TransferFormat {
  const given = TransferFormat.safeParse(format ?? FORMATS[extname(to).toLowerCase()]);
  if (given.success) return given.data;
  throw new HindcastError('input.invalid', {
    procedure: '--format',
    problem: `${format === undefined ? `the name ${to} does not say it` : `“${format}” is none`}: ndjson, csv or parquet`,
  });
}

/** @throws HindcastError `file.exists` */
export function refuseExisting(file: string, force: boolean | undefined): void {
  if (!force && existsSync(file)) throw new HindcastError('file.exists', { where: file });
}

export function exportCommand(program: Command, done: (status: number) => void): void {
  program
    .command('export')
    .description('writes what fits as NDJSON, CSV or Parquet, with key, value, headers, place and times')
    .requiredOption('--workspace <file>')
    .requiredOption('--to <file>', 'its ending says the format: .ndjson, .csv or .parquet')
    .option('--format <name>', 'ndjson, csv or parquet, where the ending does not say it')
    .option('--topic <name...>')
    .option('--type <name...>')
    .option('--aggregate <TYPE/ID>')
    .option('--key <text>', 'the whole record key')
    .option('--correlation <id>')
    .option('--from <time>', 'recorded at or after')
    .option('--until <time>', 'recorded at or before')
    .option('--where <expr>', 'as for events')
    .option('--text <text>', 'stands in the value, as it is')
    .option('--force', 'replace a file that is there')
    .action(async (flags: Flags) => {
      const output = createOutput(false);
      const format = formatOf(flags);
      refuseExisting(flags.to, flags.force);
      const filter = filterOf({ ...flags, to: flags.until });
      await withSession({ transient: true }, async (session) => {
        await session.openFile(flags.workspace, 'read-only');
        const target = { token: session.tokenFor(flags.to) };
        const job = await runJob(session, () =>
          session.services.transfer.exportEvents({ filter, format, target }, session.context),
        );
        output.note(job.note);
        if (job.status === 'cancelled') return done(EXIT.interrupted);
        const { badge } = await session.services.workspace.coverage(
          { topics: flags.topic ?? null },
          session.afterwards,
        );
        if (badge.state === 'partial') output.note(badge.summary);
        done(job.status === 'incomplete' || badge.state === 'partial' ? EXIT.incomplete : EXIT.done);
      });
    });
}
