// One running app for the tests of a file: started, asked from within its page, and closed.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { installProbe } from './page.mjs';
import { chooseShell } from './shell.mjs';

export const appDir = path.resolve(process.env.HINDCAST_APP_DIR ?? path.join(import.meta.dirname, '../..'));
export const shell = chooseShell(appDir);
export const onElectron = shell?.name === 'Electron';
export const userData = mkdtempSync(path.join(tmpdir(), 'hindcast-shell-'));
export let app;
export let win;

/** Starts the app and puts the probe into its page. */
export async function start(args = []) {
  app = await shell.launch({ args: [`--user-data-dir=${userData}`, ...args] });
  win = await app.firstWindow();
  win.setDefaultTimeout(60_000);
  await win.waitForLoadState();
  await win.evaluate(installProbe);
}
export async function stop() {
  await app?.close();
  rmSync(userData, { recursive: true, force: true });
}
export async function eventually(assertion, tries = 1200) {
  for (;;) {
    try {
      return await assertion();
    } catch (error) {
      tries -= 1;
      if (tries === 0) throw error;
      await delay(50);
    }
  }
}
/** Calls the engine over the probe's own port: `{value}` or `{error}`. */
export const call = (procedure, input = {}) =>
  win.evaluate(([p, i]) => window.probe.call(p, i), [procedure, input]);
export const info = async () => (await call('system.info')).value;

/** Starts to record the commands that the page gets. */
export const recordCommands = () =>
  win.evaluate(() => {
    window.commands = [];
    window.stopCommands = window.hindcast.onCommand((...args) => window.commands.push(args));
  });
export const commands = () => win.evaluate(() => window.commands);

export const filesUnder = (dir) =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
