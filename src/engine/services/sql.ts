/** The `sql` namespace: the console over events and projections. */
import type { Service } from '../../contract/contract.ts';
import { LIMITS } from '../../contract/limits.ts';
import type { Cut } from '../../core/model.ts';
import { SqlConsole } from '../console/console.ts';
import { EXACT_FUNCTIONS } from '../console/exactFunctions.ts';
import type { ConsoleAnswer } from '../console/protocol.ts';
import { columnsOf, EVENTS_TABLE } from '../console/views.ts';
import type { ServiceDeps } from './deps.ts';
import { derivedFolder } from './projections.ts';
import { definitionsOf } from './timeline.ts';

/** Bytes of rows that one answer to a page holds: a frame less some room for what is around them. */
const PAGE_BYTES = LIMITS.responseFrame - 64 * 1024;

export interface SqlService extends Service<'sql'> {
  /**
   * For callers in the same process, such as the command line: any number of rows of any size.
   * @throws HindcastError as `query` does
   */
  run(
    input: { sql: string; cut: Cut; limit: number },
    options: { signal?: AbortSignal; maxBytes: number | null; timeoutMs?: number },
  ): Promise<ConsoleAnswer>;
  /** Ends the console's processes. */
  close(): void;
}

const functions = EXACT_FUNCTIONS.map(({ name, note }) => `${name}: ${note}`).join('; ');

export function createSqlService(deps: ServiceDeps): SqlService {
  const { workspaces, host } = deps;
  const definitions = definitionsOf(deps);
  const folder = derivedFolder(deps);
  const console = new SqlConsole(host);

  const run: SqlService['run'] = async ({ sql, cut, limit }, { signal, maxBytes, timeoutMs }) => {
    const workspace = workspaces.current();
    const derived = await workspace.read('projections.file', { folder }, { signal });
    const projections = definitions.list().map(({ definition, hash }) => ({ definition, hash }));
    return console.query(
      { file: workspace.file, derived, sql, cut, limit, maxBytes, projections },
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
    async schema() {
      return [
        {
          table: 'events',
          columns: EVENTS_TABLE.columns,
          note: `${EVENTS_TABLE.note} Functions: ${functions}.`,
        },
        ...definitions.list().map(({ projection }) => ({
          table: projection.name,
          note: `${projection.title}. ${projection.description ?? ''}`.trim(),
          columns: columnsOf(projection),
        })),
      ];
    },
  };
}
