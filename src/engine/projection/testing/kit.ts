/** A workspace file with records in it and the services over it, for tests. */
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CallContext } from '../../../contract/contract.ts';
import { appendRecords, type ImportRecord } from '../../capture/import.ts';
import { createFileDesk } from '../../files/fileDesk.ts';
import type { EngineHost, FileDesk, HelperProcess } from '../../host.ts';
import { createJobRegistry } from '../../jobs/jobRegistry.ts';
import { createChangedHub } from '../../services/changedHub.ts';
import type { ServiceDeps } from '../../services/deps.ts';
import { createProjectionService } from '../../services/projections.ts';
import { createSqlService } from '../../services/sql.ts';
import { createAggregateService } from '../../services/timeline.ts';
import { openWorkspace, type Workspace } from '../../store/workspace.ts';

export const NO_CUT = { knownOn: null, trueOn: null };

export function forkConsole(): HelperProcess {
  const file = fileURLToPath(new URL('../../entries/console.ts', import.meta.url));
  const child = fork(file, [], { serialization: 'advanced', execArgv: [] });
  return {
    send: (message) => void child.send(message as object),
    onMessage: (listener) => void child.on('message', listener),
    onExit: (listener) => void child.once('exit', listener),
    kill: () => void child.kill('SIGKILL'),
  };
}

export interface Kit {
  workspace: Workspace;
  jobs: ReturnType<typeof createJobRegistry>;
  desk: FileDesk;
  dataDir: string;
  aggregates: ReturnType<typeof createAggregateService>;
  projections: ReturnType<typeof createProjectionService>;
  sql: ReturnType<typeof createSqlService>;
  context: CallContext;
  append(records: readonly ImportRecord[]): Promise<void>;
  /** Replays and waits for the end; the note of the job. */
  replay(name: string, rebuild?: boolean): Promise<string>;
  close(): Promise<void>;
}

/** A new workspace in a folder of its own, removed at the end. */
export async function openKit(name: string): Promise<Kit> {
  const dataDir = mkdtempSync(join(tmpdir(), `hindcast-${name}-`));
  const workspace = await openWorkspace(join(dataDir, 'test.hindcast'), { mode: 'create', log: () => {} });
  return kitOver(workspace, dataDir);
}

/** The services over a workspace that is open. */
export function kitOver(workspace: Workspace, dataDir: string): Kit {
  const jobs = createJobRegistry({ log: () => {} });
  const host = { dataDir, spawnHelper: forkConsole, log: () => {} } as unknown as EngineHost;
  const deps = {
    host,
    workspaces: { current: () => workspace, peek: () => workspace, onSwitch: () => () => {} },
    jobs,
    changed: createChangedHub(),
    log: () => {},
  } as unknown as ServiceDeps;
  const context: CallContext = { signal: new AbortController().signal, traceId: 'test' };
  const projections = createProjectionService(deps);
  const desk = createFileDesk(host);
  const sql = createSqlService({ ...deps, desk });
  return {
    workspace,
    jobs,
    desk,
    dataDir,
    aggregates: createAggregateService(deps),
    projections,
    sql,
    context,
    append: async (records) => void (await appendRecords(workspace, records)),
    async replay(projection, rebuild = false) {
      const { jobId } = await projections.run({ name: projection, rebuild }, context);
      const state = await jobs.ended(jobId);
      if (state.status !== 'done') throw new Error(`${state.status}: ${state.note}`);
      return state.note;
    },
    async close() {
      sql.close();
      await jobs.close();
      await workspace.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
