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
    // The browser of a person passes over changes of the address when too many come.
    ignoreDefaultArgs: ['--disable-ipc-flooding-protection'],
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--no-first-run',
    ],
  });
}

/**
 * Milliseconds that every frame of the window comes late, for finding what wins only because the window is quick: popups
 * are placed and taken away with frames, and moves along a timeline wait for one. `HINDCAST_SLOW_FRAMES=200 npm test -- e2e`
 */
const slowness = Number(process.env.HINDCAST_SLOW_FRAMES ?? 0);

/** How many times slower everything in the window is, also for finding such: `HINDCAST_SLOW_WINDOW=6 npm test -- e2e` */
const slowWindow = Number(process.env.HINDCAST_SLOW_WINDOW ?? 1);

// As text: this file is also read without the types of a browser.
const slowFrames = (ms: number): string => `
  const frame = window.requestAnimationFrame.bind(window);
  const cancel = window.cancelAnimationFrame.bind(window);
  const asked = new Map();
  window.requestAnimationFrame = (run) => {
    const id = setTimeout(() => asked.set(id, frame(run)), ${ms});
    return id;
  };
  window.cancelAnimationFrame = (id) => {
    clearTimeout(id);
    cancel(asked.get(id));
  };
`;

/** Pages that were opened and not closed yet. */
export const openPages = new Set<Page>();

/**
 * A page on the app that fails the test on any uncaught error or blocked resource. `slowFrames`: so many milliseconds its
 * frames come late, whatever the environment says.
 */
export async function openPage(
  browser: Browser,
  app: App,
  options: { theme?: 'light' | 'dark'; width?: number; height?: number; slowFrames?: number } = {},
): Promise<{ page: Page; problems: string[] }> {
  const context = await browser.newContext({
    viewport: { width: options.width ?? 1280, height: options.height ?? 800 },
    colorScheme: options.theme ?? 'dark',
    reducedMotion: 'reduce',
  });
  const late = options.slowFrames ?? slowness;
  if (late > 0) await context.addInitScript(slowFrames(late));
  const page = await context.newPage();
  // Playwright's own half a minute is too short on a busy machine.
  page.setDefaultTimeout(60_000);
  if (slowWindow > 1) {
    const session = await context.newCDPSession(page);
    await session.send('Emulation.setCPUThrottlingRate', { rate: slowWindow });
  }
  openPages.add(page);
  page.on('close', () => openPages.delete(page));
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

/** An app with a page on it, in a browser of its own. */
export interface OpenApp {
  app: App;
  browser: Browser;
  page: Page;
  /** Errors of the page since they were looked at last. */
  problems: string[];
  /** Ends both. */
  close(): Promise<void>;
}

/** Starts the app and a browser with a page on it; every wait on that page ends after `timeout` ms. */
export async function openApp(
  options: Parameters<typeof startApp>[0] & Parameters<typeof openPage>[2] & { timeout: number },
): Promise<OpenApp> {
  const [app, browser] = await Promise.all([startApp(options), openBrowser()]);
  const { page, problems } = await openPage(browser, app, options);
  page.setDefaultTimeout(options.timeout);
  return {
    ...{ app, browser, page, problems },
    close: async () => {
      await browser.close();
      await app.close();
    },
  };
}
