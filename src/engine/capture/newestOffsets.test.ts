import fc from 'fast-check';
import { expect, test } from 'vitest';
import { newestFrom, type OpenRange } from './newestOffsets.ts';

type Log = readonly (readonly number[])[];

const rangesOf = (log: Log): OpenRange[] =>
  log.map((times, partition) => ({ partition, low: 0, end: times.length }));

/** As a broker answers: the first record at or after the time. */
const brokerOf = (log: Log) => async (time: number) =>
  new Map(
    log.map((times, partition) => {
      const offset = times.findIndex((at) => at >= time);
      return [partition, offset === -1 ? null : offset] as const;
    }),
  );

/** All offsets in recorded order, and the last of them. */
function naive(log: Log, count: number): Map<number, number> {
  const all = log.flatMap((times, partition) =>
    times.map((_, offset) => ({ partition, offset, at: Math.max(...times.slice(0, offset + 1), -1) })),
  );
  all.sort((a, b) => a.at - b.at || a.partition - b.partition || a.offset - b.offset);
  const from = new Map(log.map((times, partition) => [partition, times.length]));
  for (const { partition, offset } of all.slice(Math.max(0, all.length - count)))
    from.set(partition, Math.min(from.get(partition)!, offset));
  return from;
}

const time = fc.oneof(fc.integer({ min: 0, max: 6 }), fc.constantFrom(-1, 0, 1_700_000_000_000, 2 ** 50));
const logs = fc.array(fc.array(time, { maxLength: 12 }), { minLength: 1, maxLength: 4 });

test('the newest are the last of the recorded order, whatever the clocks of the partitions did', async () => {
  await fc.assert(
    fc.asyncProperty(logs, fc.integer({ min: 1, max: 50 }), async (log, count) => {
      expect(await newestFrom(rangesOf(log), count, brokerOf(log))).toEqual(naive(log, count));
    }),
    { numRuns: 500 },
  );
});

test('offsets before the log’s start and after the asked end are not taken', async () => {
  const ranges = [
    { partition: 0, low: 2, end: 4 },
    { partition: 1, low: 0, end: 1 },
  ];
  const broker = brokerOf([
    [1, 2, 3, 4, 9],
    [8, 9],
  ]);
  expect(await newestFrom(ranges, 2, broker)).toEqual(
    new Map([
      [0, 3],
      [1, 0],
    ]),
  );
  expect(await newestFrom(ranges, 9, broker)).toEqual(
    new Map([
      [0, 2],
      [1, 0],
    ]),
  );
});

test('no more than 54 questions are asked', async () => {
  let asked = 0;
  const log = [Array.from({ length: 100 }, () => 1_700_000_000_000)];
  const broker = brokerOf(log);
  const counted = (at: number) => {
    asked++;
    return broker(at);
  };
  expect(await newestFrom(rangesOf(log), 40, counted)).toEqual(new Map([[0, 60]]));
  expect(asked).toBeLessThanOrEqual(54);
});
