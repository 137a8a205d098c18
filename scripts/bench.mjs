// npm run bench: measures capture against kcat and a naive consumer on a real broker, in one run on this machine.
//   npm run bench -- --events 2000000 --rounds 5 --topics 5000 --no-write
import { join } from 'node:path';
import process from 'node:process';
import { ensurePackages, pinnedNode, root, run } from './setup.mjs';

ensurePackages();
run(pinnedNode, [join(root, 'test/perf/bench.ts'), ...process.argv.slice(2)]);
