// npm run bench: measures reading, capture and search against kcat and others on a real broker, in one run on this machine.
//   npm run bench -- --only read,capture,large,live,topics --events 2000000 --rounds 5 --large 10000000 --no-write
import { join } from 'node:path';
import process from 'node:process';
import { ensureBuild, ensurePackages, pinnedNode, root, run } from './setup.mjs';

ensurePackages();
// The live part follows through the built engine.
ensureBuild();
run(pinnedNode, [join(root, 'test/perf/bench.ts'), ...process.argv.slice(2)]);
