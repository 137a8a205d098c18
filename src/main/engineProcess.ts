import { join } from 'node:path';
import { MessageChannelMain, type UtilityProcess, utilityProcess, type WebContents } from 'electron';
import type { StartParameters, ToEngine, ToShell } from '../rpc/shell.ts';
import { createHelpers, type Helpers } from './helpers.ts';
import type { Log } from './log.ts';
import type { Keychain } from './secrets.ts';

export interface EngineOptions {
  /** Folder of the built entries `engine.js` and `console.js`. */
  entries: string;
  parameters: Omit<StartParameters, 'restarts' | 'secrets'>;
  keychain: Keychain;
  log: Log;
  /** The engine ended by itself; it is being started again. */
  onLost(): void;
  /** The engine cannot start, time after time; it is tried on. */
  onStuck(problem: string): void;
}

export interface EngineProcess {
  /** Gives the page of these contents a port to the engine, under the nonce it asked with. */
  connect(contents: WebContents, nonce: string): void;
  /** Resolves once the engine knows the token, so that the page cannot be faster. */
  keepToken(token: string, path: string): Promise<void>;
  /** Lets the engine finish, for three seconds at most. */
  stop(): Promise<void>;
}

const STOP_PATIENCE_MS = 3_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
/** An engine that lived as long as this had started well: pauses begin anew. */
const HEALTHY_MS = 30_000;
/** Starts that fail one after another before the person is told. */
const STUCK_AFTER = 4;

/** Starts the engine and keeps it running until stop(). */
export function startEngine(options: EngineOptions): EngineProcess {
  const { entries, parameters, keychain, log } = options;
  const tokens = new Map<string, { path: string; kept: () => void }>();
  let child: UtilityProcess | null = null;
  let restarts = 0;
  let failures = 0;
  let stopping = false;
  let ended = () => {};
  /** Why the last start failed, as the engine said. */
  let problem = '';

  const post = (message: ToEngine, ports: Electron.MessagePortMain[] = []) =>
    child?.postMessage(message, ports);

  const start = () => {
    const startedAt = Date.now();
    const process = utilityProcess.fork(join(entries, 'engine.js'), [], { serviceName: 'engine' });
    const helpers = createHelpers(entries, (message) => child === process && post(message), log);
    child = process;
    post({ t: 'start', parameters: { ...parameters, restarts, secrets: keychain.description } });
    for (const [token, { path }] of tokens) post({ t: 'file-token', token, path });
    process.on('message', (message: ToShell) => receive(message, helpers));
    process.on('exit', (code) => {
      helpers.killAll();
      child = null;
      ended();
      if (stopping) return;
      failures = Date.now() - startedAt > HEALTHY_MS ? 1 : failures + 1;
      restarts += 1;
      log('error', 'the engine ended and is started again', { code, restarts });
      options.onLost();
      if (failures === STUCK_AFTER) options.onStuck(problem || `it ended with code ${code}`);
      const pause = Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS);
      setTimeout(() => stopping || start(), pause);
    });
  };

  const receive = (message: ToShell, helpers: Helpers) => {
    switch (message.t) {
      case 'started':
        problem = '';
        break;
      case 'start-failed':
        problem = message.problem;
        log('error', 'the engine could not start', { problem });
        child?.kill();
        break;
      case 'token-kept':
        tokens.get(message.token)?.kept();
        tokens.delete(message.token);
        break;
      case 'seal':
      case 'open':
        answerSecret(message);
        break;
      case 'log':
        log(message.level, message.message, message.facts);
        break;
      default:
        helpers.receive(message);
    }
  };

  const answerSecret = ({ t, id, text }: { t: 'seal' | 'open'; id: number; text: string }) => {
    try {
      post({ t: 'secret', id, text: t === 'seal' ? keychain.seal(text) : keychain.open(text) });
    } catch (error) {
      post({ t: 'secret-refused', id, problem: error instanceof Error ? error.message : String(error) });
    }
  };

  start();
  return {
    connect(contents, nonce) {
      if (contents.isDestroyed()) return;
      if (!child) {
        if (!stopping) setTimeout(() => this.connect(contents, nonce), FIRST_PAUSE_MS);
        return;
      }
      const { port1, port2 } = new MessageChannelMain();
      post({ t: 'page' }, [port1]);
      contents.postMessage('engine-port', nonce, [port2]);
    },
    keepToken(token, path) {
      return new Promise((kept) => {
        tokens.set(token, { path, kept });
        post({ t: 'file-token', token, path });
      });
    },
    stop() {
      stopping = true;
      const running = child;
      if (!running) return Promise.resolve();
      return new Promise((resolve) => {
        const timer = setTimeout(() => running.kill(), STOP_PATIENCE_MS);
        ended = () => {
          clearTimeout(timer);
          resolve();
        };
        post({ t: 'stop' });
      });
    },
  };
}
