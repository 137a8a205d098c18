// Following topics as the page does: a job, counts from a stream, rows asked for; compensation while it runs.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Api } from '../../../src/contract/contract.ts';
import type { JobState } from '../../../src/contract/system.ts';
import { type KafkaHandle, sharedKafka } from '../../kafka/broker.ts';
import { describeKafka } from '../../kafka/describe.ts';
import { createTopic } from '../kafka/support.ts';
import { Bank, connectionInput, ended, startEngine, type TestEngine, temporaryFolder } from './support.ts';

const TOPIC = 'followed.savings.interest';
const WAIT = { timeout: 60_000, interval: 50 };

describeKafka('following as the page does', () => {
  const folder = temporaryFolder();
  let kafka: KafkaHandle;
  let engine: TestEngine;
  let api: Api;
  let bank: Bank;
  let connectionId: string;
  let doubledId: string;
  let jobId: string;
  const watching = new AbortController();
  const counts: { total: number; of: number; revision: number }[] = [];
  let watched: Promise<void>;

  beforeAll(async () => {
    kafka = await sharedKafka();
    engine = await startEngine(folder.path);
    ({ api } = engine);
    await createTopic(kafka, TOPIC, { partitions: 2 });
    bank = new Bank(kafka, TOPIC);
    doubledId = await bank.doubledInterest();
    await api.workspace.create({ name: 'followed' });
    const connection = connectionInput(kafka.bootstrap, { environment: 'staging' });
    connectionId = (await api.connections.save({ connection, secrets: {} })).id;
  });
  afterAll(async () => {
    watching.abort();
    await watched;
    await engine?.close();
    folder.remove();
  });

  const job = async (): Promise<JobState> => (await api.jobs.list({})).find(({ id }) => id === jobId)!;
  const total = () => counts.at(-1)?.total;

  test('the stream tells counts, never rows; the job says how it stands', async () => {
    const filter = { types: ['InterestPosted'] };
    watched = (async () => {
      for await (const count of api.events.watch({ filter }, { signal: watching.signal })) counts.push(count);
    })();
    await expect.poll(total, WAIT).toBe(0);
    ({ jobId } = await api.capture.follow({ connectionId, topics: [TOPIC], from: 'earliest' }));
    await expect.poll(total, WAIT).toBe(2);
    expect(counts.at(-1)).toMatchObject({ total: 2, of: 5 });
    await expect
      .poll(job, WAIT)
      .toMatchObject({ note: 'Up to date.', kind: 'follow', status: 'running', done: 5, unit: 'records' });
    await bank.send([bank.event('InterestPosted', { amount: '5.00', period: '2026-01' })]);
    await expect.poll(total, WAIT).toBe(3);
    await bank.send([bank.event('DepositMade', { amount: '1.00', currency: 'AUD' })]);
    await expect.poll(() => counts.at(-1)?.of, WAIT).toBe(7);
    expect(total()).toBe(3);
    const revisions = counts.map(({ revision }) => revision);
    expect(revisions).toEqual([...revisions].sort((a, b) => a - b));
    expect(Object.keys(counts.at(-1)!).sort()).toEqual(['of', 'revision', 'total']);
    await expect(
      api.capture.follow({ connectionId, topics: [TOPIC], from: 'earliest' }),
    ).rejects.toMatchObject({ code: 'capture.running' });
  });

  test('an event appended elsewhere, and a compensation published here, arrive in the timeline', async () => {
    const timeline = () =>
      api.aggregates.timeline({ ref: bank.ref, cut: { knownOn: null, trueOn: null }, reducer: null });
    await expect.poll(async () => (await timeline()).total, WAIT).toBe(7);
    const { rows } = await api.events.query({ filter: { eventId: doubledId }, from: 0, count: 1 });
    await api.connections.unlock({ id: connectionId, reason: 'dispute 0412', typedName: null });
    const { draft: bare } = await api.compensate.draft({
      connectionId,
      ref: bank.ref,
      correctedId: rows[0]!.id,
      actor: 'm.keller',
    });
    const draft = { ...bare, reason: 'Posted twice by a retry' };
    const preview = await api.compensate.preview({ draft });
    expect(preview.publishable).toBe(true);
    await api.compensate.publish({ draft, planHash: preview.planHash, typedName: null });
    await expect.poll(async () => (await timeline()).total, WAIT).toBe(8);
    expect(await job()).toMatchObject({ status: 'running', error: null });
    await bank.send([bank.event('DepositMade', { amount: '2.00', currency: 'AUD' })]);
    await expect.poll(async () => (await timeline()).total, WAIT).toBe(9);
  });

  test('cancelled, it keeps everything and says how much', async () => {
    await api.jobs.cancel({ id: jobId });
    expect(await ended(api, jobId)).toMatchObject({ status: 'cancelled', error: null });
    expect((await job()).note).toMatch(/^Stopped; \d+ records kept\.$/);
    const { badge } = await api.workspace.coverage({ topics: [TOPIC] });
    expect(badge.state).toBe('complete');
  });
});
