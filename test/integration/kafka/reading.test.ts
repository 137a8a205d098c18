import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CompressionTypes } from 'kafkajs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ClusterClient, connectCluster } from '../../../src/engine/kafka/clusterClient.ts';
import { VERDICT } from '../../../src/engine/kafka/verdicts.ts';
import { type KafkaHandle, sharedKafka } from '../../kafka/broker.ts';
import { describeKafka } from '../../kafka/describe.ts';
import { untilItWorks } from '../../kafka/patience.ts';
import {
  connectionTo,
  consoleRead,
  consoleWrite,
  createTopic,
  OPEN_LONG,
  readTopic,
  withoutVerdict,
  writerTo,
} from './support.ts';

const hasKcat = spawnSync('kcat', ['-V']).status === 0;

describeKafka('reading a real Kafka without a group', () => {
  let kafka: KafkaHandle;
  let client: ClusterClient;

  beforeAll(async () => {
    kafka = await sharedKafka();
    client = await connectCluster(connectionTo(kafka));
  });

  afterAll(() => client?.close());

  test.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])(
    '%s, written by the Java client: what the Java consumer reads',
    async (codec) => {
      const topic = `java-${codec}`;
      await createTopic(kafka, topic);
      const lines = Array.from(
        { length: 500 },
        (_, i) => `h:${i},h:again\tkey-${i % 7}\t{"n":${i},"text":"${'ab'.repeat(i % 40)}"}`,
      );
      await consoleWrite(
        kafka,
        topic,
        `${lines.join('\n')}\n`,
        ...['--compression-codec', codec],
        ...['--reader-property', 'parse.key=true', '--reader-property', 'parse.headers=true'],
      );
      const { rows, chunks } = await readTopic(client, topic);
      expect(rows).toHaveLength(500);
      expect(chunks.flatMap(({ problems }) => problems)).toEqual([]);
      expect(withoutVerdict(rows)).toEqual(await consoleRead(kafka, topic, 0));
      const codecs = new Set(
        chunks.flatMap(({ columns }) => [...columns.flags.subarray(0, columns.count)].map((f) => f & 7)),
      );
      expect([...codecs]).toEqual([['none', 'gzip', 'snappy', 'lz4', 'zstd'].indexOf(codec)]);
    },
  );

  test.skipIf(!hasKcat).each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])(
    '%s, written by librdkafka (kcat)',
    async (codec) => {
      const topic = `kcat-${codec}`;
      await createTopic(kafka, topic, { partitions: 3 });
      const input = Array.from({ length: 300 }, (_, i) => `key-${i}\tvalue-${i}-${'x'.repeat(i)}`).join('\n');
      const args = ['-b', kafka.bootstrap, '-t', topic];
      execFileSync('kcat', [...args, '-P', '-K', '\t', '-z', codec, '-H', 'a=1', '-H', 'a=2'], { input });
      const { rows } = await readTopic(client, topic);
      const format = '%p %o %T %k %h %s\n';
      const seen = execFileSync('kcat', [...args, '-C', '-e', '-q', '-f', format], { encoding: 'utf8' });
      const ours = rows.map(
        (r) =>
          `${r.partition} ${r.offset} ${r.timestamp} ${r.key} ${r.headers.map((h) => h.join('=')).join(',')} ${r.value}`,
      );
      expect(ours.sort()).toEqual(seen.trimEnd().split('\n').sort());
      expect(rows).toHaveLength(300);
    },
  );

  test('gzip, written by kafkajs', async () => {
    await createTopic(kafka, 'kafkajs-gzip');
    const producer = writerTo(kafka).producer();
    await producer.connect();
    const messages = Array.from({ length: 50 }, (_, i) => ({ key: `k${i}`, value: `v${i}` }));
    await producer.send({ topic: 'kafkajs-gzip', compression: CompressionTypes.GZIP, messages });
    await producer.disconnect();
    const { rows } = await readTopic(client, 'kafkajs-gzip');
    expect(rows.map(({ key, value }) => ({ key, value }))).toEqual(messages);
  });

  test('transactions: committed, aborted and open are told apart, as the Java consumer sees them', async () => {
    const topic = 'transactions';
    await createTopic(kafka, topic);
    const plain = writerTo(kafka).producer();
    await plain.connect();
    const write = (value: string) => plain.send({ topic, messages: [{ key: 'plain', value }] });
    const transactional = async (id: string) => {
      const producer = writerTo(kafka).producer({
        transactionalId: id,
        transactionTimeout: OPEN_LONG,
        idempotent: true,
        maxInFlightRequests: 1,
      });
      await producer.connect();
      return { producer, transaction: await untilItWorks(() => producer.transaction()) };
    };
    await write('before');
    const a = await transactional('tx-a');
    const b = await transactional('tx-b');
    const send = (t: { transaction: typeof a.transaction }, value: string) =>
      t.transaction.send({ topic, messages: [{ key: 'tx', value }] });
    await send(a, 'committed 1');
    await send(b, 'aborted 1');
    await write('between');
    await send(a, 'committed 2');
    await send(b, 'aborted 2');
    await b.transaction.abort();
    await a.transaction.commit();
    const again = await b.producer.transaction();
    await again.send({ topic, messages: [{ key: 'tx', value: 'committed after an abort' }] });
    await again.commit();
    await write('after');
    const c = await transactional('tx-c');
    await send(c, 'open');
    await write('beyond the open one');
    // The end of a transaction is confirmed before its marker is in the log.
    const countOf = async (verdict: number) =>
      (await readTopic(client, topic)).rows.filter((row) => row.verdict === verdict).length;
    await expect.poll(() => countOf(VERDICT.control), { timeout: 60_000 }).toBe(3);

    const { rows, chunks } = await readTopic(client, topic);
    const by = (verdict: number) => rows.filter((row) => row.verdict === verdict).map(({ value }) => value);
    expect(by(VERDICT.committed)).toEqual([
      'before',
      'committed 1',
      'between',
      'committed 2',
      'committed after an abort',
      'after',
      'beyond the open one',
    ]);
    expect(by(VERDICT.aborted)).toEqual(['aborted 1', 'aborted 2']);
    expect(by(VERDICT.open)).toEqual(['open']);
    expect(by(VERDICT.control)).toHaveLength(3);
    expect(rows.map(({ offset }) => offset)).toEqual(rows.map((_, i) => i));
    expect(chunks.at(-1)).toMatchObject({ done: true, nextOffset: rows.length });
    const committed = await consoleRead(kafka, topic, 0);
    // The Java consumer stops at the last stable offset, before the record beyond the open transaction.
    expect(by(VERDICT.committed).slice(0, -1)).toEqual(committed.map(({ value }) => value));

    await c.transaction.abort();
    await expect.poll(() => countOf(VERDICT.control), { timeout: 60_000 }).toBe(4);
    const later = await readTopic(client, topic, { from: 0 });
    const open = later.rows.filter(({ verdict }) => verdict === VERDICT.open);
    expect(open).toEqual([]);
    expect(later.rows.find(({ value }) => value === 'open')?.verdict).toBe(VERDICT.aborted);
    for (const { producer } of [a, b, c]) await producer.disconnect();
    await plain.disconnect();
  });

  test('a compacted topic: what is left, with its gaps, to the captured end', async () => {
    const topic = 'compacted';
    const config = {
      'cleanup.policy': 'compact',
      'segment.ms': 100,
      'min.cleanable.dirty.ratio': 0.001,
      'delete.retention.ms': 0,
    };
    await createTopic(kafka, topic, { config });
    const producer = writerTo(kafka).producer();
    await producer.connect();
    for (let round = 0; round < 6; round++) {
      const messages = Array.from({ length: 20 }, (_, i) => ({
        key: `k${i}`,
        value: round === 4 && i < 5 ? null : `r${round}`,
      }));
      await producer.send({ topic, messages });
      await new Promise((done) => setTimeout(done, 150));
    }
    let rows = (await readTopic(client, topic)).rows;
    for (let i = 0; i < 60 && rows.length > 60; i++) {
      await new Promise((done) => setTimeout(done, 500));
      rows = (await readTopic(client, topic)).rows;
    }
    await producer.disconnect();
    expect(rows.length).toBeLessThan(120);
    // The cleaner may run once more between the two readers: both must have read the same log.
    let ours = await readTopic(client, topic);
    let theirs = await consoleRead(kafka, topic, 0);
    for (let now = await readTopic(client, topic); now.rows.length !== ours.rows.length; ) {
      ours = now;
      theirs = await consoleRead(kafka, topic, 0);
      now = await readTopic(client, topic);
    }
    expect(withoutVerdict(ours.rows)).toEqual(theirs);
    expect(ours.chunks.at(-1)).toMatchObject({ done: true, nextOffset: 120, problems: [] });
  });

  test('deleted heads are reported with their range, and reading goes on at the first offset kept', async () => {
    const topic = 'deleted-heads';
    await createTopic(kafka, topic);
    const producer = writerTo(kafka).producer();
    await producer.connect();
    await producer.send({
      topic,
      messages: Array.from({ length: 100 }, (_, i) => ({ key: 'k', value: `v${i}` })),
    });
    await producer.disconnect();
    const file = join(kafka.dir, 'delete.json');
    writeFileSync(file, JSON.stringify({ version: 1, partitions: [{ topic, partition: 0, offset: 40 }] }));
    await kafka.tool(
      'DeleteRecordsCommand',
      '--bootstrap-server',
      kafka.bootstrap,
      '--offset-json-file',
      file,
    );
    const { rows, chunks } = await readTopic(client, topic, { from: 10 });
    expect(chunks[0]).toMatchObject({ removed: { from: 10, to: 40 }, nextOffset: 40, fault: null });
    expect(rows.map(({ offset }) => offset)).toEqual(Array.from({ length: 60 }, (_, i) => 40 + i));
    expect((await client.offsetsFor([topic]))[0]).toMatchObject({ low: 40n, high: 100n, lastStable: 100n });
  });

  test('an empty topic is done at once', async () => {
    await createTopic(kafka, 'empty', { partitions: 2 });
    const { rows, chunks } = await readTopic(client, 'empty');
    expect(rows).toEqual([]);
    expect(chunks.map(({ partition, done, nextOffset }) => ({ partition, done, nextOffset }))).toEqual([
      { partition: 0, done: true, nextOffset: 0 },
      { partition: 1, done: true, nextOffset: 0 },
    ]);
  });

  test('tombstones, empty values and repeated headers in their order', async () => {
    await createTopic(kafka, 'shapes');
    const producer = writerTo(kafka).producer();
    await producer.connect();
    const headers = { twice: ['1', '2'], once: 'x' };
    const messages = [
      { key: 'k', value: null },
      { key: 'k', value: '' },
      { key: null, value: 'null' },
      { key: 'h', value: 'v', headers },
    ];
    await producer.send({ topic: 'shapes', messages });
    await producer.disconnect();
    const { rows } = await readTopic(client, 'shapes');
    expect(rows.map(({ key, value }) => [key, value])).toEqual([
      ['k', null],
      ['k', ''],
      [null, 'null'],
      ['h', 'v'],
    ]);
    expect(rows[3]!.headers).toEqual([
      ['twice', '1'],
      ['twice', '2'],
      ['once', 'x'],
    ]);
  });

  test('a value of 20 MB, larger than every limit of a response, between small ones', async () => {
    await createTopic(kafka, 'large', { config: { 'max.message.bytes': 40_000_000 } });
    const producer = writerTo(kafka).producer();
    await producer.connect();
    const value = Buffer.alloc(20_000_000, 'abcdefghij').toString();
    for (const message of ['small', value, 'after'])
      await producer.send({ topic: 'large', messages: [{ value: message }] });
    await producer.disconnect();
    const { rows } = await readTopic(client, 'large', { maxBytesPerPartition: 100_000 });
    expect(rows.map((row) => row.value?.length)).toEqual([5, 20_000_000, 5]);
    expect(rows[1]!.value === value).toBe(true);
  });

  test('many partitions, written while reading: exactly what was there at the start', async () => {
    await createTopic(kafka, 'many', { partitions: 40 });
    const producer = writerTo(kafka).producer({ idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    const send = (round: number) =>
      producer.send({
        topic: 'many',
        messages: Array.from({ length: 4000 }, (_, i) => ({ key: `k${i}`, value: `${round}-${i}` })),
      });
    await send(0);
    const [{ rows }] = await Promise.all([
      readTopic(client, 'many', { maxBytesPerPartition: 2000 }),
      send(1),
    ]);
    await producer.disconnect();
    const places = rows.map(({ partition, offset }) => `${partition}/${offset}`);
    expect(new Set(places).size).toBe(rows.length);
    expect(new Set(rows.map(({ value }) => value)).size).toBe(rows.length);
    expect(rows.filter(({ value }) => value!.startsWith('0-'))).toHaveLength(4000);
  });

  test('cancelling ends the reading with the words for it', async () => {
    const controller = new AbortController();
    controller.abort();
    await expect(readTopic(client, 'many', { signal: controller.signal })).rejects.toMatchObject({
      code: 'cancelled',
    });
  });

  test('the cluster has no group and no committed offset from all this', async () => {
    expect(await client.listGroups()).toEqual([]);
    const topics = await client.listTopics({ internal: true, offsets: false, configs: false });
    expect(topics.map(({ name }) => name)).not.toContain('__consumer_offsets');
  });

  test('a topic lists with its settings, offsets and id', async () => {
    await createTopic(kafka, 'listed', {
      partitions: 2,
      config: { 'retention.ms': 123_456_789, 'cleanup.policy': 'compact' },
    });
    const topics = await client.listTopics();
    const topic = topics.find(({ name }) => name === 'listed');
    expect(topic).toMatchObject({
      internal: false,
      cleanupPolicy: 'compact',
      retentionMs: 123_456_789n,
      retentionBytes: -1n,
    });
    expect(topic!.topicId).toMatch(/^[\w-]{22}$/);
    expect(topic!.partitions).toMatchObject([
      { id: 0, leader: 1, low: 0n, high: 0n },
      { id: 1, leader: 1, low: 0n, high: 0n },
    ]);
    expect(topics.some(({ internal }) => internal)).toBe(false);
    const [found] = await client.offsetsByTime('deleted-heads', 0);
    expect(found!.offset).toBe(40n);
    expect(Math.abs(found!.timestamp! - Date.now())).toBeLessThan(600_000);
    expect(await client.offsetsByTime('deleted-heads', Date.now() + 60_000)).toEqual([
      { partition: 0, offset: null, timestamp: null },
    ]);
    await expect(client.partitions('no-such-topic')).rejects.toMatchObject({
      code: 'topic-unknown',
      where: 'no-such-topic',
    });
  });
});
