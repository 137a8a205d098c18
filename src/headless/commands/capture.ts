import type { Command } from 'commander';
import { int64 } from '../../contract/common.ts';
import { parseMoment } from '../arguments.ts';
import { type ConnectionFlags, withConnectionOptions } from '../connectionOptions.ts';
import { createOutput, EXIT } from '../output.ts';
import { runJob } from '../progress.ts';
import { withSession } from '../session.ts';
import { printCoverage } from './coverage.ts';

interface Flags extends ConnectionFlags {
  topic: string[];
  workspace: string;
  from: string;
  json?: boolean;
}

/** Offsets are short numbers; a moment in milliseconds since 1970 has at least twelve digits. */
const LONGEST_OFFSET_TEXT = 11;

function beginning(text: string) {
  if (text === 'earliest') return 'earliest' as const;
  if (/^\d+$/.test(text) && text.length <= LONGEST_OFFSET_TEXT) return { offset: int64(Number(text)) };
  return { time: parseMoment(text) };
}

export function captureCommand(program: Command, done: (status: number) => void): void {
  withConnectionOptions(program.command('capture'))
    .description('capture topics into a workspace, up to the end offsets seen at the start')
    .requiredOption('--topic <name...>', 'one or more')
    .requiredOption('--workspace <file>', 'made when it is missing; captured topics go on where they stand')
    .option('--from <place>', 'earliest, a time, or an offset: where a new partition begins', 'earliest')
    .option('--json', 'print the coverage as one JSON document')
    .action(async (flags: Flags) => {
      const output = createOutput(flags.json === true);
      const from = beginning(flags.from);
      await withSession({ transient: flags.connection === undefined }, async (session) => {
        const connectionId = await session.connect(flags);
        await session.openFile(flags.workspace, 'ensure');
        const job = await runJob(session, () =>
          session.services.capture.start({ connectionId, topics: flags.topic, from }, session.context),
        );
        output.note(job.note);
        const status = await printCoverage(session, output, flags.topic);
        if (job.status === 'cancelled') done(EXIT.interrupted);
        else done(job.status === 'incomplete' ? EXIT.incomplete : status);
      });
    });
}
