import { readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Kafka, Message } from 'kafkajs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mergeReducer } from '../../../src/core/fold.ts';
import { formatJson } from '../../../src/core/json.ts';
import type { Json } from '../../../src/core/model.ts';
import type { Workspace } from '../../../src/engine/store/workspace.ts';
import { type KafkaHandle, startKafka } from '../../kafka/broker.ts';
import { describeKafka } from '../../kafka/describe.ts';
import { connectionTo, createTopic, deleteTopic, writerTo } from '../kafka/support.ts';
import { capture, coverageOf, storedRows, temporaryPlace } from './support.ts';

describeKafka('a log that changes under us', () => {
  const place = temporaryPlace();
  let kafka: KafkaHandle;
  let writer: Kafka;

  beforeAll(async () => {
    kafka = await startKafka();
    writer = writerTo(kafka);
  });
  afterAll(async () => {
    await kafka?.stop();
    await place.remove();
  });

  async function send(topic: string, messages: Message[]): Promise<void> {
    const producer = writer.producer();
    await producer.connect();
    for (const message of messages) await producer.send({ topic, messages: [message] });
    await producer.disconnect();
  }

  const values = (file: string, topic: string) => storedRows(file, topic).map(({ value }) => value);
  const recheck = (workspace: Workspace) =>
    workspace.recheck(
      { connection: connectionTo(kafka), topics: null, clusterId: null },
      { signal: new AbortController().signal, onProgress: () => {} },
    );

  test('a topic that was deleted and created again is captured beside the earlier one, never mixed', async () => {
    const topic = 'anew';
    const event = (n: number, name: string): Message => ({
      key: 'acc-1',
      value: `{"event_id":"${name}${n}","event_type":"DepositMade","aggregate_type":"Account","aggregate_id":"acc-1","event_data":{"n":${n}},"event_timestamp":"2025-01-01T00:00:00Z"}`,
    });
    await createTopic(kafka, topic);
    await send(topic, [event(1, 'old'), event(2, 'old')]);
    const { workspace, file } = await place.make(topic);
    await capture(workspace, kafka, [topic]);
    const before = (await coverageOf(workspace, topic)).partitions[0]!;
    await deleteTopic(kafka, topic);
    await createTopic(kafka, topic, { partitions: 2 });
    await send(topic, [{ ...event(1, 'new'), partition: 0 }]);
    const outcome = await capture(workspace, kafka, [topic], { from: 'go-on' });
    expect(outcome).toMatchObject({
      status: 'complete',
      stored: 1,
      aside: [{ topic, label: 'anew~1', reason: 'recreated' }],
    });
    expect(values(file, 'anew~1')).toHaveLength(2);
    expect(values(file, topic)).toHaveLength(1);
    const [now, earlier] = [await coverageOf(workspace, topic), await coverageOf(workspace, 'anew~1')];
    expect(now.partitions).toHaveLength(2);
    expect(earlier.partitions[0]).toMatchObject({ stored: 2, complete: true, topicId: before.topicId });
    expect(earlier.partitions[0]!.aside).toContain('deleted and created again');
    expect(now.partitions[0]!.topicId).not.toBe(before.topicId);
    expect((await workspace.read('workspace.info', {})).coverage.summary).toContain('anew~1');
    // A fold takes the log of now only.
    const ref = { type: 'Account', id: 'acc-1' };
    const cut = { knownOn: null, trueOn: null };
    const reducer = { definition: formatJson(mergeReducer as unknown as Json), hash: 'merge' };
    const timeline = await workspace.read('aggregates.timeline', { ref, cut, reducer });
    expect(timeline).toMatchObject({ total: 1, topics: [topic] });
    // The next capture goes on in the log of now.
    await send(topic, [{ ...event(2, 'new'), partition: 1 }]);
    expect(await capture(workspace, kafka, [topic], { from: 'go-on' })).toMatchObject({
      stored: 1,
      aside: [],
    });
    const found = await recheck(workspace);
    const gone = found.partitions.find(({ topic: name }) => name === 'anew~1')!;
    expect(gone).toMatchObject({ compared: 2, gone: 2, different: 0 });
    expect(gone.problem).toContain('another log');
  });

  test('partitions that are added are captured; what is held is not read again', async () => {
    const topic = 'more-partitions';
    await createTopic(kafka, topic);
    await send(topic, [{ value: 'a' }, { value: 'b' }]);
    const { workspace } = await place.make(topic);
    await capture(workspace, kafka, [topic]);
    const admin = writer.admin();
    await admin.connect();
    await admin.createPartitions({ timeout: 25_000, topicPartitions: [{ topic, count: 3 }] });
    await expect.poll(() => admin.fetchTopicOffsets(topic), { timeout: 60_000 }).toHaveLength(3);
    await admin.disconnect();
    await send(topic, [{ partition: 2, value: 'c' }]);
    expect(await capture(workspace, kafka, [topic], { from: 'go-on' })).toMatchObject({ stored: 1 });
    const { partitions, badge } = await coverageOf(workspace, topic);
    expect(partitions.map(({ stored }) => stored)).toEqual([2, 0, 1]);
    expect(badge.state).toBe('complete');
  });

  test('a log that lost its end is reported; the records of before and of now are both kept', async () => {
    const topic = 'truncated';
    await createTopic(kafka, topic);
    await send(
      topic,
      Array.from({ length: 20 }, (_, i) => ({ key: 'k', value: `before ${i}` })),
    );
    const { workspace, file } = await place.make(topic);
    await capture(workspace, kafka, [topic]);
    // As after an unclean leader election: the end of the log is gone, and others are written in its place.
    await kafka.kill(1);
    const folder = join(kafka.dir, 'node-1/data', `${topic}-0`);
    const log = readdirSync(folder).find((name) => name.endsWith('.log'))!;
    truncateSync(join(folder, log), Math.floor(statSync(join(folder, log)).size / 2));
    for (const name of readdirSync(folder)) if (/index$|snapshot$/.test(name)) rmSync(join(folder, name));
    await kafka.restart(1);
    const shorter = await capture(workspace, kafka, [topic], { from: 'go-on' });
    expect(shorter.aside).toMatchObject([
      { topic, label: 'truncated~1', reason: 'truncated', partition: 0, from: 10 },
    ]);
    expect(shorter).toMatchObject({ status: 'complete', stored: 10 });
    await send(
      topic,
      Array.from({ length: 15 }, (_, i) => ({ key: 'k', value: `after ${i}` })),
    );
    await capture(workspace, kafka, [topic], { from: 'go-on' });
    expect(values(file, 'truncated~1')).toEqual(Array.from({ length: 20 }, (_, i) => `before ${i}`));
    expect(values(file, topic)).toEqual([
      ...Array.from({ length: 10 }, (_, i) => `before ${i}`),
      ...Array.from({ length: 15 }, (_, i) => `after ${i}`),
    ]);
    const { partitions } = await coverageOf(workspace, 'truncated~1');
    expect(partitions[0]).toMatchObject({ stored: 20, complete: true });
    expect(partitions[0]!.aside).toContain('from offset 10');
  });

  test('a log that grew again behind another past is found by the bytes of what is stored', async () => {
    const topic = 'regrown';
    await createTopic(kafka, topic);
    await send(
      topic,
      Array.from({ length: 8 }, (_, i) => ({ key: 'k', value: `before ${i}` })),
    );
    const { workspace, file } = await place.make(topic);
    await capture(workspace, kafka, [topic]);
    await kafka.kill(1);
    const folder = join(kafka.dir, 'node-1/data', `${topic}-0`);
    const log = readdirSync(folder).find((name) => name.endsWith('.log'))!;
    truncateSync(join(folder, log), Math.floor(statSync(join(folder, log)).size / 2));
    for (const name of readdirSync(folder)) if (/index$|snapshot$/.test(name)) rmSync(join(folder, name));
    await kafka.restart(1);
    await send(
      topic,
      Array.from({ length: 12 }, (_, i) => ({ key: 'k', value: `after ${i}` })),
    );
    const found = await recheck(workspace);
    const mine = found.partitions[0]!;
    expect(mine).toMatchObject({ compared: 8, equal: 4, different: 4 });
    expect(mine.differences[0]).toEqual({ offset: 4, what: 'differs: value, timestamp' });
    const outcome = await capture(workspace, kafka, [topic], { from: 'go-on' });
    expect(outcome.aside).toMatchObject([{ label: 'regrown~1', reason: 'truncated', from: 4 }]);
    expect(values(file, topic)).toHaveLength(16);
    expect(values(file, 'regrown~1')).toHaveLength(8);
  });

  test('heads deleted between two captures: what was stored stays, what never was read is named', async () => {
    const topic = 'heads';
    await createTopic(kafka, topic);
    const deleteBefore = async (offset: number) => {
      const list = place.file('delete-records');
      writeFileSync(list, JSON.stringify({ partitions: [{ topic, partition: 0, offset }], version: 1 }));
      const args = ['--bootstrap-server', kafka.bootstrap, '--offset-json-file', list];
      await kafka.tool('DeleteRecordsCommand', ...args);
    };
    const numbers = (from: number, count: number) =>
      Array.from({ length: count }, (_, i) => ({ value: String(from + i) }));
    await send(topic, numbers(0, 6));
    await deleteBefore(2);
    const { workspace } = await place.make(topic);
    await capture(workspace, kafka, [topic]);
    const first = await coverageOf(workspace, topic);
    expect(first.partitions[0]).toMatchObject({ beforeWorkspace: 2, asked: 4, stored: 4, complete: true });
    expect(first.badge.state).toBe('complete');
    expect(first.badge.summary).toContain('2 older offsets had been deleted');
    await deleteBefore(5);
    const second = await capture(workspace, kafka, [topic]);
    expect(second).toMatchObject({ status: 'complete', stored: 0, retention: 0 });
    expect((await coverageOf(workspace, topic)).partitions[0]).toMatchObject({ stored: 4, complete: true });
    await send(topic, numbers(6, 4));
    await deleteBefore(8);
    await capture(workspace, kafka, [topic]);
    const last = await coverageOf(workspace, topic);
    expect(last.partitions[0]).toMatchObject({ asked: 8, stored: 6, retention: 2, complete: false });
    expect(last.badge.summary).toContain('2 offsets deleted by retention');
    expect((await recheck(workspace)).partitions[0]).toMatchObject({ compared: 6, equal: 2, gone: 4 });
  });

  test('a broker that is dead when a capture begins is waited for', async () => {
    const topic = 'waited-for';
    await createTopic(kafka, topic);
    await send(topic, [{ value: 'a' }]);
    const { workspace } = await place.make('dead');
    await capture(workspace, kafka, [topic]);
    await kafka.kill(1);
    const waits: (string | null)[] = [];
    let restarted: Promise<void> | null = null;
    const outcome = await capture(workspace, kafka, [topic], {
      onProgress: ({ waits: sentence }) => {
        waits.push(sentence);
        if (sentence !== null) restarted ??= kafka.restart(1);
      },
    });
    await restarted;
    expect(outcome.status).toBe('complete');
    expect(waits.find((sentence) => sentence !== null)).toContain('refuses connections');
  });
});
