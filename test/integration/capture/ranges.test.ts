import type { Kafka, Message } from 'kafkajs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { partitionForKey } from '../../../src/engine/kafka/murmur2.ts';
import { type KafkaHandle, sharedKafka } from '../../kafka/broker.ts';
import { describeKafka } from '../../kafka/describe.ts';
import { connectionTo, createTopic, writerTo } from '../kafka/support.ts';
import { capture, coverageOf, storedRows, temporaryPlace } from './support.ts';

const START = 1_700_000_000_000;

describeKafka('a part of a topic', () => {
  const place = temporaryPlace();
  let kafka: KafkaHandle;
  let writer: Kafka;

  beforeAll(async () => {
    kafka = await sharedKafka();
    writer = writerTo(kafka);
  });
  afterAll(async () => {
    await place.remove();
  });

  async function send(topic: string, messages: Message[]): Promise<void> {
    const producer = writer.producer();
    await producer.connect();
    await producer.send({ topic, messages });
    await producer.disconnect();
  }

  const numbered = (count: number, from = 0): Message[] =>
    Array.from({ length: count }, (_, i) => ({
      key: 'k',
      value: `${from + i}`,
      timestamp: String(START + (from + i) * 1000),
    }));
  const values = (file: string, topic: string) => storedRows(file, topic).map(({ value }) => Number(value));

  test('several ranges of offsets and times lie side by side and add up; the rest is read later, once', async () => {
    const topic = 'ranges-several';
    await createTopic(kafka, topic);
    await send(topic, numbered(100));
    const { workspace, file } = await place.make(topic);
    const ask = (options: Parameters<typeof capture>[3]) => capture(workspace, kafka, [topic], options);
    expect(await ask({ from: { offset: 50 }, to: { offset: 59 } })).toMatchObject({
      status: 'complete',
      stored: 10,
    });
    expect(await ask({ from: { latest: 5 } })).toMatchObject({ stored: 5 });
    // Times are inclusive on both ends; 12 to 20 seconds after the start.
    expect(await ask({ from: { time: START + 11_001 }, to: { time: START + 20_000 } })).toMatchObject({
      stored: 9,
    });
    const first = await coverageOf(workspace, topic);
    expect(first.partitions[0]).toMatchObject({
      ...{ asked: 24, stored: 24, notAsked: 76, end: 100, notRead: 0, complete: false },
      reasons: ['not-asked', 'not-asked', 'not-asked', 'not-asked'].slice(0, 3),
    });
    expect(first.badge).toMatchObject({ state: 'partial' });
    expect(first.badge.summary).toContain('76 offsets not asked for');
    const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
    expect(values(file, topic)).toEqual([...range(12, 21), ...range(50, 60), ...range(95, 100)]);
    // Going on asks for what comes, not for what was left out.
    await send(topic, numbered(3, 100));
    expect(await ask({ from: 'go-on' })).toMatchObject({ stored: 3 });
    expect((await coverageOf(workspace, topic)).partitions[0]).toMatchObject({ asked: 27, notAsked: 76 });
    expect(await ask({ from: 'earliest' })).toMatchObject({ status: 'complete', stored: 76 });
    const last = await coverageOf(workspace, topic);
    expect(last.partitions[0]).toMatchObject({ asked: 103, stored: 103, notAsked: 0, complete: true });
    expect(last.badge.state).toBe('complete');
    expect(values(file, topic)).toEqual(range(0, 103));
    const list = await workspace.read('events.query', { filter: {}, from: 0, count: 200 });
    expect(list.rows.map(({ place: { offset } }) => Number(offset))).toEqual(range(0, 103));
  });

  test('the latest are taken of every partition', async () => {
    const topic = 'ranges-latest';
    await createTopic(kafka, topic, { partitions: 3 });
    await send(
      topic,
      Array.from({ length: 60 }, (_, i) => ({ partition: i % 3, value: `${i}` })),
    );
    const { workspace } = await place.make(topic);
    expect(await capture(workspace, kafka, [topic], { from: { latest: 4 } })).toMatchObject({ stored: 12 });
    const { partitions } = await coverageOf(workspace, topic);
    expect(partitions).toHaveLength(3);
    for (const { askedFrom, askedTo, end } of partitions) {
      expect(end).toBeGreaterThanOrEqual(20);
      expect([askedFrom, askedTo]).toEqual([end - 4, end]);
    }
  });

  test('the newest are taken over all partitions by recorded time', async () => {
    const topic = 'ranges-newest';
    await createTopic(kafka, topic, { partitions: 3 });
    // Partition 0 is the busiest; a clock of partition 1 ran backwards; ten records share one millisecond.
    const at = (second: number) => String(START + second * 1000);
    await send(topic, [
      ...Array.from({ length: 50 }, (_, i) => ({ partition: 0, value: `${i}`, timestamp: at(i) })),
      ...[10, 48, 5, 49].map((second) => ({ partition: 1, value: `b${second}`, timestamp: at(second) })),
      ...Array.from({ length: 10 }, (_, i) => ({ partition: 2, value: `c${i}`, timestamp: at(47) })),
    ]);
    const storedOf = async (newest: number) => {
      const { workspace } = await place.make(`${topic}-${newest}`);
      const outcome = await capture(workspace, kafka, [topic], { from: { newest } });
      expect(outcome).toMatchObject({ status: 'complete', stored: Math.min(newest, 64) });
      const { partitions } = await coverageOf(workspace, topic);
      return partitions.map(({ stored }) => stored);
    };
    // The third record of partition 1 counts as recorded at 48 s, as no record is earlier than the one before it.
    expect(await storedOf(5)).toEqual([2, 3, 0]);
    expect(await storedOf(8)).toEqual([2, 3, 3]);
    expect(await storedOf(16)).toEqual([3, 3, 10]);
    expect(await storedOf(1000)).toEqual([50, 4, 10]);
  });

  test('one key: its partition first, then the others; only its records are kept, and coverage says so', async () => {
    const topic = 'ranges-key';
    const partitions = 4;
    await createTopic(kafka, topic, { partitions });
    const home = partitionForKey(Buffer.from('acc-7'), partitions);
    const other = (home + 1) % partitions;
    await send(topic, [
      ...Array.from({ length: 200 }, (_, i) => ({ key: `acc-${i % 20}`, value: `{"n":${i}}` })),
      // Written by a producer that does not hash as the others do.
      { key: 'acc-7', partition: other, value: '{"n":1000}' },
    ]);
    const { workspace, file } = await place.make(topic);
    const phases: string[] = [];
    const outcome = await capture(workspace, kafka, [topic], {
      key: 'acc-7',
      onProgress: ({ phase }) => {
        if (phases.at(-1) !== phase) phases.push(phase);
      },
    });
    expect(outcome).toMatchObject({ status: 'complete', stored: 11 });
    expect(outcome.key).toEqual({
      home: [{ topic, partition: home, records: 10 }],
      elsewhere: [{ topic, partition: other, records: 1 }],
      others: 3,
    });
    expect(phases.indexOf('reading')).toBeLessThan(phases.indexOf('elsewhere'));
    const rows = storedRows(file, topic);
    expect(new Set(rows.map(({ key }) => key))).toEqual(new Set(['acc-7']));
    const first = await coverageOf(workspace, topic);
    expect(first.badge.state).toBe('partial');
    expect(first.badge.summary).toContain('Looked through for 1 key only');
    for (const each of first.partitions) {
      expect(each).toMatchObject({ asked: 0, stored: 0, complete: false });
      expect(each.keys).toMatchObject([{ key: 'acc-7', notRead: '0', looked: String(each.end) }]);
    }
    expect(first.partitions[home]!.keptByKey).toBe(10);
    const found = await workspace.read('events.query', { filter: { key: 'acc-7' }, from: 0, count: 50 });
    expect(found.total).toBe(11);

    // A second key beside it, the first one again with nothing new, then everything.
    expect((await capture(workspace, kafka, [topic], { key: 'acc-8' })).stored).toBe(10);
    expect((await capture(workspace, kafka, [topic], { key: 'acc-7' })).stored).toBe(0);
    await send(topic, [{ key: 'acc-7', value: '{"n":2000}' }]);
    expect((await capture(workspace, kafka, [topic], { key: 'acc-7' })).stored).toBe(1);
    expect((await coverageOf(workspace, topic)).partitions[home]!.keptByKey).toBeGreaterThanOrEqual(11);
    const whole = await capture(workspace, kafka, [topic]);
    expect(whole).toMatchObject({ status: 'complete', stored: 202 - 22 });
    const last = await coverageOf(workspace, topic);
    expect(last.badge.state).toBe('complete');
    expect(last.partitions.every(({ keptByKey }) => keptByKey === 0)).toBe(true);
    expect(storedRows(file, topic)).toHaveLength(202);
    const list = await workspace.read('events.query', { filter: {}, from: 0, count: 300 });
    expect(list.total).toBe(202);
    const recheck = await workspace.recheck(
      { connection: connectionTo(kafka), topics: null, clusterId: null },
      { signal: new AbortController().signal, onProgress: () => {} },
    );
    expect(recheck.partitions.reduce((sum, { equal }) => sum + equal, 0)).toBe(202);
    expect(recheck.partitions.every(({ different, gone, extra }) => different + gone + extra === 0)).toBe(
      true,
    );
  });
});
