import type { Command } from 'commander';
import { createOutput, EXIT } from '../output.ts';
import { runJob } from '../progress.ts';
import { projectionFromFlag } from '../reducerFlag.ts';
import { withSession } from '../session.ts';

export function projectCommand(program: Command, done: (status: number) => void): void {
  program
    .command('project')
    .description('replays events into a projection; goes on with new events only')
    .requiredOption('--workspace <file>')
    .requiredOption('--projection <name or file>')
    .option('--rebuild', 'from the first event')
    .option('--json', 'one JSON document')
    .action(async (flags: { workspace: string; projection: string; rebuild?: boolean; json?: boolean }) => {
      const output = createOutput(flags.json === true);
      await withSession({ transient: false }, async (session) => {
        await session.openFile(flags.workspace, 'open');
        const name = await projectionFromFlag(session, flags.projection);
        const job = await runJob(session, () =>
          session.services.projections.run({ name, rebuild: flags.rebuild === true }, session.context),
        );
        const { projections } = await session.services.projections.list({}, session.context);
        const status = projections.find((projection) => projection.name === name)!;
        const { rows: failures } =
          status.failed > 0
            ? await session.services.projections.failures({ name, from: 0, count: 100 }, session.context)
            : { rows: [] };
        if (output.json) output.document({ ...status, failures });
        else {
          output.text(
            `${name}: ${status.rows} rows, ${status.processed} events processed, ${status.ignored} ignored, ${status.failed} failed, ${status.behind} behind`,
          );
          for (const { place, type, message } of failures)
            output.note(`${place.topic}:${place.partition}:${place.offset} ${type}: ${message}`);
          if (status.failed > failures.length)
            output.note(`${status.failed - failures.length} more failures not shown.`);
        }
        if (job.status === 'cancelled') done(EXIT.interrupted);
        else done(status.failed > 0 || job.status === 'incomplete' ? EXIT.incomplete : EXIT.done);
      });
    });
}
