import { describe, expect, it } from 'vitest';
import type { ProjectionColumn } from '../../../core/model.ts';
import type { Stored } from '../values.ts';
import { ColumnLog, readColumn, valueAt } from './columnLog.ts';
import { LoadedShard } from './loadedShard.ts';
import { mergeShards } from './mergeShards.ts';
import { HistoryRecorder, occurredSet, type ReadPiece, type Shard } from './recorder.ts';

const COLUMNS: ProjectionColumn[] = [
  { name: 'total', type: 'decimal' },
  { name: 'status', type: 'text' },
];
const readerOf =
  ({ pieces }: Shard): ReadPiece =>
  (piece) =>
    pieces.get(piece)!;

/** One event a step: row, recorded at, happened at, new total, new status. */
type Step = [row: number, at: number, happened: number, total: Stored, status: Stored | undefined];

function shardOf(keys: readonly string[], steps: readonly Step[]): Shard {
  const recorder = new HistoryRecorder(COLUMNS);
  for (const key of keys) recorder.addRow(key);
  const born = new Set<number>();
  for (const [nth, [row, at, happened, total, status]] of steps.entries()) {
    const place = recorder.addEvent(row, at, nth, at, happened);
    if (!born.has(row)) recorder.bear(row, place);
    born.add(row);
    recorder.addChange(0, place, total);
    if (status !== undefined) recorder.addChange(1, place, status);
  }
  return recorder.finish();
}

function told(shard: LoadedShard, cut: { knownOn: number | null; trueOn: number | null }) {
  const rows = shard.asOf(cut);
  return shard.keys.flatMap((key, row) =>
    rows.isThere(row) ? [[key, rows.value(0, row), rows.value(1, row), rows.events(row)]] : [],
  );
}

describe('a column of a history', () => {
  const values: Record<'decimal' | 'integer' | 'text' | 'time' | 'boolean', Stored[]> = {
    decimal: [0.1, 12.34, null, 5n, '123456789012345678.123', -7, 1e300],
    integer: [1n, null, 9007199254740993n, 'no number', -4n],
    text: ['a', 'b', 'a', null, ''],
    time: ['2025-01-01T00:00:00.000Z', '2025-01-01T00:00:00.000123Z', null, 'no time'],
    boolean: [1n, 0n, null, 'maybe'],
  };
  for (const [type, list] of Object.entries(values))
    it(`gives every ${type} back as it was, in the order of the events`, () => {
      const log = new ColumnLog(type as ProjectionColumn['type']);
      for (const [place, value] of list.entries()) log.add(place, value);
      const happened = new Float64Array(list.length).fill(Date.parse('2025-01-01T00:00:01Z'));
      const same = readColumn(log.type, log.finish(null, happened), happened)!;
      expect(list.map((_, index) => valueAt(same, index))).toEqual(list);
      const backwards = Uint32Array.from(list, (_, place) => list.length - 1 - place);
      const turned = readColumn(log.type, log.finish(backwards, happened), happened)!;
      expect(list.map((_, index) => valueAt(turned, index))).toEqual([...list].reverse());
      expect([...turned.place]).toEqual(list.map((_, place) => place));
    });

  it('of which nothing is kept says so', () => {
    const log = new ColumnLog('text');
    log.add(0, 'a');
    log.giveUp();
    log.add(1, 'b');
    expect(readColumn('text', log.finish(null, new Float64Array(2)), new Float64Array(2))).toBeNull();
  });
});

describe('a shard', () => {
  const shard = shardOf(
    ['a', 'b', 'late'],
    [
      [0, 1000, 900, 1, 'new'],
      [1, 2000, 1500, 10, 'new'],
      [2, 2500, 2500, 100, 'new'],
      [0, 3000, 1500, 2, undefined],
      [2, 3500, 100, 101, undefined],
      [0, 4000, 4000, 3, 'old'],
    ],
  );

  it('says what was known on a moment, which counts', () => {
    const loaded = new LoadedShard(COLUMNS, readerOf(shard));
    const at = (knownOn: number) => told(loaded, { knownOn, trueOn: null });
    expect(at(999)).toEqual([]);
    expect(at(1000)).toEqual([['a', 1, 'new', 1]]);
    expect(at(3000)).toEqual([
      ['a', 2, 'new', 2],
      ['b', 10, 'new', 1],
      ['late', 100, 'new', 1],
    ]);
    expect(at(9000)[0]).toEqual(['a', 3, 'old', 3]);
  });

  it('says what was true on a moment, which counts, of rows whose events happened in their order', () => {
    const loaded = new LoadedShard(COLUMNS, readerOf(shard));
    const at = (trueOn: number, knownOn: number | null = null) => told(loaded, { knownOn, trueOn });
    expect(at(1499)).toEqual([['a', 1, 'new', 1]]);
    expect(at(1500)).toEqual([
      ['a', 2, 'new', 2],
      ['b', 10, 'new', 1],
    ]);
    expect(at(1500, 2000)).toEqual([
      ['a', 1, 'new', 1],
      ['b', 10, 'new', 1],
    ]);
    // 2500 leaves the first of its events out, which is folded before the one that is taken.
    expect(loaded.asOf({ knownOn: null, trueOn: 1500 }).folds).toEqual(['late']);
    expect(loaded.asOf({ knownOn: null, trueOn: 2500 }).folds).toEqual([]);
    expect(loaded.asOf({ knownOn: null, trueOn: 99 }).folds).toEqual([]);
  });

  it('tells rows with an order of their own on the occurred clock in a set of their own', () => {
    const owned = (key: string, total: number): Shard => {
      const recorder = new HistoryRecorder(COLUMNS);
      recorder.bear(recorder.addRow(key), recorder.addEvent(0, 5000, 1, 5000, 5000));
      recorder.addChange(0, 0, total);
      recorder.ownOrder(recorder.lastRow);
      const { occurred } = recorder;
      occurred.bear(occurred.addRow(key), occurred.addEvent(0, 1000, 2, 6000, 1000));
      occurred.addChange(0, 0, total + 0.5);
      return recorder.finish();
    };
    const check = (read: ReadPiece, total: number) => {
      const loaded = new LoadedShard(COLUMNS, read);
      expect(loaded.ownOrder()).toEqual(['own']);
      expect(told(loaded, { knownOn: 9000, trueOn: null })).toEqual([['own', total, null, 1]]);
      expect(told(loaded, { knownOn: null, trueOn: 9000 })).toEqual([]);
      expect(loaded.learnedLater({ knownOn: 4999, trueOn: 5000 })).toEqual(['own']);
      expect(loaded.learnedLater({ knownOn: 5000, trueOn: 5000 })).toEqual([]);
      const occurred = new LoadedShard(COLUMNS, occurredSet(read)!);
      expect(told(occurred, { knownOn: 1000, trueOn: null })).toEqual([['own', total + 0.5, null, 1]]);
      expect(told(occurred, { knownOn: 999, trueOn: null })).toEqual([]);
    };
    check(readerOf(owned('own', 1)), 1);
    check(readerOf(mergeShards(COLUMNS, [readerOf(owned('own', 2)), readerOf(owned('own', 1))])), 2);
    expect(occurredSet(readerOf(shard))).toBeNull();
  });

  it('is told again by a later one, also when they become one', () => {
    const later = shardOf(['b'], [[0, 2000, 2000, 20, 'again']]);
    const merged = mergeShards(COLUMNS, [readerOf(later), readerOf(shard)]);
    expect(merged.events).toBe(6);
    const loaded = new LoadedShard(COLUMNS, readerOf(merged));
    expect(told(loaded, { knownOn: 3000, trueOn: null }).sort()).toEqual([
      ['a', 2, 'new', 2],
      ['b', 20, 'again', 1],
      ['late', 100, 'new', 1],
    ]);
  });
});
