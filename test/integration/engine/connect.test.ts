import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Api } from '../../../src/contract/contract.ts';
import { type KafkaHandle, passwordOf, sharedKafka, startKafka } from '../../kafka/broker.ts';
import { describeJavaKafka, describeKafka } from '../../kafka/describe.ts';
import { createTopic } from '../kafka/support.ts';
import {
  Bank,
  captureAll,
  connectionInput,
  ended,
  endOffsets,
  startEngine,
  type TestEngine,
  temporaryFolder,
} from './support.ts';

describeKafka('connecting and capturing', () => {
  const folder = temporaryFolder();
  let kafka: KafkaHandle;
  let engine: TestEngine;
  let api: Api;

  beforeAll(async () => {
    kafka = await sharedKafka();
    engine = await startEngine(folder.path);
    ({ api } = engine);
  });
  afterAll(async () => {
    await engine?.close();
    folder.remove();
  });

  const connect = async () =>
    (await api.connections.save({ connection: connectionInput(kafka.bootstrap), secrets: {} })).id;

  test('a test of what is on the form goes through every step and writes nothing', async () => {
    const topic = 'test.connection';
    await createTopic(kafka, topic);
    const before = await endOffsets(kafka, topic);
    const result = await api.connections.test({ connection: connectionInput(kafka.bootstrap), secrets: {} });
    expect(result.ok).toBe(true);
    expect(result.steps.map(({ step, status }) => [step, status])).toEqual(
      expect.arrayContaining([
        ['name', 'ok'],
        ['tcp', 'ok'],
        ['tls', 'skipped'],
        ['kafka', 'ok'],
        ['access', 'ok'],
      ]),
    );
    expect(await api.connections.list({})).toEqual([]);
    expect(await endOffsets(kafka, topic)).toEqual(before);
  });

  test('a wrong address names the step and the way out; a second address may still do', async () => {
    const closed = await closedPort();
    const failed = await api.connections.test({ connection: connectionInput(closed), secrets: {} });
    expect(failed.ok).toBe(false);
    expect(failed.steps.at(-1)).toMatchObject({
      step: 'tcp',
      status: 'failed',
      nextStep: expect.any(String),
    });
    const unknown = await api.connections.test({
      connection: connectionInput('no-such-host.invalid:9092'),
      secrets: {},
    });
    expect(unknown.steps.at(-1)).toMatchObject({ step: 'name', status: 'failed' });
    const both = connectionInput(`${closed},${kafka.bootstrap}`);
    expect((await api.connections.test({ connection: both, secrets: {} })).ok).toBe(true);

    const { id } = await api.connections.save({ connection: connectionInput(closed), secrets: {} });
    await expect(api.topics.list({ connectionId: id, internal: false })).rejects.toMatchObject({
      code: 'connection.failed',
      message: expect.stringContaining(closed),
      nextStep: expect.stringMatching(/\w/),
      retryable: true,
    });
    await api.connections.remove({ id });
  });

  test('topics with offsets and policies; measured counts once captured, and the second capture reads only what is new', async () => {
    const topic = 'connect.savings';
    await createTopic(kafka, topic, { partitions: 2, config: { 'retention.ms': 86_400_000 } });
    const bank = new Bank(kafka, topic);
    await bank.doubledInterest();
    const connectionId = await connect();
    const find = async () => {
      const { topics, clusterId } = await api.topics.list({ connectionId, internal: false });
      expect(clusterId).toMatch(/./);
      return topics.find(({ name }) => name === topic);
    };
    const row = { partitions: 2, low: '0', high: '5', estimated: '5', replication: 1, problem: null };
    expect(await find()).toMatchObject({
      ...row,
      captured: null,
      retentionMs: '86400000',
      cleanupPolicy: 'delete',
    });

    await api.workspace.create({ name: 'connect' });
    const first = await captureAll(api, connectionId, [topic]);
    expect(first).toMatchObject({ done: 5, total: 5, note: expect.stringContaining('5 new records') });
    expect(await find()).toMatchObject({ ...row, captured: '5' });
    const partitions = await api.topics.partitions({ connectionId, topic });
    expect(partitions.map(({ captured }) => Number(captured)).reduce((sum, count) => sum + count)).toBe(5);
    expect((await api.workspace.coverage({ topics: null })).badge.state).toBe('complete');

    await bank.send([bank.event('DepositMade', { amount: '1.00' })]);
    const second = await captureAll(api, connectionId, [topic]);
    expect(second).toMatchObject({ done: 1, total: 1, note: expect.stringContaining('1 new record ') });
    const { rows, total, of } = await api.events.query({ filter: { topics: [topic] }, from: 0, count: 10 });
    expect([rows.length, total, of]).toEqual([6, 6, 6]);
    expect(rows.at(-1)).toMatchObject({ type: 'DepositMade', aggregate: bank.ref });
    const { value, bytes } = await api.events.bytes({
      id: rows[0]!.id,
      part: 'value',
      offset: 0,
      length: 100,
    });
    expect(bytes.length).toBe(100);
    expect(value.size).toBeGreaterThan(300);
    const { topics: internal } = await api.topics.list({ connectionId, internal: true });
    const { topics: own } = await api.topics.list({ connectionId, internal: false });
    expect(own.some((one) => one.internal)).toBe(false);
    expect(internal.length).toBeGreaterThanOrEqual(own.length);
  });

  test('a topic that is not there, and a workspace that is not open', async () => {
    const connectionId = await connect();
    await expect(api.topics.partitions({ connectionId, topic: 'no.such.topic' })).rejects.toMatchObject({
      code: 'topic.unknown',
      message: expect.stringContaining('no.such.topic'),
    });
    await api.workspace.create({ name: 'vanished' });
    const { jobId } = await api.capture.start({ connectionId, topics: ['no.such.topic'], from: 'earliest' });
    expect(await ended(api, jobId)).toMatchObject({ status: 'failed', error: { code: 'topic.unknown' } });
    await expect(
      api.capture.start({ connectionId: 'nobody', topics: ['a'], from: 'earliest' }),
    ).rejects.toMatchObject({ code: 'connection.unknown' });
  });

  test('says what changed', async () => {
    const abort = new AbortController();
    const seen = new Set<string>();
    const listening = (async () => {
      for await (const { scopes } of api.system.changed({}, { signal: abort.signal }))
        for (const scope of scopes) seen.add(scope);
    })();
    await api.system.info({});
    const connectionId = await connect();
    await api.workspace.create({ name: 'changes' });
    await captureAll(api, connectionId, ['connect.savings']);
    await expect
      .poll(() => [...seen].sort())
      .toEqual(expect.arrayContaining(['connections', 'events', 'jobs', 'workspace']));
    abort.abort();
    await listening;
  });
});

describeJavaKafka('connecting with a login', () => {
  const folder = temporaryFolder();
  let kafka: KafkaHandle;
  let engine: TestEngine;

  beforeAll(async () => {
    kafka = await startKafka({ secure: true });
    engine = await startEngine(folder.path);
  });
  afterAll(async () => {
    await engine?.close();
    await kafka?.stop();
    folder.remove();
  });

  test('a wrong password is named as such, a right one is found nowhere on disk nor in the log', async () => {
    const { api } = engine;
    const wrong = 'canary-wrong-5d1e';
    const connection = connectionInput(kafka.saslPlain!, {
      sasl: { mechanism: 'scram-sha-256', username: 'admin' },
    });
    const failed = await api.connections.test({ connection, secrets: { password: wrong } });
    expect(failed.ok).toBe(false);
    expect(failed.steps.at(-1)).toMatchObject({
      step: 'sasl',
      status: 'failed',
      nextStep: expect.any(String),
    });

    const bad = await api.connections.save({ connection, secrets: { password: wrong } });
    await expect(api.topics.list({ connectionId: bad.id, internal: false })).rejects.toMatchObject({
      code: 'connection.failed',
    });
    const password = passwordOf('admin');
    const good = await api.connections.save({
      connection: { ...connection, id: bad.id },
      secrets: { password },
    });
    expect(JSON.stringify(good)).not.toContain(password);
    const stored = await api.connections.test({ connection: { ...connection, id: good.id }, secrets: {} });
    expect(stored.ok).toBe(true);

    const topic = 'secure.savings';
    await createTopic(kafka, topic);
    const bank = new Bank(kafka, topic);
    await bank.doubledInterest();
    await api.workspace.create({ name: 'secure' });
    await captureAll(api, good.id, [topic]);
    await engine.close();
    const texts = [
      engine.log.join('\n'),
      ...filesBelow(folder.path).map((file) => readFileSync(file, 'latin1')),
    ];
    for (const secret of [password, wrong])
      for (const form of ['latin1', 'base64', 'hex'] as const)
        for (const text of texts) expect(text.includes(Buffer.from(secret).toString(form))).toBe(false);
  });
});

function filesBelow(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesBelow(path) : [path];
  });
}

function closedPort(): Promise<string> {
  return new Promise((done) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => done(`127.0.0.1:${port}`));
    });
  });
}
