import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { packageRoot } from './packageRoot.ts';

/** Electron's binary where it is installed. Never `require('electron')`: that would start a download by itself. */
function electronBinary(): string | null {
  let folder: string;
  try {
    folder = dirname(createRequire(join(packageRoot, 'package.json')).resolve('electron/package.json'));
  } catch {
    return null;
  }
  const pathFile = join(folder, 'path.txt');
  if (!existsSync(pathFile)) return null;
  const binary = join(
    process.env.ELECTRON_OVERRIDE_DIST_PATH ?? join(folder, 'dist'),
    readFileSync(pathFile, 'utf8').trim(),
  );
  return existsSync(binary) ? binary : null;
}

/** Why no desktop window can be opened here, in words that follow “because”; null when it can. */
export function desktopProblem(): string | null {
  if (process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY)
    return 'there is no display';
  if (process.platform === 'linux' && process.getuid?.() === 0)
    return 'Electron keeps its sandbox only for users other than root';
  if (electronBinary() === null) return "Electron's binary is not on this machine";
  return null;
}

/** Opens the desktop window and waits until it is closed. Returns why it cannot, or null. */
export function openDesktop(): string | null {
  const problem = desktopProblem();
  if (problem !== null) return problem;
  const { status, error } = spawnSync(electronBinary()!, [packageRoot], { stdio: 'inherit' });
  return error || status !== 0 ? `Electron ended with ${error?.message ?? `status ${status}`}` : null;
}
