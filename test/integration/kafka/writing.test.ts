import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ClusterClient, connectCluster } from '../../../src/engine/kafka/clusterClient.ts';
import { fetchOne } from '../../../src/engine/kafka/fetchReader.ts';
import { decodeHeaders } from '../../../src/engine/kafka/headers.ts';
import { errorOfCode, openBroker } from '../../../src/engine/kafka/kafkajsInternals.ts';
import { partitionForKey } from '../../../src/engine/kafka/murmur2.ts';
import { openProducer } from '../../../src/engine/kafka/producer.ts';
import { METADATA } from '../../../src/engine/kafka/requests.ts';
import { freePorts, type KafkaHandle, sharedKafka, startKafka } from '../../kafka/broker.ts';
import { describeJavaKafka, describeKafka } from '../../kafka/describe.ts';
import { startProxy } from '../../kafka/proxy.ts';
import { connectionTo, consoleRead, consoleWrite, createTopic, readTopic, withClient } from './support.ts';

describeKafka('writing to a real Kafka', () => {
  let kafka: KafkaHandle;
  let client: ClusterClient;

  beforeAll(async () => {
    kafka = await sharedKafka();
    client = await connectCluster(connectionTo(kafka));
    // Records are as old as they say; a broker removes those that are older than a week.
    await createTopic(kafka, 'written', { partitions: 3, config: { 'retention.ms': -1 } });
  });

  afterAll(() => client?.close());

  test('a record arrives as it was given: bytes, header order, duplicates, nulls, time and partition', async () => {
    const producer = await openProducer(connectionTo(kafka));
    const headers = [
      { key: 'b', value: Buffer.from('1') },
      { key: 'a', value: null },
      { key: 'b', value: Buffer.from('2') },
    ];
    const input = {
      topic: 'written',
      partition: 2,
      key: Buffer.from([0, 255, 1]),
      value: Buffer.from([0xc3, 0x28, 0]),
    };
    const published = await producer.publish({ ...input, headers, timestamp: 1_700_000_000_123 });
    expect(published).toEqual({ partition: 2, offset: 0n, timestamp: 1_700_000_000_123 });
    const back = await fetchOne(client, 'written', 2, 0);
    expect(Buffer.from(back!.key!)).toEqual(input.key);
    expect(Buffer.from(back!.value!)).toEqual(input.value);
    expect(back!.timestamp).toBe(1_700_000_000_123);
    const read = decodeHeaders(back!.headers).map(({ key, value }) => ({
      key,
      value: value && Buffer.from(value),
    }));
    expect(read).toEqual(headers);
    expect(await fetchOne(client, 'written', 2, 1)).toBeNull();
    expect(await fetchOne(client, 'written', 1, 99)).toBeNull();
    producer.close();
  });

  test('several writes at once come out in the order they were asked for, offsets in a row', async () => {
    const producer = await openProducer(connectionTo(kafka));
    const values = Array.from({ length: 50 }, (_, i) => `n${i}`);
    const published = await Promise.all(
      values.map((value) =>
        producer.publish({
          topic: 'written',
          partition: 0,
          key: null,
          value: Buffer.from(value),
          headers: [],
          timestamp: 1,
        }),
      ),
    );
    producer.close();
    expect(published.map(({ offset }) => Number(offset))).toEqual(values.map((_, i) => i));
    const { rows } = await readTopic(client, 'written');
    expect(rows.filter(({ partition }) => partition === 0).map(({ value }) => value)).toEqual(values);
    expect((await consoleRead(kafka, 'written', 0)).map(({ value }) => value)).toEqual(values);
  });

  test('keys go to the partition the Java client chooses', async () => {
    await createTopic(kafka, 'partitioned', { partitions: 7 });
    const keys = Array.from({ length: 60 }, (_, i) => `account-${i * 37}-ä`);
    const lines = keys.map((key) => `${key}\tv\n`).join('');
    await consoleWrite(kafka, 'partitioned', lines, '--reader-property', 'parse.key=true');
    const { rows } = await readTopic(client, 'partitioned');
    expect(rows).toHaveLength(60);
    for (const { key, partition } of rows) expect(partitionForKey(Buffer.from(key!), 7)).toBe(partition);
  });

  test('refusals are named: unknown topic, too large, null key on a compacted topic, tombstones allowed', async () => {
    await createTopic(kafka, 'strict', {
      config: { 'cleanup.policy': 'compact', 'max.message.bytes': 2_000 },
    });
    const producer = await openProducer(connectionTo(kafka));
    const record = {
      topic: 'strict',
      partition: 0,
      key: Buffer.from('k'),
      value: null,
      headers: [],
      timestamp: Date.now(),
    };
    expect((await producer.publish(record)).offset).toBe(0n);
    const refusal = (change: object) =>
      producer.publish({ ...record, ...change }).catch((error) => error.code);
    expect(await refusal({ value: Buffer.alloc(5_000) })).toBe('record-too-large');
    expect(await refusal({ key: null })).toBe('record-refused');
    expect(await refusal({ topic: 'no-such-topic' })).toBe('topic-unknown');
    expect(await refusal({ partition: 9 })).toBe('partition-unknown');
    expect((await producer.publish(record)).offset).toBe(1n);
    producer.close();
  });

  test('a topic that keeps the broker’s time gives that time back', async () => {
    await createTopic(kafka, 'broker-time', { config: { 'message.timestamp.type': 'LogAppendTime' } });
    const producer = await openProducer(connectionTo(kafka));
    const record = {
      topic: 'broker-time',
      partition: 0,
      key: null,
      value: Buffer.from('v'),
      headers: [],
      timestamp: 5,
    };
    const { timestamp } = await producer.publish(record);
    producer.close();
    expect(Math.abs(timestamp - Date.now())).toBeLessThan(60_000);
    expect((await fetchOne(client, 'broker-time', 0, 0))!.timestamp).toBe(timestamp);
  });

  test('writing leaves no group and no transactional id behind', async () => {
    expect(await client.listGroups()).toEqual([]);
    const topics = await client.listTopics({ internal: true, offsets: false, configs: false });
    expect(topics.map(({ name }) => name)).not.toContain('__transaction_state');
  });
});

describeKafka('what this relies on inside kafkajs 2.2.4', () => {
  test('a broker opens, tells its versions, carries raw requests on both of its sockets, closes at once', async () => {
    const kafka = await sharedKafka();
    const [host, port] = kafka.bootstrap.split(':') as [string, string];
    const link = await openBroker({ host, port: Number(port) }, connectionTo(kafka), () => {});
    expect(link.versions(1)).toMatchObject({ max: expect.any(Number) });
    expect(link.versions(9_999)).toBeNull();
    const request = {
      apiKey: METADATA.key,
      apiName: 'Metadata',
      apiVersion: 12,
      body: METADATA.encode([], 12),
    };
    const answers = await Promise.all([1, 2, 3].map(() => link.send(request)));
    for (const answer of answers) expect(METADATA.decode(answer, 12).brokers).toHaveLength(1);
    const late = link.send(request);
    link.close();
    await expect(late).rejects.toThrow();
  });

  test('error codes have the names of the protocol', () => {
    expect(errorOfCode(3)).toMatchObject({ type: 'UNKNOWN_TOPIC_OR_PARTITION', retriable: true });
    expect(errorOfCode(29).type).toBe('TOPIC_AUTHORIZATION_FAILED');
  });

  test('a process that connects, reads and closes ends by itself, without a warning on its error output', async () => {
    const kafka = await sharedKafka();
    const source = new URL('../../../src/engine/kafka/', import.meta.url).href;
    const script = `
      import { connectCluster } from '${source}clusterClient.ts';
      import { readPartitions } from '${source}fetchReader.ts';
      const client = await connectCluster({ brokers: ['${kafka.bootstrap}'], clientId: 'short' });
      const offsets = await client.offsetsFor(['written']);
      const partitions = offsets.map((o) => ({ topic: o.topic, partition: o.partition, from: 0, to: Number(o.high) }));
      let count = 0;
      for await (const chunk of readPartitions(client, { partitions })) count += chunk.columns.count;
      await new Promise((done) => setTimeout(done, 300));
      client.close();
      console.log('read ' + count);`;
    const run = promisify(execFile);
    const { stdout, stderr } = await run(process.execPath, ['--input-type=module-typescript', '-e', script], {
      timeout: 90_000,
    });
    expect(stdout).toBe('read 51\n');
    expect(stderr).toBe('');
  });
});

describeJavaKafka('a write whose answer is lost', () => {
  test('is sent again and is kept once', async () => {
    const [port] = (await freePorts(1)) as [number];
    const proxy = await startProxy(() => port);
    const kafka = await startKafka({
      port,
      settings: { 'advertised.listeners': `PLAINTEXT://127.0.0.1:${proxy.port}` },
    });
    try {
      await createTopic(kafka, 'once');
      const producer = await openProducer(connectionTo(kafka));
      const record = (value: string) => ({
        ...{
          topic: 'once',
          partition: 0,
          key: null,
          value: Buffer.from(value),
          headers: [],
          timestamp: Date.now(),
        },
      });
      await producer.publish(record('first'));
      let swallow = 1;
      proxy.onData = (piece) => (swallow-- > 0 ? null : piece);
      expect(await producer.publish(record('second'))).toMatchObject({ offset: 1n });
      expect(proxy.cuts).toBe(1);
      expect(await producer.publish(record('third'))).toMatchObject({ offset: 2n });
      proxy.onData = () => null;
      const lost = await producer.publish(record('fourth')).catch((error) => error);
      expect(lost.code).toBe('outcome-unknown');
      proxy.onData = (piece) => piece;
      producer.close();
      await withClient(connectionTo(kafka), async (client) => {
        const { rows } = await readTopic(client, 'once');
        expect(rows.map(({ value }) => value).slice(0, 3)).toEqual(['first', 'second', 'third']);
        expect(rows.filter(({ value }) => value === 'fourth').length).toBeLessThanOrEqual(1);
      });
    } finally {
      proxy.close();
      await kafka.stop();
    }
  });
});

test('the test broker dies with the process that started it', async () => {
  const source = new URL('../../kafka/broker.ts', import.meta.url).href;
  const script = `
    import { startKafka } from '${source}';
    import { readFileSync } from 'node:fs';
    const kafka = await startKafka();
    console.log(readFileSync(kafka.dir + '/node-1/pid', 'utf8').trim() + ' ' + kafka.dir);
    setInterval(() => {}, 1000);`;
  const child = execFile(process.execPath, ['--input-type=module-typescript', '-e', script]);
  const [line] = (await once(child.stdout!, 'data')) as [string];
  const [id, dir] = line.trim().split(' ') as [string, string];
  const pid = Number(id);
  const alive = () => {
    try {
      process.kill(pid, 0);
      return true;
    } catch {
      return false;
    }
  };
  expect(alive()).toBe(true);
  child.kill('SIGKILL');
  for (let i = 0; i < 1_000 && (alive() || existsSync(dir)); i++)
    await new Promise((done) => setTimeout(done, 50));
  expect(alive()).toBe(false);
  expect(existsSync(dir)).toBe(false);
});
