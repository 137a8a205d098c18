// npm run demo: a real Kafka on this machine, loaded with the demo data, and the app connected to it, so that the whole
// loop with publishing can be tried. Data lives in .cache/demo; `npm run demo -- --reset` starts from nothing.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { cache, ensureBuild, ensureDemo, ensurePackages, environment, pinnedNode, root } from './setup.mjs';

ensurePackages();
ensureBuild();
ensureDemo();
const folder = join(cache, 'demo');
if (process.argv.includes('--reset')) rmSync(folder, { recursive: true, force: true });
const done = spawnSync(pinnedNode, [join(root, 'scripts', 'run-demo.ts'), folder], {
  stdio: 'inherit',
  env: environment(),
});
process.exit(done.status ?? 130);
