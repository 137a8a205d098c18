import { existsSync, renameSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { z } from 'zod';
import type { Service } from '../../contract/contract.ts';
import { HindcastError } from '../../contract/errors.ts';
import type { WorkspaceInfo } from '../../contract/workspace.ts';
import type { FileDesk } from '../host.ts';
import type { Workspace } from '../store/workspace.ts';
import type { ServiceDeps } from './deps.ts';
import { createRecheckService } from './recheck.ts';
import type { Seals } from './seals.ts';
import { WORKSPACE_SUFFIX, type WorkspaceHolder } from './workspaceHolder.ts';
import { createWorkspaceWork } from './workspaceWork.ts';

type Info = z.infer<typeof WorkspaceInfo>;

export function createWorkspaceService(
  deps: ServiceDeps & { desk: FileDesk; seals: Seals },
  holder: WorkspaceHolder,
): Service<'workspace'> {
  const { host, desk, seals } = deps;
  const infoOf = async (workspace: Workspace): Promise<Info> => {
    const info = await workspace.read('workspace.info', {});
    const kind = holder.isDemo(workspace) ? 'demo' : info.kind;
    const seal = await seals.stateOf(workspace, info.sizeBytes);
    const damage = seal.state === 'damaged' ? seal.problem : null;
    return { ...info, kind, name: holder.nameOf(workspace), readOnly: workspace.readOnly, damage };
  };
  /** What a browser sent lies in a folder that is emptied: it is moved among the workspaces, under a free name. */
  const keep = (file: string): string => {
    const name = basename(file, WORKSPACE_SUFFIX);
    let target = holder.fileOf(name);
    for (let count = 2; existsSync(target); count++) target = holder.fileOf(`${name} ${count}`);
    renameSync(file, target);
    return target;
  };
  return {
    ...createWorkspaceWork(deps, holder),
    ...createRecheckService(deps),
    async current() {
      const problem = holder.takeProblem();
      if (problem !== null) throw problem;
      const workspace = holder.peek();
      return workspace === null ? null : infoOf(workspace);
    },
    async list() {
      const folder = dirname(holder.fileOf('any'));
      const names = (await readdir(folder)).filter((file) => file.endsWith(WORKSPACE_SUFFIX)).sort();
      const own = await Promise.all(
        names.map(async (file) => ({
          name: file.slice(0, -WORKSPACE_SUFFIX.length),
          kind: 'workspace' as const,
          ...(await sizeOf(join(folder, file))),
        })),
      );
      const demo = host.demoRecording === null ? null : await sizeOf(host.demoRecording);
      return demo === null || demo.changedAt === null
        ? own
        : [...own, { name: 'Demo', kind: 'demo', ...demo }];
    },
    async create({ name }) {
      const file = holder.fileOf(name);
      if (existsSync(file)) throw new HindcastError('workspace.exists', { name });
      return infoOf(await holder.open(file, 'create'));
    },
    open: async ({ name }) => infoOf(await holder.open(holder.fileOf(name), 'open')),
    openDemo: async () => infoOf(await holder.openDemo()),
    async openFile({ token }) {
      const { file, isUploaded } = desk.resolve(token);
      return infoOf(await holder.open(isUploaded ? keep(file) : file, 'open'));
    },
    coverage: ({ topics }, { signal }) => holder.current().read('workspace.coverage', { topics }, { signal }),
  };
}

async function sizeOf(file: string): Promise<{ sizeBytes: number; changedAt: number | null }> {
  const found = await stat(file).catch(() => null);
  return { sizeBytes: found?.size ?? 0, changedAt: found === null ? null : Math.round(found.mtimeMs) };
}
