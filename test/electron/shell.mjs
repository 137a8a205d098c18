// Chooses what the shell tests run on:
//   1. real Electron, if its binary is there: installed, or in ELECTRON_OVERRIDE_DIST_PATH;
//   2. else a stand-in for it, if ELECTRON_STANDIN is the path of its launch module;
//   3. else nothing. chooseShell() says so on stderr and returns null; the tests must then skip, not pass.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const BINARY = { darwin: 'Electron.app/Contents/MacOS/Electron', win32: 'electron.exe' };

function electronBinary(appDir) {
  // Not require('electron'): that would download the binary if it is missing.
  const electron = createRequire(path.join(appDir, 'package.json')).resolve('electron/package.json');
  const dist = process.env.ELECTRON_OVERRIDE_DIST_PATH ?? path.join(path.dirname(electron), 'dist');
  const file = path.join(dist, BINARY[process.platform] ?? 'electron');
  return existsSync(file) ? file : null;
}

/** Returns { name, launch } or null. launch() takes what Playwright's _electron.launch() takes. */
export function chooseShell(appDir) {
  const executablePath = electronBinary(appDir);
  if (executablePath) {
    const switches = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
    const launch = async ({ args = [], ...options } = {}) => {
      const { _electron } = await import('playwright-core').catch(() => import('@playwright/test'));
      return _electron.launch({ executablePath, args: [...switches, appDir, ...args], ...options });
    };
    return { name: 'Electron', launch };
  }
  if (process.env.ELECTRON_STANDIN) {
    const launch = async ({ args = [], ...options } = {}) => {
      const standin = await import(pathToFileURL(path.resolve(process.env.ELECTRON_STANDIN)).href);
      return standin.launch({ appDir, args: [appDir, ...args], ...options });
    };
    return { name: 'stand-in', launch };
  }
  console.error('\n*** SHELL TESTS DO NOT RUN: no Electron binary, and ELECTRON_STANDIN is not set ***\n');
  return null;
}
