import { join } from 'node:path';
import { type UtilityProcess, utilityProcess } from 'electron';
import type { ToEngine, ToShell } from '../rpc/shell.ts';
import type { Log } from './log.ts';

type ForHelpers = Extract<ToShell, { t: `helper-${string}` }>;

/** The engine's helper processes: a utility process cannot fork one itself, so main does and relays. */
export interface Helpers {
  receive(message: ForHelpers): void;
  /** When their engine is gone. */
  killAll(): void;
}

/** File of each helper by name: what the engine says is only looked up here. */
const ENTRIES = new Map([['console', 'console.js']]);

export function createHelpers(entries: string, post: (message: ToEngine) => void, log: Log): Helpers {
  const running = new Map<number, UtilityProcess>();

  const start = (helper: number, name: string) => {
    const entry = ENTRIES.get(name);
    if (!entry) {
      log('error', 'the engine asked for an unknown helper process', { name });
      return post({ t: 'helper-exit', helper });
    }
    const child = utilityProcess.fork(join(entries, entry), [], { serviceName: name });
    running.set(helper, child);
    child.on('message', (message: unknown) => post({ t: 'helper-message', helper, message }));
    child.on('exit', () => {
      running.delete(helper);
      post({ t: 'helper-exit', helper });
    });
  };

  return {
    receive(message) {
      if (message.t === 'helper-start') return start(message.helper, message.name);
      const child = running.get(message.helper);
      if (message.t === 'helper-send') child?.postMessage(message.message);
      else kill(child);
    },
    killAll() {
      for (const child of running.values()) kill(child);
    },
  };
}

/** UtilityProcess.kill() asks (SIGTERM), which native code that never returns does not hear of on POSIX. */
function kill(child: UtilityProcess | undefined): void {
  if (!child) return;
  if (child.pid === undefined) {
    child.once('spawn', () => kill(child)); // it is being started
    return;
  }
  try {
    process.kill(child.pid, 'SIGKILL');
  } catch {
    // It has just ended.
  }
}
