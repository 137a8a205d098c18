import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Workspace } from '../../../src/engine/store/workspace.ts';
import { generateDemo } from '../../fixtures/demo/generate.ts';
import { produceDemo } from '../../fixtures/demo/produce.ts';
import { type KafkaHandle, sharedKafka } from '../../kafka/broker.ts';
import { describeKafka } from '../../kafka/describe.ts';
import { writerTo } from '../kafka/support.ts';
import { capture, create, storedRows, temporaryPlace } from './support.ts';

describeKafka('old records replayed into a broker today', () => {
  const place = temporaryPlace();
  let kafka: KafkaHandle;
  let workspace: Workspace | null = null;

  beforeAll(async () => {
    kafka = await sharedKafka();
  });
  afterAll(async () => {
    await workspace?.close();
    await place.remove();
  });

  test('no event is ordered or dated by the moment of the load, though every commit carries it', async () => {
    const demo = generateDemo({ events: 6_000 });
    const records = [...demo.records];
    expect(records.some(({ transaction }) => transaction !== undefined)).toBe(true);
    const loadedAt = Date.now();
    const latest = Math.max(...records.map(({ timestamp }) => timestamp));
    expect(latest).toBeLessThan(loadedAt);
    await produceDemo(kafka.bootstrap, { topics: demo.topics, records });
    const file = place.file('demo');
    workspace = await create(file);
    const topics = demo.topics.map(({ name }) => name);
    const outcome = await capture(workspace, kafka, topics);
    expect(outcome.status).toBe('complete');

    const before = await workspace.read('events.query', { filter: { to: latest }, from: 0, count: 1 });
    expect(before.total).toBe(before.of);
    const info = await workspace.read('workspace.info', {});
    expect(info.lastRecordedAt).toBe(latest);
    const markers = await workspace.read('events.query', {
      filter: { verdicts: ['control'] },
      from: 0,
      count: 1,
    });
    expect(markers.total).toBeGreaterThan(0);
    expect(markers.rows[0]!.recordedAt).toBeGreaterThanOrEqual(loadedAt);

    const stored = topics.flatMap((topic) => storedRows(file, topic));
    expect(stored).toHaveLength(records.length);
    expect(Math.max(...stored.map(({ timestamp }) => timestamp))).toBe(latest);
    // A second capture begins right behind a marker and must not take its time over.
    const { topic } = records.find(({ transaction }) => transaction !== undefined)!;
    const { partitions } = demo.topics.find(({ name }) => name === topic)!;
    const producer = writerTo(kafka).producer();
    await producer.connect();
    const value = '{"late":true}';
    const messages = Array.from({ length: partitions }, (_, partition) => ({
      ...{ partition, key: 'k', value, timestamp: String(latest + 1) },
    }));
    await producer.send({ topic, messages });
    await producer.disconnect();
    expect(await capture(workspace, kafka, topics)).toMatchObject({ status: 'complete', stored: partitions });
    expect((await workspace.read('workspace.info', {})).lastRecordedAt).toBe(latest + 1);
  });
});
