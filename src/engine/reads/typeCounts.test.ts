import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { appendRecords, type ImportRecord } from '../capture/import.ts';
import { OFFSET_SPAN } from '../store/ids.ts';
import { openForReading } from '../store/open.ts';
import { openWorkspace } from '../store/workspace.ts';
import type { ReadContext } from '../workers/context.ts';
import { GiveWay } from '../workers/giveWay.ts';
import { countByType } from './typeCounts.ts';

const dir = mkdtempSync(join(tmpdir(), 'hindcast-counts-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
afterEach(() => vi.restoreAllMocks());

const bytes = (text: string) => new TextEncoder().encode(text);
const TYPES = ['Order', 'Parcel', 'Invoice', null];

/** A record of an aggregate of the type, or of none. */
const recordOf = (offset: number, type: string | null): ImportRecord => ({
  ...{ topic: 'shop', partition: 0, offset, headers: [], timestamp: 1_700_000_000_000 + offset },
  key: bytes(`k-${offset % 7}`),
  value: bytes(
    type === null
      ? `plain ${offset}`
      : `{"eventId":"e-${offset}","aggregateId":"${type}-${offset % 7}","aggregateType":"${type}","eventType":"${type}Changed","version":1,"timestamp":"2025-01-14T00:00:00Z","metadata":{}}`,
  ),
});

function contextOf(file: string, more: Partial<ReadContext> = {}): ReadContext {
  const db = openForReading(file, { check: false });
  return { db, lasting: new Map(), throwIfAborted() {}, ...more } as unknown as ReadContext;
}

/** What a plain question of the table says. */
function counted({ db }: ReadContext, from: number, to: number): Map<string | null, number> {
  const rows = db
    .prepare(
      `SELECT a.type, count(*) FROM record r LEFT JOIN aggregate a ON a.id = r.agg_id
       WHERE r.id >= ? AND r.id < ? AND r.kind <> 4 GROUP BY a.type`,
    )
    .raw();
  const no = db.prepare('SELECT no FROM partition').pluck().get() as number;
  return new Map(rows.all(no * OFFSET_SPAN + from, no * OFFSET_SPAN + to) as [string | null, number][]);
}

const noOf = ({ db }: ReadContext): number => db.prepare('SELECT no FROM partition').pluck().get() as number;

test('counts from any offset are those of the table, also when records and types come in between', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.constantFrom(...TYPES), { minLength: 1, maxLength: 30 }), {
        minLength: 1,
        maxLength: 5,
      }),
      fc.array(fc.nat({ max: 60 }), { minLength: 1, maxLength: 3 }),
      async (batches, starts) => {
        const file = join(mkdtempSync(join(dir, 'w-')), 'w.hindcast');
        const workspace = await openWorkspace(file, { mode: 'create', log: () => {} });
        let next = 0;
        const records = batches.map((types) => types.map((type) => recordOf(next++, type)));
        await appendRecords(workspace, records[0]!);
        const context = contextOf(file);
        let reached = records[0]!.length;
        for (const [at, batch] of records.entries()) {
          if (at > 0) {
            await appendRecords(workspace, batch);
            reached += batch.length;
          }
          for (const from of starts) {
            if (from >= reached) continue;
            const found = countByType(context, { no: noOf(context), rewritten: 0 }, from, reached);
            expect(new Map(found)).toEqual(counted(context, from, reached));
          }
        }
        context.db.close();
        await workspace.close();
      },
    ),
    { numRuns: 15 },
  );
});

test('a long count has turns, goes on where it was, and hears who gives up', async () => {
  const file = join(dir, 'long.hindcast');
  const workspace = await openWorkspace(file, { mode: 'create', log: () => {} });
  const count = 50_000;
  await appendRecords(
    workspace,
    Array.from({ length: count }, (_, offset) => recordOf(offset, TYPES[offset % 4]!)),
  );
  await workspace.close();
  // A clock on which every look is a turn later.
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => {
    now += 1000;
    return now;
  });
  let heard = 0;
  const context = contextOf(file, {
    mayGiveWay: true,
    throwIfAborted: () => {
      heard += 1;
    },
  });
  const ask = (given: ReadContext) => countByType(given, { no: noOf(context), rewritten: 0 }, 0, count);
  expect(() => ask(context)).toThrow(GiveWay);
  expect(() => ask(context)).toThrow(GiveWay);
  expect(new Map(ask(context))).toEqual(counted(context, 0, count));
  expect(heard).toBe(2);
  const tired = contextOf(file, {
    throwIfAborted: () => {
      throw new Error('given up');
    },
  });
  expect(() => ask(tired)).toThrow('given up');
  for (const { db } of [context, tired]) db.close();
});
