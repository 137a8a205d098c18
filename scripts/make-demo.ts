// Writes the bundled demo recording: the seeded generator's records through the product's own store.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { appendRecords, type ImportRecord } from '../src/engine/capture/import.ts';
import { saveRecording } from '../src/engine/store/recording.ts';
import { openWorkspace } from '../src/engine/store/workspace.ts';
import { generateDemo } from '../test/fixtures/demo/generate.ts';

const target = resolve(process.argv[2] ?? 'resources/demo.hindcast');
const scratch = mkdtempSync(join(tmpdir(), 'hindcast-demo-'));
const BATCH = 5_000;
const VERDICTS = { commit: 'committed', abort: 'aborted', open: 'open' } as const;

try {
  const workspace = await openWorkspace(join(scratch, 'demo.hindcast'), { mode: 'create', log: () => {} });
  let waiting: ImportRecord[] = [];
  const flush = async (end: boolean): Promise<void> => {
    await appendRecords(workspace, waiting, { clusterId: 'demo', end });
    waiting = [];
  };
  for (const { transaction, ...record } of generateDemo({}).records) {
    waiting.push({ ...record, verdict: transaction ? VERDICTS[transaction.outcome] : 'committed' });
    if (waiting.length === BATCH) await flush(false);
  }
  await flush(true);
  mkdirSync(dirname(target), { recursive: true });
  rmSync(target, { force: true });
  await saveRecording(workspace, target);
  await workspace.close();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
