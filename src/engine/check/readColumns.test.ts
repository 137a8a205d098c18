// Rows that two threads read from both ends: whatever turns they take, the columns are those of one.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { appendRecords, type ImportRecord } from '../capture/import.ts';
import { Dictionary } from '../store/dictionary.ts';
import { openWorkspace } from '../store/workspace.ts';
import type { ReadContext } from '../workers/context.ts';
import type { Columns } from './columns.ts';
import { haveMet, readAllRows, readPostings, readRows, rowsTask } from './readColumns.ts';

const dir = mkdtempSync(join(tmpdir(), 'hindcast-columns-'));
const RECORDS = 9_000;
let db: Database.Database;
let context: ReadContext;

const recordOf = (n: number): ImportRecord => ({
  topic: n % 3 === 0 ? 'orders' : 'accounts',
  partition: n % 7 === 0 ? 1 : 0,
  offset: n,
  key: Buffer.from(`k-${n % 50}`),
  value: Buffer.from(
    JSON.stringify({
      event_id: `e-${n}`,
      event_type: 'Changed',
      aggregate_type: 'Account',
      aggregate_id: n % 2 === 0 ? `k-${n % 50}` : `a-${n % 40}`,
      aggregate_version: n,
      correlation_id: `c-${n % 100}`,
      event_data: { n },
    }),
  ),
  headers: [],
  timestamp: 1_700_000_000_000 + n,
  verdict: n % 97 === 0 ? 'control' : n % 41 === 0 ? 'aborted' : 'committed',
});

beforeAll(async () => {
  const file = join(dir, 'rows.hindcast');
  const workspace = await openWorkspace(file, { mode: 'create', log: () => {} });
  await appendRecords(
    workspace,
    Array.from({ length: RECORDS }, (_, n) => recordOf(n)),
  );
  await workspace.close();
  db = new Database(file);
  const dictionary = new Dictionary(db);
  context = { db, dictionary, throwIfAborted: () => {} } as unknown as ReadContext;
});
afterAll(() => {
  db.close();
  rmSync(dir, { recursive: true, force: true });
});

const nothing = () => {};
const contextOf = () => context;
const taskOf = () =>
  rowsTask(context, db.prepare('SELECT sum(stored) FROM partition').pluck().get() as number);

function readAlone(): Columns {
  const { task } = taskOf();
  for (const _ of readAllRows(contextOf, task, nothing));
  return task.columns;
}

function bothEnds() {
  const { task } = taskOf();
  const sizes = { batch: 100, step: 300 };
  const [front, end] = (['front', 'end'] as const).map((each) =>
    readRows(contextOf, task, each, nothing, sizes),
  );
  return { task, front: front!, end: end! };
}

/** The columns as plain rows, as far as they count. */
const rowsOf = ({ count, ...columns }: Columns) => {
  const entries = Object.entries(columns);
  return Array.from({ length: count }, (_, at) => entries.map(([, column]) => column[at]));
};

test('both ends together are what one thread reads, whoever is quicker', () => {
  const alone = rowsOf(readAlone());
  expect(alone).toHaveLength(Array.from({ length: RECORDS }, (_, n) => n).filter((n) => n % 97 !== 0).length);
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 40 }), (turns) => {
      const { task, front, end } = bothEnds();
      for (const isFront of turns) (isFront ? front : end).next();
      for (const _ of end);
      for (const _ of front);
      expect(haveMet(task)).toBe(true);
      task.columns.count = task.columns.id.length;
      expect(rowsOf(task.columns)).toEqual(alone);
    }),
    { numRuns: 20 },
  );
});

test('rows that go away between two steps are noticed', () => {
  const { task, front, end } = bothEnds();
  for (let step = 0; step < 3; step++) end.next();
  db.exec('SAVEPOINT gone; DELETE FROM record WHERE id IN (SELECT id FROM record ORDER BY id LIMIT 3)');
  for (const _ of front);
  for (const _ of end);
  expect(haveMet(task)).toBe(false);
  for (const _ of readAllRows(contextOf, task, nothing));
  expect(rowsOf(task.columns)).toEqual(rowsOf(readAlone()));
  expect(task.columns.count).toBeLessThan(task.columns.id.length);
  db.exec('ROLLBACK TO gone; RELEASE gone');
});

test('records that come after the beginning are left for the next check', async () => {
  const before = rowsOf(readAlone());
  const { task } = taskOf();
  db.exec(
    'SAVEPOINT more; INSERT INTO record (id, ts, state, agg_id) SELECT max(id) + 1, max(ts), min(state), 1 FROM record WHERE id < (SELECT max(id) FROM record) - 5000000',
  );
  for (const _ of readRows(contextOf, task, 'end', nothing));
  db.exec('ROLLBACK TO more; RELEASE more');
  expect(haveMet(task)).toBe(true);
  task.columns.count = task.columns.id.length;
  expect(rowsOf(task.columns)).toEqual(before);
});

test('postings say correlation and key of each row', () => {
  const columns = readAlone();
  readPostings(context, columns);
  const byCorrelation = new Map<number, Set<number>>();
  for (let row = 0; row < columns.count; row++) {
    const offset = columns.id[row]! % 2 ** 40;
    expect(columns.key[row] === -1).toBe(offset % 2 === 0);
    expect(Number.isNaN(columns.key[row])).toBe(false);
    const known = byCorrelation.get(columns.correlation[row]!) ?? new Set();
    byCorrelation.set(columns.correlation[row]!, known.add(offset % 100));
  }
  expect(byCorrelation.size).toBe(100);
  for (const numbers of byCorrelation.values()) expect(numbers.size).toBe(1);
});
