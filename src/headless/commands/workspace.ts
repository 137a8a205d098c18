import type { Command } from 'commander';
import { HindcastError } from '../../contract/errors.ts';
import type { CheckReport } from '../../contract/workspaceWork.ts';
import { createOutput, EXIT, type Output } from '../output.ts';
import { runJob } from '../progress.ts';
import { withSession } from '../session.ts';

const STATUS = { sound: 'whole', damaged: 'DAMAGED', 'not-checked': 'not checked' } as const;

function printReport(output: Output, report: CheckReport): void {
  if (output.json) {
    output.document(report);
    return;
  }
  for (const { title, status, looked, findings, more } of report.parts) {
    output.text(`${title}: ${STATUS[status]} (${looked})`);
    for (const { where, problem, usable } of findings)
      output.text(`  ${where}: ${problem}. Still usable: ${usable}`);
    if (more > 0) output.text(`  and ${more} more`);
  }
  output.text(report.summary);
}

export function workspaceCommand(program: Command, done: (status: number) => void): void {
  const group = program.command('workspace').description('looks after a workspace file');
  group
    .command('check')
    .description('integrity check: what is damaged, and what of the file can still be used')
    .requiredOption('--workspace <file>')
    .option('--json', 'one JSON document')
    .action(async (flags: { workspace: string; json?: boolean }) => {
      const output = createOutput(flags.json === true);
      await withSession({ transient: true }, async (session) => {
        await session.openFile(flags.workspace, 'read-only');
        const job = await runJob(session, () => session.services.workspace.check({}, session.context));
        const report = await session.services.workspace.checkReport({}, session.afterwards);
        if (report !== null) printReport(output, report);
        if (job.status === 'cancelled') done(EXIT.interrupted);
        else done(report?.status === 'sound' ? EXIT.done : EXIT.failed);
      });
    });
  group
    .command('compact')
    .description('makes the file as small as what is in it')
    .requiredOption('--workspace <file>')
    .action(async (flags: { workspace: string }) => {
      const output = createOutput(false);
      await withSession({ transient: true }, async (session) => {
        await session.openFile(flags.workspace, 'open');
        const job = await runJob(session, () => session.services.workspace.compact({}, session.context));
        output.note(job.note);
        done(job.status === 'cancelled' ? EXIT.interrupted : EXIT.done);
      });
    });
  group
    .command('delete-topic')
    .description('deletes what was captured of a topic; the cluster is not touched')
    .requiredOption('--workspace <file>')
    .requiredOption('--topic <name>')
    .requiredOption(
      '--confirm <name>',
      'the name of the topic once more: what retention has taken is lost for good',
    )
    .action(async (flags: { workspace: string; topic: string; confirm: string }) => {
      const output = createOutput(false);
      if (flags.confirm !== flags.topic)
        throw new HindcastError('topic.name-mismatch', { name: flags.topic });
      await withSession({ transient: true }, async (session) => {
        await session.openFile(flags.workspace, 'open');
        const job = await runJob(session, () =>
          session.services.workspace.deleteTopic({ topic: flags.topic }, session.context),
        );
        output.note(job.note);
        done(job.status === 'cancelled' ? EXIT.interrupted : EXIT.done);
      });
    });
  for (const command of group.commands) command.exitOverride();
}
