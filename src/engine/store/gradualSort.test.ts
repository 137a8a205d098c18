import Database from 'better-sqlite3';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MIGRATIONS } from './format.ts';
import { hash53, OFFSET_SPAN } from './ids.ts';
import { migrate } from './migrations.ts';
import { candidates } from './postingLookups.ts';
import { POSTING } from './postingPages.ts';
import { PostingList, PostingWriter } from './postings.ts';

const TAIL_FRAMES = 512;

function frame(from: number, count: number) {
  const list = new PostingList(count);
  const offsets = Float64Array.from({ length: count }, (_, at) => from + at);
  offsets.forEach((offset, row) => {
    list.add(POSTING.event, hash53(`e${offset}`), row);
    list.add(POSTING.aggregate, 1 + (offset % 3), row);
  });
  return list.finish(offsets);
}

function opened() {
  const db = new Database(':memory:');
  migrate(db, MIGRATIONS);
  const writer = new PostingWriter(db);
  writer.live = true;
  return { db, writer };
}

const runs = (db: Database.Database) =>
  db.prepare('SELECT id, rows FROM posting_run ORDER BY id').raw().all() as [number, number][];
const tail = (db: Database.Database) =>
  db.prepare('SELECT count(*) FROM posting_tail').pluck().get() as number;
/** Pages that belong to no run. */
const strays = (db: Database.Database) =>
  db.prepare('SELECT count(*) FROM posting_page WHERE run NOT IN (SELECT id FROM posting_run)').pluck().get();

test('what comes between the pieces of a sort is found, before and after it', () => {
  const { db, writer } = opened();
  let next = 0;
  const add = (frames: number) => {
    for (let at = 0; at < frames; at++, next += 100) writer.add(0, frame(next, 100));
  };
  add(TAIL_FRAMES - 1);
  expect([writer.isSorting, writer.sortAPiece()]).toEqual([false, false]);
  add(1);
  let pieces = 0;
  while (writer.sortAPiece()) {
    pieces += 1;
    add(1);
    for (const offset of [0, 25_000, next - 1])
      expect(candidates(db, 'event', hash53(`e${offset}`))).toEqual([offset]);
  }
  expect(pieces).toBeGreaterThan(2);
  expect(runs(db)).toEqual([[1, TAIL_FRAMES * 100]]);
  expect(tail(db)).toBe(pieces);
  expect(writer.tailRows).toBe(pieces * 100);
  expect(candidates(db, 'aggregate', 2)).toEqual(
    Array.from({ length: next }, (_, offset) => offset).filter((offset) => offset % 3 === 1),
  );
  // The next one takes the small run in, and its number is free of what was before.
  add(TAIL_FRAMES);
  while (writer.sortAPiece());
  expect(runs(db)).toEqual([[2, next]]);
  expect([tail(db), strays(db)]).toEqual([0, 0]);
  for (const offset of [0, 51_199, 51_200, next - 1])
    expect(candidates(db, 'event', hash53(`e${offset}`))).toEqual([offset]);
});

test('pages of a sort that a kill broke off are taken away before the next run is written', () => {
  const { db, writer } = opened();
  for (let at = 0; at < TAIL_FRAMES; at++) writer.add(0, frame(at * 100, 100));
  for (let piece = 0; piece < 3; piece++) writer.sortAPiece();
  expect(strays(db)).not.toBe(0);
  const after = new PostingWriter(db);
  after.sort();
  expect([tail(db), strays(db), runs(db)]).toEqual([0, 0, [[1, 51_200]]]);
  expect(candidates(db, 'event', hash53('e51199'))).toEqual([51_199]);
});

test('records that are read anew while a sort goes on are gone after it', () => {
  const { db, writer } = opened();
  for (let at = 0; at < TAIL_FRAMES; at++) writer.add(0, frame(at * 100, 100));
  for (let piece = 0; piece < 2; piece++) writer.sortAPiece();
  db.exec('BEGIN');
  writer.forget((id) => id < 100);
  db.exec('COMMIT');
  while (writer.sortAPiece());
  expect([tail(db), strays(db)]).toEqual([0, 0]);
  expect(candidates(db, 'event', hash53('e99'))).toEqual([]);
  expect(candidates(db, 'event', hash53('e100'))).toEqual([100]);
});

test('any order of frames, pieces, records read anew, rollbacks and restarts finds exactly what is there', () => {
  const step = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ kind: fc.constant('add' as const), frames: fc.integer({ min: 1, max: 300 }) }),
    },
    {
      weight: 8,
      arbitrary: fc.record({ kind: fc.constant('piece' as const), frames: fc.integer({ min: 1, max: 6 }) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constantFrom('forget', 'rollback', 'restart', 'sort'),
        frames: fc.constant(0),
      }),
    },
  );
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 5, maxLength: 30 }),
      fc.integer({ min: 1, max: 40 }),
      (steps, size) => {
        const made = opened();
        const { db } = made;
        let { writer } = made;
        const alive = new Set<number>();
        let next = 0;
        const add = (to: Set<number>, partition = 0) => {
          writer.hold(partition * OFFSET_SPAN, frame(next, size));
          for (let row = 0; row < size; row++) to.add(partition * OFFSET_SPAN + next + row);
          next += size;
        };
        for (const { kind, frames } of steps) {
          db.exec('BEGIN');
          if (kind === 'add') for (let at = 0; at < frames; at++) add(alive, at % 2);
          else if (kind === 'piece') for (let at = 0; at < frames; at++) writer.sortAPiece();
          else if (kind === 'sort') writer.sort();
          else if (kind === 'forget') {
            const gone = (id: number) => id % 7 === 3;
            writer.forget(gone);
            for (const id of alive) if (gone(id)) alive.delete(id);
          } else if (kind === 'rollback') {
            add(new Set());
            writer.sortAPiece();
            db.exec('ROLLBACK');
            writer.reset();
            continue;
          }
          writer.flush();
          db.exec('COMMIT');
          if (kind === 'restart') {
            writer = new PostingWriter(db);
            writer.live = true;
          }
        }
        const found = [1, 2, 3].flatMap((aggregate) => candidates(db, 'aggregate', aggregate));
        expect(found.sort((a, b) => a - b)).toEqual([...alive].sort((a, b) => a - b));
        for (const id of [...alive].slice(0, 50))
          expect(candidates(db, 'event', hash53(`e${id % OFFSET_SPAN}`))).toContain(id);
      },
    ),
    { numRuns: 30 },
  );
});
