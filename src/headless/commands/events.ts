import type { Command } from 'commander';
import type { EventFilter, ScanState } from '../../contract/events.ts';
import { readWhere } from '../../contract/where.ts';
import { parseAggregate, parseLimit, parseMoment } from '../arguments.ts';
import { createOutput, EXIT, type Output } from '../output.ts';
import { documentLines, eventRows, rowLine, searchToEnd } from '../rows.ts';
import { type Session, withSession } from '../session.ts';

/** What the options that choose records say. */
export interface FilterFlags {
  topic?: string[];
  type?: string[];
  aggregate?: string;
  key?: string;
  correlation?: string;
  from?: string;
  to?: string;
  where?: string;
  text?: string;
}

interface Flags extends FilterFlags {
  workspace: string;
  limit?: string;
  json?: boolean;
}

/** How often the state of a long search is told, ms. */
const TELL_EVERY_MS = 2000;

/** The filter that the options of `events` and `export` say. */
export function filterOf(flags: FilterFlags): EventFilter {
  return {
    topics: flags.topic,
    types: flags.type,
    aggregate: flags.aggregate === undefined ? undefined : parseAggregate(flags.aggregate),
    key: flags.key,
    correlationId: flags.correlation,
    from: flags.from === undefined ? undefined : parseMoment(flags.from),
    to: flags.to === undefined ? undefined : parseMoment(flags.to),
    where: whereOf(flags),
  };
}

/** @throws HindcastError `filter.invalid` with the place in what was written */
function whereOf({ where, text }: FilterFlags): string | undefined {
  if (where !== undefined) readWhere(where);
  if (text === undefined) return where;
  const contains = `text contains ${JSON.stringify(text)}`;
  return where === undefined ? contains : `${contains} and (${where})`;
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
    .option('--where <expr>', 'such as: data.amount > 100 and header.tenant = "x" (docs/FILTERS.md)')
    .option('--text <text>', 'stands in the value, as it is')
    .option('--limit <n>', 'at most so many; the note says when there are more')
    .option('--json', 'one JSON document a line')
    .action(async (flags: Flags) => {
      const output = createOutput(flags.json === true);
      const filter = filterOf(flags);
      const limit = flags.limit === undefined ? Number.POSITIVE_INFINITY : parseLimit(flags.limit);
      await withSession({ transient: true }, async (session) => {
        await session.openFile(flags.workspace, 'read-only');
        await searchToEnd(session, filter, teller(output));
        const { total, coverage } = await session.services.events.query(
          { filter, from: 0, count: 1 },
          session.context,
        );
        const written = await write(session, output, filter, limit);
        if (written < total) output.note(`${written} of ${total} events shown, as --limit asked.`);
        if (coverage.state === 'partial') output.note(coverage.summary);
        done(coverage.state === 'partial' ? EXIT.incomplete : EXIT.done);
      });
    });
}

/** Tells how far a search is: now and then, and at its end. */
function teller(output: Output): (state: ScanState) => void {
  let next = performance.now() + TELL_EVERY_MS;
  return ({ looked, of, matched, done, spared }) => {
    if (of === 0 || (!done && performance.now() < next)) return;
    next = performance.now() + TELL_EVERY_MS;
    const index = spared === 0 ? '' : `; the full-text index spared ${spared}`;
    output.note(`Looked at ${looked} of ${of} values, ${matched} ${matched === 1 ? 'hit' : 'hits'}${index}.`);
  };
}

async function write(session: Session, output: Output, filter: EventFilter, limit: number): Promise<number> {
  let written = 0;
  if (output.json)
    for await (const lines of documentLines(session, filter, limit)) {
      await output.jsonLines(lines);
      written += lines.length;
    }
  else
    for await (const rows of eventRows(session, filter, limit)) {
      for (const row of rows) output.text(rowLine(row));
      written += rows.length;
    }
  return written;
}
