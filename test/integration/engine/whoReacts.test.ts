// The guard "Who reacts": groups that read the topic of the event, and no others.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type KafkaHandle, sharedKafka } from '../../kafka/broker.ts';
import { describeKafka } from '../../kafka/describe.ts';
import { PATIENT } from '../../kafka/patience.ts';
import { commitOffsets, createTopic, writerTo } from '../kafka/support.ts';
import {
  Bank,
  captureAll,
  connectionInput,
  startEngine,
  type TestEngine,
  temporaryFolder,
} from './support.ts';

describeKafka('who reacts to a compensating event', () => {
  const folder = temporaryFolder();
  let kafka: KafkaHandle;
  let engine: TestEngine;

  beforeAll(async () => {
    kafka = await sharedKafka();
    engine = await startEngine(folder.path);
  });
  afterAll(async () => {
    await engine?.close();
    folder.remove();
  });

  test('groups of the topic are named, with who has nobody in it; groups of other topics are not', async () => {
    const { api } = engine;
    const topic = 'reacts.savings.interest';
    await createTopic(kafka, topic, { partitions: 2 });
    await createTopic(kafka, 'reacts.elsewhere');
    const bank = new Bank(kafka, topic);
    const doubledId = await bank.doubledInterest();
    await api.workspace.create({ name: topic });
    const connection = connectionInput(kafka.bootstrap, { environment: 'staging' });
    const { id } = await api.connections.save({ connection, secrets: {} });
    await captureAll(api, id, [topic]);
    const { rows } = await api.events.query({ filter: { eventId: doubledId }, from: 0, count: 1 });
    const guard = async () => {
      const { draft } = await api.compensate.draft({
        ...{ connectionId: id, ref: bank.ref, correctedId: rows[0]!.id, actor: 'm.keller' },
      });
      const preview = await api.compensate.preview({ draft: { ...draft, reason: 'Duplicate posting' } });
      return preview.guards.find(({ code }) => code === 'groups')!;
    };
    expect(await guard()).toMatchObject({ status: 'ok', text: `No group that can be seen reads ${topic}.` });

    await commitOffsets(kafka, 'general-ledger', topic, { 0: 0 });
    await commitOffsets(kafka, 'marketing', 'reacts.elsewhere', { 0: 0 });
    const consumer = writerTo(kafka).consumer({ groupId: 'statements', retry: PATIENT });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({ eachMessage: async () => {} });
    await expect.poll(guard, { timeout: 60_000, interval: 300 }).toMatchObject({
      status: 'note',
      text: `2 groups on ${topic} will get the event: general-ledger (nobody in it now), statements.`,
    });
    await consumer.disconnect();
  });
});
