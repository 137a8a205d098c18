import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { programOf } from '../../../test/setup/bundled.ts';
import { appendRecords } from '../capture/import.ts';
import { recordAt } from './testing/records.ts';
import { openWorkspace } from './workspace.ts';

const dir = mkdtempSync(join(tmpdir(), 'hindcast-full-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const child = programOf(new URL('./testing/appendForever.ts', import.meta.url));
/** Blocks of 512 bytes that a file of the child may have: the system refuses to let it grow further. */
const BLOCKS = 30_000;

test.skipIf(process.platform === 'win32')(
  'when a file can grow no more, the writer says so, keeps what it has, and goes on once there is room',
  async () => {
    const file = join(dir, 'full.hindcast');
    const limited = spawn(
      'sh',
      ['-c', `ulimit -f ${BLOCKS}; exec "$0" "$1" "$2"`, process.execPath, child, file],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    );
    let said = '';
    limited.stderr.on('data', (chunk) => {
      said += chunk;
    });
    await new Promise((done) => limited.on('exit', done));
    expect(said).toContain("code: 'disk.full'");
    const workspace = await openWorkspace(file, { mode: 'open', log: () => {} });
    const before = await workspace.read('workspace.captured', {});
    expect(before.length).toBeGreaterThan(0);
    for (const { records, nextOffset } of before) expect(records).toBe(nextOffset);
    const { topic, partition, nextOffset } = before[0]!;
    await appendRecords(workspace, [recordAt(topic, partition, nextOffset)]);
    const after = await workspace.read('workspace.captured', {});
    expect(after[0]!.records).toBe(nextOffset + 1);
    await workspace.close();
  },
  120_000,
);
