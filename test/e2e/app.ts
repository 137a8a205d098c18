// Runs the built app as a person would: `hindcast serve` in a process of its own, a real Chromium in front of it.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Browser, chromium, type Page } from 'playwright-core';

const root = join(import.meta.dirname, '../..');
const candidates = [process.env.CHROMIUM_PATH, '/usr/bin/chromium', '/usr/bin/google-chrome'];
const executablePath = candidates.find((file) => file && existsSync(file));

/** Why browser tests cannot run here, or null. */
export const browserProblem: string | null =
  executablePath === undefined
    ? 'no Chromium: install it (Debian: apt-get install chromium) or set CHROMIUM_PATH'
    : existsSync(join(root, 'out/renderer/index.html'))
      ? null
      : 'no build: npm run build';
if (browserProblem) process.stderr.write(`\n*** BROWSER TESTS DO NOT RUN: ${browserProblem} ***\n\n`);

export const demoRecording: string = join(root, 'resources/demo.hindcast');
/** Why browser tests on the demo recording cannot run here, or null. */
export const demoProblem: string | null =
  browserProblem ?? (existsSync(demoRecording) ? null : `no ${demoRecording}: npm start makes it`);
if (demoProblem && !browserProblem)
  process.stderr.write(`\n*** TESTS ON THE DEMO RECORDING DO NOT RUN: ${demoProblem} ***\n\n`);

export interface App {
  url: string;
  dataDir: string;
  pid: number;
  close(): Promise<void>;
}

/** What the app of an earlier test compiled, the next one need not. */
const compiled = join(tmpdir(), 'hindcast-e2e-compiled');

/**
 * Starts the browser door with a data folder of its own (or the given one, which is then kept). `limit` is run by the
 * shell before it, such as `ulimit -f 1000`.
 */
export async function startApp(
  options: { dataDir?: string; workspace?: string; port?: number; limit?: string } = {},
): Promise<App> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'hindcast-e2e-'));
  const args = [join(root, 'bin/hindcast.mjs'), 'serve', '--no-open'];
  if (options.workspace) args.push('--workspace', options.workspace);
  if (options.port) args.push('--port', String(options.port));
  const [file, rest] = options.limit
    ? ['sh', ['-c', `${options.limit}; exec "$@"`, 'sh', process.execPath, ...args]]
    : [process.execPath, args];
  const child: ChildProcess = spawn(file, rest, {
    env: { ...process.env, HINDCAST_DATA_DIR: dataDir, NODE_COMPILE_CACHE: compiled },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr!.on('data', (text) => {
    errors += text;
  });
  const url = await new Promise<string>((done, failed) => {
    createInterface({ input: child.stdout! }).once('line', done);
    child.once('exit', (code) => failed(new Error(`the app ended with ${code}: ${errors}`)));
  });
  return {
    url,
    dataDir,
    pid: child.pid!,
    close: async () => {
      child.removeAllListeners('exit');
      if (child.exitCode === null && child.signalCode === null) {
        const ended = new Promise((done) => child.once('exit', done));
        child.kill('SIGTERM');
        await ended;
      }
      if (options.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

export async function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: executablePath!,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--no-first-run',
    ],
  });
}

/** A page on the app that fails the test on any uncaught error or blocked resource. */
export async function openPage(
  browser: Browser,
  app: App,
  options: { theme?: 'light' | 'dark'; width?: number; height?: number } = {},
): Promise<{ page: Page; problems: string[] }> {
  const context = await browser.newContext({
    viewport: { width: options.width ?? 1280, height: options.height ?? 800 },
    colorScheme: options.theme ?? 'dark',
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  // Dialogs for files are Playwright's as long as someone listens. One who begins just before a key is pressed comes too
  // late now and then: the browser then opens its own, which ends at once without a file.
  page.on('filechooser', () => {});
  await page.goto(app.url);
  return { page, problems };
}
