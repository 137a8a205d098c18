import { expect, test } from 'vitest';
import { batchOf, marker, record } from '../../../test/kafka/batches.ts';
import type { ClusterClient } from './clusterClient.ts';
import { readPartitions } from './fetchReader.ts';
import { rowValue } from './recordColumns.ts';
import type { FetchInput } from './requests.ts';
import { KafkaFault } from './types.ts';
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

const passing = () =>
  new KafkaFault('timeout', 'broker 1', 'It did not answer', 'Wait.', { retryable: true });
const whole = {
  topic: 't',
  partition: 0,
  errorCode: 0,
  aborted: [],
  logStart: 0,
  highWatermark: 1,
  lastStable: 1,
};

/** What comes of one record when a broker answers its fetches so, one after the other. */
async function readOne(answers: (() => Promise<unknown>)[], giveUpAfterMs?: number) {
  const broker = {
    leaderOf: async () => 1,
    partitions: async () => [],
    request: () => answers.shift()!(),
  } as unknown as ClusterClient;
  const partitions = [{ topic: 't', partition: 0, from: 0, to: 1 }];
  const seen: unknown[] = [];
  for await (const { columns, fault, problems } of readPartitions(broker, { partitions, giveUpAfterMs }))
    seen.push([columns.count, fault?.code, problems.map(({ code }) => code)]);
  expect(answers).toEqual([]);
  return seen;
}

test('a first request that takes longer than the patience is repeated all the same', async () => {
  const records = batchOf([record('k', 'value')]);
  const unanswered = () => new Promise((_, fail) => setTimeout(() => fail(passing()), 60));
  expect(await readOne([unanswered, async () => [{ ...whole, records }]], 50)).toEqual([[1, undefined, []]]);
});

test('damage on the way is no damage of the broker, also when the broker does not answer for a moment', async () => {
  const records = batchOf([record('k', 'value')]);
  const damaged = Buffer.from(records);
  damaged[damaged.length - 3]! ^= 1;
  const answer = (bytes: Buffer) => async () => [{ ...whole, records: bytes }];
  const cut = () => Promise.reject(passing());
  const moving = async () => [{ ...whole, errorCode: 6, records: Buffer.alloc(0) }];
  expect(await readOne([answer(damaged), cut, moving, answer(records)])).toEqual([[1, undefined, []]]);
  expect(await readOne([answer(damaged), cut, answer(damaged)])).toEqual([[0, undefined, ['crc']]]);
});
