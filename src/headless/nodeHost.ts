import { fork } from 'node:child_process';
import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { EngineHost, HelperProcess } from '../engine/host.ts';
import { openVault } from './vault.ts';

export interface NodeHostOptions {
  dataDir: string;
  door: EngineHost['door'];
  version: string;
  restarts: number;
  demoRecording: string | null;
  /** One line each to stderr when absent; then `info` is left out. */
  log?: EngineHost['log'];
}

/** What the engine needs of a plain Node process. Makes the data folder, private to the user. */
export function createNodeHost(options: NodeHostOptions): EngineHost {
  const { dataDir, door, version, restarts, demoRecording, log = logToStderr } = options;
  makePrivate(dataDir);
  return {
    door,
    version,
    dataDir,
    demoRecording,
    user: userName(),
    restarts,
    secrets: openVault(dataDir),
    spawnHelper: (name) => forkHelper(name, log),
    resolveFileToken: () => null, // there are no dialogs in this door
    log,
  };
}

/** Where a desktop user's data belongs on this platform (XDG base directories, Apple's and Microsoft's rules). */
export function defaultDataDir(): string {
  const home = homedir();
  if (process.platform === 'darwin') return join(home, 'Library', 'Application Support', 'Hindcast');
  if (process.platform === 'win32') {
    return join(process.env.APPDATA ?? join(home, 'AppData', 'Roaming'), 'Hindcast');
  }
  return join(process.env.XDG_DATA_HOME || join(home, '.local', 'share'), 'hindcast');
}

function makePrivate(dir: string): void {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  if (process.platform !== 'win32' && statSync(dir).mode & 0o077) chmodSync(dir, 0o700);
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return ''; // a container's user without an entry in the password file
  }
}

const logToStderr: EngineHost['log'] = (level, message, facts) => {
  if (level === 'info') return;
  const detail = facts && Object.keys(facts).length > 0 ? ` ${JSON.stringify(facts)}` : '';
  process.stderr.write(`hindcast: ${level}: ${message}${detail}\n`);
};

/** In the bundle all entries lie in one folder; from source they have one of their own. */
const helperFile = (name: string): string =>
  fileURLToPath(
    import.meta.url.endsWith('.ts')
      ? new URL(`../engine/entries/${name}.ts`, import.meta.url)
      : new URL(`./${name}.js`, import.meta.url),
  );

function forkHelper(name: string, log: EngineHost['log']): HelperProcess {
  const child = fork(helperFile(name), [], {
    serialization: 'advanced',
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  let ended = false;
  const exitListeners: (() => void)[] = [];
  const end = () => {
    if (ended) return;
    ended = true;
    for (const listener of exitListeners) listener();
  };
  child.on('exit', end);
  child.on('error', (error) => {
    log('error', `helper process ${name}`, { problem: error.message });
    if (child.pid === undefined) end(); // it never started: no exit event follows
  });
  return {
    send: (message) => {
      if (child.connected) child.send(message as object);
    },
    onMessage: (listener) => void child.on('message', listener),
    onExit: (listener) => {
      if (ended) queueMicrotask(listener);
      else exitListeners.push(listener);
    },
    kill: () => void child.kill('SIGKILL'),
  };
}
