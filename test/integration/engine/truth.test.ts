// What a workspace says about a cluster, as a page sees it: transactions in every number, rechecks, nothing changed there.
import { Kafka } from 'kafkajs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Api } from '../../../src/contract/contract.ts';
import { type KafkaHandle, startKafka } from '../../kafka/broker.ts';
import { describeKafka } from '../../kafka/describe.ts';
import { PATIENT_CLIENT, untilItWorks } from '../../kafka/patience.ts';
import { createTopic, deleteTopic, OPEN_LONG, untilStable } from '../kafka/support.ts';
import { Bank, connectionInput, ended, startEngine, type TestEngine, temporaryFolder } from './support.ts';

const NOW = { knownOn: null, trueOn: null };

describeKafka('the truth about a cluster', () => {
  const folder = temporaryFolder();
  let kafka: KafkaHandle;
  let engine: TestEngine;
  let api: Api;
  let connectionId: string;
  let other: Kafka;

  beforeAll(async () => {
    kafka = await startKafka();
    engine = await startEngine(folder.path);
    ({ api } = engine);
    const connection = connectionInput(kafka.bootstrap);
    connectionId = (await api.connections.save({ connection, secrets: {} })).id;
    other = new Kafka({ ...PATIENT_CLIENT, brokers: kafka.bootstrap.split(','), clientId: 'other' });
  });
  afterAll(async () => {
    await engine?.close();
    await kafka?.stop();
    folder.remove();
  });

  const capture = async (
    topics: string[],
    more: Partial<Parameters<Api['capture']['start']>[0]> = {},
  ): Promise<string> => {
    const { jobId } = await api.capture.start({ connectionId, topics, from: 'go-on', ...more });
    const { status, note } = await ended(api, jobId);
    expect(status, note).toBe('done');
    return note;
  };
  const count = async (verdicts?: ('committed' | 'aborted' | 'open' | 'control')[]) =>
    (await api.events.query({ filter: verdicts ? { verdicts } : {}, from: 0, count: 1 })).total;

  test('aborted and open transactions are seen in the list and left out of folds, counts and tables', async () => {
    const topic = 'truth.transactions';
    await createTopic(kafka, topic);
    await api.workspace.create({ name: 'transactions' });
    const bank = new Bank(kafka, topic);
    const ref = { type: 'SavingsAccount', id: bank.account };
    const producer = other.producer({
      ...{ transactionalId: 'truth', transactionTimeout: OPEN_LONG },
      ...{ maxInFlightRequests: 1, idempotent: true },
    });
    await producer.connect();
    const say = async (...events: { text: string }[]) => {
      const transaction = await untilItWorks(() => producer.transaction());
      const messages = events.map(({ text }) => ({ key: bank.account, value: text }));
      await transaction.send({ topic, messages });
      return transaction;
    };
    const opened = bank.event('SavingsAccountOpened', { account_number: 'SA1', account_name: 'Holiday' });
    await (await say(opened, bank.event('DepositMade', { amount: '100.00', currency: 'AUD' }))).commit();
    await (await say(bank.event('DepositMade', { amount: '900.00', currency: 'AUD' }))).abort();
    const pending = await say(bank.event('DepositMade', { amount: '50.00', currency: 'AUD' }));

    const numbers = async () => {
      const types = await api.aggregates.types({});
      const list = await api.aggregates.list({
        ...{ type: null, search: '', sort: 'id' as const, cut: NOW, from: 0, count: 10 },
      });
      const info = await api.aggregates.timeline({ ref, cut: NOW, reducer: null });
      const state = await api.aggregates.state({ ref, cut: NOW, reducer: null, index: info.within - 1 });
      const { jobId } = await api.projections.run({ name: 'savings_account', rebuild: false });
      expect((await ended(api, jobId)).status).toBe('done');
      const { projections } = await api.projections.list({});
      return {
        events: types.find(({ type }) => type === ref.type)?.events,
        listed: list.rows[0]?.events,
        within: info.within,
        leftOut: info.order.leftOut,
        state: JSON.stringify(state),
        projected: projections.find(({ name }) => name === 'savings_account')!.processed,
      };
    };
    const note = await capture([topic]);
    // Transaction markers are no records.
    expect(note).toContain('4 new records');
    expect([
      await count(),
      await count(['committed']),
      await count(['aborted']),
      await count(['open']),
      await count(['control']),
    ]).toEqual([6, 2, 1, 1, 2]);
    const before = await numbers();
    expect(before).toMatchObject({ events: 2, listed: 2, within: 2, leftOut: 2, projected: 2 });
    expect(before.state).toContain('100');
    expect(before.state).not.toMatch(/\b1000(\.00)?\b|\b1050(\.00)?\b|\b150(\.00)?\b/);
    expect((await api.workspace.current({}))!.coverage.summary).toContain(
      '1 record of transactions still open',
    );

    await pending.commit();
    await producer.disconnect();
    await untilStable(kafka, topic, 7n);
    // The record that settles is no new one.
    expect(await capture([topic])).toContain('0 new records');
    expect([await count(['committed']), await count(['open'])]).toEqual([3, 0]);
    const after = await numbers();
    expect(after).toMatchObject({ events: 3, listed: 3, within: 3, leftOut: 1, projected: 3 });
    expect(after.state).toContain('150');
    expect((await api.workspace.current({}))!.coverage.state).toBe('complete');
  });

  test('of a topic that was created again, timeline, table and SQL take the latest log, never both', async () => {
    const topic = 'truth.again';
    const bank = new Bank(kafka, topic);
    const { ref } = bank;
    const opened = { account_number: 'SA2', account_name: 'Twice' };
    const deposit = (amount: string) => bank.event('DepositMade', { amount, currency: 'AUD' });
    const sql = async (knownOn: number | null) =>
      (
        await api.sql.query({
          ...{ sql: 'SELECT balance FROM savings_account', limit: 10, cut: { knownOn, trueOn: null } },
        })
      ).rows;
    const numbers = async () => {
      const { within } = await api.aggregates.timeline({ ref, cut: NOW, reducer: null });
      const { jobId } = await api.projections.run({ name: 'savings_account', rebuild: false });
      expect((await ended(api, jobId)).status).toBe('done');
      return { within, table: await sql(null), asOf: await sql(Date.now() + 60_000) };
    };
    await api.workspace.create({ name: 'again' });
    await createTopic(kafka, topic);
    await bank.send([bank.event('SavingsAccountOpened', opened), deposit('100.00')]);
    await capture([topic]);
    const first = [[{ decimal: '100.00' }]];
    expect(await numbers()).toEqual({ within: 2, table: first, asOf: first });

    await deleteTopic(kafka, topic);
    await createTopic(kafka, topic);
    await bank.send([bank.event('SavingsAccountOpened', opened), deposit('7.50')]);
    await capture([topic]);
    const second = [[{ decimal: '7.50' }]];
    expect(await count()).toBe(4);
    expect(await numbers()).toEqual({ within: 2, table: second, asOf: second });
  });

  test('a capture of any kind, a follow and a recheck leave the cluster as it was', async () => {
    const topic = 'truth.untouched';
    await createTopic(kafka, topic, { partitions: 3 });
    const producer = other.producer();
    await producer.connect();
    await producer.send({
      topic,
      messages: Array.from({ length: 90 }, (_, i) => ({ key: `k${i % 9}`, value: `{"n":${i}}` })),
    });
    await producer.disconnect();
    const state = async () => {
      const at = ['--bootstrap-server', kafka.bootstrap];
      const text = await Promise.all([
        kafka.tool('org.apache.kafka.tools.consumer.group.ConsumerGroupCommand', ...at, '--list'),
        kafka.tool('TransactionsCommand', ...at, 'list'),
        kafka.tool('TopicCommand', ...at, '--describe'),
        kafka.tool('GetOffsetShell', ...at),
      ]);
      return text.map((each) => each.split('\n').sort().join('\n'));
    };
    const before = await state();
    expect(before[3]).toContain(topic);
    await api.workspace.create({ name: 'untouched' });
    await capture([topic], { from: { latest: 3 } });
    await capture([topic], { key: 'k4' });
    await capture([topic], { from: { offset: '2' as never }, to: { offset: '5' as never } });
    await capture([topic], { from: { time: 1 }, to: { time: Date.now() } });
    await capture([topic], { from: 'earliest' });
    await capture([topic]);
    const follow = await api.capture.follow({ connectionId, topics: [topic], from: 'go-on' });
    await expect
      .poll(async () => (await api.jobs.list({})).find(({ id }) => id === follow.jobId)!.note, {
        timeout: 60_000,
      })
      .toBe('Up to date.');
    await api.jobs.cancel({ id: follow.jobId });
    await ended(api, follow.jobId);
    const { jobId } = await api.workspace.recheck({ connectionId, topics: null });
    expect(await ended(api, jobId)).toMatchObject({ status: 'done', kind: 'recheck' });
    const found = await api.workspace.rechecked({});
    expect(found).toMatchObject({ jobId, state: 'equal' });
    expect(found!.partitions.reduce((sum, { equal }) => sum + Number(equal), 0)).toBe(90);
    expect(await state()).toEqual(before);
  });

  test('the note of a capture of one key says where it is; an address stands once in an error', async () => {
    const topic = 'truth.untouched';
    await api.workspace.create({ name: 'keys' });
    const note = await capture([topic], { key: 'k4' });
    expect(note).toMatch(/^10 new records of 1 topic\. New records of the key “k4” where it hashes to: /);
    expect(note).toContain('Nowhere else: 2 other partitions looked through.');
    const connection = connectionInput('127.0.0.1:1', { name: '127.0.0.1:1' });
    const { id } = await api.connections.save({ connection, secrets: {} });
    const { jobId } = await api.capture.start({ connectionId: id, topics: [topic], from: 'go-on' });
    const { error } = await ended(api, jobId);
    expect(error!.message.split('127.0.0.1:1')).toHaveLength(2);
    expect(error!.message).toContain('refuses connections');
  });
});
