// Records of any shape, written by three clients that are not ours, with every codec and both timestamp types: what was
// sent is what our decoder gives, in place and in time as another reader sees it.
import { execFileSync, spawnSync } from 'node:child_process';
import { zstdCompressSync } from 'node:zlib';
import { lz4Compress, snappyCompress } from '@platformatic/wasm-utils/bundled';
import fc from 'fast-check';
import kafkajs from 'kafkajs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ClusterClient, connectCluster } from '../../../src/engine/kafka/clusterClient.ts';
import type { FetchedChunk } from '../../../src/engine/kafka/fetchReader.ts';
import { decodeHeaders } from '../../../src/engine/kafka/headers.ts';
import { FLAG, rowHeaders, rowKey, rowValue } from '../../../src/engine/kafka/recordColumns.ts';
import { type KafkaHandle, sharedKafka } from '../../kafka/broker.ts';
import { describeKafka } from '../../kafka/describe.ts';
import {
  connectionTo,
  consoleRead,
  consoleWrite,
  createTopic,
  readTopic,
  withoutVerdict,
  writerTo,
} from './support.ts';

const { CompressionCodecs, CompressionTypes } = kafkajs;
const hasKcat = spawnSync('kcat', ['-V']).status === 0;
const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
const TIMES = ['CreateTime', 'LogAppendTime'] as const;
const CASES = CODECS.flatMap((codec) => TIMES.map((times) => [codec, times] as const));
const KAFKAJS_TYPE = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 };
/** Batches of one property; each is one send, so that batches of many sizes and shapes come about. */
const RUNS = 12;

/** Seeded by the case, so that a failure comes again. */
const samplesOf = <T>(of: fc.Arbitrary<T>, name: string): T[] =>
  fc.sample(of, {
    numRuns: RUNS,
    seed: [...name].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7) | 0,
  });

const blob = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  fc
    .tuple(fc.uint8Array({ minLength: 1, maxLength: 20 }), fc.nat(2_000))
    .map(([unit, times]) => Buffer.concat(Array.from({ length: times }, () => unit))),
);
const nullable = fc.option(blob, { nil: null, freq: 6 });

/** A line of a console: no tab, no end of line, no separator of headers. */
const line = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 200 })
  .map((text) =>
    text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff\ufffd:,=%\\\ud800-\udfff]/gu, '·'),
  )
  .filter((text) => text.trim() === text && text !== 'null');

const columnsOf = (chunks: readonly FetchedChunk[]) => {
  expect(chunks.flatMap(({ problems }) => problems)).toEqual([]);
  return chunks.flatMap(({ columns }) =>
    Array.from({ length: columns.count }, (_, row) => ({ columns, row })),
  );
};

const hex = (bytes: Uint8Array | null): string | null => bytes && Buffer.from(bytes).toString('hex');

describeKafka('what other clients write', () => {
  let kafka: KafkaHandle;
  let client: ClusterClient;

  beforeAll(async () => {
    kafka = await sharedKafka();
    client = await connectCluster(connectionTo(kafka));
    // kafkajs brings only gzip.
    const pack = (run: (bytes: Buffer) => Buffer) => () => ({
      compress: async ({ buffer }: { buffer: Buffer }) => run(buffer),
      decompress: async (bytes: Buffer) => bytes,
    });
    CompressionCodecs[CompressionTypes.Snappy] = pack(snappyCompress);
    CompressionCodecs[CompressionTypes.LZ4] = pack(lz4Compress);
    CompressionCodecs[CompressionTypes.ZSTD] = pack(zstdCompressSync);
  });

  afterAll(() => client?.close());

  const topicFor = async (writer: string, codec: string, times: string): Promise<string> => {
    const topic = `any-${writer}-${codec}-${times}`;
    // The broker keeps a batch as it was compressed, and however old its records say they are.
    const config = { 'message.timestamp.type': times, 'retention.ms': -1 };
    await createTopic(kafka, topic, { config });
    return topic;
  };

  const expectFlags = (chunks: readonly FetchedChunk[], codec: string, times: string): void => {
    for (const { columns, row } of columnsOf(chunks)) {
      const flags = columns.flags[row]!;
      expect(CODECS[flags & FLAG.codec]).toBe(codec);
      expect((flags & FLAG.logAppendTime) !== 0).toBe(times === 'LogAppendTime');
      expect(flags & FLAG.timestampInexact).toBe(0);
    }
  };

  test.each(CASES)('kafkajs, %s, %s: any bytes, null and empty, any headers', async (codec, times) => {
    const topic = await topicFor('kafkajs', codec, times);
    const header = fc.tuple(
      fc.string({ minLength: 1, maxLength: 12 }),
      fc.array(blob, { minLength: 1, maxLength: 3 }),
    );
    const message = fc.record({
      key: nullable,
      value: nullable,
      headers: fc.array(header, { maxLength: 3 }).map((pairs) => Object.fromEntries(pairs)),
      timestamp: fc.integer({ min: 0, max: 1_750_000_000_000 }).map(String),
    });
    const batches = samplesOf(fc.array(message, { minLength: 1, maxLength: 60 }), topic);
    const producer = writerTo(kafka).producer();
    await producer.connect();
    const before = Date.now();
    for (const messages of batches)
      await producer.send({ topic, compression: KAFKAJS_TYPE[codec], messages });
    await producer.disconnect();

    const { chunks } = await readTopic(client, topic);
    expectFlags(chunks, codec, times);
    const seen = columnsOf(chunks).map(({ columns, row }) => ({
      offset: columns.offset[row]!,
      key: hex(rowKey(columns, row)),
      value: hex(rowValue(columns, row)),
      headers: decodeHeaders(rowHeaders(columns, row)).map(({ key, value }) => [key, hex(value)]),
    }));
    const sent = batches.flat().map(({ key, value, headers }, offset) => ({
      ...{ offset, key: hex(key), value: hex(value) },
      headers: Object.entries(headers).flatMap(([name, values]) => values.map((each) => [name, hex(each)])),
    }));
    expect(seen).toEqual(sent);
    const seenTimes = columnsOf(chunks).map(({ columns, row }) => columns.timestamp[row]!);
    if (times === 'CreateTime')
      expect(seenTimes).toEqual(batches.flat().map(({ timestamp }) => Number(timestamp)));
    else expect(seenTimes.every((time) => time >= before && time <= Date.now())).toBe(true);
  });

  test.each(CASES)('the Java client, %s, %s: what the Java consumer reads', async (codec, times) => {
    const topic = await topicFor('java', codec, times);
    const entry = fc.record({
      key: line,
      value: line,
      headers: fc.array(fc.tuple(line, line), { minLength: 1, maxLength: 3 }),
    });
    const entries = samplesOf(fc.array(entry, { minLength: 1, maxLength: 40 }), topic).flat();
    const input = entries
      .map(
        ({ key, value, headers }) => `${headers.map((pair) => pair.join(':')).join(',')}\t${key}\t${value}\n`,
      )
      .join('');
    await consoleWrite(
      kafka,
      topic,
      Buffer.from(input),
      ...['--compression-codec', codec],
      ...['--reader-property', 'parse.key=true', '--reader-property', 'parse.headers=true'],
      // Small batches: many of them.
      ...['--command-property', 'batch.size=4000'],
    );
    const { rows, chunks } = await readTopic(client, topic);
    expectFlags(chunks, codec, times);
    expect(rows.map(({ key, value, headers }) => ({ key, value, headers }))).toEqual(
      entries.map(({ key, value, headers }) => ({ key, value, headers })),
    );
    expect(withoutVerdict(rows)).toEqual(await consoleRead(kafka, topic, 0, { records: rows.length }));
  });

  test('the Java producer at its fastest: 20,000 records in large batches, zstd', async () => {
    const topic = await topicFor('perf', 'zstd', 'CreateTime');
    await kafka.tool(
      'ProducerPerformance',
      ...['--topic', topic, '--num-records', '20000', '--record-size', '300', '--throughput', '-1'],
      ...['--producer-props', `bootstrap.servers=${kafka.bootstrap}`, 'compression.type=zstd'],
      ...['batch.size=200000', 'linger.ms=20'],
    );
    const { chunks } = await readTopic(client, topic);
    expectFlags(chunks, 'zstd', 'CreateTime');
    const rows = columnsOf(chunks);
    expect(rows.map(({ columns, row }) => columns.offset[row]!)).toEqual([...Array(20_000).keys()]);
    expect(rows.every(({ columns, row }) => columns.valueLength[row] === 300)).toBe(true);
  });

  test.skipIf(!hasKcat).each(CASES)('librdkafka (kcat), %s, %s: what kcat reads', async (codec, times) => {
    const topic = await topicFor('kcat', codec, times);
    const args = ['-b', kafka.bootstrap, '-t', topic];
    const entry = fc.record({ key: line, value: fc.option(line, { nil: null, freq: 8 }) });
    const batch = fc.record({
      entries: fc.array(entry, { minLength: 1, maxLength: 40 }),
      headers: fc.array(fc.tuple(line, line), { maxLength: 3 }),
    });
    const batches = samplesOf(batch, topic);
    for (const { entries, headers } of batches) {
      const input = entries.map(({ key, value }) => `${key}\t${value ?? ''}`).join('\n');
      const named = headers.flatMap((pair) => ['-H', pair.join('=')]);
      // -Z: what is empty is sent as null.
      execFileSync('kcat', [...args, '-P', '-Z', '-K', '\t', '-z', codec, ...named], { input });
    }
    const { rows, chunks } = await readTopic(client, topic);
    // kcat leaves a batch alone that compression does not make smaller.
    const sent = batches.flatMap(({ entries, headers }) => entries.map((each) => ({ ...each, headers })));
    expect(rows.map(({ key, value, headers }) => ({ key, value, headers }))).toEqual(sent);
    const own = new Set(
      columnsOf(chunks).map(({ columns, row }) => CODECS[columns.flags[row]! & FLAG.codec]),
    );
    expect(own.has(codec)).toBe(true);
    const seen = execFileSync('kcat', [...args, '-C', '-e', '-q', '-f', '%o %T %K %S\n'], {
      encoding: 'utf8',
    });
    const size = (text: string | null) => (text === null ? -1 : Buffer.byteLength(text));
    expect(rows.map((row) => `${row.offset} ${row.timestamp} ${size(row.key)} ${size(row.value)}`)).toEqual(
      seen.trimEnd().split('\n'),
    );
  });
});
