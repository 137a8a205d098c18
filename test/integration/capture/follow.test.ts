// Following topics on a real broker: what is appended arrives, whatever the cluster does meanwhile.
import type { Kafka } from 'kafkajs';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { FollowOutcome, FollowProgress } from '../../../src/engine/capture/followTypes.ts';
import type { Workspace } from '../../../src/engine/store/workspace.ts';
import { type KafkaHandle, startKafka } from '../../kafka/broker.ts';
import { describeKafka } from '../../kafka/describe.ts';
import { untilItWorks } from '../../kafka/patience.ts';
import { connectionTo, createTopic, leadersSaidBy, OPEN_LONG, writerTo } from '../kafka/support.ts';
import { capture, coverageOf, create, storedRows, temporaryPlace } from './support.ts';

const WAIT = { timeout: 60_000, interval: 50 };

interface Following {
  workspace: Workspace;
  file: string;
  progress: FollowProgress[];
  last(): FollowProgress | undefined;
  stop(): Promise<FollowOutcome>;
}

describeKafka('following topics', () => {
  const place = temporaryPlace();
  let kafka: KafkaHandle;
  let writer: Kafka;
  const open: { workspace: Workspace }[] = [];

  beforeAll(async () => {
    kafka = await startKafka();
    writer = writerTo(kafka);
  });
  afterEach(async () => {
    for (const { workspace } of open.splice(0)) await workspace.close();
  });
  afterAll(async () => {
    await kafka?.stop();
    await place.remove();
  });

  async function send(topic: string, values: string[], partition?: number): Promise<void> {
    const producer = writer.producer();
    await producer.connect();
    await producer.send({ topic, messages: values.map((value) => ({ key: 'k', value, partition })) });
    await producer.disconnect();
  }

  async function follow(name: string, topics: string[]): Promise<Following> {
    const file = place.file(name);
    const workspace = await create(file);
    const abort = new AbortController();
    const progress: FollowProgress[] = [];
    const running = workspace.follow(
      { connection: connectionTo(kafka), topics, from: 'earliest' },
      { signal: abort.signal, onProgress: (state) => progress.push(state) },
    );
    running.catch(() => {});
    const following: Following = {
      workspace,
      file,
      progress,
      last: () => progress.at(-1),
      stop: () => {
        abort.abort();
        return running;
      },
    };
    open.push(following);
    return following;
  }

  const valuesOf = (file: string, topic: string) => storedRows(file, topic).map(({ value }) => value);
  const numbers = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => `{"n":${from + i}}`);

  test('what is there, then what comes; stopped, everything is kept and complete; the cluster has no group', async () => {
    const topics = ['follow-a', 'follow-b'];
    await createTopic(kafka, 'follow-a', { partitions: 2 });
    await createTopic(kafka, 'follow-b');
    await send('follow-a', numbers(0, 20), 0);
    const following = await follow('plain', topics);
    await expect.poll(() => valuesOf(following.file, 'follow-a'), WAIT).toEqual(numbers(0, 20));
    await expect.poll(() => following.last(), WAIT).toMatchObject({ partitions: 3, behind: 0, waits: null });
    await send('follow-a', numbers(20, 25), 1);
    await send('follow-b', ['{"b":1}']);
    await expect.poll(() => valuesOf(following.file, 'follow-a'), WAIT).toEqual(numbers(0, 25));
    await expect.poll(() => valuesOf(following.file, 'follow-b'), WAIT).toEqual(['{"b":1}']);
    const { total } = await following.workspace.read('events.query', { filter: {}, from: 0, count: 100 });
    expect(total).toBe(26);
    expect(await following.stop()).toMatchObject({ stored: 26, waits: null });
    const { badge } = await coverageOf(following.workspace, 'follow-a');
    expect(badge.state).toBe('complete');
    expect((await capture(following.workspace, kafka, topics)).stored).toBe(0);
    const admin = writer.admin();
    await admin.connect();
    expect((await admin.listGroups()).groups).toEqual([]);
    await admin.disconnect();
  });

  test('another capture has its turn, and following goes on after it', async () => {
    await createTopic(kafka, 'follow-aside');
    await createTopic(kafka, 'follow-other');
    await send('follow-other', numbers(0, 5));
    const following = await follow('aside', ['follow-aside']);
    await expect.poll(() => following.last()?.partitions, WAIT).toBe(1);
    expect(await capture(following.workspace, kafka, ['follow-other'])).toMatchObject({
      status: 'complete',
      stored: 5,
    });
    await send('follow-aside', numbers(0, 3));
    await expect.poll(() => valuesOf(following.file, 'follow-aside'), WAIT).toEqual(numbers(0, 3));
    const second = following.workspace.follow(
      { connection: connectionTo(kafka), topics: ['follow-other'], from: 'earliest' },
      { signal: new AbortController().signal, onProgress: () => {} },
    );
    await expect(second).rejects.toMatchObject({ code: 'capture.running' });
    await following.stop();
  });

  test('a transaction that stays open is shown as open, and settles when it closes', async () => {
    const topic = 'follow-transactions';
    await createTopic(kafka, topic);
    const following = await follow('transactions', [topic]);
    const producer = writer.producer({
      transactionalId: 'follow-tx',
      transactionTimeout: OPEN_LONG,
      maxInFlightRequests: 1,
      idempotent: true,
    });
    await producer.connect();
    const verdicts = () => storedRows(following.file, topic).map(({ value, verdict }) => [value, verdict]);
    const first = await untilItWorks(() => producer.transaction());
    await first.send({ topic, messages: [{ key: 'k', value: '1' }] });
    await send(topic, ['2']);
    await expect.poll(verdicts, WAIT).toEqual([
      ['1', 2],
      ['2', 0],
    ]);
    expect((await coverageOf(following.workspace, topic)).partitions[0]).toMatchObject({
      open: 1,
      stored: 2,
    });
    await send(topic, ['3']);
    await expect.poll(() => verdicts().length, WAIT).toBe(3);
    await first.abort();
    const second = await producer.transaction();
    await second.send({ topic, messages: [{ key: 'k', value: '4' }] });
    await second.commit();
    await producer.disconnect();
    await expect.poll(verdicts, WAIT).toEqual([
      ['1', 1],
      ['2', 0],
      ['3', 0],
      ['4', 0],
    ]);
    // The last record may be there before its marker.
    await expect
      .poll(async () => (await coverageOf(following.workspace, topic)).partitions[0], WAIT)
      .toMatchObject({ stored: 4, control: 2, aborted: 1, open: 0, complete: true });
    const rows = await following.workspace.read('events.query', { filter: {}, from: 0, count: 10 });
    expect(rows.rows.map(({ verdict }) => verdict)).toEqual([
      ...['aborted', 'committed', 'committed', 'control', 'committed', 'control'],
    ]);
    await following.stop();
  });

  test('new partitions are picked up', async () => {
    const topic = 'follow-grows';
    await createTopic(kafka, topic);
    const following = await follow('grows', [topic]);
    await send(topic, numbers(0, 2), 0);
    await expect.poll(() => valuesOf(following.file, topic), WAIT).toEqual(numbers(0, 2));
    const where = ['--bootstrap-server', kafka.bootstrap, '--topic', topic];
    await kafka.tool('TopicCommand', ...where, '--alter', '--partitions', '3');
    // kafkajs says nothing about records for a partition that it has not heard of.
    await expect
      .poll(() => leadersSaidBy(kafka.bootstrap, topic), WAIT)
      .toEqual([expect.any(Number), expect.any(Number), expect.any(Number)]);
    await send(topic, numbers(2, 4), 2);
    await send(topic, numbers(4, 5), 0);
    await expect
      .poll(() => valuesOf(following.file, topic).sort(), WAIT)
      .toEqual([...numbers(0, 2), ...numbers(4, 5), ...numbers(2, 4)].sort());
    await following.stop();
  });

  test('a deleted topic is named and waited for, created again it is followed and not mixed; the other goes on', async () => {
    await createTopic(kafka, 'follow-gone');
    await createTopic(kafka, 'follow-stays');
    await send('follow-gone', numbers(0, 3));
    const following = await follow('gone', ['follow-gone', 'follow-stays']);
    await expect.poll(() => following.last()?.partitions, WAIT).toBe(2);
    const where = ['--bootstrap-server', kafka.bootstrap, '--topic', 'follow-gone'];
    await kafka.tool('TopicCommand', ...where, '--delete');
    await expect.poll(() => following.last()?.waits, WAIT).toContain('follow-gone does not exist');
    await createTopic(kafka, 'follow-gone');
    await send('follow-gone', numbers(100, 105));
    await send('follow-stays', numbers(7, 8));
    await expect.poll(() => valuesOf(following.file, 'follow-stays'), WAIT).toEqual(numbers(7, 8));
    await expect.poll(() => valuesOf(following.file, 'follow-gone'), WAIT).toEqual(numbers(100, 105));
    expect(valuesOf(following.file, 'follow-gone~1')).toEqual(numbers(0, 3));
    expect(await following.stop()).toMatchObject({ waits: null });
  });

  test('a broker that dies and comes back: it says what it waits for, and goes on by itself', async () => {
    const topic = 'follow-restart';
    await createTopic(kafka, topic, { partitions: 2 });
    await send(topic, numbers(0, 4), 0);
    const following = await follow('restart', [topic]);
    await expect.poll(() => valuesOf(following.file, topic).length, WAIT).toBe(4);
    await expect.poll(() => following.last()?.partitions, WAIT).toBe(2);
    await kafka.kill(1);
    await expect.poll(() => following.last()?.waits, WAIT).not.toBeNull();
    await kafka.restart(1);
    await send(topic, numbers(4, 9), 1);
    await expect.poll(() => valuesOf(following.file, topic), WAIT).toEqual(numbers(0, 9));
    await expect.poll(() => following.last()?.waits, WAIT).toBeNull();
    await following.stop();
  });
});
