import { afterAll, beforeAll, expect, test } from 'vitest';
import { type KafkaHandle, startKafka } from '../../kafka/broker.ts';
import { describeKafka } from '../../kafka/describe.ts';
import { connectionTo, withClient, writerTo } from './support.ts';

const TOPICS = 1_000;

describeKafka('many topics', () => {
  let kafka: KafkaHandle;

  beforeAll(async () => {
    kafka = await startKafka({ heap: '1g' });
    const admin = writerTo(kafka).admin();
    await admin.connect();
    const names = Array.from({ length: TOPICS }, (_, i) => `topic-${String(i).padStart(5, '0')}`);
    for (let at = 0; at < TOPICS; at += 250)
      await admin.createTopics({
        topics: names.slice(at, at + 250).map((topic) => ({ topic, numPartitions: 1 })),
        timeout: 60_000,
        waitForLeaders: false,
      });
    // The broker learns of new topics a moment after the controller has them.
    while ((await admin.listTopics()).length < TOPICS) await new Promise((done) => setTimeout(done, 200));
    await admin.disconnect();
  });

  afterAll(() => kafka?.stop());

  test('a thousand are listed with offsets and settings in four requests', async () => {
    await withClient(connectionTo(kafka), async (client) => {
      let requests = 0;
      const request = client.request.bind(client);
      client.request = (...args) => {
        requests++;
        return request(...args);
      };
      // Topics that have just been made may have no leader for a moment.
      const isSettled = async () =>
        (await client.listTopics()).every(({ partitions }) => !partitions[0]!.error);
      while (!(await isSettled())) await new Promise((done) => setTimeout(done, 500));
      requests = 0;
      const topics = await client.listTopics();
      expect(topics).toHaveLength(TOPICS);
      expect(
        topics.every(
          ({ partitions, cleanupPolicy }) => partitions[0]!.high === 0n && cleanupPolicy === 'delete',
        ),
      ).toBe(true);
      expect(requests).toBeLessThanOrEqual(4);
    });
  });
});
