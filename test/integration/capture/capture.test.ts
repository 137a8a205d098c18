import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import type { Kafka } from 'kafkajs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type KafkaHandle, sharedKafka } from '../../kafka/broker.ts';
import { describeKafka } from '../../kafka/describe.ts';
import { untilItWorks } from '../../kafka/patience.ts';
import {
  connectionTo,
  consoleRead,
  consoleWrite,
  createTopic,
  OPEN_LONG,
  untilStable,
  withoutVerdict,
  writerTo,
} from '../kafka/support.ts';
import { capture, coverageOf, storedRows, temporaryPlace } from './support.ts';

const hasKcat = spawnSync('kcat', ['-V']).status === 0;
const VERDICT = { committed: 0, aborted: 1, open: 2 };

describeKafka('capture from a real Kafka', () => {
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

  async function send(
    topic: string,
    messages: Parameters<ReturnType<Kafka['producer']>['send']>[0]['messages'],
  ): Promise<void> {
    const producer = writer.producer();
    await producer.connect();
    await producer.send({ topic, messages });
    await producer.disconnect();
  }

  test.each([
    ['none', 'CreateTime'],
    ['gzip', 'CreateTime'],
    ['snappy', 'CreateTime'],
    ['lz4', 'CreateTime'],
    ['zstd', 'CreateTime'],
    ['zstd', 'LogAppendTime'],
  ])('%s, %s: the store holds what the Java consumer sees', async (codec, times) => {
    const topic = `capture-java-${codec}-${times}`;
    await createTopic(kafka, topic, { config: { 'message.timestamp.type': times } });
    const lines = Array.from(
      { length: 400 },
      (_, i) => `h:${i},h:again\tkey-${i % 7}\t{"n":${i},"text":"${'ab'.repeat(i % 40)}"}`,
    );
    await consoleWrite(
      kafka,
      topic,
      `${lines.join('\n')}\n`,
      ...['--compression-codec', codec],
      ...['--reader-property', 'parse.key=true', '--reader-property', 'parse.headers=true'],
    );
    const { workspace, file } = await place.make(topic);
    const outcome = await capture(workspace, kafka, [topic]);
    expect(outcome).toMatchObject({ status: 'complete', stored: 400, absent: 0, notRead: 0 });
    const rows = storedRows(file, topic);
    expect(withoutVerdict(rows)).toEqual(await consoleRead(kafka, topic, 0));
    expect(rows[3]!.headers).toEqual([
      ['h', '3'],
      ['h', 'again'],
    ]);
    const { rows: page } = await workspace.read('events.query', { filter: {}, from: 0, count: 1 });
    const detail = await workspace.read('events.get', { id: page[0]!.id });
    expect(detail.codec).toBe(codec);
    expect(detail.timestampType).toBe(times === 'LogAppendTime' ? 'log-append' : 'create');
  });

  test.skipIf(!hasKcat)('several partitions, binary keys: what kcat reads, offset by offset', async () => {
    const topic = 'capture-kcat';
    await createTopic(kafka, topic, { partitions: 3 });
    const input = Array.from({ length: 900 }, (_, i) => `key-${i}\tvalue-${i}-${'x'.repeat(i % 90)}`).join(
      '\n',
    );
    const args = ['-b', kafka.bootstrap, '-t', topic];
    execFileSync('kcat', [...args, '-P', '-K', '\t', '-z', 'zstd'], { input });
    const { workspace, file } = await place.make(topic);
    await capture(workspace, kafka, [topic]);
    const printed = execFileSync('kcat', [...args, '-C', '-e', '-q', '-f', '%p\t%o\t%T\t%k\t%s\n'], {
      encoding: 'utf8',
    });
    const ours = storedRows(file, topic).map((row) =>
      [row.partition, row.offset, row.timestamp, row.key, row.value].join('\t'),
    );
    expect(ours.sort()).toEqual(printed.trim().split('\n').sort());
  });

  test('only new records are read the second time, and the cluster has no group afterwards', async () => {
    const topic = 'capture-again';
    await createTopic(kafka, topic, { partitions: 2 });
    await send(
      topic,
      Array.from({ length: 50 }, (_, i) => ({ key: `k${i}`, value: `{"n":${i}}` })),
    );
    const { workspace, file } = await place.make(topic);
    expect((await capture(workspace, kafka, [topic])).stored).toBe(50);
    expect((await capture(workspace, kafka, [topic])).stored).toBe(0);
    const revision = workspace.revision();
    await send(topic, [{ key: 'k1', value: '{"n":50}' }]);
    const third = await capture(workspace, kafka, [topic]);
    expect(third).toMatchObject({ status: 'complete', stored: 1 });
    expect(workspace.revision()).toBeGreaterThan(revision);
    expect(storedRows(file, topic)).toHaveLength(51);
    const admin = writer.admin();
    await admin.connect();
    expect((await admin.listGroups()).groups).toEqual([]);
    await admin.disconnect();
  });

  test('a tombstone, null and empty keys, a null header, an empty topic', async () => {
    const topic = 'capture-odd';
    await createTopic(kafka, topic);
    await createTopic(kafka, 'capture-empty', { partitions: 2 });
    await send(topic, [
      { key: 'acc-1', value: null },
      { key: null, value: '' },
      { key: '', value: 'plain text', headers: { a: ['1', '2'], b: '' } },
      { key: 'acc-1', value: Buffer.from([0xff, 0xfe, 0x00]) },
    ]);
    const { workspace, file } = await place.make(topic);
    expect(await capture(workspace, kafka, [topic, 'capture-empty'])).toMatchObject({
      status: 'complete',
      stored: 4,
    });
    expect(storedRows(file, topic).map(({ key, value }) => [key, value])).toEqual([
      ['acc-1', null],
      [null, ''],
      ['', 'plain text'],
      ['acc-1', Buffer.from([0xff, 0xfe, 0x00]).toString()],
    ]);
    const { rows } = await workspace.read('events.query', { filter: {}, from: 0, count: 10 });
    expect(rows.map(({ kind }) => kind)).toEqual(['tombstone', 'undecodable', 'undecodable', 'undecodable']);
    const detail = await workspace.read('events.get', { id: rows[2]!.id });
    expect(detail.headers.map(({ key, value }) => [key, value?.text])).toEqual([
      ['a', '1'],
      ['a', '2'],
      ['b', ''],
    ]);
    const raw = await workspace.read('events.bytes', {
      id: rows[3]!.id,
      part: 'value',
      offset: 1,
      length: 10,
    });
    expect([raw.size, [...raw.bytes]]).toEqual([3, [0xfe, 0x00]]);
    const { partitions, badge } = await coverageOf(workspace, 'capture-empty');
    expect(partitions.map(({ asked, complete }) => [asked, complete])).toEqual([
      [0, true],
      [0, true],
    ]);
    expect(badge.state).toBe('empty');
  });

  test('a value of 20 MB is kept byte for byte', async () => {
    const topic = 'capture-large';
    await createTopic(kafka, topic, { config: { 'max.message.bytes': 30_000_000 } });
    const text = `{"big":"${'0123456789'.repeat(2_000_000)}"}`;
    await send(topic, [{ key: 'a', value: '{"n":1}' }]);
    await send(topic, [{ key: 'b', value: text }]);
    await send(topic, [{ key: 'c', value: '{"n":3}' }]);
    const { workspace, file } = await place.make(topic);
    expect((await capture(workspace, kafka, [topic])).stored).toBe(3);
    expect(storedRows(file, topic)[1]!.value === text).toBe(true);
    const { rows } = await workspace.read('events.query', { filter: {}, from: 0, count: 10 });
    expect(rows.map(({ size }) => size)).toEqual([7, text.length, 7]);
  });

  test('transactions: committed, aborted and open told apart; the open one is settled by the next capture', async () => {
    const topic = 'capture-transactions';
    await createTopic(kafka, topic);
    const producer = writer.producer({
      ...{ transactionalId: 'tx-1', transactionTimeout: OPEN_LONG },
      ...{ maxInFlightRequests: 1, idempotent: true },
    });
    await producer.connect();
    const say = async (words: string[], end: 'commit' | 'abort' | 'none') => {
      const transaction = await untilItWorks(() => producer.transaction());
      await transaction.send({ topic, messages: words.map((value) => ({ key: 'k', value })) });
      if (end === 'commit') await transaction.commit();
      if (end === 'abort') await transaction.abort();
      return transaction;
    };
    await say(['1', '2'], 'commit');
    await say(['3', '4'], 'abort');
    const pending = await say(['5', '6'], 'none');
    await send(topic, [{ key: 'k', value: '7' }]);
    const { workspace, file } = await place.make(topic);
    await capture(workspace, kafka, [topic]);
    const verdicts = () => storedRows(file, topic).map(({ value, verdict }) => [value, verdict]);
    const settled = [
      ['1', VERDICT.committed],
      ['2', VERDICT.committed],
      ['3', VERDICT.aborted],
      ['4', VERDICT.aborted],
    ];
    expect(verdicts()).toEqual([
      ...settled,
      ['5', VERDICT.open],
      ['6', VERDICT.open],
      ['7', VERDICT.committed],
    ]);
    const first = await coverageOf(workspace, topic);
    expect(first.partitions[0]).toMatchObject({ control: 2, aborted: 2, open: 2, complete: false });
    expect(first.partitions[0]!.reasons).toEqual(['open-transaction']);
    expect(first.badge.state).toBe('partial');
    await pending.commit();
    await producer.disconnect();
    await untilStable(kafka, topic, 10n);
    await capture(workspace, kafka, [topic]);
    expect(verdicts()).toEqual([
      ...settled,
      ['5', VERDICT.committed],
      ['6', VERDICT.committed],
      ['7', VERDICT.committed],
    ]);
    const second = await coverageOf(workspace, topic);
    expect(second.partitions[0]).toMatchObject({
      stored: 7,
      control: 3,
      aborted: 2,
      open: 0,
      complete: true,
    });
    expect(second.badge.state).toBe('complete');
    const committed = (await consoleRead(kafka, topic, 0, { isolation: 'read_committed' })).map(
      ({ offset }) => offset,
    );
    expect(
      storedRows(file, topic)
        .filter(({ verdict }) => verdict === 0)
        .map(({ offset }) => offset),
    ).toEqual(committed);
  });

  test('deleted heads: before the first capture and between two, named as retention', async () => {
    const topic = 'capture-deleted';
    await createTopic(kafka, topic);
    const deleteBefore = async (offset: number) => {
      const list = place.file('delete-records');
      writeFileSync(list, JSON.stringify({ partitions: [{ topic, partition: 0, offset }], version: 1 }));
      await kafka.tool(
        'DeleteRecordsCommand',
        '--bootstrap-server',
        kafka.bootstrap,
        '--offset-json-file',
        list,
      );
    };
    await send(
      topic,
      Array.from({ length: 30 }, (_, i) => ({ key: 'k', value: `${i}` })),
    );
    await deleteBefore(10);
    const { workspace, file } = await place.make(topic);
    expect(await capture(workspace, kafka, [topic])).toMatchObject({
      status: 'complete',
      stored: 20,
      retention: 0,
    });
    await send(
      topic,
      Array.from({ length: 30 }, (_, i) => ({ key: 'k', value: `${30 + i}` })),
    );
    await deleteBefore(45);
    expect(await capture(workspace, kafka, [topic])).toMatchObject({
      status: 'complete',
      stored: 15,
      retention: 15,
    });
    const { partitions, badge } = await coverageOf(workspace, topic);
    // What was gone before the workspace began was never asked for.
    expect(partitions[0]).toMatchObject({
      asked: 50,
      stored: 35,
      retention: 15,
      beforeWorkspace: 10,
      reasons: ['before-workspace', 'retention'],
    });
    expect(badge.summary).toContain('15 offsets deleted by retention');
    expect(badge.summary).toContain('10 older offsets had been deleted');
    expect(storedRows(file, topic).map(({ value }) => Number(value))).toEqual([
      ...Array.from({ length: 20 }, (_, i) => 10 + i),
      ...Array.from({ length: 15 }, (_, i) => 45 + i),
    ]);
  });

  test('a start by offset or by time leaves out what is before, and says so', async () => {
    const topic = 'capture-from';
    await createTopic(kafka, topic, { config: { 'retention.ms': -1 } });
    await send(
      topic,
      Array.from({ length: 20 }, (_, i) => ({
        key: 'k',
        value: `${i}`,
        timestamp: String(1_700_000_000_000 + i * 1000),
      })),
    );
    for (const [name, from] of [
      ['by-offset', { offset: 12 }],
      ['by-time', { time: 1_700_000_011_500 }],
    ] as const) {
      const { workspace, file } = await place.make(`${topic}-${name}`);
      expect(await capture(workspace, kafka, [topic], { from })).toMatchObject({ stored: 8 });
      expect(storedRows(file, topic)[0]!.value).toBe('12');
      const { partitions, badge } = await coverageOf(workspace, topic);
      expect(partitions[0]).toMatchObject({ askedFrom: 12, asked: 8, stored: 8, reasons: ['not-asked'] });
      expect(badge.state).toBe('partial');
    }
  });

  test('an unknown topic and a cluster that does not answer are refused, and nothing is changed', async () => {
    const topic = 'capture-anew';
    await createTopic(kafka, topic);
    await send(topic, [{ key: 'k', value: 'old' }]);
    const { workspace } = await place.make(topic);
    await capture(workspace, kafka, [topic]);
    await expect(capture(workspace, kafka, ['no-such-topic'])).rejects.toMatchObject({
      code: 'topic.unknown',
    });
    await expect(
      workspace.capture(
        {
          connection: { ...connectionTo(kafka), brokers: ['127.0.0.1:1'], connectTimeoutMs: 2000 },
          topics: [topic],
          from: 'earliest',
        },
        { signal: new AbortController().signal, onProgress: () => {} },
      ),
    ).rejects.toMatchObject({ code: 'connection.failed' });
    expect((await workspace.read('workspace.info', {})).records).toBe(1);
  });
});
