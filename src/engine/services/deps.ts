/** What every service gets from the composition root. */
import type { ConnectionStore } from '../connections/connectionStore.ts';
import type { EngineHost } from '../host.ts';
import type { JobRegistry } from '../jobs/jobRegistry.ts';
import type { Workspace } from '../store/workspace.ts';
import type { ChangedHub } from './changedHub.ts';

/** The one workspace that is open. */
export interface CurrentWorkspace {
  /** @throws HindcastError `workspace.none` */
  current(): Workspace;
  /** The open workspace, or null. */
  peek(): Workspace | null;
  /** Calls back after another workspace was opened; returns the way to stop that. */
  onSwitch(listener: (workspace: Workspace) => void): () => void;
}

export interface ServiceDeps {
  host: EngineHost;
  workspaces: CurrentWorkspace;
  jobs: JobRegistry;
  changed: ChangedHub;
  connections: ConnectionStore;
  log: EngineHost['log'];
}
