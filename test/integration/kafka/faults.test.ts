import { openSync, readdirSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectCluster } from '../../../src/engine/kafka/clusterClient.ts';
import { type FetchedChunk, readPartitions } from '../../../src/engine/kafka/fetchReader.ts';
import { batchOf, COMPRESS, legacyMessage, record } from '../../kafka/batches.ts';
import { freePorts, type KafkaHandle, startKafka } from '../../kafka/broker.ts';
import { describeJavaKafka } from '../../kafka/describe.ts';
import { untilItWorks } from '../../kafka/patience.ts';
import { type DamagingProxy, startProxy } from '../../kafka/proxy.ts';
import { connectionTo, createTopic, readTopic, withClient } from './support.ts';

const RECORDS = 200_000;

const produce = (kafka: KafkaHandle, topic: string, count = RECORDS) =>
  kafka.tool(
    'ProducerPerformance',
    ...['--topic', topic, '--num-records', String(count), '--record-size', '450', '--throughput', '-1'],
    ...['--command-property', `bootstrap.servers=${kafka.bootstrap}`],
  );

/** Reads all of a topic while something happens after the first chunks; checks that every offset came exactly once. */
async function readWhile(
  kafka: KafkaHandle,
  topic: string,
  disturb: () => Promise<void>,
  options: { requestTimeoutMs?: number; giveUpAfterMs?: number } = {},
): Promise<FetchedChunk[]> {
  // A broker that has just come back answers late: the short limit is for reading.
  const client = await untilItWorks(() =>
    connectCluster({ ...connectionTo(kafka), requestTimeoutMs: options.requestTimeoutMs ?? 5_000 }),
  );
  try {
    const offsets = await withClient(connectionTo(kafka), (patient) => patient.offsetsFor([topic]));
    const partitions = offsets.map(({ partition, low, high }) => ({
      topic,
      partition,
      from: Number(low),
      to: Number(high),
    }));
    const next = new Map(partitions.map(({ partition, from }) => [partition, from]));
    const chunks: FetchedChunk[] = [];
    let disturbing: Promise<void> | undefined;
    for await (const chunk of readPartitions(client, {
      partitions,
      maxBytesPerPartition: 200_000,
      giveUpAfterMs: options.giveUpAfterMs,
    })) {
      for (let i = 0; i < chunk.columns.count; i++) {
        const expected = next.get(chunk.partition)!;
        if (chunk.columns.offset[i] !== expected)
          throw new Error(`offset ${chunk.columns.offset[i]} instead of ${expected}`);
        next.set(chunk.partition, expected + 1);
      }
      chunks.push(chunk);
      if (chunks.length === 10) disturbing = disturb();
    }
    await disturbing;
    if (!chunks.some(({ fault }) => fault !== null))
      for (const { partition, to } of partitions) expect(next.get(partition)).toBe(to);
    return chunks;
  } finally {
    client.close();
  }
}

const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms));

describeJavaKafka('one broker in trouble', () => {
  let kafka: KafkaHandle;
  let proxy: DamagingProxy;
  let port: number;

  beforeAll(async () => {
    [port] = (await freePorts(1)) as [number];
    proxy = await startProxy(() => port);
    kafka = await startKafka({
      port,
      settings: { 'advertised.listeners': `PLAINTEXT://127.0.0.1:${proxy.port}` },
    });
    await createTopic(kafka, 'load', { partitions: 4 });
    await produce(kafka, 'load');
  });

  afterAll(async () => {
    proxy?.close();
    await kafka?.stop();
  });

  test('killed and restarted in the middle of reading: every record once, to the end', async () => {
    const chunks = await readWhile(kafka, 'load', async () => {
      await kafka.kill(1);
      await sleep(1_000);
      await kafka.restart(1);
    });
    expect(chunks.filter(({ done }) => done)).toHaveLength(4);
  });

  test('frozen for longer than a request may take: every record once, to the end', async () => {
    const chunks = await readWhile(
      kafka,
      'load',
      async () => {
        kafka.freeze(1);
        await sleep(10_000);
        kafka.thaw(1);
      },
      // It also holds for connecting, which may take its time on a busy machine.
      { requestTimeoutMs: 4_000 },
    );
    expect(chunks.filter(({ done }) => done)).toHaveLength(4);
  });

  test('connections cut in the middle of a response, again and again', async () => {
    let passed = 0;
    proxy.onData = (piece) => {
      passed += piece.length;
      if (passed < 15_000_000) return piece;
      passed = 0;
      return null;
    };
    const chunks = await readWhile(kafka, 'load', async () => {});
    proxy.onData = (piece) => piece;
    expect(proxy.cuts).toBeGreaterThan(2);
    expect(chunks.filter(({ done }) => done)).toHaveLength(4);
  });

  test('a bit that flips on the way is found by the checksum and read again', async () => {
    let flips = 0;
    let passed = 0;
    proxy.onData = (piece) => {
      passed += piece.length;
      // Far apart, for what is asked for again must come whole; and in a value, which the checksum covers.
      const letters = passed < 15_000_000 ? null : /[A-Z]{100}/.exec(piece.toString('latin1'));
      if (letters === null) return piece;
      passed = 0;
      flips++;
      piece[letters.index + 50]! ^= 4;
      return piece;
    };
    const chunks = await readWhile(kafka, 'load', async () => {});
    proxy.onData = (piece) => piece;
    expect(flips).toBeGreaterThan(2);
    expect(chunks.flatMap(({ problems }) => problems)).toEqual([]);
    expect(chunks.filter(({ done }) => done)).toHaveLength(4);
  });

  test('gone for good: the partitions end with a fault that says so, and what was read stays', async () => {
    let killed: Promise<void> | undefined;
    const chunks = await readWhile(
      kafka,
      'load',
      () => {
        killed = kafka.kill(1);
        return killed;
      },
      { giveUpAfterMs: 1_500 },
    );
    // On a busy machine the reader may have given up before.
    await (killed ?? kafka.kill(1));
    await kafka.restart(1);
    const faults = chunks.filter(({ fault }) => fault !== null);
    expect(faults.length).toBeGreaterThan(0);
    for (const { fault, done } of faults) {
      expect(done).toBe(false);
      expect(fault).toMatchObject({ retryable: true });
      expect(fault!.nextStep).not.toBe('');
    }
  });

  test('a topic that vanishes between asking for its end and reading it ends with topic-unknown', async () => {
    // One partition: the tool may write all its records into one of several, and an empty one has nothing to miss.
    await createTopic(kafka, 'vanishing');
    await produce(kafka, 'vanishing', 100);
    const bootstrap = ['--bootstrap-server', kafka.bootstrap];
    await withClient(connectionTo(kafka), async (client) => {
      const ranges = (await client.offsetsFor(['vanishing'])).map(({ partition, high }) => ({
        ...{ topic: 'vanishing', partition },
        ...{ from: 0, to: Number(high) },
      }));
      await kafka.tool('TopicCommand', ...bootstrap, '--delete', '--topic', 'vanishing');
      // The command returns before the broker has stopped serving the topic. Another client looks, so that the one
      // under test still believes in the old leaders.
      await withClient(connectionTo(kafka), async (other) => {
        await expect
          .poll(
            () =>
              other.topic('vanishing').then(
                () => 'there',
                ({ code }) => code,
              ),
            { timeout: 60_000 },
          )
          .toBe('topic-unknown');
      });
      const chunks: FetchedChunk[] = [];
      for await (const chunk of readPartitions(client, { partitions: ranges })) chunks.push(chunk);
      expect(chunks.map(({ fault, done, nextOffset }) => [fault?.code, done, nextOffset])).toEqual([
        ['topic-unknown', false, 0],
      ]);
    });
  });

  test('a batch damaged on the disk of the broker is one problem with its bytes; everything around it is read', async () => {
    await createTopic(kafka, 'damaged');
    await produce(kafka, 'damaged', 5_000);
    const file = join(kafka.dir, 'node-1', 'data', 'damaged-0', '00000000000000000000.log');
    const handle = openSync(file, 'r+');
    const piece = Buffer.alloc(4_000);
    readSync(handle, piece, 0, piece.length, 700_000);
    // In a value: a length in the head of a batch would take what follows with it.
    const at = /[A-Z]{100}/.exec(piece.toString('latin1'))!.index + 50;
    piece[at]! ^= 0x40;
    writeSync(handle, piece, at, 1, 700_000 + at);
    await withClient(connectionTo(kafka), async (client) => {
      const { rows, chunks } = await readTopic(client, 'damaged');
      const problems = chunks.flatMap((chunk) => chunk.problems);
      expect(problems).toMatchObject([{ code: 'crc' }]);
      const [{ baseOffset, lastOffset, bytes }] = problems as [(typeof problems)[0]];
      expect(bytes.length).toBeGreaterThan(450);
      const missing = new Set(Array.from({ length: lastOffset - baseOffset + 1 }, (_, i) => baseOffset + i));
      const expected = Array.from({ length: 5_000 }, (_, i) => i).filter((offset) => !missing.has(offset));
      expect(rows.map(({ offset }) => offset)).toEqual(expected);
      expect(chunks.at(-1)!.done).toBe(true);
    });
  });

  test('an old segment with formats 0, 1 and 2, as the broker serves it', async () => {
    await createTopic(kafka, 'old', { config: { 'retention.ms': -1 } });
    await produce(kafka, 'old', 10);
    await kafka.kill(1);
    const inside = [0, 1].map((n) => legacyMessage(1, { offset: n, key: `in${n}`, value: `packed ${n}` }));
    const segment = Buffer.concat([
      legacyMessage(0, { offset: 0, key: 'k0', value: 'format 0' }),
      legacyMessage(1, { offset: 1, key: null, value: 'format 1', timestamp: 1_400_000_000_001 }),
      legacyMessage(1, { offset: 3, key: null, value: COMPRESS[1]!(Buffer.concat(inside)) }, 1),
      batchOf([record('k4', 'format 2')], { baseOffset: 4, codec: 4 }),
    ]);
    const dir = join(kafka.dir, 'node-1', 'data', 'old-0');
    for (const name of readdirSync(dir))
      if (/\.(index|timeindex)$/.test(name)) writeFileSync(join(dir, name), '');
    writeFileSync(join(dir, '00000000000000000000.log'), segment);
    await kafka.restart(1);
    await withClient(connectionTo(kafka), async (client) => {
      const { rows, chunks } = await readTopic(client, 'old');
      expect(chunks.flatMap(({ problems }) => problems)).toEqual([]);
      expect(rows.map(({ offset, key, value }) => [offset, key, value])).toEqual([
        [0, 'k0', 'format 0'],
        [1, null, 'format 1'],
        [2, 'in0', 'packed 0'],
        [3, 'in1', 'packed 1'],
        [4, 'k4', 'format 2'],
      ]);
    });
  });
});

describeJavaKafka('three brokers', () => {
  let kafka: KafkaHandle;

  beforeAll(async () => {
    kafka = await startKafka({ brokers: 3, heap: '384m' });
    await createTopic(kafka, 'replicated', { partitions: 6, replicas: 3 });
    await produce(kafka, 'replicated');
  });

  afterAll(() => kafka?.stop());

  test('the leader of some partitions dies in the middle of reading: the others take over, every record once', async () => {
    const chunks = await readWhile(kafka, 'replicated', () => kafka.kill(3));
    expect(chunks.filter(({ done }) => done)).toHaveLength(6);
    await withClient(connectionTo(kafka), async (client) => {
      const leaders = async () => (await client.partitions('replicated')).map(({ leader }) => leader);
      await expect.poll(leaders, { timeout: 60_000 }).not.toContain(3);
      const { rows } = await readTopic(client, 'replicated');
      expect(rows).toHaveLength(RECORDS);
      expect(rows.every((row) => row.value!.length === 450)).toBe(true);
    });
  });
});
