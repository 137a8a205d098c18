/** The engine as a utility process of the desktop shell: one port per page, everything else by messages. */
import { type AnyPort, messagePortCarrier } from '../../rpc/carriers/messagePort.ts';
import { serveCarrier } from '../../rpc/server.ts';
import type { StartParameters, ToEngine, ToShell } from '../../rpc/shell.ts';
import { createEngine } from '../app.ts';
import { createShellHost, type ShellHost } from './shellHost.ts';

/** Electron's process.parentPort; the engine knows no more of Electron than this. */
interface ParentPort {
  on(name: 'message', listener: (event: { data: ToEngine; ports: AnyPort[] }) => void): void;
  postMessage(message: ToShell): void;
}
const shell = (process as unknown as { parentPort: ParentPort }).parentPort;

type Engine = Awaited<ReturnType<typeof createEngine>>;
let shellHost: ShellHost | undefined;
let engine: Promise<Engine> | undefined;
const pages = new Set<{ close(): void }>();

function start(parameters: StartParameters): void {
  shellHost = createShellHost(parameters, (message) => shell.postMessage(message));
  const starting = createEngine(shellHost.host);
  engine = starting;
  starting.then(
    () => shell.postMessage({ t: 'started' }),
    (error: unknown) =>
      shell.postMessage({
        t: 'start-failed',
        problem: error instanceof Error ? error.message : String(error),
      }),
  );
}

/** Pages that come before the engine is ready wait with their first calls in the port. */
async function servePage(port: AnyPort): Promise<void> {
  const carrier = messagePortCarrier(port);
  const ready = await engine?.catch(() => undefined);
  if (!ready || !shellHost) return carrier.close();
  const page = serveCarrier(carrier, ready.services, { log: shellHost.host.log });
  pages.add(page);
  carrier.onClose(() => pages.delete(page));
}

/** Everything is closed and flushed before the process ends. */
async function stop(): Promise<void> {
  for (const page of pages) page.close();
  await (await engine?.catch(() => undefined))?.close();
  process.exit(0);
}

shell.on('message', ({ data, ports }) => {
  if (data.t === 'start') start(data.parameters);
  else if (data.t === 'page' && ports[0]) void servePage(ports[0]);
  else if (data.t === 'stop') void stop();
  else shellHost?.receive(data);
});

// A utility process only warns of these; plain Node ends, and so does this: the shell starts it again.
process.on('unhandledRejection', (reason) => {
  throw reason;
});
