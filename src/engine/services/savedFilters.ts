/**
 * Saved filters: in the workspace where it can be written, so that they go along with it; else in a file of the data
 * folder, which holds those of all recordings.
 */
import { randomUUID } from 'node:crypto';
import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { HindcastError } from '../../contract/errors.ts';
import { SavedFilter } from '../../contract/search.ts';
import { readWhere } from '../../contract/where.ts';
import { replaceFile } from '../connections/profileFile.ts';
import type { KeptFilter } from '../search/savedFilters.ts';
import type { Workspace } from '../store/workspace.ts';
import type { ServiceDeps } from './deps.ts';

const File = z.object({ format: z.literal(1), filters: z.array(SavedFilter.omit({ place: true })) }).strict();

export interface SavedFilters {
  list(): Promise<SavedFilter[]>;
  save(name: string, filter: SavedFilter['filter']): Promise<SavedFilter>;
  rename(id: string, name: string): Promise<void>;
  remove(id: string): Promise<void>;
}

export function savedFiltersOf({ host, workspaces, log }: ServiceDeps): SavedFilters {
  const file = join(host.dataDir, 'filters.json');

  async function onMachine(): Promise<KeptFilter[]> {
    const text = await readFile(file, 'utf8').catch(() => null);
    if (text === null) return [];
    try {
      return File.parse(JSON.parse(text)).filters;
    } catch {
      const aside = `${file}.damaged-${randomUUID().slice(0, 8)}`;
      await rename(file, aside).catch(() => {});
      log('warn', 'The saved filters cannot be read and were put aside', { file: aside });
      return [];
    }
  }
  const writeMachine = (filters: KeptFilter[]): Promise<void> =>
    replaceFile(file, `${JSON.stringify({ format: 1, filters }, null, 2)}\n`);

  async function list(): Promise<SavedFilter[]> {
    const inWorkspace = (await workspaces.peek()?.read('search.saved', {})) ?? [];
    return [
      ...inWorkspace.map((each): SavedFilter => ({ ...each, place: 'workspace' })),
      ...(await onMachine()).map((each): SavedFilter => ({ ...each, place: 'machine' })),
    ].sort((a, b) => a.name.localeCompare(b.name, 'en') || (a.id < b.id ? -1 : 1));
  }

  async function put(workspace: Workspace | null, { place, ...kept }: SavedFilter): Promise<void> {
    if (place === 'workspace' && workspace !== null) await workspace.write('putSavedFilter', kept);
    else await writeMachine([...(await onMachine()).filter(({ id }) => id !== kept.id), kept]);
  }

  async function known(id: string): Promise<SavedFilter> {
    const found = (await list()).find((each) => each.id === id);
    if (found === undefined) throw new HindcastError('filter.unknown', { name: id });
    return found;
  }

  async function refuseTaken(name: string, but: string | null): Promise<void> {
    if ((await list()).some((each) => each.name === name && each.id !== but))
      throw new HindcastError('filter.exists', { name });
  }

  return {
    list,
    async save(name, filter) {
      if (filter.where !== undefined) readWhere(filter.where);
      await refuseTaken(name, null);
      const workspace = workspaces.peek();
      const place = workspace === null || workspace.readOnly ? 'machine' : 'workspace';
      const saved: SavedFilter = { id: randomUUID(), name, filter, place, changedAt: Date.now() };
      await put(workspace, saved);
      return saved;
    },
    async rename(id, name) {
      const found = await known(id);
      await refuseTaken(name, id);
      await put(workspaces.peek(), { ...found, name, changedAt: Date.now() });
    },
    async remove(id) {
      const { place } = await known(id);
      if (place === 'workspace') await workspaces.current().write('removeSavedFilter', { id });
      else await writeMachine((await onMachine()).filter((each) => each.id !== id));
    },
  };
}
