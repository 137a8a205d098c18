/** Which workspace is open, and the way from one to the next. */

import { existsSync, renameSync, rmSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { HindcastError } from '../../contract/errors.ts';
import { replaceFile } from '../connections/profileFile.ts';
import type { EngineHost } from '../host.ts';
import { lockWorkspace } from '../store/lock.ts';
import { openWorkspace, type Workspace } from '../store/workspace.ts';
import type { CurrentWorkspace } from './deps.ts';
import { derivedFolder } from './folders.ts';

export type OpenMode = 'create' | 'open' | 'read-only';
export const WORKSPACE_SUFFIX = '.hindcast';

export interface WorkspaceHolder extends CurrentWorkspace {
  /** Opens a file and closes the one before; when it cannot be opened, the one before stays. @throws HindcastError */
  open(file: string, mode: OpenMode): Promise<Workspace>;
  /** Opens the bundled demo recording. @throws HindcastError `workspace.missing` */
  openDemo(): Promise<Workspace>;
  /** Opens what was open last time; the demo when there was nothing. A failure is kept for {@link takeProblem}. */
  openLast(): Promise<void>;
  /** Why the last workspace could not be opened at the start; told once. */
  takeProblem(): HindcastError | null;
  isDemo(workspace: Workspace): boolean;
  /** Path of a workspace by its name. */
  fileOf(name: string): string;
  nameOf(workspace: Workspace): string;
  /** Gives the open workspace another name, and opens it again. @throws HindcastError `workspace.exists` and others */
  rename(name: string): Promise<Workspace>;
  /** Deletes a workspace that is not open. @throws HindcastError `workspace.open`, `.in-use`, `.missing` */
  remove(name: string): Promise<void>;
  close(): Promise<void>;
}

const Session = z.object({ format: z.literal(1), lastWorkspace: z.string() });

/** @param prepare runs with a workspace that was opened before anybody else sees it */
export async function createWorkspaceHolder(
  host: EngineHost,
  onSwitch: (workspace: Workspace) => void,
  prepare: (workspace: Workspace) => Promise<void> = async () => {},
): Promise<WorkspaceHolder> {
  const folder = join(host.dataDir, 'workspaces');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return new Holder(host, folder, onSwitch, prepare);
}

class Holder implements WorkspaceHolder {
  readonly #host: EngineHost;
  readonly #folder: string;
  readonly #listeners = new Set<(workspace: Workspace) => void>();
  readonly #prepare: (workspace: Workspace) => Promise<void>;
  #current: Workspace | null = null;
  #problem: HindcastError | null = null;
  #switching: Promise<unknown> = Promise.resolve();

  constructor(
    host: EngineHost,
    folder: string,
    onSwitch: (workspace: Workspace) => void,
    prepare: (workspace: Workspace) => Promise<void>,
  ) {
    this.#host = host;
    this.#folder = folder;
    this.#prepare = prepare;
    this.#listeners.add(onSwitch);
  }

  current(): Workspace {
    if (this.#current === null) throw new HindcastError('workspace.none');
    return this.#current;
  }

  peek(): Workspace | null {
    return this.#current;
  }

  onSwitch(listener: (workspace: Workspace) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  open(file: string, mode: OpenMode): Promise<Workspace> {
    const mine = this.#switching.then(() => this.#open(resolve(file), mode));
    this.#switching = mine.catch(() => {});
    return mine;
  }

  async #open(file: string, mode: OpenMode): Promise<Workspace> {
    const before = this.#current;
    const isSame = before !== null && before.place === file && mode === 'open' && !this.isDemo(before);
    if (isSame) return before;
    const next = await openWorkspace(file, {
      mode,
      log: this.#host.log,
      scratch: derivedFolder({ host: this.#host }),
    });
    await this.#prepare(next);
    this.#current = next;
    this.#problem = null;
    for (const listener of this.#listeners) listener(next);
    await before?.close();
    if (mode !== 'read-only') await this.#remember(file);
    return next;
  }

  openDemo(): Promise<Workspace> {
    const { demoRecording } = this.#host;
    if (demoRecording === null || !existsSync(demoRecording))
      return Promise.reject(new HindcastError('workspace.missing', { where: 'the demo recording' }));
    return this.open(demoRecording, 'read-only');
  }

  async openLast(): Promise<void> {
    const last = await this.#last();
    try {
      if (last !== null && existsSync(last)) await this.open(last, 'open');
      else if (this.#host.demoRecording !== null && existsSync(this.#host.demoRecording))
        await this.openDemo();
    } catch (error) {
      if (!(error instanceof HindcastError)) throw error;
      this.#problem = error;
      this.#host.log('warn', 'The last workspace was not opened', { problem: error.message });
    }
  }

  takeProblem(): HindcastError | null {
    const problem = this.#problem;
    this.#problem = null;
    return problem;
  }

  isDemo(workspace: Workspace): boolean {
    const { demoRecording } = this.#host;
    return demoRecording !== null && workspace.place === resolve(demoRecording);
  }

  fileOf(name: string): string {
    return join(this.#folder, `${name}${WORKSPACE_SUFFIX}`);
  }

  nameOf(workspace: Workspace): string {
    return this.isDemo(workspace) ? 'Demo' : basename(workspace.place, WORKSPACE_SUFFIX);
  }

  rename(name: string): Promise<Workspace> {
    const mine = this.#switching.then(() => this.#rename(name));
    this.#switching = mine.catch(() => {});
    return mine;
  }

  async #rename(name: string): Promise<Workspace> {
    const before = this.current();
    const from = before.place;
    const to = this.fileOf(name);
    if (before.readOnly || dirname(from) !== this.#folder)
      throw new HindcastError('workspace.read-only', { where: from });
    if (existsSync(to)) throw new HindcastError('workspace.exists', { name });
    await before.close();
    this.#current = null;
    // A write-ahead log that was left by a crash belongs to the file.
    for (const end of ['', '-wal', '-shm'])
      if (existsSync(`${from}${end}`)) renameSync(`${from}${end}`, `${to}${end}`);
    rmSync(`${from}-lock`, { force: true });
    return this.#open(to, 'open');
  }

  async remove(name: string): Promise<void> {
    const file = this.fileOf(name);
    if (this.#current?.place === file) throw new HindcastError('workspace.open', { name });
    if (!existsSync(file)) throw new HindcastError('workspace.missing', { where: name });
    const lock = lockWorkspace(file);
    try {
      for (const end of ['', '-wal', '-shm', '-journal']) rmSync(`${file}${end}`, { force: true });
    } finally {
      lock.release();
      rmSync(`${file}-lock`, { force: true });
    }
  }

  async close(): Promise<void> {
    await this.#switching;
    const open = this.#current;
    this.#current = null;
    this.#listeners.clear();
    await open?.close();
  }

  get #sessionFile(): string {
    return join(dirname(this.#folder), 'session.json');
  }

  /** A memory of convenience: when it cannot be read or written, the window opens all the same. */
  async #last(): Promise<string | null> {
    const text = await readFile(this.#sessionFile, 'utf8').catch(() => null);
    if (text === null) return null;
    try {
      return Session.parse(JSON.parse(text)).lastWorkspace;
    } catch {
      return null;
    }
  }

  async #remember(file: string): Promise<void> {
    const text = `${JSON.stringify({ format: 1, lastWorkspace: file })}\n`;
    await replaceFile(this.#sessionFile, text).catch((error: Error) =>
      this.#host.log('warn', 'The last workspace is not remembered', { problem: error.message }),
    );
  }
}
