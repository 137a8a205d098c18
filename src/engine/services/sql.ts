/** The `sql` namespace: the console over events and projections. */
import type { Service } from '../../contract/contract.ts';
import { HindcastError } from '../../contract/errors.ts';
import { LIMITS } from '../../contract/limits.ts';
import { formatCount, plural } from '../../core/count.ts';
import type { Cut } from '../../core/model.ts';
import { SqlConsole } from '../console/console.ts';
import { EXACT_FUNCTIONS } from '../console/exactFunctions.ts';
import type { ConsoleAnswer } from '../console/protocol.ts';
import { columnsOf, EVENTS_TABLE } from '../console/views.ts';
import type { FileDesk } from '../host.ts';
import { writeResult } from '../transfer/resultFile.ts';
import type { ServiceDeps } from './deps.ts';
import { derivedFolder } from './folders.ts';
import { definitionsOf } from './timeline.ts';

/** Bytes of rows that one answer to a page holds: a frame less some room for what is around them. */
const PAGE_BYTES = LIMITS.responseFrame - 64 * 1024;

/** Most rows of an exported result, and how long it may take. They stand in memory while they are written. */
const EXPORT_ROWS = 1_000_000;
const EXPORT_MILLIS = 10 * 60_000;
const FORMAT_NAMES = { csv: 'CSV', json: 'JSON', ndjson: 'NDJSON', parquet: 'Parquet' } as const;

export interface SqlService extends Service<'sql'> {
  /**
   * For callers in the same process, such as the command line: any number of rows of any size.
   * @throws HindcastError as `query` does
   */
  run(
    input: {
      sql: string;
      parameters?: Readonly<Record<string, string>> | undefined;
      cut: Cut;
      limit: number;
      plan?: boolean;
    },
    options: { signal?: AbortSignal; maxBytes: number | null; timeoutMs?: number },
  ): Promise<ConsoleAnswer>;
  /** Ends the console's processes. */
  close(): void;
}

export function createSqlService(deps: ServiceDeps & { desk: FileDesk }): SqlService {
  const { workspaces, host, jobs, desk } = deps;
  const definitions = definitionsOf(deps);
  const folder = derivedFolder(deps);
  const console = new SqlConsole(host);

  const run: SqlService['run'] = async (
    { sql, parameters = {}, cut, limit, plan = false },
    { signal, maxBytes, timeoutMs },
  ) => {
    const workspace = workspaces.current();
    const derived = await workspace.read('projections.file', { folder }, { signal });
    const projections = definitions.list().map(({ definition, hash }) => ({ definition, hash }));
    return console.query(
      { file: workspace.file, derived, sql, parameters, plan, cut, limit, maxBytes, projections },
      { signal, timeoutMs: timeoutMs ?? LIMITS.sqlMillis },
    );
  };

  return {
    run,
    close: () => console.close(),
    async query(input, { signal }) {
      const answer = await run(input, { signal, maxBytes: PAGE_BYTES });
      const { badge } = await workspaces.current().read('workspace.coverage', { topics: null }, { signal });
      return { ...answer, coverage: badge };
    },
    async plan(input, { signal }) {
      const {
        plan = [],
        tookMs,
        asOf,
      } = await run({ ...input, limit: 1, plan: true }, { signal, maxBytes: PAGE_BYTES });
      return { steps: plan, tookMs, asOf };
    },
    async export({ format, target, ...statement }) {
      workspaces.current();
      const destination = desk.destination(target);
      const title = `Export of a result as ${FORMAT_NAMES[format]}`;
      const started = jobs.start({ kind: 'export', title, unit: 'rows' }, async (signal, report) => {
        report({ done: 0, total: null, note: 'Asking again for all rows.' });
        const options = { signal, maxBytes: null, timeoutMs: EXPORT_MILLIS };
        const { columns, rows, more } = await run({ ...statement, limit: EXPORT_ROWS }, options);
        if (more)
          throw new HindcastError('sql.invalid', {
            problem: `the result has more than ${formatCount(EXPORT_ROWS)} rows, so nothing was saved; narrow it, or use hindcast sql`,
          });
        report({ done: 0, total: rows.length, note: 'Writing the file.' });
        const bytes = writeResult(destination.path, format, columns, rows, `Hindcast ${host.version}`);
        report({ done: rows.length, total: rows.length, note: '' });
        destination.offer(started.jobId);
        return {
          status: 'done',
          note: `${destination.shown}: ${plural(rows.length, 'row')}, ${plural(bytes, 'byte')}.`,
        };
      });
      return started;
    },
    async schema() {
      return {
        tables: [
          { table: 'events', ...EVENTS_TABLE },
          ...definitions.list().map(({ projection }) => ({
            table: projection.name,
            note: `${projection.title}. ${projection.description ?? ''}`.trim(),
            columns: columnsOf(projection),
          })),
        ],
        functions: [...EXACT_FUNCTIONS],
      };
    },
  };
}
