import { expect, test } from 'vitest';
import { batchOf, marker, record } from '../../../test/kafka/batches.ts';
import type { ClusterClient } from './clusterClient.ts';
import { readPartitions } from './fetchReader.ts';
import { rowValue } from './recordColumns.ts';
import type { FetchInput } from './requests.ts';
import { VERDICT } from './verdicts.ts';

/** Larger than what one set of columns takes: what follows it is decoded as another part of the same response. */
const LARGE = 'x'.repeat(65 * 2 ** 20);

test('an abort in one part of a response does not touch a later transaction of its producer in the next part', async () => {
  const producer = { transactional: true, producerId: 7n };
  const ZSTD = 4;
  const records = Buffer.concat([
    batchOf([record('k', 'aborted')], { ...producer, baseOffset: 0 }),
    marker('abort', 7n, 1),
    batchOf([record('k', LARGE)], { codec: ZSTD, baseOffset: 2 }),
    batchOf([record('k', 'committed')], { ...producer, baseOffset: 3 }),
    marker('commit', 7n, 4),
  ]);
  const answer = { topic: 't', partition: 0, errorCode: 0, highWatermark: 5, lastStable: 5, logStart: 0 };
  const broker = {
    leaderOf: async () => 1,
    request: async () => [{ ...answer, aborted: [{ producerId: 7n, firstOffset: 0 }], records }],
  } as unknown as ClusterClient;
  const parts: number[][] = [];
  for await (const { columns, verdict, fault, problems } of readPartitions(broker, {
    partitions: [{ topic: 't', partition: 0, from: 0, to: 5 }],
  })) {
    expect([fault, problems]).toEqual([null, []]);
    parts.push([...verdict.subarray(0, columns.count)]);
  }
  const { committed, aborted, control } = VERDICT;
  expect(parts).toEqual([
    [aborted, control, committed],
    [committed, control],
  ]);
});

test('lent bytes are used again, and are right while they are lent', async () => {
  const ZSTD = 4;
  const ROUNDS = 50;
  const batchAt = (offset: number) =>
    batchOf([record('k', `value ${offset}`)], { codec: ZSTD, baseOffset: offset });
  const answer = { topic: 't', partition: 0, errorCode: 0, aborted: [], logStart: 0 };
  const ends = { highWatermark: ROUNDS, lastStable: ROUNDS };
  const broker = {
    leaderOf: async () => 1,
    request: async (_: number, __: unknown, { topics }: FetchInput) => [
      { ...answer, ...ends, records: batchAt(topics[0]!.partitions[0]!.offset) },
    ],
  } as unknown as ClusterClient;
  const memories = new Set<ArrayBufferLike>();
  let offset = 0;
  for await (const { columns } of readPartitions(broker, {
    partitions: [{ topic: 't', partition: 0, from: 0, to: ROUNDS }],
    lendBytes: true,
  })) {
    memories.add(columns.bytes.buffer);
    // Others are decoded meanwhile.
    await new Promise((done) => setTimeout(done, offset % 3));
    expect(Buffer.from(rowValue(columns, 0)!).toString()).toBe(`value ${offset++}`);
  }
  expect(offset).toBe(ROUNDS);
  expect(memories.size).toBeLessThan(6);
});
