/** The engine put together: connections, the open workspace, jobs, and a service for every namespace of the contract. */
import type { Services } from '../contract/contract.ts';
import { openConnectionStore } from './connections/connectionStore.ts';
import { createFileDesk } from './files/fileDesk.ts';
import type { EngineHost, FileDesk } from './host.ts';
import { createJobRegistry } from './jobs/jobRegistry.ts';
import { Notebook } from './notebook/notebook.ts';
import { SavedSentences } from './sentences/savedSentences.ts';
import { createCaptureService } from './services/capture.ts';
import { createCaseService, createQueryService } from './services/cases.ts';
import { createChangedHub } from './services/changedHub.ts';
import { createCheckService } from './services/check.ts';
import { createCompensateService } from './services/compensate.ts';
import { createConnectionService } from './services/connections.ts';
import type { ServiceDeps } from './services/deps.ts';
import { createEventService } from './services/events.ts';
import { createInvariantService } from './services/invariants.ts';
import { createJobService } from './services/jobs.ts';
import { createMappingService } from './services/mappings.ts';
import { createProjectionService } from './services/projections.ts';
import { createSeals } from './services/seals.ts';
import { createSearchService } from './services/search.ts';
import { createSentenceService } from './services/sentences.ts';
import { createSqlService, type SqlService } from './services/sql.ts';
import { createSystemService } from './services/system.ts';
import { createAggregateService } from './services/timeline.ts';
import { createTopicService } from './services/topics.ts';
import { createTransferService } from './services/transfer.ts';
import { createWhatIfService } from './services/whatif.ts';
import { createWorkspaceService } from './services/workspace.ts';
import { createWorkspaceHolder, type OpenMode } from './services/workspaceHolder.ts';
import type { Workspace } from './store/workspace.ts';

export interface Engine {
  /** The `sql` service has more for callers in this process than the contract gives a page. */
  services: Services & { sql: SqlService };
  /** Files on their way between a page and the engine, for the door that carries them. */
  files: FileDesk;
  /** Opens a workspace by path, for the command line; the page only knows names and tokens. @throws HindcastError */
  openWorkspaceFile(path: string, mode: OpenMode): Promise<void>;
  /** Cancels jobs and queries, closes the workspace and forgets what is unlocked. */
  close(): Promise<void>;
}

export interface EngineOptions {
  /** Opens the workspace of last time, or the demo; the command line opens its own. Default true. */
  openLast?: boolean;
}

/** Starts an engine behind any door. The caller closes it. */
export async function createEngine(host: EngineHost, options: EngineOptions = {}): Promise<Engine> {
  const { log } = host;
  const changed = createChangedHub();
  const connections = await openConnectionStore({
    dataDir: host.dataDir,
    secrets: host.secrets,
    log,
    onChange: () => changed.push('connections'),
  });
  const jobs = createJobRegistry({ log, onChange: () => changed.push('jobs') });
  const workspaces = await createWorkspaceHolder(
    host,
    (workspace: Workspace) => {
      workspace.onChange(() => changed.push('workspace', 'events'));
      changed.push('workspace', 'events', 'projections', 'receipts', 'notebook', 'sentences');
    },
    (workspace) => sentences.tell(workspace),
  );
  const deps: ServiceDeps = { host, workspaces, jobs, changed, connections, log };
  const desk = createFileDesk(host);
  const seals = createSeals(() => changed.push('workspace'));
  const sql = createSqlService({ ...deps, desk });
  const notebook = new Notebook(deps);
  const sentences = new SavedSentences(notebook, deps);
  const topics = createTopicService(deps);
  const services: Engine['services'] = {
    system: createSystemService(deps),
    jobs: createJobService(deps),
    connections: createConnectionService(deps),
    topics,
    capture: createCaptureService(deps),
    workspace: createWorkspaceService({ ...deps, desk, seals }, workspaces),
    transfer: createTransferService({ ...deps, desk }),
    events: createEventService(deps),
    aggregates: createAggregateService(deps),
    projections: createProjectionService(deps),
    sql,
    compensate: createCompensateService(deps),
    search: createSearchService(deps),
    check: createCheckService(deps),
    whatif: createWhatIfService(deps),
    invariants: createInvariantService(deps),
    cases: createCaseService(deps, notebook, (workspace) => workspaces.nameOf(workspace)),
    queries: createQueryService(notebook),
    mappings: createMappingService(deps, notebook),
    sentences: createSentenceService(deps, sentences),
  };
  if (options.openLast !== false) await workspaces.openLast();
  return {
    services,
    files: desk,
    openWorkspaceFile: async (path, mode) => void (await workspaces.open(path, mode)),
    async close() {
      sql.close();
      await jobs.close();
      topics.close();
      connections.close();
      await workspaces.close();
      desk.close();
      changed.close();
    },
  };
}
