import { type Command, Option } from 'commander';
import { LIMITS } from '../../contract/limits.ts';
import type { Cell } from '../../contract/projections.ts';
import { type Clock, cutAt, parseLimit, parseSeconds } from '../arguments.ts';
import { createOutput, EXIT, exactJson, table } from '../output.ts';
import { withSession } from '../session.ts';

interface Flags {
  workspace: string;
  at?: string;
  clock: Clock;
  limit?: string;
  timeout: string;
  json?: boolean;
}

function cellText(cell: Cell): string {
  if (cell === null) return 'NULL';
  if (typeof cell !== 'object') return String(cell);
  if ('integer' in cell) return cell.integer;
  return 'decimal' in cell ? cell.decimal : `base64:${cell.base64}`;
}

function cellJson(cell: Cell): unknown {
  if (cell === null || typeof cell !== 'object' || 'base64' in cell) return cell;
  return exactJson('integer' in cell ? cell.integer : cell.decimal);
}

export function sqlCommand(program: Command, done: (status: number) => void): void {
  program
    .command('sql')
    .description('read-only SQL over events and projections, as of a moment')
    .argument('<select>')
    .requiredOption('--workspace <file>')
    .option('--at <time>')
    .addOption(new Option('--clock <clock>').choices(['recorded', 'occurred']).default('recorded'))
    .option('--limit <n>', 'at most so many rows; the note says when there are more')
    .option('--timeout <seconds>', 'stop the query after', String(LIMITS.sqlMillis / 1000))
    .option('--json', 'one JSON document a row')
    .action(async (select: string, flags: Flags) => {
      const output = createOutput(flags.json === true);
      const cut = cutAt(flags.at, flags.clock);
      const limit = flags.limit === undefined ? Number.POSITIVE_INFINITY : parseLimit(flags.limit);
      const timeoutMs = parseSeconds(flags.timeout) * 1000;
      await withSession({ transient: false }, async (session) => {
        await session.openFile(flags.workspace, 'read-only');
        const { services, context, signal } = session;
        const { columns, rows, more, asOf } = await services.sql.run(
          { sql: select, cut, limit },
          { signal, maxBytes: null, timeoutMs },
        );
        const { badge } = await services.workspace.coverage({ topics: null }, context);
        if (output.json)
          for (const row of rows)
            output.line(Object.fromEntries(columns.map(({ name }, i) => [name, cellJson(row[i]!)])));
        else
          for (const line of table(
            rows,
            columns.map(({ name }, i) => ({ title: name, value: (row: Cell[]) => cellText(row[i]!) })),
          ))
            output.text(line);
        output.note(`${rows.length} ${rows.length === 1 ? 'row' : 'rows'}, ${asOf}. ${badge.summary}`);
        if (more) output.note('There are more rows than --limit asked for.');
        done(badge.state === 'partial' ? EXIT.incomplete : EXIT.done);
      });
    });
}
