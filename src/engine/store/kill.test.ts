import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, expect, test } from 'vitest';
import { programOf } from '../../../test/setup/bundled.ts';
import { OFFSET_SPAN } from './ids.ts';
import { RecordBytes } from './recordBytes.ts';
import { recordAt } from './testing/records.ts';
import { openWorkspace } from './workspace.ts';

const dir = mkdtempSync(join(tmpdir(), 'hindcast-kill-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const child = programOf(new URL('./testing/appendForever.ts', import.meta.url));

/** Runs the child and kills it `ms` after it has written for the first time. */
function runAndKill(file: string, ms: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const process_ = spawn(process.execPath, [child, file], { stdio: ['ignore', 'pipe', 'pipe'] });
    let trouble = '';
    process_.stderr.on('data', (chunk) => {
      trouble += chunk;
    });
    process_.stdout.on('data', (chunk) => {
      if (String(chunk).includes('appended')) setTimeout(() => process_.kill('SIGKILL'), ms);
    });
    process_.on('exit', (code, signal) =>
      signal === 'SIGKILL' ? resolve() : reject(new Error(`the child ended by itself (${code}): ${trouble}`)),
    );
  });
}

test('a process killed in the middle of writing loses nothing and doubles nothing', async () => {
  const file = join(dir, 'killed.hindcast');
  let before = 0;
  for (const ms of [70, 135, 290, 455]) {
    await runAndKill(file, ms);
    const workspace = await openWorkspace(file, { mode: 'open', log: () => {} });
    const { partitions } = await workspace.read('workspace.coverage', { topics: null });
    const info = await workspace.read('workspace.info', {});
    await workspace.close();
    const db = new Database(file, { readonly: true });
    try {
      expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
      const bytes = new RecordBytes(db);
      let total = 0;
      for (const { no, next, topic, partition } of db
        .prepare(
          `SELECT p.no, p.next_offset AS next, t.name AS topic, p.partition FROM partition p
           JOIN topic t ON t.id = p.topic_id`,
        )
        .all() as { no: number; next: number; topic: string; partition: number }[]) {
        const rows = db
          .prepare('SELECT id FROM record WHERE id >= ? AND id < ? ORDER BY id')
          .pluck()
          .all(no * OFFSET_SPAN, (no + 1) * OFFSET_SPAN) as number[];
        expect(rows.length).toBe(next);
        rows.forEach((id, offset) => {
          const value = Buffer.from(bytes.body(id).value!);
          if (id !== no * OFFSET_SPAN + offset || !value.equals(recordAt(topic, partition, offset).value!))
            throw new Error(`${topic}/${partition} at ${offset} is not what was written`);
        });
        total += rows.length;
      }
      expect(info.records).toBe(total);
      expect(total).toBeGreaterThanOrEqual(before);
      before = total;
    } finally {
      db.close();
    }
    for (const each of partitions)
      expect(BigInt(each.asked)).toBe(BigInt(each.stored) + BigInt(each.control) + BigInt(each.notRead));
  }
  expect(before).toBeGreaterThan(0);
});
