import type { Command } from 'commander';
import type { EventFilter } from '../../contract/events.ts';
import { parseAggregate, parseLimit, parseMoment } from '../arguments.ts';
import { createOutput, EXIT } from '../output.ts';
import { eventRows, recordDocument, rowLine } from '../rows.ts';
import { withSession } from '../session.ts';

interface Flags {
  workspace: string;
  topic?: string[];
  type?: string[];
  aggregate?: string;
  key?: string;
  correlation?: string;
  from?: string;
  to?: string;
  limit?: string;
  json?: boolean;
}

/** Records read in full at the same time. */
const AT_ONCE = 32;

function filterOf(flags: Flags): EventFilter {
  return {
    topics: flags.topic,
    types: flags.type,
    aggregate: flags.aggregate === undefined ? undefined : parseAggregate(flags.aggregate),
    key: flags.key,
    correlationId: flags.correlation,
    from: flags.from === undefined ? undefined : parseMoment(flags.from),
    to: flags.to === undefined ? undefined : parseMoment(flags.to),
  };
}

export function eventsCommand(program: Command, done: (status: number) => void): void {
  program
    .command('events')
    .description('events in fold order: recorded time, topic, partition, offset')
    .requiredOption('--workspace <file>')
    .option('--topic <name...>')
    .option('--type <name...>')
    .option('--aggregate <TYPE/ID>')
    .option('--key <text>', 'the whole record key')
    .option('--correlation <id>')
    .option('--from <time>', 'recorded at or after')
    .option('--to <time>', 'recorded at or before')
    .option('--limit <n>', 'at most so many; the note says when there are more')
    .option('--json', 'one JSON document a line')
    .action(async (flags: Flags) => {
      const output = createOutput(flags.json === true);
      const filter = filterOf(flags);
      const limit = flags.limit === undefined ? Number.POSITIVE_INFINITY : parseLimit(flags.limit);
      await withSession({ transient: true }, async (session) => {
        await session.openFile(flags.workspace, 'read-only');
        const { total, coverage } = await session.services.events.query(
          { filter, from: 0, count: 1 },
          session.context,
        );
        let written = 0;
        for await (const rows of eventRows(session, filter, limit)) {
          written += rows.length;
          if (output.json)
            for (let from = 0; from < rows.length; from += AT_ONCE) {
              const some = rows.slice(from, from + AT_ONCE);
              for (const record of await Promise.all(some.map((row) => recordDocument(session, row))))
                output.line(record);
            }
          else for (const row of rows) output.text(rowLine(row));
        }
        if (written < total) output.note(`${written} of ${total} events shown, as --limit asked.`);
        if (coverage.state === 'partial') output.note(coverage.summary);
        done(coverage.state === 'partial' ? EXIT.incomplete : EXIT.done);
      });
    });
}
