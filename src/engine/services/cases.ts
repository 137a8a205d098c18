/** The `cases` and `queries` namespaces: what a person keeps while they work. */
import { randomUUID } from 'node:crypto';
import { type RecordingIdentity, SavedQuery } from '../../contract/cases.ts';
import type { Service } from '../../contract/contract.ts';
import { HindcastError } from '../../contract/errors.ts';
import { Cases } from '../notebook/cases.ts';
import type { Notebook } from '../notebook/notebook.ts';
import type { Workspace } from '../store/workspace.ts';
import type { ServiceDeps } from './deps.ts';

/** @param nameOf the name of a workspace as it is shown */
export function createCaseService(
  { workspaces }: ServiceDeps,
  notebook: Notebook,
  nameOf: (workspace: Workspace) => string,
): Service<'cases'> {
  const cases = new Cases(notebook, workspaces);
  const identity = async (): Promise<RecordingIdentity> => {
    const workspace = workspaces.current();
    const [own, { clusterId, records, lastRecordedAt }] = await Promise.all([
      workspace.read('notebook.identity', {}),
      workspace.read('workspace.info', {}),
    ]);
    return { ...own, name: nameOf(workspace), clusterId, records, lastRecordedAt };
  };
  const done = async (work: Promise<void>) => {
    await work;
    return {};
  };
  return {
    identity,
    list: () => cases.list(),
    get: ({ id }) => cases.get(id),
    create: (start) => cases.create(start),
    change: (changes) => done(cases.change(changes)),
    remove: ({ id }) => done(cases.remove(id)),
    activate: ({ id }) => done(cases.activate(id)),
    bookmark: (mark) => cases.bookmark(mark),
    changeBookmark: ({ caseId, id, ...changes }) => done(cases.changeBookmark(caseId, id, changes)),
    removeBookmark: ({ caseId, id }) => done(cases.removeBookmark(caseId, id)),
    marks: ({ aggregate }) => cases.marks(aggregate),
    export: async ({ id, as }) => cases.export(id, as, await identity()),
    import: async ({ text }) => cases.import(text, await identity()),
  };
}

const KIND = 'query';
const Stored = SavedQuery.omit({ id: true, kept: true, changedAt: true });

export function createQueryService(notebook: Notebook): Service<'queries'> {
  const list = async (): Promise<SavedQuery[]> => {
    const kept = await notebook.list(KIND, Stored);
    return kept
      .map(({ id, value, kept: place, changedAt }) => ({ id, ...value, kept: place, changedAt }))
      .sort((a, b) => a.name.localeCompare(b.name, 'en') || (a.id < b.id ? -1 : 1));
  };
  const known = async (id: string): Promise<SavedQuery> => {
    const found = (await list()).find((each) => each.id === id);
    if (found === undefined) throw new HindcastError('query.unknown', { id });
    return found;
  };
  return {
    list,
    save: ({ id, ...query }) =>
      notebook.inTurn(async () => {
        if (id !== null) await known(id);
        if ((await list()).some((each) => each.name === query.name && each.id !== id))
          throw new HindcastError('query.exists', { name: query.name });
        const key = id ?? randomUUID();
        await notebook.put(KIND, key, query);
        return known(key);
      }),
    remove: ({ id }) =>
      notebook.inTurn(async () => {
        await known(id);
        await notebook.remove(KIND, id);
        return {};
      }),
  };
}
