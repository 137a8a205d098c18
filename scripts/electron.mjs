// Fetches Electron's binary once, where there is a network and a display to open a window on.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { cache, pinnedNode, root, say } from './setup.mjs';

const home = join(root, 'node_modules', 'electron');

/** A failed try is remembered, so that the next start does not wait for it again. */
export function fetchElectron() {
  const noWindow = process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY;
  const memo = join(cache, 'electron-unavailable');
  if (noWindow || existsSync(join(home, 'path.txt')) || existsSync(memo)) return;
  say('Fetching the Electron binary (once, about 110 MB) …');
  const done = spawnSync(pinnedNode, [join(home, 'install.js')], {
    cwd: root,
    stdio: 'ignore',
    timeout: 180_000,
  });
  if (done.status === 0) return;
  mkdirSync(cache, { recursive: true });
  writeFileSync(memo, new Date().toISOString());
  say('It could not be fetched; remove .cache/electron-unavailable to try again.');
}
