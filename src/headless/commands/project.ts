import type { Command } from 'commander';
import { LIMITS } from '../../contract/limits.ts';
import { createOutput, EXIT } from '../output.ts';
import { runJob } from '../progress.ts';
import { projectionFromFlag } from '../reducerFlag.ts';
import { type Session, withSession } from '../session.ts';

/** Failures told to a person; --json lists all. */
const FAILURES_SHOWN = 100;

async function allFailures(session: Session, name: string, most: number) {
  const { failures } = session.services.projections;
  const found: Awaited<ReturnType<typeof failures>>['rows'] = [];
  while (found.length < most) {
    const count = Math.min(LIMITS.pageRows, most - found.length);
    const { rows } = await failures({ name, from: found.length, count }, session.afterwards);
    if (rows.length === 0) break;
    found.push(...rows);
  }
  return found;
}

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
        await session.openFile(flags.workspace, 'read-only');
        const name = await projectionFromFlag(session, flags.projection);
        const job = await runJob(session, () =>
          session.services.projections.run({ name, rebuild: flags.rebuild === true }, session.context),
        );
        const { projections } = await session.services.projections.list({}, session.afterwards);
        const status = projections.find((projection) => projection.name === name)!;
        const failures = await allFailures(session, name, output.json ? status.failed : FAILURES_SHOWN);
        if (output.json) output.document({ ...status, failures });
        else {
          output.text(
            `${name}: ${status.rows} rows, ${status.processed} events processed, ${status.ignored} ignored, ${status.failed} failed, ${status.behind} behind`,
          );
          for (const { place, type, message } of failures)
            output.note(`${place.topic}:${place.partition}:${place.offset} ${type}: ${message}`);
          if (status.failed > failures.length)
            output.note(`${status.failed - failures.length} more failures; --json lists all.`);
        }
        if (job.status === 'cancelled') done(EXIT.interrupted);
        else done(status.failed > 0 || job.status === 'incomplete' ? EXIT.incomplete : EXIT.done);
      });
    });
}
