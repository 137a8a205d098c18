import { type Command, Option } from 'commander';
import { parseAggregate, parseMoment } from '../arguments.ts';
import { EXIT } from '../output.ts';
import { withSession } from '../session.ts';

interface Flags {
  workspace: string;
  aggregate: string;
  at?: string[];
  reducer?: string;
  format: 'html' | 'md' | 'json';
}

export function reportCommand(program: Command, done: (status: number) => void): void {
  program
    .command('report')
    .description('the audit report of one aggregate, as a document on standard output')
    .requiredOption('--workspace <file>')
    .requiredOption('--aggregate <TYPE/ID>')
    .option('--at <time...>', 'moments of recorded time at which the state is told, beside the last one')
    .option('--reducer <name>', 'a projection by name; else the one that fits the type')
    .addOption(new Option('--format <format>').choices(['html', 'md', 'json']).default('html'))
    .action(async (flags: Flags) => {
      const question = {
        ref: parseAggregate(flags.aggregate),
        at: (flags.at ?? []).map(parseMoment),
        format: flags.format,
        reducer: flags.reducer ?? null,
      };
      await withSession({ transient: true }, async (session) => {
        await session.openFile(flags.workspace, 'read-only');
        const { text } = await session.services.check.report(question, session.context);
        process.stdout.write(text);
        done(EXIT.done);
      });
    });
}
