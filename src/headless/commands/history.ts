import type { Command } from 'commander';
import { rowDocument } from '../../contract/rowDocument.ts';
import { NO_CUT, parseAggregate } from '../arguments.ts';
import { createOutput, EXIT, exactJson } from '../output.ts';
import { reducerFromFlag } from '../reducerFlag.ts';
import { rowLine, streamRows } from '../rows.ts';
import { withSession } from '../session.ts';

const orNothing = (text: string | null): string => (text === null ? 'nothing' : text);

export function historyCommand(program: Command, done: (status: number) => void): void {
  program
    .command('history')
    .description("one aggregate's events, each with what it changed")
    .requiredOption('--workspace <file>')
    .requiredOption('--aggregate <TYPE/ID>')
    .option(
      '--reducer <name or file>',
      'a projection whose reducer folds the state; else the one that fits the type',
    )
    .option('--json', 'one JSON document a line')
    .action(async (flags: { workspace: string; aggregate: string; reducer?: string; json?: boolean }) => {
      const output = createOutput(flags.json === true);
      const ref = parseAggregate(flags.aggregate);
      await withSession({ transient: true }, async (session) => {
        await session.openFile(flags.workspace, 'read-only');
        const { aggregates } = session.services;
        const subject = {
          ref,
          cut: NO_CUT,
          reducer: await reducerFromFlag(session, flags.reducer, ref.type),
        };
        const info = await aggregates.timeline(subject, session.context);
        for await (const row of streamRows(session, subject)) {
          const { changes } = await aggregates.state({ ...subject, index: row.index }, session.context);
          const { index, afterCut: _afterCut, moved, faults, ...event } = row;
          if (output.json) {
            output.line({
              ...rowDocument(event),
              index,
              moved,
              faults,
              changes: changes.map((change) => ({
                ...change,
                before: exactJson(change.before),
                after: exactJson(change.after),
                delta: exactJson(change.delta),
              })),
            });
            continue;
          }
          output.text(rowLine(event));
          for (const fault of faults) output.text(`    ! ${fault}`);
          for (const { path, before, after, delta } of changes)
            output.text(
              `    ${path}: ${orNothing(before)} -> ${orNothing(after)}${delta === null ? '' : ` (${delta})`}`,
            );
        }
        if (info.coverage.state === 'partial') output.note(info.coverage.summary);
        done(info.coverage.state === 'partial' ? EXIT.incomplete : EXIT.done);
      });
    });
}
