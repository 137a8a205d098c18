import { type Command, Option } from 'commander';
import type { TimelineInfo } from '../../contract/aggregates.ts';
import { type Clock, cutAt, NO_CUT, parseAggregate, parsePlace } from '../arguments.ts';
import { at, createOutput, EXIT, exactJson } from '../output.ts';
import { reducerFromFlag } from '../reducerFlag.ts';
import { rowAtPlace } from '../rows.ts';
import { withSession } from '../session.ts';

interface Flags {
  workspace: string;
  aggregate: string;
  reducer?: string;
  at?: string;
  clock: Clock;
  json?: boolean;
}

function orderInWords(info: TimelineInfo): string {
  const { order, moved, leftOut } = info.order;
  const parts = [`${order} order`, `${moved.length} ${moved.length === 1 ? 'event' : 'events'} moved`];
  if (leftOut > 0) parts.push(`${leftOut} of aborted or open transactions left out`);
  return parts.join(', ');
}

export function stateCommand(program: Command, done: (status: number) => void): void {
  program
    .command('state')
    .description('the state of one aggregate, now or at a moment of the past')
    .requiredOption('--workspace <file>')
    .requiredOption('--aggregate <TYPE/ID>')
    .option(
      '--reducer <name or file>',
      'a projection by name, a definition (.json) or a program (.js, .ts); else the one that fits the type',
    )
    .option('--at <time or TOPIC:PARTITION:OFFSET>')
    .addOption(
      new Option('--clock <clock>', 'recorded: what was known on that moment; occurred: what was true on it')
        .choices(['recorded', 'occurred'])
        .default('recorded'),
    )
    .option('--json', 'one JSON document')
    .action(async (flags: Flags) => {
      const output = createOutput(flags.json === true);
      const ref = parseAggregate(flags.aggregate);
      const place = flags.at !== undefined && parsePlace(flags.at) !== null ? flags.at : null;
      const cut = place === null ? cutAt(flags.at, flags.clock) : NO_CUT;
      await withSession({ transient: true }, async (session) => {
        await session.openFile(flags.workspace, 'read-only');
        const { aggregates } = session.services;
        const subject = { ref, cut, reducer: await reducerFromFlag(session, flags.reducer, ref.type) };
        const info = await aggregates.timeline(subject, session.context);
        const index = place === null ? info.within - 1 : (await rowAtPlace(session, subject, place)).index;
        const answer = await aggregates.state({ ...subject, index }, session.context);
        const last =
          index < 0
            ? null
            : (await aggregates.events({ ...subject, from: index, count: 1 }, session.context)).rows[0]!;
        if (output.json)
          output.document({
            aggregate: ref,
            reducer: info.reducer,
            folded: answer.folded,
            of: info.total,
            last: last && {
              topic: last.place.topic,
              partition: last.place.partition,
              offset: exactJson(last.place.offset),
              type: last.type,
              recordedAt: at(last.recordedAt),
              occurredAt: last.occurredAt === null ? null : at(last.occurredAt),
            },
            order: info.order.order,
            moved: info.order.moved,
            leftOut: info.order.leftOut,
            state: exactJson(answer.state),
            hash: answer.hash,
            problems: answer.problems,
            coverage: info.coverage,
          });
        else {
          output.text(answer.state);
          output.note(
            last === null
              ? `Before the first event. ${orderInWords(info)}.`
              : `After ${last.sentence}, recorded ${at(last.recordedAt)} (${last.place.topic}:${last.place.partition}:${last.place.offset}): ` +
                  `${answer.folded} of ${info.total} events, ${orderInWords(info)}, reducer ${info.reducer.name} v${info.reducer.version}.`,
          );
          for (const { message } of answer.problems) output.note(message);
          output.note(info.coverage.summary);
        }
        done(info.coverage.state === 'partial' ? EXIT.incomplete : EXIT.done);
      });
    });
}
