import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CallContext, Services } from '../contract/contract.ts';
import { HindcastError } from '../contract/errors.ts';
import { createEngine, type Engine } from '../engine/app.ts';
import { type ConnectionFlags, connectionFromFlags } from './connectionOptions.ts';
import { createNodeHost, defaultDataDir } from './nodeHost.ts';

export const VERSION = '0.1.0';

/** An engine for one command. It ends with the command. */
export interface Session {
  services: Services;
  context: CallContext;
  /** Aborted by Ctrl-C and SIGTERM. */
  signal: AbortSignal;
  /** Id of the connection that the flags name. */
  connect(flags: ConnectionFlags): Promise<string>;
  openFile(file: string, mode: FileMode): Promise<void>;
}

/** ensure: to read and write, made when it is missing. */
export type FileMode = 'ensure' | 'open' | 'read-only';

export const engineMode = (file: string, mode: FileMode): 'create' | 'open' | 'read-only' => {
  if (mode !== 'ensure') return mode;
  return existsSync(file) ? 'open' : 'create';
};

export interface SessionOptions {
  /** A connection given by flags lives in a folder of its own that is removed at the end; nothing of it is saved. */
  transient: boolean;
}

/** Runs `work` with an engine of its own and ends the engine whatever happens. */
export async function withSession<T>(
  options: SessionOptions,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const interrupt = new AbortController();
  const onSignal = (): void => interrupt.abort(new HindcastError('cancelled', { what: 'The command' }));
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  const scratch = options.transient ? mkdtempSync(join(tmpdir(), 'hindcast-')) : null;
  const dataDir = scratch ?? process.env.HINDCAST_DATA_DIR ?? defaultDataDir();
  let engine: Engine | null = null;
  try {
    engine = await createEngine(
      createNodeHost({ dataDir, door: 'browser', version: VERSION, restarts: 0, demoRecording: null }),
      { openLast: false },
    );
    const { services } = engine;
    const open = engine;
    const context: CallContext = { signal: interrupt.signal, traceId: 'command-line' };
    return await work({
      services,
      context,
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
      openFile: async (file, mode) => void (await open.openWorkspaceFile(file, engineMode(file, mode))),
    });
  } finally {
    await engine?.close();
    if (scratch) rmSync(scratch, { recursive: true, force: true });
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}
