import { randomUUID } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { CallContext } from '../contract/contract.ts';
import { HindcastError } from '../contract/errors.ts';
import { shown } from '../core/escape.ts';
import { createEngine, type Engine } from '../engine/app.ts';
import { type ConnectionFlags, connectionFromFlags } from './connectionOptions.ts';
import { memorySecrets } from './memorySecrets.ts';
import { createNodeHost, defaultDataDir } from './nodeHost.ts';
import { EXIT } from './output.ts';

export const VERSION = '0.1.0';

/** An engine for one command. It ends with the command. */
export interface Session {
  services: Engine['services'];
  context: CallContext;
  /** For telling how far an interrupted command came: not ended by the interrupt. */
  afterwards: CallContext;
  /** Aborted by Ctrl-C and SIGTERM. */
  signal: AbortSignal;
  /** Id of the connection that the flags name. */
  connect(flags: ConnectionFlags): Promise<string>;
  openFile(file: string, mode: FileMode): Promise<void>;
  /** A token for a file that a job reads or writes, as a dialog would give it. */
  tokenFor(file: string): string;
}

/** ensure: to read and write, made when it is missing. */
export type FileMode = 'ensure' | 'open' | 'read-only';

export const engineMode = (file: string, mode: FileMode): 'create' | 'open' | 'read-only' => {
  if (mode !== 'ensure') return mode;
  return existsSync(file) ? 'open' : 'create';
};

/** The folder of saved connections, projections and tables. */
export const dataDirectory = (): string => process.env.HINDCAST_DATA_DIR ?? defaultDataDir();

export interface SessionOptions {
  /** Works in a folder of its own that is removed at the end, with the person's projections and notes; nothing is saved. */
  transient: boolean;
}

/** A second signal sooner than this, ms, is the first one arriving twice: once directly, once passed on. */
const SAME_SIGNAL_MS = 2000;

/** Ends work on the first SIGINT or SIGTERM and the process, as it is, on a later second one. */
function listenForSignals(interrupt: AbortController): () => void {
  let first = Number.NaN;
  const onSignal = (): void => {
    if (performance.now() - first > SAME_SIGNAL_MS) process.exit(EXIT.interrupted);
    if (Number.isNaN(first)) first = performance.now();
    interrupt.abort(new HindcastError('cancelled', { what: 'The command' }));
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return () => {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  };
}

/** What fails a command is told once, at its end. HINDCAST_LOG=1 shows the engine's own lines as well. */
const quiet = (): void => {};

/** Folders that a command of its own data folder begins with: definitions, and what is kept beside recordings. */
const OF_THE_PERSON = ['projections', 'notebooks'];

function scratchFolder(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'hindcast-'));
  // Also when the process ends before the command does, as on a second Ctrl-C.
  const remove = (): void => rmSync(path, { recursive: true, force: true });
  process.once('exit', remove);
  for (const kept of OF_THE_PERSON) {
    const folder = join(dataDirectory(), kept);
    if (existsSync(folder)) cpSync(folder, join(path, kept), { recursive: true });
  }
  return {
    path,
    remove: () => {
      remove();
      process.off('exit', remove);
    },
  };
}

/** Runs `work` with an engine of its own and ends the engine whatever happens. */
export async function withSession<T>(
  options: SessionOptions,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const interrupt = new AbortController();
  const stopListening = listenForSignals(interrupt);
  const scratch = options.transient ? scratchFolder() : null;
  let engine: Engine | null = null;
  try {
    const host = createNodeHost({
      dataDir: scratch?.path ?? dataDirectory(),
      door: 'browser',
      version: VERSION,
      restarts: 0,
      demoRecording: null,
      ...(process.env.HINDCAST_LOG ? {} : { log: quiet }),
    });
    const files = new Map<string, string>();
    const door = { ...host, resolveFileToken: (token: string) => files.get(token) ?? null };
    const open = await createEngine(scratch ? { ...door, secrets: memorySecrets() } : door, {
      openLast: false,
    });
    engine = open;
    const { services } = open;
    const context: CallContext = { signal: interrupt.signal, traceId: 'command-line' };
    return await work({
      services,
      context,
      afterwards: { ...context, signal: new AbortController().signal },
      signal: interrupt.signal,
      connect: async (flags) => {
        if (flags.connection === undefined) {
          const { connection, secrets } = await connectionFromFlags(flags);
          return (await services.connections.save({ connection, secrets }, context)).id;
        }
        const saved = await services.connections.list({}, context);
        const found = saved.find(({ name, id }) => name === flags.connection || id === flags.connection);
        if (!found) throw new HindcastError('connection.unknown', { id: flags.connection });
        return found.id;
      },
      openFile: async (file, mode) => {
        await open.openWorkspaceFile(file, engineMode(file, mode));
        const info = await services.workspace.current({}, context);
        if (info !== null && info.damage !== null)
          process.stderr.write(
            `hindcast: ${shown(`${file} is a damaged recording: ${info.damage}. “hindcast workspace check” says what can be used.`)}\n`,
          );
      },
      tokenFor(file) {
        const token = randomUUID();
        files.set(token, resolve(file));
        return token;
      },
    });
  } catch (error) {
    // Whatever an interrupted step failed with, the interrupt ended it; but whether an event was written must be said.
    const isUnsure = error instanceof HindcastError && error.code === 'compensate.unsure';
    throw interrupt.signal.aborted && !isUnsure ? interrupt.signal.reason : error;
  } finally {
    await engine?.close();
    scratch?.remove();
    stopListening();
  }
}
