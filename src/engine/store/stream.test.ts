import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { generateDemo } from '../../../test/fixtures/demo/generate.ts';
import { appendRecords } from '../capture/import.ts';
import type { ReadContext } from '../workers/context.ts';
import { LruCache } from '../workers/revisionCache.ts';
import { Dictionary } from './dictionary.ts';
import { openForReading } from './open.ts';
import { decodeStored, loadStream, prepareRows, type RecordRow, storedEventOf, withBytes } from './stream.ts';
import { openWorkspace } from './workspace.ts';

const dir = mkdtempSync(join(tmpdir(), 'hindcast-stream-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test('over the demo, the stored columns and the streams are what core says of each record', async () => {
  const demo = generateDemo({ events: 6000 });
  const file = join(dir, 'demo.hindcast');
  const workspace = await openWorkspace(file, { mode: 'create', log: () => {} });
  await appendRecords(
    workspace,
    demo.records.map(({ transaction, ...record }) => ({
      ...record,
      verdict: transaction === undefined || transaction.outcome === 'commit' ? 'committed' : 'aborted',
    })),
  );
  await workspace.close();
  const db = openForReading(file, { check: true });
  const context: ReadContext = {
    db,
    file,
    kind: 'workspace',
    revision: 1,
    cache: new LruCache(1e9),
    lasting: new Map(),
    dictionary: new Dictionary(db),
    throwIfAborted() {},
  };
  const rows = (prepareRows(context, '').all() as RecordRow[]).map((row) => withBytes(context, row));
  expect(rows.length).toBe(demo.records.length);
  const expected = new Map<string, unknown[]>();
  for (const row of rows) {
    const event = storedEventOf(context, row, decodeStored(context, row));
    // Columns were made by the fast way at capture; here the exact way has read the bytes again.
    expect([row.version, row.occurred, context.dictionary.typeName(row.type_id)]).toEqual([
      event.version,
      event.occurredAt,
      event.type,
    ]);
    const aggregate = context.dictionary.aggregate(row.agg_id);
    if (aggregate === null) continue;
    const key = JSON.stringify([aggregate.type, aggregate.id]);
    expected.set(key, [...(expected.get(key) ?? []), event]);
  }
  expect(expected.size).toBeGreaterThan(10);
  for (const [key, events] of expected) {
    const [type, id] = JSON.parse(key) as [string, string];
    expect(loadStream(context, { type, id })).toEqual(events);
  }
  expect(loadStream(context, { type: 'None', id: 'x' })).toEqual([]);
  db.close();
});
