import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { MIGRATIONS } from './format.ts';
import { hash53, OFFSET_SPAN } from './ids.ts';
import { migrate } from './migrations.ts';
import { candidates } from './postingLookups.ts';
import { POSTING } from './postingPages.ts';
import { PostingList, PostingWriter } from './postings.ts';

function opened() {
  const db = new Database(':memory:');
  migrate(db, MIGRATIONS);
  return { db, writer: new PostingWriter(db) };
}

/** A frame of rows from an offset on; each has an event id of its own and shares its correlation id with nine others. */
function frame(from: number, count: number, step = 1) {
  const list = new PostingList(count);
  const offsets = Float64Array.from({ length: count }, (_, at) => from + at * step);
  offsets.forEach((offset, row) => {
    list.add(POSTING.event, hash53(`e${offset}`), row);
    list.add(POSTING.correlation, hash53(`c${Math.floor(offset / 10)}`), row);
    list.add(POSTING.aggregate, 1 + (offset % 5), row);
  });
  return list.finish(offsets);
}

test('records are found in the tail, in runs, across pages, and after runs were joined', () => {
  const { db, writer } = opened();
  const check = (offset: number, base = 0) => {
    expect(candidates(db, 'event', hash53(`e${offset}`))).toContain(base + offset);
  };
  writer.add(0, frame(0, 3000));
  check(0);
  check(2999);
  expect(candidates(db, 'correlation', hash53('c7'))).toEqual([70, 71, 72, 73, 74, 75, 76, 77, 78, 79]);
  writer.sort();
  expect(db.prepare('SELECT count(*) FROM posting_tail').pluck().get()).toBe(0);
  check(1500);
  // One aggregate fills more than a page.
  writer.add(0, frame(3000, 20_000));
  writer.add(OFFSET_SPAN, frame(0, 500, 7));
  const wanted = Array.from({ length: 4600 }, (_, at) => at * 5);
  expect(candidates(db, 'aggregate', 1).filter((id) => id < OFFSET_SPAN)).toEqual(wanted);
  writer.sort();
  expect(db.prepare('SELECT count(*) FROM posting_run').pluck().get()).toBe(1);
  expect(candidates(db, 'aggregate', 1).filter((id) => id < OFFSET_SPAN)).toEqual(wanted);
  expect(candidates(db, 'event', hash53('e3493'))).toEqual([3493, OFFSET_SPAN + 3493]);
  expect(candidates(db, 'event', hash53('nowhere'))).toEqual([]);
  // Another kind with the same hash is another thing.
  expect(candidates(db, 'causation', hash53('e3'))).toEqual([]);
  db.close();
});

test('many small frames become runs by themselves, and a rolled back tail is forgotten', () => {
  const { db, writer } = opened();
  for (let at = 0; at < 2000; at++) writer.add(0, frame(at * 3, 3));
  expect(db.prepare('SELECT count(*) FROM posting_tail').pluck().get()).toBeLessThan(512);
  expect(db.prepare('SELECT count(*) FROM posting_run').pluck().get()).toBeLessThan(3);
  for (const offset of [0, 2999, 5999])
    expect(candidates(db, 'event', hash53(`e${offset}`))).toEqual([offset]);
  db.exec('BEGIN');
  writer.add(0, frame(9000, 10));
  db.exec('ROLLBACK');
  writer.reset();
  writer.sort();
  expect(candidates(db, 'event', hash53('e9000'))).toEqual([]);
  expect(candidates(db, 'event', hash53('e5999'))).toEqual([5999]);
  db.close();
});

test('what is held is in the tail once it is flushed, in a run when it is many, and gone after a rollback', () => {
  const { db, writer } = opened();
  const tail = () => db.prepare('SELECT count(*) FROM posting_tail').pluck().get();
  writer.hold(0, frame(0, 100));
  expect(tail()).toBe(0);
  writer.flush();
  expect(tail()).toBe(1);
  expect(candidates(db, 'event', hash53('e7'))).toEqual([7]);
  writer.hold(OFFSET_SPAN, frame(100, 100));
  writer.reset();
  writer.flush();
  expect([tail(), writer.tailRows]).toEqual([1, 100]);
  for (let from = 100; writer.tailRows > 0; from += 16_384) writer.hold(0, frame(from, 16_384));
  // Sorted together with the tail, without ever having been there.
  expect(tail()).toBe(0);
  expect(db.prepare('SELECT rows FROM posting_run').pluck().all()).toEqual([100 + 16 * 16_384]);
  expect(candidates(db, 'event', hash53('e7'))).toEqual([7]);
  expect(candidates(db, 'event', hash53('e200000'))).toEqual([200_000]);
  expect(candidates(db, 'event', hash53('e150'))).toEqual([150]);
  db.close();
});
