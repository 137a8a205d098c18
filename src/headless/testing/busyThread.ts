/**
 * A process that asks a thread to end which is inside a statement of SQLite that never does. Argument: milliseconds until it
 * is given up.
 */
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { endByForce } from '../endByForce.ts';

const ENDLESS = 'WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n';
const sqlite = createRequire(import.meta.url).resolve('better-sqlite3');
const worker = new Worker(
  `const { parentPort } = require('node:worker_threads');
   const Database = require(${JSON.stringify(sqlite)});
   parentPort.on('message', () => parentPort.close());
   parentPort.postMessage('begun');
   new Database(':memory:').prepare(${JSON.stringify(ENDLESS)}).get();`,
  { eval: true },
);
await once(worker, 'message');
process.stdout.write('begun\n');
endByForce(Number(process.argv[2]));
worker.postMessage('close');
await once(worker, 'exit');
