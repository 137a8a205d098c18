import type { Command } from 'commander';
import { createOutput, EXIT } from '../output.ts';
import { runJob } from '../progress.ts';
import { withSession } from '../session.ts';
import { refuseExisting } from './export.ts';

export function recordCommand(program: Command, done: (status: number) => void): void {
  program
    .command('record')
    .description('saves a workspace as a recording: one sealed file that opens read-only with no cluster')
    .requiredOption('--workspace <file>')
    .requiredOption('--to <file>')
    .option('--force', 'replace a file that is there')
    .action(async (flags: { workspace: string; to: string; force?: boolean }) => {
      const output = createOutput(false);
      refuseExisting(flags.to, flags.force);
      await withSession({ transient: true }, async (session) => {
        await session.openFile(flags.workspace, 'read-only');
        const target = { token: session.tokenFor(flags.to) };
        const job = await runJob(session, () =>
          session.services.workspace.saveRecording({ target }, session.context),
        );
        output.note(job.note);
        done(job.status === 'cancelled' ? EXIT.interrupted : EXIT.done);
      });
    });
}
