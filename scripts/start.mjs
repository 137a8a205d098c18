// npm start: sets up what is missing and opens the app. Arguments go to the command line (`npm start -- topics …`).
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { fetchElectron } from './electron.mjs';
import { ensureBuild, ensureDemo, ensurePackages, environment, pinnedNode, root } from './setup.mjs';

ensurePackages();
ensureBuild();
ensureDemo();
if (process.argv.length === 2) fetchElectron();
const child = spawn(pinnedNode, [join(root, 'bin', 'hindcast.mjs'), ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: environment(),
});
// Ctrl-C on a terminal reaches the child by itself; passed on as well it would be a second request.
const onTerminal = [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY);
process.on('SIGINT', () => onTerminal || child.kill('SIGINT'));
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
