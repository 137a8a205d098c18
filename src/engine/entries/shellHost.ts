import { HindcastError } from '../../contract/errors.ts';
import type { StartParameters, ToEngine, ToShell } from '../../rpc/shell.ts';
import type { EngineHost, HelperProcess } from '../host.ts';

/** The engine's host behind the desktop door: what needs the shell is asked of it by messages. */
export interface ShellHost {
  host: EngineHost;
  /** Takes a message of the shell; false when it is not for the host. */
  receive(message: ToEngine): boolean;
}

interface Asked {
  resolve(text: string): void;
  reject(error: HindcastError): void;
}
interface Helper {
  message: ((message: unknown) => void)[];
  exit: (() => void)[];
  ended: boolean;
}

/** @param send posts a message to the shell */
export function createShellHost(parameters: StartParameters, send: (message: ToShell) => void): ShellHost {
  const asked = new Map<number, Asked>();
  const tokens = new Map<string, string>();
  const helpers = new Map<number, Helper>();
  let lastId = 0;

  const ask = (t: 'seal' | 'open', text: string) =>
    new Promise<string>((resolve, reject) => {
      lastId += 1;
      asked.set(lastId, { resolve, reject });
      send({ t, id: lastId, text });
    });

  const spawnHelper = (name: 'console'): HelperProcess => {
    lastId += 1;
    const helper = lastId;
    const entry: Helper = { message: [], exit: [], ended: false };
    helpers.set(helper, entry);
    send({ t: 'helper-start', helper, name });
    return {
      send: (message) => {
        if (!entry.ended) send({ t: 'helper-send', helper, message });
      },
      onMessage: (listener) => void entry.message.push(listener),
      onExit: (listener) => {
        if (entry.ended) queueMicrotask(listener);
        else entry.exit.push(listener);
      },
      kill: () => {
        if (!entry.ended) send({ t: 'helper-kill', helper });
      },
    };
  };

  const { dataDir, version, demoRecording, user, restarts, secrets } = parameters;
  const host: EngineHost = {
    door: 'desktop',
    version,
    dataDir,
    demoRecording,
    user,
    restarts,
    secrets: {
      description: secrets,
      seal: (plain) => ask('seal', plain),
      open: (sealed) => ask('open', sealed),
    },
    spawnHelper,
    resolveFileToken(token) {
      const path = tokens.get(token) ?? null;
      tokens.delete(token);
      return path;
    },
    log: (level, message, facts = {}) => send({ t: 'log', level, message, facts: cloneable(facts) }),
  };

  const receive = (message: ToEngine): boolean => {
    switch (message.t) {
      case 'file-token':
        tokens.set(message.token, message.path);
        send({ t: 'token-kept', token: message.token });
        return true;
      case 'secret':
        asked.get(message.id)?.resolve(message.text);
        asked.delete(message.id);
        return true;
      case 'secret-refused':
        asked.get(message.id)?.reject(new HindcastError('vault.locked', { problem: message.problem }));
        asked.delete(message.id);
        return true;
      case 'helper-message':
        for (const listener of helpers.get(message.helper)?.message ?? []) listener(message.message);
        return true;
      case 'helper-exit': {
        const entry = helpers.get(message.helper);
        helpers.delete(message.helper);
        if (entry) entry.ended = true;
        for (const listener of entry?.exit ?? []) listener();
        return true;
      }
      default:
        return false;
    }
  };
  return { host, receive };
}

/** Facts of a log line may hold anything; errors and functions do not cross as they are. */
const cloneable = (facts: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(facts).map(([name, value]) => [
      name,
      ['string', 'number', 'boolean'].includes(typeof value) || value === null ? value : String(value),
    ]),
  );
