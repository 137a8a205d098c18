import { BrowserWindow, type WebContents } from 'electron';
import type { DesktopCommand } from '../contract/bridge.ts';
import { PAGE_URL } from './address.ts';
import type { Log } from './log.ts';
import { readWindowState, rememberWindowState, SMALLEST } from './windowState.ts';

export interface Windows {
  /** Opens a window, or brings the one there is to the front. */
  show(): BrowserWindow;
  all(): BrowserWindow[];
  owns(contents: WebContents): boolean;
  /** To the front window; waits for its page when that does not listen yet. Opens one when there is none. */
  command(command: DesktopCommand): void;
  /** Tells every page that the engine ended. */
  engineLost(): void;
  /** The page of these contents listens from now on. */
  pageReady(contents: WebContents): void;
}

const MOST_RELOADS = 3;
const RELOADS_WITHIN_MS = 60_000;

/** @param paths preload: absolute path of the preload script; state: file that remembers the window's size */
export function createWindows(paths: { preload: string; state: string }, log: Log): Windows {
  /** Commands per window that wait for its page; no entry once the page listens. */
  const waiting = new Map<number, DesktopCommand[]>();
  const windows = new Map<number, BrowserWindow>();

  const open = (): BrowserWindow => {
    const { width, height, maximized } = readWindowState(paths.state);
    const window = new BrowserWindow({
      width,
      height,
      minWidth: SMALLEST.width,
      minHeight: SMALLEST.height,
      show: false,
      title: 'Hindcast',
      webPreferences: {
        preload: paths.preload,
        sandbox: true,
        contextIsolation: true,
        webSecurity: true,
        nodeIntegration: false,
        nodeIntegrationInWorker: false,
        nodeIntegrationInSubFrames: false,
        webviewTag: false,
        allowRunningInsecureContent: false,
        experimentalFeatures: false,
        navigateOnDragDrop: false,
        spellcheck: false,
      },
    });
    const { id } = window.webContents;
    windows.set(id, window);
    waiting.set(id, []);
    window.on('closed', () => {
      windows.delete(id);
      waiting.delete(id);
    });
    if (maximized) window.maximize();
    rememberWindowState(window, paths.state);
    reloadAfterCrash(window, log, () => waiting.set(id, []));
    window.once('ready-to-show', () => window.show());
    window
      .loadURL(PAGE_URL)
      .catch((error) => log('error', 'the page did not load', { problem: String(error) }));
    return window;
  };
  const front = () => BrowserWindow.getFocusedWindow() ?? [...windows.values()][0] ?? null;
  const send = (window: BrowserWindow, command: DesktopCommand) =>
    window.webContents.send('command', command);

  return {
    show() {
      const window = front();
      if (!window) return open();
      if (window.isMinimized()) window.restore();
      window.focus();
      return window;
    },
    all: () => [...windows.values()],
    owns: (contents) => windows.get(contents.id)?.webContents === contents,
    command(command) {
      const window = front() ?? open();
      const queue = waiting.get(window.webContents.id);
      if (queue) queue.push(command);
      else send(window, command);
    },
    engineLost() {
      for (const window of windows.values()) window.webContents.send('engine-lost');
    },
    pageReady(contents) {
      const window = windows.get(contents.id);
      const queue = waiting.get(contents.id) ?? [];
      waiting.delete(contents.id);
      if (window) for (const command of queue) send(window, command);
    },
  };
}

/** A page that crashed is loaded again; the engine and its jobs went on. Not for ever: a page may crash at once. */
function reloadAfterCrash(window: BrowserWindow, log: Log, onReload: () => void): void {
  let reloads: number[] = [];
  window.webContents.on('render-process-gone', (_event, { reason, exitCode }) => {
    if (reason === 'clean-exit' || window.isDestroyed()) return;
    const now = Date.now();
    reloads = [...reloads.filter((at) => now - at < RELOADS_WITHIN_MS), now];
    log('error', 'the page crashed', { reason, exitCode, times: reloads.length });
    if (reloads.length > MOST_RELOADS) return;
    onReload();
    window.webContents.reload();
  });
}
