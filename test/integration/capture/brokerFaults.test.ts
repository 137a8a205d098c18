// What brokers do while a capture runs: it goes on by itself, or ends with the exact remainder and the reason.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FollowProgress } from '../../../src/engine/capture/followTypes.ts';
import { type AnswerProxy, type ApiName, startAnswerProxy } from '../../kafka/answers.ts';
import { freePorts, type KafkaHandle, startKafka } from '../../kafka/broker.ts';
import { describeJavaKafka } from '../../kafka/describe.ts';
import { untilItWorks } from '../../kafka/patience.ts';
import { type DamagingProxy, startProxy } from '../../kafka/proxy.ts';
import {
  asAdmin,
  connectionTo,
  consoleRead,
  createTopic,
  leadersSaidBy,
  writerTo,
} from '../kafka/support.ts';
import { capture, coverageOf, create, storedRows, temporaryPlace } from './support.ts';

const RECORDS = 40_000;
const PARTITIONS = 3;
const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms));

async function produce(kafka: KafkaHandle, topic: string): Promise<void> {
  const producer = writerTo(kafka).producer();
  await producer.connect();
  for (let start = 0; start < RECORDS; start += 2_000)
    await producer.send({
      topic,
      messages: Array.from({ length: 2_000 }, (_, i) => ({
        key: `acc-${(start + i) % 500}`,
        partition: (start + i) % PARTITIONS,
        value: `{"event_id":"e${start + i}","event_type":"DepositMade","aggregate_type":"Account","aggregate_id":"acc-${(start + i) % 500}","event_data":{"n":${start + i},"pad":"${'x'.repeat(300)}"},"event_timestamp":"2025-01-01T00:00:00Z"}`,
      })),
    });
  await producer.disconnect();
}

/** Every record once, in its place. */
function expectWhole(file: string, topic: string): void {
  const rows = storedRows(file, topic);
  expect(rows.length).toBe(RECORDS);
  for (const row of rows) {
    const { n } = (JSON.parse(row.value!) as { event_data: { n: number } }).event_data;
    if (n % PARTITIONS !== row.partition || Math.floor(n / PARTITIONS) !== row.offset)
      throw new Error(`record ${n} is stored at ${row.partition}/${row.offset}`);
  }
}

function* always(code: number): Generator<number> {
  for (;;) yield code;
}

/** What a client may read in a second. */
const quota = (kafka: KafkaHandle, bytes: number | null) =>
  kafka.tool(
    'kafka.admin.ConfigCommand',
    ...['--bootstrap-server', kafka.bootstrap, '--alter', '--entity-type', 'clients', '--entity-default'],
    ...(bytes === null
      ? ['--delete-config', 'consumer_byte_rate']
      : ['--add-config', `consumer_byte_rate=${bytes}`]),
  );

describeJavaKafka('a broker that answers with errors', () => {
  const place = temporaryPlace();
  const topic = 'answers';
  let kafka: KafkaHandle;
  let proxy: AnswerProxy;
  /** Between the broker and the proxy that understands its frames: cuts the connection at any byte. */
  let wire: DamagingProxy;

  beforeAll(async () => {
    const [port] = (await freePorts(1)) as [number];
    wire = await startProxy(() => port);
    proxy = await startAnswerProxy(() => wire.port);
    kafka = await startKafka({
      port,
      settings: { 'advertised.listeners': `PLAINTEXT://127.0.0.1:${proxy.port}` },
    });
    await createTopic(kafka, topic, { partitions: PARTITIONS });
    await produce(kafka, topic);
  });
  afterAll(async () => {
    proxy?.close();
    wire?.close();
    await kafka?.stop();
    await place.remove();
  });

  /** Captures while answers of the API carry these codes, one after the other; the first fetch brings records. */
  async function captureWith(name: string, api: ApiName, codes: Iterable<number>) {
    const file = place.file(name);
    const workspace = await create(file);
    let spared = api === 'fetch' ? 1 : 0;
    const next = codes[Symbol.iterator]();
    proxy.changed = 0;
    proxy.codeFor = (asked) => (asked === api && spared-- <= 0 ? (next.next().value ?? null) : null);
    try {
      const outcome = await capture(workspace, kafka, [topic]);
      proxy.codeFor = () => null;
      return { file, workspace, outcome };
    } catch (error) {
      proxy.codeFor = () => null;
      await workspace.close();
      throw error;
    }
  }

  // All that Kafka's own clients repeat a request for (org.apache.kafka.common.protocol.Errors: RetriableException), but
  // those of writing.
  test.each([
    [2, 'CORRUPT_MESSAGE', 3, 'UNKNOWN_TOPIC_OR_PARTITION'],
    [5, 'LEADER_NOT_AVAILABLE', 6, 'NOT_LEADER_OR_FOLLOWER'],
    [7, 'REQUEST_TIMED_OUT', 8, 'BROKER_NOT_AVAILABLE'],
    [9, 'REPLICA_NOT_AVAILABLE', 13, 'NETWORK_EXCEPTION'],
    [14, 'COORDINATOR_LOAD_IN_PROGRESS', 15, 'COORDINATOR_NOT_AVAILABLE'],
    [16, 'NOT_COORDINATOR', 41, 'NOT_CONTROLLER'],
    [56, 'KAFKA_STORAGE_ERROR', 70, 'FETCH_SESSION_ID_NOT_FOUND'],
    [71, 'INVALID_FETCH_SESSION_EPOCH', 72, 'LISTENER_NOT_FOUND'],
    [74, 'FENCED_LEADER_EPOCH', 75, 'UNKNOWN_LEADER_EPOCH'],
    [78, 'OFFSET_NOT_AVAILABLE', 80, 'PREFERRED_LEADER_NOT_AVAILABLE'],
    [83, 'ELIGIBLE_LEADERS_NOT_AVAILABLE', 84, 'ELECTION_NOT_NEEDED'],
    [89, 'THROTTLING_QUOTA_EXCEEDED', 100, 'UNKNOWN_TOPIC_ID'],
    [103, 'INCONSISTENT_TOPIC_ID', 106, 'FETCH_SESSION_TOPIC_ID_ERROR'],
  ])('to fetches, %i %s and %i %s for a moment: it goes on by itself', async (one, name, other) => {
    const { file, workspace, outcome } = await captureWith(name, 'fetch', [one, one, other, other]);
    await workspace.close();
    expect(proxy.changed).toBe(4);
    expect(outcome).toMatchObject({ status: 'complete', stored: RECORDS, notRead: 0 });
    expectWhole(file, topic);
  });

  test('connections cut in the middle of a frame, again and again: it goes on by itself', async () => {
    const file = place.file('cut');
    const workspace = await create(file);
    let passed = 0;
    wire.cuts = 0;
    wire.onData = (piece) => {
      passed += piece.length;
      // Only a piece of a large answer: it is cut in two.
      if (passed < 3_000_000 || piece.length < 10_000) return piece;
      passed = 0;
      return null;
    };
    try {
      const outcome = await capture(workspace, kafka, [topic]);
      expect(outcome).toMatchObject({ status: 'complete', problem: null, stored: RECORDS, notRead: 0 });
    } finally {
      wire.onData = (piece) => piece;
      await workspace.close();
    }
    expect(wire.cuts).toBeGreaterThan(2);
    expectWhole(file, topic);
  });

  test('throttled by a quota, as its answers say: slower, complete', async () => {
    const file = place.file('throttled');
    const workspace = await create(file);
    await quota(kafka, 1_500_000);
    proxy.throttledMs = 0;
    try {
      const outcome = await capture(workspace, kafka, [topic]);
      expect(outcome).toMatchObject({ status: 'complete', problem: null, stored: RECORDS, notRead: 0 });
    } finally {
      await quota(kafka, null);
      await workspace.close();
    }
    expect(proxy.throttledMs).toBeGreaterThan(0);
    expectWhole(file, topic);
  });

  test.each([
    ['metadata', 5],
    ['metadata', 3],
    ['listOffsets', 6],
    ['listOffsets', 78],
    ['listOffsets', 5],
    ['listOffsets', 74],
  ] as const)('to the questions before it, %s %i for a moment: it begins all the same', async (api, code) => {
    const { file, workspace, outcome } = await captureWith(`${api}-${code}`, api, [code, code]);
    await workspace.close();
    expect(outcome).toMatchObject({ status: 'complete', stored: RECORDS });
    expectWhole(file, topic);
  });

  test.each([
    [56, 'KAFKA_STORAGE_ERROR', /no leader that answers/],
    [29, 'TOPIC_AUTHORIZATION_FAILED', /may not be read/],
    [-1, 'UNKNOWN_SERVER_ERROR', /UNKNOWN/],
  ])(
    'to every fetch from then on, %i %s: it ends with the exact remainder and the reason',
    async (code, name, reason) => {
      const { file, workspace, outcome } = await captureWith(`${name}-stays`, 'fetch', always(code));
      expect(outcome.status).toBe('incomplete');
      expect(outcome.problem).toMatch(reason);
      expect(outcome.nextStep).toMatch(/\.$/);
      expect(outcome.stored + outcome.notRead).toBe(RECORDS);
      const { partitions } = await coverageOf(workspace, topic);
      expect(partitions.reduce((sum, { notRead }) => sum + notRead, 0)).toBe(outcome.notRead);
      expect(await capture(workspace, kafka, [topic])).toMatchObject({
        status: 'complete',
        stored: outcome.notRead,
      });
      await workspace.close();
      expectWhole(file, topic);
    },
  );
});

describeJavaKafka('a cluster of three brokers in trouble', () => {
  const place = temporaryPlace();
  const topic = 'replicated';
  let kafka: KafkaHandle;

  beforeAll(async () => {
    kafka = await startKafka({ brokers: 3, heap: '384m' });
    await createTopic(kafka, topic, { partitions: PARTITIONS, replicas: 3 });
    await produce(kafka, topic);
    await quota(kafka, 1_500_000);
  });
  afterAll(async () => {
    await kafka?.stop();
    await place.remove();
  });

  /** Captures; does `disturb` once the first records are stored; what is stored at the end must be whole. */
  async function captureWhile(name: string, disturb: () => Promise<void>): Promise<void> {
    const file = place.file(name);
    const workspace = await create(file);
    let disturbing: Promise<void> | null = null;
    const outcome = await capture(workspace, kafka, [topic], {
      onProgress: ({ stored, phase }) => {
        if (stored > 0 && phase === 'reading') disturbing ??= disturb();
      },
    });
    expect(disturbing).not.toBeNull();
    await disturbing;
    const { badge } = await coverageOf(workspace, topic);
    await workspace.close();
    expect(outcome).toMatchObject({ status: 'complete', problem: null, stored: RECORDS, notRead: 0 });
    expect(badge.state).toBe('complete');
    expectWhole(file, topic);
  }

  /** The leader of each partition becomes the next broker, and the next but one. */
  async function moveLeaders(name: string): Promise<void> {
    const partitions = Array.from({ length: PARTITIONS }, (_, partition) => partition);
    for (const shift of [1, 2]) {
      const order = (partition: number) => [0, 1, 2].map((at) => ((partition + shift + at) % 3) + 1);
      const plan = join(kafka.dir, `plan-${name}-${shift}.json`);
      const moves = partitions.map((partition) => ({ topic: name, partition, replicas: order(partition) }));
      writeFileSync(plan, JSON.stringify({ version: 1, partitions: moves }));
      const where = ['--bootstrap-server', kafka.bootstrap];
      // Refused while a busy machine has the controller miss a broker for a moment.
      await untilItWorks(() =>
        kafka.tool(
          'org.apache.kafka.tools.reassign.ReassignPartitionsCommand',
          ...[...where, '--execute', '--reassignment-json-file', plan],
        ),
      );
      const wanted = partitions.map((partition) => order(partition)[0]);
      // A replica that has fallen behind is not elected, and what the controller knows each broker hears later.
      const elect = [...where, '--election-type', 'preferred', '--all-topic-partitions'];
      const brokers = kafka.bootstrap.split(',');
      await expect
        .poll(
          async () => {
            await kafka.tool('LeaderElectionCommand', ...elect).catch(() => {});
            return Promise.all(brokers.map((broker) => leadersSaidBy(broker, name)));
          },
          { timeout: 90_000, interval: 500 },
        )
        .toEqual(brokers.map(() => wanted));
    }
  }

  /** Records in all partitions of a topic that loses none. */
  async function lengthOf(name: string): Promise<number> {
    const ends = await asAdmin(kafka, (admin) => admin.fetchTopicOffsets(name));
    return ends.reduce((sum, { high }) => sum + Number(high), 0);
  }

  test('the leader of every partition moves to the next broker, twice', () =>
    captureWhile('moved', () => moveLeaders(topic)));

  test('followed, with leaders that move while records come: each arrives, once and in its place', async () => {
    const live = 'followed';
    await createTopic(kafka, live, { partitions: PARTITIONS, replicas: 3 });
    const file = place.file(live);
    const workspace = await create(file);
    const abort = new AbortController();
    let told: FollowProgress | null = null;
    const following = workspace.follow(
      { connection: connectionTo(kafka), topics: [live], from: 'earliest' },
      {
        signal: abort.signal,
        onProgress: (progress) => {
          told = progress;
        },
      },
    );
    following.catch(() => {});
    const producer = writerTo(kafka).producer();
    await producer.connect();
    let sent = 0;
    const send = async () => {
      const messages = Array.from({ length: PARTITIONS }, (_, partition) => ({
        partition,
        key: 'k',
        value: `{"n":${sent + partition}}`,
      }));
      sent += PARTITIONS;
      await producer.send({ topic: live, messages });
    };
    const counted = () => told?.stored ?? 0;
    let isMoving = true;
    const sending = (async () => {
      while (isMoving) {
        await send();
        await sleep(20);
      }
    })();
    try {
      await expect.poll(counted, { timeout: 60_000 }).toBeGreaterThan(0);
      await moveLeaders(live);
      isMoving = false;
      await sending;
      await send();
      // The producer may have repeated what a moving leader did not acknowledge: the log is the truth.
      // A new leader learns the high watermark a moment after it was elected.
      await expect.poll(async () => (await lengthOf(live)) - counted(), { timeout: 60_000 }).toBe(0);
      await expect.poll(() => told, { timeout: 60_000 }).toMatchObject({ behind: 0, waits: null });
      abort.abort();
      expect(await following).toMatchObject({ waits: null });
      const { badge } = await coverageOf(workspace, live);
      expect(badge.state).toBe('complete');
    } finally {
      isMoving = false;
      await sending;
      await producer.disconnect();
      await workspace.close();
    }
    const stored = storedRows(file, live);
    // What of `sent` is in the log, and how often, is the producer's doing: while leaders move it may repeat or lose some.
    await expect.poll(() => lengthOf(live), { timeout: 60_000 }).toBe(stored.length);
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const rows = stored.filter((row) => row.partition === partition);
      const read = await consoleRead(kafka, live, partition);
      expect(rows.map(({ offset, value }) => [offset, value])).toEqual(
        read.map(({ offset, value }) => [offset, value]),
      );
    }
  });

  test('one broker is killed and comes back', () =>
    captureWhile('killed', async () => {
      await kafka.kill(3);
      await sleep(2_000);
      await kafka.restart(3);
    }));

  test('one broker is frozen for 20 seconds', () =>
    captureWhile('frozen', async () => {
      kafka.freeze(2);
      await sleep(20_000);
      kafka.thaw(2);
    }));
});
