import { afterAll, beforeAll, expect, test } from 'vitest';
import { type KafkaHandle, startKafka } from '../../kafka/broker.ts';
import { describeJavaKafka } from '../../kafka/describe.ts';
import { consoleRead, createTopic, withoutVerdict, writerTo } from '../kafka/support.ts';
import { capture, coverageOf, create, storedRows, temporaryPlace } from './support.ts';

describeJavaKafka('a compacted topic', () => {
  const place = temporaryPlace();
  let kafka: KafkaHandle;

  beforeAll(async () => {
    kafka = await startKafka({ settings: { 'log.cleaner.backoff.ms': 200 } });
  });
  afterAll(async () => {
    await kafka?.stop();
    await place.remove();
  });

  test('what compaction removed is counted as absent, and everything adds up', async () => {
    const topic = 'compacted';
    await createTopic(kafka, topic, {
      config: {
        'cleanup.policy': 'compact',
        'segment.ms': 100,
        'min.cleanable.dirty.ratio': 0.01,
        'max.compaction.lag.ms': 200,
      },
    });
    const producer = writerTo(kafka).producer();
    await producer.connect();
    const say = (round: number) =>
      producer.send({
        topic,
        messages: Array.from({ length: 40 }, (_, i) => ({
          key: `k${i % 8}`,
          value: `{"round":${round},"i":${i}}`,
        })),
      });
    for (let round = 0; round < 5; round++) {
      await say(round);
      await new Promise((done) => setTimeout(done, 150));
    }
    let seen = await consoleRead(kafka, topic, 0);
    for (let waited = 0; seen.length > 100 && waited < 15; waited++) {
      // A new segment makes the one before it eligible.
      await say(9);
      seen = await consoleRead(kafka, topic, 0);
    }
    await producer.disconnect();
    expect(seen.length).toBeLessThanOrEqual(100);

    const file = place.file('compacted');
    const workspace = await create(file);
    const outcome = await capture(workspace, kafka, [topic]);
    const { partitions, badge } = await coverageOf(workspace, topic);
    const [coverage] = partitions;
    expect(coverage!.stored).toBe(storedRows(file, topic).length);
    expect(coverage!.absent).toBeGreaterThan(50);
    expect(outcome).toMatchObject({ status: 'complete', absent: coverage!.absent });
    expect(new Set(coverage!.reasons)).toEqual(new Set(['compaction']));
    expect(badge).toMatchObject({ state: 'partial' });
    expect(badge.summary).toContain('compacted away');
    expect((await capture(workspace, kafka, [topic])).stored).toBe(0);
    await workspace.close();
    // The cleaner may have gone on meanwhile: what the consumer still sees is exactly what the store has there.
    const now = await consoleRead(kafka, topic, 0);
    const offsets = new Set(now.map(({ offset }) => offset));
    expect(withoutVerdict(storedRows(file, topic)).filter(({ offset }) => offsets.has(offset))).toEqual(now);
  });
});
