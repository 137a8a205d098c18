import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { HindcastError } from '../../contract/errors.ts';
import { createEngine } from '../../engine/app.ts';
import { parsePort } from '../arguments.ts';
import { endByForce } from '../endByForce.ts';
import { createNodeHost } from '../nodeHost.ts';
import { EXIT } from '../output.ts';
import { packageRoot } from '../packageRoot.ts';
import { dataDirectory, engineMode, VERSION } from '../session.ts';

/** Whoever ends it waits no longer than this, whatever is under way. Milliseconds. */
const END_WITHIN_MS = 10_000;

export interface ServeOptions {
  port?: number;
  workspace?: string;
  open: boolean;
}

/** Serves the window to a browser on this machine until the process is told to end; it ends within ten seconds then. */
export async function serve(options: ServeOptions): Promise<number> {
  const pageDir = join(packageRoot, 'out', 'renderer');
  if (!existsSync(join(pageDir, 'index.html')))
    throw new HindcastError('internal', {
      problem: `there is no built page in ${pageDir}; run npm run build`,
    });
  const demo = join(packageRoot, 'resources', 'demo.hindcast');
  const host = createNodeHost({
    dataDir: dataDirectory(),
    door: 'browser',
    version: VERSION,
    restarts: 0,
    demoRecording: existsSync(demo) ? demo : null,
  });
  const engine = await createEngine(host, { openLast: options.workspace === undefined });
  const asked = new Promise<void>((resolve) => {
    const end = () => {
      endByForce(END_WITHIN_MS);
      resolve();
    };
    process.once('SIGINT', end);
    process.once('SIGTERM', end);
  });
  try {
    if (options.workspace !== undefined)
      await engine.openWorkspaceFile(options.workspace, engineMode(options.workspace, 'ensure'));
    // No other command should wait until a web server is loaded.
    const { startHost } = await import('../host/startHost.ts');
    const server = await startHost({ port: options.port, engine, pageDir, log: host.log }).catch((error) => {
      if (error.code !== 'EADDRINUSE') throw error;
      const next = 'Choose another with --port, or leave it out for a free one.';
      throw new HindcastError('connection.failed', {
        problem: `Another program listens on port ${options.port}`,
        next,
      });
    });
    process.stdout.write(`${server.url}\n`);
    if (options.open) {
      const { default: open } = await import('open');
      await open(server.url).catch(() => {});
    }
    await asked;
    await server.close();
  } finally {
    await engine.close();
  }
  return EXIT.done;
}

export function serveCommand(program: Command, done: (status: number) => void): void {
  program
    .command('serve')
    .description('the window in a browser on this machine; prints one line with its address')
    .option('--port <n>', 'else a free one', parsePort)
    .option('--workspace <file>', 'made when it is missing')
    .option('--no-open', 'do not open the browser')
    .action(async (flags: ServeOptions) => done(await serve(flags)));
}
