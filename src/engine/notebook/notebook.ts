/**
 * What a person keeps of a workspace, as documents of a kind: in the workspace where it can be written, so that they go
 * along with it and with recordings of it; else in the data folder, under the recording's identity.
 */
import type { z } from 'zod';
import type { KeptIn } from '../../contract/cases.ts';
import type { ServiceDeps } from '../services/deps.ts';
import type { Workspace } from '../store/workspace.ts';
import { MachineFile } from './machineFile.ts';

export interface Kept<T> {
  id: string;
  value: T;
  kept: KeptIn;
  changedAt: number;
}

export class Notebook {
  readonly #deps: Pick<ServiceDeps, 'host' | 'workspaces' | 'changed' | 'log'>;
  readonly #machine: MachineFile;
  /** Changes are made one after another, so that none is made of what another has just replaced. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(deps: Pick<ServiceDeps, 'host' | 'workspaces' | 'changed' | 'log'>) {
    this.#deps = deps;
    this.#machine = new MachineFile(deps.host);
  }

  /** Runs changes that read before they write without another one between. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work);
    this.#turn = mine.catch(() => {});
    return mine;
  }

  /**
   * All documents of a kind, by id. One that this Hindcast cannot read (a newer one wrote it) is left out and logged, and
   * stays where it is. @throws HindcastError `workspace.none`
   */
  async list<T>(
    kind: string,
    schema: z.ZodType<T>,
    workspace: Workspace = this.#deps.workspaces.current(),
  ): Promise<Kept<T>[]> {
    const found = new Map<string, { body: string | null; kept: KeptIn; changedAt: number }>();
    for (const { id, body, changedAt } of await workspace.read('notebook.list', { kind }))
      found.set(id, { body, kept: 'workspace', changedAt });
    if (workspace.readOnly)
      for (const { id, body, changedAt } of await this.#onMachine(workspace, kind))
        found.set(id, { body, kept: 'machine', changedAt });
    return [...found].flatMap(([id, { body, kept, changedAt }]) => {
      const value = body === null ? undefined : this.#parse(kind, id, body, schema);
      return value === undefined ? [] : [{ id, value, kept, changedAt }];
    });
  }

  async get<T>(kind: string, id: string, schema: z.ZodType<T>): Promise<Kept<T> | null> {
    return (await this.list(kind, schema)).find((each) => each.id === id) ?? null;
  }

  /** Keeps a document; one of this id is replaced. @throws HindcastError `disk.full`, `workspace.read-only-place` */
  async put(kind: string, id: string, value: unknown): Promise<void> {
    const workspace = this.#deps.workspaces.current();
    const document = { kind, id, body: JSON.stringify(value), changedAt: Date.now() };
    if (workspace.readOnly) await this.#machine.put(await identityOf(workspace), document);
    else await workspace.write('putDocument', document);
    this.#deps.changed.push('notebook');
  }

  /** Removes a document; nothing happens when there is none of this id. */
  async remove(kind: string, id: string): Promise<void> {
    const workspace = this.#deps.workspaces.current();
    if (workspace.readOnly)
      await this.#machine.put(await identityOf(workspace), { kind, id, body: null, changedAt: Date.now() });
    else await workspace.write('removeDocument', { kind, id });
    this.#deps.changed.push('notebook');
  }

  async #onMachine(workspace: Workspace, kind: string) {
    const entries = await this.#machine.read(await identityOf(workspace));
    return entries.filter((entry) => entry.kind === kind);
  }

  #parse<T>(kind: string, id: string, body: string, schema: z.ZodType<T>): T | undefined {
    let value: unknown;
    try {
      value = JSON.parse(body);
    } catch {
      value = undefined;
    }
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    const problem = parsed.error.issues[0]?.path.join('.') ?? '';
    this.#deps.log('warn', 'A document of the notebook cannot be read', { kind, id, problem });
    return undefined;
  }
}

/** Which workspace this is, also as a recording or a copy; 16 hexadecimal digits. */
export const identityOf = async (workspace: Workspace): Promise<string> =>
  (await workspace.read('notebook.identity', {})).id;
