import type { Command } from 'commander';
import { int64 } from '../../contract/common.ts';
import type { CaptureFrom } from '../../contract/connections.ts';
import { HindcastError } from '../../contract/errors.ts';
import { parseLimit, parseMoment } from '../arguments.ts';
import { type ConnectionFlags, withConnectionOptions } from '../connectionOptions.ts';
import { createOutput, EXIT } from '../output.ts';
import { runJob } from '../progress.ts';
import { withSession } from '../session.ts';
import { printCoverage } from './coverage.ts';

interface Flags extends ConnectionFlags {
  topic: string[];
  workspace: string;
  from?: string;
  to?: string;
  latest?: string;
  newest?: string;
  recordKey?: string;
  follow?: boolean;
  json?: boolean;
}

/** Offsets are short numbers; a moment in milliseconds since 1970 has at least twelve digits. */
const LONGEST_OFFSET_TEXT = 11;

const refuse = (problem: string) => new HindcastError('input.invalid', { procedure: 'the command', problem });

/** A moment or an offset. */
function place(text: string) {
  if (/^\d+$/.test(text) && text.length <= LONGEST_OFFSET_TEXT) return { offset: int64(Number(text)) };
  return { time: parseMoment(text) };
}

function beginning({ from, latest, newest }: Flags): CaptureFrom {
  if ([from, latest, newest].filter((given) => given !== undefined).length > 1)
    throw refuse('--from, --latest and --newest all say where to begin; give one');
  if (latest !== undefined) return { latest: parseLimit(latest) };
  if (newest !== undefined) return { newest: parseLimit(newest) };
  if (from === undefined) return 'go-on';
  return from === 'earliest' ? from : place(from);
}

export function captureCommand(program: Command, done: (status: number) => void): void {
  withConnectionOptions(program.command('capture'))
    .description(
      'capture topics into a workspace, up to the end offsets seen at the start, or on with --follow',
    )
    .requiredOption('--topic <name...>', 'one or more')
    .requiredOption('--workspace <file>', 'made when it is missing; captured topics go on where they stand')
    .option(
      '--from <place>',
      'earliest, a time, or an offset; default: go on where the workspace stands, or earliest',
    )
    .option('--to <place>', 'a time or an offset, inclusive; default: the end')
    .option('--latest <n>', 'the last n offsets of each partition')
    .option('--newest <n>', 'the last n offsets of each topic, over all its partitions by recorded time')
    .option('--record-key <text>', 'only records of this key; its own partition is read first')
    .option('--follow', 'go on with what comes, until it is interrupted')
    .option('--json', 'print the coverage as one JSON document')
    .action(async (flags: Flags) => {
      const output = createOutput(flags.json === true);
      const from = beginning(flags);
      const to = flags.to === undefined ? undefined : place(flags.to);
      const key = flags.recordKey;
      if (flags.follow && (to !== undefined || key !== undefined))
        throw refuse('--follow goes on with all that comes: it cannot be given with --to or --record-key');
      await withSession({ transient: flags.connection === undefined }, async (session) => {
        const connectionId = await session.connect(flags);
        await session.openFile(flags.workspace, 'ensure');
        const { capture } = session.services;
        const asked = { connectionId, topics: flags.topic, from };
        const job = await runJob(session, () =>
          flags.follow
            ? capture.follow(asked, session.context)
            : capture.start({ ...asked, to, key }, session.context),
        );
        output.note(job.error === null ? job.note : `${job.note} ${job.error.nextStep}`);
        const status = await printCoverage(session, output, flags.topic);
        if (job.status === 'cancelled') done(EXIT.interrupted);
        else done(job.status === 'incomplete' ? EXIT.incomplete : status);
      });
    });
}
