// Who reads a topic, what it weighs and how it is set, against what Kafka's own tools say; and what is left of that
// for a login with few rights.
import { type ChildProcess, spawn } from 'node:child_process';
import type { Consumer } from 'kafkajs';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { TopicGroup } from '../../../src/contract/topics.ts';
import { OFFSET_FETCH, OFFSET_FETCH_ONE } from '../../../src/engine/kafka/groupRequests.ts';
import { listGroupHeads } from '../../../src/engine/kafka/groups.ts';
import { type KafkaHandle, passwordOf, startKafka } from '../../kafka/broker.ts';
import { describeJavaKafka } from '../../kafka/describe.ts';
import { PATIENT } from '../../kafka/patience.ts';
import { connectionInput, startEngine, type TestEngine, temporaryFolder } from '../engine/support.ts';
import { streamsMember } from './streamsMember.ts';
import { commitOffsets, connectionTo, createTopic, withClient, writerTo } from './support.ts';

const TOPIC = 'payments';
const GROUP_COMMAND = 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand';
const WAIT = { timeout: 60_000, interval: 300 };

describeJavaKafka('groups, sizes and settings of a topic', () => {
  const folder = temporaryFolder();
  const running: { stop(): Promise<unknown> }[] = [];
  let kafka: KafkaHandle;
  let engine: TestEngine;
  let connectionId: string;
  let readerId: string;

  const send = async (topic: string, partition: number, values: string[]) => {
    const producer = writerTo(kafka).producer();
    await producer.connect();
    await producer.send({ topic, messages: values.map((value) => ({ partition, value })) });
    await producer.disconnect();
  };
  const numbers = (count: number) => Array.from({ length: count }, (_, i) => `value ${i}`);
  /** A kafkajs consumer that has read and committed everything that is there, and stays in its group. */
  const kafkajsGroup = async (groupId: string, topic: string, count: number): Promise<Consumer> => {
    const consumer = writerTo(kafka).consumer({ groupId, sessionTimeout: 45_000, retry: PATIENT });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    let seen = 0;
    const all = Promise.withResolvers<void>();
    await consumer.run({
      autoCommitThreshold: 1,
      eachMessage: async () => {
        seen++;
        if (seen === count) all.resolve();
      },
    });
    await all.promise;
    running.push({ stop: () => consumer.disconnect() });
    return consumer;
  };
  /** Kafka's own console consumer, which stays in its group until the end. */
  const console_ = (main: string, group: string, topic: string, ...more: string[]) => {
    let isOver = false;
    const done = kafka
      .toolUntil(
        () => isOver,
        main,
        ...['--bootstrap-server', kafka.bootstrap, '--topic', topic, '--group', group],
        // Nothing comes for as long as the other tests take.
        ...['--timeout-ms', '600000'],
        ...more,
      )
      .catch((error) => error);
    running.push({
      stop: () => {
        isOver = true;
        return done;
      },
    });
  };
  const groupsOf = (topic: string, id = connectionId) =>
    engine.api.topics.groups({ connectionId: id, topic, lateAfterMs: 10_000 });
  const groupOf = async (topic: string, groupId: string): Promise<TopicGroup> => {
    const { groups } = await groupsOf(topic);
    const found = groups.find((group) => group.groupId === groupId);
    expect(found, `${groupId} in ${groups.map((group) => group.groupId)}`).toBeDefined();
    return found!;
  };
  /** What `kafka-consumer-groups --describe` says: partition → committed, end and lag. */
  const toolSays = async (group: string) => {
    const text = await kafka.tool(
      GROUP_COMMAND,
      ...['--bootstrap-server', kafka.bootstrap, '--describe', '--group', group],
    );
    const lines = text.split('\n').map((line) => line.trim().split(/\s+/));
    return lines
      .filter(([name, topic]) => name === group && topic === TOPIC)
      .map(([, , partition, committed, high, lag]) => ({
        partition: Number(partition),
        committed,
        high,
        lag,
      }))
      .sort((a, b) => a.partition - b.partition);
  };
  const weSay = ({ partitions }: TopicGroup) =>
    partitions
      .filter(({ committed }) => committed !== null)
      .map(({ partition, committed, high, lag }) => ({ partition, committed, high, lag }));

  beforeAll(async () => {
    kafka = await startKafka({ secure: true });
    await createTopic(kafka, TOPIC, {
      partitions: 3,
      config: { 'retention.ms': 3_600_000, 'cleanup.policy': 'delete', 'segment.bytes': 1_048_576 },
    });
    await createTopic(kafka, 'other', { partitions: 1 });
    await createTopic(kafka, 'hidden', { partitions: 1 });
    for (const partition of [0, 1]) await send(TOPIC, partition, numbers(50));
    await send('other', 0, numbers(5));
    engine = await startEngine(folder.path);
    connectionId = (
      await engine.api.connections.save({ connection: connectionInput(kafka.bootstrap), secrets: {} })
    ).id;
    const allow = (...words: string[]) =>
      kafka.tool(
        'AclCommand',
        ...['--bootstrap-server', kafka.bootstrap, '--add', '--allow-principal', 'User:reader'],
        ...words,
      );
    await allow('--topic', TOPIC, '--operation', 'Describe');
    const sasl = { mechanism: 'plain' as const, username: 'reader' };
    const reader = connectionInput(kafka.saslPlain!, { sasl });
    const secrets = { password: passwordOf('reader') };
    readerId = (await engine.api.connections.save({ connection: reader, secrets })).id;
  });

  afterAll(async () => {
    // A consumer whose broker is gone tries to reach it for minutes.
    await Promise.all(running.map(({ stop }) => stop()));
    await engine?.close();
    await kafka?.stop();
    folder.remove();
  });

  test('classic groups of kafkajs and of Java: members, state, lag as kafka-consumer-groups says', async () => {
    await kafkajsGroup('by-kafkajs', TOPIC, 100);
    console_(
      'org.apache.kafka.tools.consumer.ConsoleConsumer',
      ...['by-java', TOPIC, '--from-beginning'],
      ...['--command-property', 'group.protocol=classic'],
    );
    await vi.waitFor(async () => expect((await groupOf(TOPIC, 'by-java')).lag).toBe('0'), WAIT);
    // A member that was not heard of for a while joins anew, and is in no stable group meanwhile.
    for (const groupId of ['by-kafkajs', 'by-java'])
      await vi.waitFor(async () => {
        const group = await groupOf(TOPIC, groupId);
        expect(group).toMatchObject({ protocol: 'classic', state: 'Stable', late: false, problem: null });
        expect(group.members).toHaveLength(1);
        expect(group.members![0]!.partitions).toEqual([0, 1, 2]);
        expect(group.members![0]!.host).toContain('127.0.0.1');
        expect(group.partitions.map(({ member }) => member)).toEqual(
          Array(3).fill(group.members![0]!.memberId),
        );
        expect(weSay(group)).toEqual((await toolSays(groupId)).filter(({ committed }) => committed !== '-'));
      }, WAIT);
    expect((await groupsOf('other')).groups).toEqual([]);
  });

  test('a group of the new protocol (KIP-848) and a share group (KIP-932)', async () => {
    console_(
      'org.apache.kafka.tools.consumer.ConsoleConsumer',
      ...['by-848', TOPIC, '--from-beginning'],
      ...['--command-property', 'group.protocol=consumer'],
    );
    console_('org.apache.kafka.tools.consumer.ConsoleShareConsumer', 'by-share', TOPIC);
    await vi.waitFor(async () => {
      const group = await groupOf(TOPIC, 'by-848');
      expect(group).toMatchObject({ protocol: 'consumer', state: 'Stable', lag: '0' });
      expect(group.members![0]!.partitions).toEqual([0, 1, 2]);
    }, WAIT);
    const group = await groupOf(TOPIC, 'by-848');
    expect(weSay(group)).toEqual((await toolSays('by-848')).filter(({ committed }) => committed !== '-'));
    await vi.waitFor(async () => {
      const share = await groupOf(TOPIC, 'by-share');
      expect(share).toMatchObject({ protocol: 'share', lag: null, unknownPartitions: 3 });
      expect(share.members).toHaveLength(1);
    }, WAIT);
  });

  test('a group left behind: lag in offsets and in seconds; a killed member, then none', async () => {
    const script = `
      const { Kafka, logLevel } = require('kafkajs');
      const retry = ${JSON.stringify(PATIENT)};
      const client = { brokers: ['${kafka.bootstrap}'], connectionTimeout: 10_000, logLevel: logLevel.NOTHING, retry };
      const consumer = new Kafka(client)
        .consumer({ groupId: 'left-behind', sessionTimeout: 30000, heartbeatInterval: 1000, retry });
      (async () => {
        await consumer.connect();
        await consumer.subscribe({ topic: '${TOPIC}', fromBeginning: true });
        let seen = 0;
        consumer.on(consumer.events.COMMIT_OFFSETS, () => seen === 100 && console.log('read'));
        await consumer.run({ autoCommitThreshold: 1, eachMessage: async () => void seen++ });
      })();`;
    const child: ChildProcess = spawn(process.execPath, ['-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((done) => child.stdout!.once('data', done));
    const gone = new Promise((done) => child.once('exit', done));
    child.kill('SIGKILL');
    await gone;
    // Until its session ends it stays a member. Asked at once: nothing else may use up the seconds of the session.
    const dead = await groupOf(TOPIC, 'left-behind');
    expect(dead.members).toHaveLength(1);
    const before = Date.now();
    await send(TOPIC, 0, numbers(7));
    await send(TOPIC, 2, numbers(3));
    await vi.waitFor(
      async () => expect(await groupOf(TOPIC, 'left-behind')).toMatchObject({ state: 'Empty', members: [] }),
      { ...WAIT, timeout: 120_000 },
    );
    const group = await groupOf(TOPIC, 'left-behind');
    expect(weSay(group)).toEqual(
      (await toolSays('left-behind')).filter(({ committed }) => committed !== '-'),
    );
    expect(group.partitions[0]).toMatchObject({ lag: '7', problem: null });
    expect(group.partitions[2]).toMatchObject({ committed: null, lag: null });
    expect(group).toMatchObject({ lag: '7', unknownPartitions: 1 });
    expect(group.waitingSince).toBeGreaterThanOrEqual(before);
    expect(group.waitingSince).toBeLessThanOrEqual(Date.now());

    // Late is told by the log itself, with any limit.
    const ask = async (lateAfterMs: number) =>
      (await engine.api.topics.groups({ connectionId, topic: TOPIC, lateAfterMs })).groups.find(
        ({ groupId }) => groupId === 'left-behind',
      )!.late;
    expect(await ask(3_600_000)).toBe(false);
    await vi.waitFor(async () => expect(await ask(1)).toBe(true), WAIT);
    // The others commit what they have read a moment later.
    await vi.waitFor(async () => {
      const { topics } = await engine.api.topics.lags({ connectionId, lateAfterMs: 1 });
      const row = topics.find(({ name }) => name === TOPIC)!;
      expect(row).toMatchObject({ mostLag: '7', group: 'left-behind', lateGroups: ['left-behind'] });
      expect(row.groups).toBe(5);
    }, WAIT);
  });

  test('a share group that is behind: its start and its lag as kafka-share-groups says', async () => {
    const topic = 'shared-payments';
    await createTopic(kafka, topic, { partitions: 1 });
    await kafka.tool(
      'kafka.admin.ConfigCommand',
      ...['--bootstrap-server', kafka.bootstrap, '--alter', '--entity-type', 'groups'],
      ...['--entity-name', 'share-behind', '--add-config', 'share.auto.offset.reset=earliest'],
    );
    await send(topic, 0, numbers(4));
    console_(
      'org.apache.kafka.tools.consumer.ConsoleShareConsumer',
      ...['share-behind', topic, '--max-messages', '4'],
    );
    await vi.waitFor(
      async () => expect(await groupOf(topic, 'share-behind')).toMatchObject({ state: 'Empty', lag: '0' }),
      WAIT,
    );
    await send(topic, 0, numbers(7));
    await vi.waitFor(
      async () => expect(await groupOf(topic, 'share-behind')).toMatchObject({ lag: '7' }),
      WAIT,
    );
    const found = await engine.api.topics.groups({ connectionId, topic, lateAfterMs: 3_600_000 });
    const group = found.groups.find(({ groupId }) => groupId === 'share-behind')!;
    const said = await kafka.tool(
      'org.apache.kafka.tools.consumer.group.ShareGroupCommand',
      ...['--bootstrap-server', kafka.bootstrap, '--describe', '--offsets', '--group', 'share-behind'],
    );
    const [start, lag] = said.trim().split('\n').at(-1)!.trim().split(/\s+/).slice(3);
    expect(lag).toBe('7');
    // The start may stand before what is acknowledged already: then it is not the first unread record.
    const isExact = start === '4';
    expect(group.partitions).toMatchObject([
      { committed: start, high: '11', lag, late: isExact ? false : null },
    ]);
    expect(group.waitingSince).toEqual(isExact ? expect.any(Number) : null);
    const { topics } = await engine.api.topics.lags({ connectionId, lateAfterMs: null });
    expect(topics.find(({ name }) => name === topic)).toMatchObject({ mostLag: '7', group: 'share-behind' });
  });

  test('a group of Kafka Streams (KIP-1071): its members with what their tasks read', async () => {
    const topic = 'streamed';
    await createTopic(kafka, topic, { partitions: 2 });
    const memberId = 'AAAAAAAAAAAAAAAAAAAAAQ';
    const beat = streamsMember('by-streams', memberId, topic);
    await vi.waitFor(async () => expect(await withClient(connectionTo(kafka), beat)).toEqual([0, 1]), WAIT);
    await withClient(connectionTo(kafka), beat);
    const group = await groupOf(topic, 'by-streams');
    expect(group).toMatchObject({ protocol: 'streams', state: 'Stable', problem: null });
    expect(group.members).toMatchObject([{ memberId, clientId: 'hindcast-test', partitions: [0, 1] }]);
    expect(group.partitions.map(({ committed, member }) => ({ committed, member }))).toEqual(
      Array(2).fill({ committed: null, member: memberId }),
    );
  });

  test('offsets read one group at a time, for older brokers, are the same', async () => {
    await withClient(connectionTo(kafka), async (client) => {
      const head = (await listGroupHeads(client)).heads.find(({ groupId }) => groupId === 'left-behind')!;
      const groups = [head.groupId];
      const [many] = await client.request(head.coordinator, OFFSET_FETCH, { groups, topics: null });
      const one = await client.request(head.coordinator, OFFSET_FETCH_ONE, {
        group: head.groupId,
        topics: null,
      });
      expect({ groupId: head.groupId, ...one }).toEqual(many);
      expect(one.offsets.length).toBeGreaterThan(0);
    });
  });

  test('an offset beyond the end is named, not counted as nothing', async () => {
    await commitOffsets(kafka, 'ahead', 'other', { 0: 999 });
    const group = await groupOf('other', 'ahead');
    expect(group.partitions[0]).toMatchObject({ committed: '999', lag: null });
    expect(group.partitions[0]!.problem).toContain('beyond the end 5');
  });

  test('sizes are those of kafka-log-dirs', async () => {
    const text = await kafka.tool(
      'LogDirsCommand',
      ...['--bootstrap-server', kafka.bootstrap, '--describe', '--topic-list', TOPIC],
    );
    const told = JSON.parse(text.split('\n').find((line) => line.startsWith('{'))!) as {
      brokers: { logDirs: { partitions: { partition: string; size: number }[] }[] }[];
    };
    const expected = told.brokers.flatMap(({ logDirs }) => logDirs.flatMap(({ partitions }) => partitions));
    const { partitions, size, brokers, problem } = await engine.api.topics.size({
      connectionId,
      topic: TOPIC,
    });
    expect(problem).toBeNull();
    expect(
      new Map(partitions.map((part) => [`${TOPIC}-${part.partition}`, Number(part.leaderBytes)])),
    ).toEqual(new Map(expected.map((part) => [part.partition, part.size])));
    const sum = expected.reduce((total, part) => total + part.size, 0);
    expect(sum).toBeGreaterThan(1000);
    expect(size).toEqual({ name: TOPIC, leaderBytes: String(sum), replicaBytes: String(sum) });
    expect(Number(brokers[0]!.totalBytes)).toBeGreaterThan(Number(brokers[0]!.usableBytes));
    const all = await engine.api.topics.sizes({ connectionId });
    expect(all.topics.find(({ name }) => name === TOPIC)).toEqual(size);
  });

  test('settings: what differs first, with source and default', async () => {
    const { settings, problem } = await engine.api.topics.config({ connectionId, topic: TOPIC });
    expect(problem).toBeNull();
    const differing = settings.filter(({ differs }) => differs);
    expect(settings.slice(0, differing.length)).toEqual(differing);
    expect(
      differing.map(({ name, value, source, defaultValue }) => ({ name, value, source, defaultValue })),
    ).toEqual([
      { name: 'retention.ms', value: '3600000', source: 'topic', defaultValue: '604800000' },
      { name: 'segment.bytes', value: '1048576', source: 'topic', defaultValue: '1073741824' },
    ]);
    expect(settings.find(({ name }) => name === 'cleanup.policy')).toMatchObject({
      value: 'delete',
      differs: false,
    });
    expect(settings.length).toBeGreaterThan(20);
    expect(settings.find(({ name }) => name === 'segment.bytes')!.documentation).toContain('segment');
  });

  test('throughput by timestamps and by two samples', async () => {
    const before = await engine.api.topics.sample({ connectionId, topics: [TOPIC, 'no-such-topic'] });
    expect(before.topics).toEqual([
      { name: TOPIC, high: '110' },
      { name: 'no-such-topic', high: null },
    ]);
    await send(TOPIC, 1, numbers(20));
    const after = await engine.api.topics.sample({ connectionId, topics: [TOPIC] });
    expect(after.topics[0]!.high).toBe('130');
    expect(after.at).toBeGreaterThan(before.at);
    const recent = await engine.api.topics.throughput({ connectionId, topic: TOPIC });
    expect(recent).toMatchObject({ timestamps: 'create', problem: null });
    expect(recent.spans.map(({ records }) => records).slice(1)).toEqual(['130', '130']);
    expect(Number(recent.spans[0]!.records)).toBeGreaterThanOrEqual(20);
  });

  test('a login with Describe on the topic only sees that, and the right that each other part needs', async () => {
    const { topics } = await engine.api.topics.list({ connectionId: readerId, internal: false });
    expect(topics.map(({ name, high }) => ({ name, high }))).toEqual([{ name: TOPIC, high: '130' }]);
    const sizes = await engine.api.topics.sizes({ connectionId: readerId });
    expect(sizes).toMatchObject({
      topics: [],
      problem: expect.stringContaining('needs Describe on the cluster'),
    });
    const size = await engine.api.topics.size({ connectionId: readerId, topic: TOPIC });
    expect(size.problem).toBe('Not allowed: this login needs Describe on the cluster to see sizes on disk.');
    expect(size.size.leaderBytes).toBeNull();
    const config = await engine.api.topics.config({ connectionId: readerId, topic: TOPIC });
    expect(config).toEqual({
      settings: [],
      problem: `Not allowed: this login needs DescribeConfigs on ${TOPIC}.`,
    });
    const groups = await groupsOf(TOPIC, readerId);
    expect(groups).toMatchObject({ groups: [], unclear: [], looked: 0, sees: 'allowed', problems: [] });
    expect(
      (await engine.api.topics.throughput({ connectionId: readerId, topic: TOPIC })).spans[2]!.records,
    ).toBe('130');
  });

  test('with Describe on one group that group is seen; how long it waits needs Read on the topic', async () => {
    await kafka.tool(
      'AclCommand',
      ...['--bootstrap-server', kafka.bootstrap, '--add', '--allow-principal', 'User:reader'],
      ...['--group', 'left-behind', '--operation', 'Describe'],
    );
    await vi.waitFor(async () => {
      const answer = await groupsOf(TOPIC, readerId);
      expect(answer.groups).toMatchObject([
        { groupId: 'left-behind', lag: '27', waitingSince: null, late: true },
      ]);
      expect(answer.problems).toEqual([
        `How long records wait is not known. Not allowed: this login needs Read on ${TOPIC}.`,
      ]);
    }, WAIT);
  });
});
