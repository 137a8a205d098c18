import { existsSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { captureCommand } from './commands/capture.ts';
import { checkCommand } from './commands/check.ts';
import { compensateCommand } from './commands/compensate.ts';
import { coverageCommand } from './commands/coverage.ts';
import { eventsCommand } from './commands/events.ts';
import { exportCommand } from './commands/export.ts';
import { historyCommand } from './commands/history.ts';
import { importCommand } from './commands/import.ts';
import { projectCommand } from './commands/project.ts';
import { recordCommand } from './commands/record.ts';
import { reportCommand } from './commands/report.ts';
import { serve, serveCommand } from './commands/serve.ts';
import { sqlCommand } from './commands/sql.ts';
import { stateCommand } from './commands/state.ts';
import { topicsCommand } from './commands/topics.ts';
import { workspaceCommand } from './commands/workspace.ts';
import { openDesktop } from './desktop.ts';
import { describeError, EXIT, markedPlace, statusOf } from './output.ts';
import { VERSION } from './session.ts';

const EPILOG = `
Times are ISO 8601 with a zone (2025-12-31T23:59:59Z) or milliseconds since 1970.
Exit status: 0 complete, 1 failed, 2 wrong usage, 3 done but incomplete, 4 refused by a guard, 130 interrupted.`;

/** Runs one command line and returns its exit status (docs/CLI.md). */
export async function main(argv: string[]): Promise<number> {
  let status: number = EXIT.done;
  const done = (value: number): void => {
    status = value;
  };
  // Whoever read our output has seen enough (`| head`): end as programs do that the signal SIGPIPE ends.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT.outputClosed);
    throw error;
  });
  const program = new Command('hindcast')
    .description('event explorer and replay studio for event-sourced systems on Kafka')
    .version(VERSION)
    .addHelpText('after', EPILOG)
    .exitOverride()
    .allowExcessArguments(true)
    .action(async () => {
      if (program.args.length > 0)
        program.error(`error: unknown command “${program.args[0]}”; hindcast --help lists them`);
      const problem = openDesktop();
      if (problem === null) return;
      process.stderr.write(`Opening in the browser, because ${problem}.\n`);
      done(await serve({ open: true }));
    });
  for (const add of [
    serveCommand,
    topicsCommand,
    captureCommand,
    coverageCommand,
    eventsCommand,
    historyCommand,
    stateCommand,
    projectCommand,
    sqlCommand,
    compensateCommand,
    checkCommand,
    reportCommand,
    exportCommand,
    importCommand,
    recordCommand,
    workspaceCommand,
  ])
    add(program, done);
  for (const command of program.commands) command.exitOverride();
  try {
    await program.parseAsync(argv, { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    const place = markedPlace(error);
    process.stderr.write(`hindcast: ${describeError(error)}\n${place === null ? '' : `${place}\n`}`);
    return statusOf(error);
  }
}

if (existsSync(process.argv[1] ?? '') && import.meta.main)
  process.exitCode = await main(process.argv.slice(2));
