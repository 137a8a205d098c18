// Records and batches that somebody could have written to break a reader: each is kept, marked and shown; none stops the
// capture or the list.
import { appendFileSync, existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Workspace } from '../../../src/engine/store/workspace.ts';
import { batchOf, COMPRESS, record } from '../../kafka/batches.ts';
import { type KafkaHandle, startKafka } from '../../kafka/broker.ts';
import { describeJavaKafka } from '../../kafka/describe.ts';
import { createTopic, writerTo } from '../kafka/support.ts';
import { capture, coverageOf, create, temporaryPlace } from './support.ts';

const bytes = (text: string) => Buffer.from(text);
const DEPTH = 100_000;
const HEADERS = 100_000;
const BIG_VALUE = 20 * 2 ** 20;
/** More than a batch is let decompress to. */
const BOMB_BYTES = 200 * 2 ** 20;

/** One record each: its value, and whether it can be read as JSON. */
const VALUES: Record<string, { value: Buffer; readable: boolean }> = {
  'twenty-megabytes': {
    value: bytes(`{"event_type":"Large","pad":"${'✓'.repeat(BIG_VALUE / 3)}"}`),
    readable: true,
  },
  'invalid-utf8': {
    value: Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xc3, 0x28, 0x22, 0x7d]),
    readable: false,
  },
  'lone-surrogate': { value: bytes('{"a":"\\ud800","b":"\\udc00\\ud800"}'), readable: true },
  'duplicate-keys': { value: bytes('{"a":1,"a":2,"b":{"c":1,"c":2}}'), readable: true },
  'deep-list': { value: bytes(`${'['.repeat(DEPTH)}1${']'.repeat(DEPTH)}`), readable: false },
  'deep-object': { value: bytes(`${'{"a":'.repeat(DEPTH)}1${'}'.repeat(DEPTH)}`), readable: false },
  'long-number': { value: bytes(`{"n":${'7'.repeat(10_000)},"m":-0.${'3'.repeat(10_000)}}`), readable: true },
  'huge-exponent': { value: bytes('{"n":1e999999999,"m":1e-999999999}'), readable: true },
  'not-a-number': { value: bytes('{"a":NaN,"b":Infinity}'), readable: false },
  proto: {
    value: bytes('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}'),
    readable: true,
  },
  html: { value: bytes('{"note":"<img src=x onerror=alert(1)><script>alert(1)</script>"}'), readable: true },
  bidi: { value: bytes('{"note":"pay \u202eelgoog\u202c now \\u0007"}'), readable: true },
};
const NAMES = Object.keys(VALUES);

describeJavaKafka('hostile data on a broker', () => {
  const place = temporaryPlace();
  const settings = { 'message.max.bytes': 64 * 2 ** 20, 'log.retention.ms': -1 };
  let kafka: KafkaHandle;

  beforeAll(async () => {
    kafka = await startKafka({ settings, heap: '768m' });
  });
  afterAll(async () => {
    await kafka?.stop();
    await place.remove();
  });

  const rowsOf = async (workspace: Workspace) =>
    (await workspace.read('events.query', { filter: {}, from: 0, count: 500 })).rows;

  async function wholeValue(workspace: Workspace, id: number): Promise<Buffer> {
    const parts: Uint8Array[] = [];
    for (let offset = 0; ; ) {
      const { size, bytes: part } = await workspace.read('events.bytes', {
        ...{ id, part: 'value', offset, length: 2 ** 20 },
      });
      parts.push(part);
      offset += part.length;
      if (offset >= (size ?? 0) || part.length === 0) return Buffer.concat(parts);
    }
  }

  test('values and headers: every byte is kept, each is told for what it is, each can be opened', async () => {
    const topic = 'hostile.values';
    await createTopic(kafka, topic);
    const producer = writerTo(kafka).producer();
    await producer.connect();
    for (const name of NAMES)
      await producer.send({ topic, messages: [{ key: name, value: VALUES[name]!.value }] });
    await producer.send({
      topic,
      messages: [
        {
          key: 'many-headers',
          value: '{}',
          headers: Object.fromEntries(Array.from({ length: HEADERS }, (_, i) => [`h${i}`, `v${i}`])),
        },
      ],
    });
    await producer.send({ topic, messages: [{ key: 'last', value: '{"event_type":"Last"}' }] });
    await producer.disconnect();

    const workspace = await create(place.file('values'));
    expect(await capture(workspace, kafka, [topic])).toMatchObject({
      status: 'complete',
      stored: NAMES.length + 2,
      unreadable: 0,
    });
    const rows = await rowsOf(workspace);
    expect(rows.map(({ place: at }) => Number(at.offset))).toEqual(rows.map((_, index) => index));
    for (const [at, name] of NAMES.entries()) {
      const row = rows[at]!;
      expect([name, row.kind !== 'undecodable']).toEqual([name, VALUES[name]!.readable]);
      expect((await wholeValue(workspace, row.id)).equals(VALUES[name]!.value), name).toBe(true);
      const detail = await workspace.read('events.get', { id: row.id });
      expect(detail.row.id).toBe(row.id);
      // Why it could not be decoded is said.
      if (row.kind === 'undecodable') expect(`${name}: ${JSON.stringify(detail.problems)}`).toMatch(/\w{3}/);
    }
    const many = await workspace.read('events.get', { id: rows[NAMES.length]!.id });
    expect(many.headers.length).toBeGreaterThan(0);
    expect(rows.at(-1)!.kind).not.toBe('undecodable');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    await workspace.close();
  });

  test('batches with a wrong checksum or count, and zip bombs in every codec: marked with the reason, the rest is read', async () => {
    const topic = 'hostile.batches';
    await createTopic(kafka, topic);
    const producer = writerTo(kafka).producer();
    await producer.connect();
    await producer.send({ topic, messages: [{ value: 'replaced below' }] });
    await producer.disconnect();

    let offset = 0;
    const sound: number[] = [];
    const damaged: [offset: number, reason: RegExp][] = [];
    const parts: Buffer[] = [];
    const good = () => {
      sound.push(offset);
      parts.push(batchOf([record('k', `{"n":${offset}}`)], { baseOffset: offset++ }));
    };
    const bad = (batch: (baseOffset: number) => Buffer, reason: RegExp) => {
      damaged.push([offset, reason]);
      parts.push(batch(offset++));
      good();
    };
    good();
    bad((baseOffset) => {
      const batch = batchOf([record('k', 'a value that was right once')], { baseOffset });
      batch[batch.length - 3]! ^= 1;
      return batch;
    }, /checksum/i);
    bad(
      (baseOffset) => batchOf([record('k', 'v')], { baseOffset, count: 5, lastOffsetDelta: 0 }),
      /record|count/i,
    );
    bad(
      (baseOffset) => batchOf([record('k', 'v')], { baseOffset, count: -1, lastOffsetDelta: 0 }),
      /record|count/i,
    );
    bad(
      (baseOffset) =>
        batchOf([], { baseOffset, count: 1, payload: Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f]) }),
      /record|length/i,
    );
    const zeros = record('bomb', null);
    zeros.value = Buffer.alloc(BOMB_BYTES);
    for (const codec of [1, 2, 3, 4])
      bad((baseOffset) => batchOf([zeros], { baseOffset, codec }), /large|more than|limit/i);
    for (const codec of [1, 2, 3, 4])
      bad(
        (baseOffset) =>
          batchOf([record('k', 'v')], { baseOffset, codec, packed: bytes('not compressed at all') }),
        /./,
      );
    bad((baseOffset) => batchOf([record('k', 'v')], { baseOffset, codec: 7, packed: bytes('?') }), /codec/i);
    expect(COMPRESS).toHaveLength(5);
    await replaceLog(topic, Buffer.concat(parts));

    const workspace = await create(place.file('batches'));
    const outcome = await capture(workspace, kafka, [topic]);
    expect(outcome).toMatchObject({ stored: sound.length, unreadable: damaged.length, notRead: 0 });
    const { partitions } = await workspace.read('workspace.coverage', { topics: [topic] });
    await coverageOf(workspace, topic);
    const { missing } = partitions[0]!;
    expect(missing.map(({ from, reason }) => [Number(from), reason])).toEqual(
      damaged.map(([at]) => [at, 'undecodable']),
    );
    for (const [index, [, reason]] of damaged.entries()) expect(missing[index]!.note).toMatch(reason);
    const rows = await rowsOf(workspace);
    expect(rows.map(({ place: at }) => Number(at.offset))).toEqual(sound);
    await workspace.close();
  });

  /** Puts other bytes in the place of a topic's only segment, as if the disk had them; the broker is down meanwhile. */
  async function replaceLog(topic: string, segment: Buffer): Promise<void> {
    const node = join(kafka.dir, 'node-1');
    const pid = Number(readFileSync(join(node, 'pid'), 'utf8'));
    // Ended in peace, so that it does not look through its logs for damage when it starts again.
    process.kill(pid, 'SIGTERM');
    await expect
      .poll(() => existsSync(join(node, 'data', '.kafka_cleanshutdown')), { timeout: 60_000 })
      .toBe(true);
    await kafka.kill(1);
    const log = join(node, 'data', `${topic}-0`, '00000000000000000000.log');
    for (const kind of ['index', 'timeindex']) {
      rmSync(log.replace(/log$/, kind));
      writeFileSync(log.replace(/log$/, kind), '');
    }
    truncateSync(log);
    appendFileSync(log, segment);
    await kafka.restart(1);
  }
});
