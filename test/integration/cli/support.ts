// The command line as its users run it: real processes of bin/hindcast.mjs, each in a data and a temporary folder of
// its own. After every run nothing may be left: no process, no temporary file, no stack trace.
import { type ChildProcess, spawn } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'vitest';
import { appendRecords, type ImportRecord } from '../../../src/engine/capture/import.ts';
import { type BlockRow, PLAIN, sealed, unpack } from '../../../src/engine/store/blocks.ts';
import { openWorkspace } from '../../../src/engine/store/workspace.ts';
import { bundleFolder } from '../../setup/bundled.ts';

const project = join(import.meta.dirname, '../../..');
const VERDICTS = { commit: 'committed', abort: 'aborted', open: 'open' } as const;

export interface Result {
  status: number;
  out: string;
  err: string;
  /** Milliseconds. */
  took: number;
}

export interface RunOptions {
  env?: Record<string, string | undefined>;
  /** Runs through `sh` after this command, such as `ulimit -f 1000`. */
  limit?: string;
  /** Called once the process runs; what it throws fails the run. */
  during?: (running: { child: ChildProcess; output: () => string }) => Promise<void>;
}

/** Writes other bytes of the same length into a stored block, with a checksum that fits them. */
export function replaceStored(file: string, text: string, by: string): void {
  const db = new Database(file);
  try {
    const blocks = db.prepare('SELECT id, codec, raw_size, bytes FROM block').all() as BlockRow[];
    for (const row of blocks) {
      const bytes = unpack(row);
      const at = bytes.indexOf(text);
      if (at < 0) continue;
      const changed = Buffer.from(bytes);
      changed.write(by, at);
      db.prepare('UPDATE block SET codec = ?, bytes = ? WHERE id = ?').run(PLAIN, sealed(changed), row.id);
      return;
    }
    throw new Error(`${text} is in no block of ${file}`);
  } finally {
    db.close();
  }
}

/** The line that every failure must consist of. */
export const oneSentence = (err: string): string => {
  const lines = err.split('\n').filter((line) => line.startsWith('hindcast: '));
  expect(lines, err).toHaveLength(1);
  return lines[0]!.slice('hindcast: '.length);
};

export const jsonLines = (text: string): Record<string, unknown>[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

/** The folders of one test file, and the way to run commands in them. */
export class CommandLine {
  readonly dir = mkdtempSync(join(tmpdir(), 'hindcast-cli-'));
  readonly dataDir = join(this.dir, 'data');
  readonly #temporary = join(this.dir, 'tmp');
  readonly #program: string;

  /**
   * `fresh`: a bundle of what is in src, made for this run of the tests. `source`: src itself, stripped of its types at every
   * start. `bundle`: what is in out, which must have been built.
   */
  constructor(from: 'fresh' | 'source' | 'bundle' = 'fresh') {
    mkdirSync(this.#temporary);
    this.#program = join(from === 'bundle' ? project : this.#mirror(from), 'bin/hindcast.mjs');
  }

  /** The starter prefers a build beside it; where there is none it runs the source. */
  #mirror(from: 'fresh' | 'source'): string {
    const mirror = join(this.dir, 'package');
    mkdirSync(join(mirror, 'bin'), { recursive: true });
    copyFileSync(join(project, 'bin/hindcast.mjs'), join(mirror, 'bin/hindcast.mjs'));
    const built = bundleFolder();
    if (from === 'fresh' && built !== undefined) symlinkSync(built, join(mirror, 'out'));
    for (const name of ['src', 'node_modules', 'package.json'])
      symlinkSync(join(project, name), join(mirror, name));
    return mirror;
  }

  file(name: string): string {
    return join(this.dir, name);
  }

  async run(args: string[], options: RunOptions = {}): Promise<Result> {
    const started = performance.now();
    const command = [process.execPath, this.#program, ...args];
    const [file, ...rest] = options.limit
      ? ['sh', '-c', `${options.limit}; exec "$@"`, 'sh', ...command]
      : command;
    const child = spawn(file!, rest, {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true, // a process group of its own, so that what is left of it can be seen
      env: {
        ...process.env,
        HINDCAST_DATA_DIR: this.dataDir,
        TMPDIR: this.#temporary,
        HINDCAST_PASSWORD: undefined,
        ...options.env,
      },
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout!.on('data', (chunk) => out.push(chunk));
    child.stderr!.on('data', (chunk) => err.push(chunk));
    const ended = new Promise<number>((done) => child.on('close', (code) => done(code ?? -1)));
    try {
      await options.during?.({ child, output: () => Buffer.concat(out).toString() });
    } catch (error) {
      process.kill(-child.pid!, 'SIGKILL');
      throw new Error(`${error}: ${Buffer.concat(out)} ${Buffer.concat(err)}`, { cause: error });
    }
    const status = await ended;
    const result = {
      status,
      out: Buffer.concat(out).toString(),
      err: Buffer.concat(err).toString(),
      took: performance.now() - started,
    };
    // A process that a signal ended together with its parent is there until it is reaped.
    await until('the end of all processes', () => !isThere(-child.pid!), 20_000);
    expect(readdirSync(this.#temporary), 'temporary files').toEqual([]);
    expect(result.err).not.toMatch(/\n\s+at /);
    return result;
  }

  /** Runs a command that must end with that status; `failure` of anything else is shown. */
  async expect(status: number, args: string[], options: RunOptions = {}): Promise<Result> {
    const result = await this.run(args, options);
    expect(result.status, `${args.join(' ')}\n${result.out}${result.err}`).toBe(status);
    return result;
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** Records of the demo's generator, as they come when they are read from a broker. */
export const imported = (
  records: Iterable<
    Omit<ImportRecord, 'verdict'> & { transaction?: { outcome: 'commit' | 'abort' | 'open' } }
  >,
): ImportRecord[] =>
  Array.from(records, ({ transaction, ...record }) => ({
    ...record,
    verdict: transaction ? VERDICTS[transaction.outcome] : 'committed',
  }));

/** A workspace file with these records, made by the product's own store. */
export async function writeWorkspace(file: string, records: ImportRecord[]): Promise<void> {
  const workspace = await openWorkspace(file, {
    mode: existsSync(file) ? 'open' : 'create',
    log: () => {},
  });
  await appendRecords(workspace, records, { clusterId: 'demo' });
  await workspace.close();
}

/** How many records a workspace file holds, read past all our own code. */
export function storedCount(file: string): number {
  const db = new Database(file, { readonly: true });
  try {
    return db.prepare('SELECT count(*) FROM record WHERE verdict <> 3').pluck().get() as number;
  } finally {
    db.close();
  }
}

function isThere(target: number): boolean {
  try {
    return process.kill(target, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

export async function until(what: string, condition: () => boolean, ms = 90_000): Promise<void> {
  for (const end = Date.now() + ms; !condition(); ) {
    if (Date.now() > end) throw new Error(`${what} did not happen within ${ms} ms`);
    await new Promise((done) => setTimeout(done, 5));
  }
}

/**
 * Waits until the console process of a command has the workspace open, so that its statement runs. Linux shows which files a
 * process has open; elsewhere a moment passes.
 */
export async function untilConsoleReads(group: number, file: string): Promise<void> {
  if (!existsSync('/proc/self/fd')) return void (await new Promise((done) => setTimeout(done, 2500)));
  const reads = (pid: string) => {
    try {
      // Fields after the name of the program: state, parent, group (man 5 proc).
      const [, , itsGroup] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
      const isConsole = /\/console\.(js|ts)\0/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
      if (Number(itsGroup) !== group || !isConsole) return false;
      return readdirSync(`/proc/${pid}/fd`).some((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`) === file);
    } catch {
      return false; // it ended, or closed the file, while it was looked at
    }
  };
  const isReading = () => readdirSync('/proc').some((name) => /^\d+$/.test(name) && reads(name));
  await until('a statement of the console', isReading, 90_000);
}
