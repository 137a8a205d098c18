/** The way from a helper process to the engine: Electron's parent port in a utility process, IPC in plain Node. */
import { Worker } from 'node:worker_threads';

export interface ParentLink {
  send(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
}

/** https://www.electronjs.org/docs/latest/api/parent-port */
interface ElectronParentPort {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (event: { data: unknown }) => void): void;
}

const WATCH_EVERY_MS = 500;

/**
 * A statement that runs in native code keeps this thread from hearing that the engine was killed; a thread of its own
 * sees the parent change and ends the process.
 */
function endWithParent(): void {
  const watch = `const parent = ${process.ppid};
    setInterval(() => process.ppid === parent || process.kill(process.pid, 'SIGKILL'), ${WATCH_EVERY_MS});`;
  new Worker(watch, { eval: true }).unref();
}

/** @throws Error when the process was started by hand and has no parent to talk to */
export function parentLink(): ParentLink {
  const port = (process as unknown as { parentPort?: ElectronParentPort }).parentPort;
  if (port !== undefined && port !== null)
    return {
      send: (message) => port.postMessage(message),
      onMessage: (listener) => port.on('message', ({ data }) => listener(data)),
    };
  if (process.send === undefined) throw new Error('this file is started by the engine, with a channel to it');
  process.once('disconnect', () => process.exit(0));
  endWithParent();
  // Ctrl-C reaches every process of a terminal; the engine decides what becomes of a query.
  process.on('SIGINT', () => {});
  return {
    send: (message) => void process.send!(message),
    onMessage: (listener) => void process.on('message', listener),
  };
}
