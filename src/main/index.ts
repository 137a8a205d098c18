import { mkdirSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { app, BrowserWindow, dialog, session } from 'electron';
import { z } from 'zod';
import { FILE_PURPOSES, type FilePurpose, SAVE_PURPOSES } from '../contract/bridge.ts';
import { isWorkspaceFile, type Opening, parseArguments, parseLink } from './arguments.ts';
import { type EngineProcess, startEngine } from './engineProcess.ts';
import { chooseFile, chooseTarget, tokenFor } from './files.ts';
import { guardNavigation, guardSession } from './guards.ts';
import { createIpc } from './ipc.ts';
import { log } from './log.ts';
import { installMenu } from './menu.ts';
import { registerScheme, servePage } from './pageProtocol.ts';
import { demoRecording } from './resources.ts';
import { openKeychain } from './secrets.ts';
import { createWindows, type Windows } from './windows.ts';

app.enableSandbox();
registerScheme();
guardNavigation(log);

// What the system asks for before the windows are there is opened once they are.
let waiting: Opening[] = [];
let open = (opening: Opening) => void waiting.push(opening);
app.on('open-url', (event, link) => {
  event.preventDefault();
  const address = parseLink(link);
  if (address !== null) open({ kind: 'address', address });
});
app.on('open-file', (event, path) => {
  event.preventDefault();
  if (isWorkspaceFile(path)) open({ kind: 'file', path });
});

if (app.requestSingleInstanceLock()) void app.whenReady().then(start);
else app.quit();

function start(): void {
  guardSession(session.defaultSession);
  servePage(join(import.meta.dirname, '../renderer'));
  const windows = createWindows(
    {
      preload: join(import.meta.dirname, '../preload/index.cjs'),
      state: join(app.getPath('userData'), 'window.json'),
    },
    log,
  );
  const engine = startEngine({
    entries: import.meta.dirname,
    parameters: {
      dataDir: makeDataDir(),
      version: app.getVersion(),
      demoRecording: demoRecording(),
      user: userName(),
    },
    keychain: openKeychain(),
    log,
    onLost: windows.engineLost,
    onStuck: (problem) =>
      dialog.showErrorBox(
        'Hindcast’s engine cannot start',
        `${problem}\n\nIt is tried again every few seconds.`,
      ),
  });
  connectPages(windows, engine);
  openThings(windows, engine);
  keepRunning(windows, engine);
  windows.show();
}

/** What pages may ask of the shell. */
function connectPages(windows: Windows, engine: EngineProcess): void {
  const ipc = createIpc(windows.owns, log);
  ipc.listen('engine:connect', z.tuple([z.uuid()]), (contents, nonce) => {
    engine.connect(contents, nonce);
    windows.pageReady(contents);
  });
  ipc.handle('dialog:open-file', z.tuple([z.enum(FILE_PURPOSES)]), async (contents, purpose) => {
    const path = await chooseFile(BrowserWindow.fromWebContents(contents), purpose);
    return path === null ? null : tokenFor(path, engine);
  });
  const saving = z.tuple([z.enum(SAVE_PURPOSES), FileName]);
  ipc.handle('dialog:save-file', saving, async (contents, purpose, name) => {
    const path = await chooseTarget(BrowserWindow.fromWebContents(contents), purpose, name);
    return path === null ? null : tokenFor(path, engine);
  });
}

/** A name that a page proposes, never a path. */
const FileName = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^\\/\0]+$/);

/** What the person opens by the menu, a link, a file or a second start. */
function openThings(windows: Windows, engine: EngineProcess): void {
  const openFile = async (path: string) =>
    windows.command({ name: 'open-file', token: await tokenFor(path, engine) });
  open = (opening) => {
    if (opening.kind === 'file') void openFile(opening.path);
    else windows.command({ name: 'go', address: opening.address });
  };
  installMenu({
    command: windows.command,
    openFile: async (purpose: FilePurpose) => {
      const path = await chooseFile(BrowserWindow.getFocusedWindow(), purpose);
      if (path !== null) await openFile(path);
    },
  });
  if (app.isPackaged) app.setAsDefaultProtocolClient('hindcast');
  const asked = parseArguments(process.argv.slice(1), process.cwd());
  for (const opening of asked ? [...waiting, asked] : waiting) open(opening);
  waiting = [];
  app.on('second-instance', (_event, argv, cwd) => {
    windows.show();
    const opening = parseArguments(argv.slice(1), cwd);
    if (opening) open(opening);
  });
}

function keepRunning(windows: Windows, engine: EngineProcess): void {
  let stopped = false;
  app.on('activate', () => windows.show());
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });
  app.on('will-quit', (event) => {
    if (stopped) return;
    event.preventDefault();
    void engine.stop().then(() => {
      stopped = true;
      app.quit();
    });
  });
}

/** A folder of its own in the profile, private to the user; Chromium's files lie beside it. */
function makeDataDir(): string {
  const dir = process.env.HINDCAST_DATA_DIR ?? join(app.getPath('userData'), 'data');
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  return dir;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return '';
  }
}
