import { expect, test } from 'vitest';
import { batchOf, marker, record } from '../../../test/kafka/batches.ts';
import { decodeRecordSet } from '../kafka/recordBatch.ts';
import { Judge } from '../kafka/verdicts.ts';
import type { NameIds } from '../store/nameIds.ts';
import { extractFrame, type PartitionCursor } from './extract.ts';

const OLD = Date.UTC(2025, 0, 1);
const NOW = Date.UTC(2026, 10, 21);

/** A commit marker that carries the moment at which old records were loaded into a broker. */
function committedNow(producerId: bigint, baseOffset: number): Buffer {
  const key = Buffer.from([0, 0, 0, 1]);
  return batchOf([{ key, value: Buffer.alloc(6), headers: [], timestamp: NOW }], {
    ...{ control: true, transactional: true, producerId, baseOffset },
  });
}

function monoOf(batches: Buffer[], cursor: PartitionCursor): number[] {
  const decoded = decodeRecordSet(Buffer.concat(batches), { from: cursor.position });
  const { columns, problems, nextOffset } = decoded;
  const verdict = new Judge([]).judge(columns.count, decoded.batches);
  const broker = { logStart: 0, highWatermark: 100, lastStable: 100, removed: null };
  const names = { takeNew: () => ({ newTypes: [], newAggregates: [] }) } as unknown as NameIds;
  const chunk = { columns, batches: decoded.batches, verdict, problems, nextOffset, ...broker };
  const { rows } = extractFrame(chunk, cursor, names);
  return [...rows.mono];
}

const cursorAt = (mono: number): PartitionCursor => ({
  ...{ partitionNo: 0, topic: 't', position: 0, mono },
  mapping: { mapping: null, hints: {}, reason: '' },
});

test('the moment of a commit does not enter the recorded order of what follows', () => {
  const cursor = cursorAt(Number.NEGATIVE_INFINITY);
  const transactional = { transactional: true, producerId: 7n };
  const first = [
    batchOf([record(null, 'a', OLD), record(null, 'b', OLD + 5)], transactional),
    committedNow(7n, 2),
    batchOf([record(null, 'c', OLD + 3)], { ...transactional, baseOffset: 3 }),
    committedNow(7n, 4),
  ];
  expect(monoOf(first, cursor)).toEqual([OLD, OLD + 5, OLD + 5, OLD + 5, OLD + 5]);
  expect(cursor.mono).toBe(OLD + 5);
  expect(monoOf([batchOf([record(null, 'd', OLD + 9)], { baseOffset: 5 })], cursor)).toEqual([OLD + 9]);
});

test('a marker that begins its partition lies beside the first record', () => {
  const cursor = cursorAt(Number.NEGATIVE_INFINITY);
  const batches = [committedNow(7n, 0), batchOf([record(null, 'a', OLD)], { baseOffset: 1 })];
  expect(monoOf(batches, cursor)).toEqual([OLD, OLD]);
  const alone = cursorAt(Number.NEGATIVE_INFINITY);
  expect(monoOf([marker('abort', 7n, 0)], alone)).toEqual([1]);
  expect(monoOf([batchOf([record(null, 'a', OLD)], { baseOffset: 1 })], alone)).toEqual([OLD]);
});
