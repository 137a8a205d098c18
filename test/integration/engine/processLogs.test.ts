// Event logs of the process-mining community, in a shape that nobody here made up: their rows become topics of a real
// broker, are captured, mapped by hand, folded and checked with the product's own calls.
import { Kafka } from 'kafkajs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseTime } from '../../../src/core/time.ts';
import {
  ACTIVITY,
  AT,
  CASE,
  FINE_TYPE,
  fineRows,
  hundredths,
  LOG_MAPPING,
  LOG_PARTITIONS,
  type LogRow,
  logMessages,
  logsAreThere,
  PAYMENTS,
  reviewRows,
} from '../../fixtures/processLogs.ts';
import { type KafkaHandle, sharedKafka } from '../../kafka/broker.ts';
import { describeKafka } from '../../kafka/describe.ts';
import { PATIENT_CLIENT } from '../../kafka/patience.ts';
import { createTopic } from '../kafka/support.ts';
import {
  captureAll,
  connectionInput,
  ended,
  startEngine,
  type TestEngine,
  temporaryFolder,
} from './support.ts';

/** Every case so many times. */
async function produce(kafka: KafkaHandle, topic: string, rows: LogRow[], copies: number): Promise<number> {
  // The broker would remove what is as old as these logs.
  await createTopic(kafka, topic, { partitions: LOG_PARTITIONS, config: { 'retention.ms': -1 } });
  const client = new Kafka({ ...PATIENT_CLIENT, brokers: kafka.bootstrap.split(',') });
  const producer = client.producer();
  await producer.connect();
  let sent = 0;
  for (let copy = 0; copy < copies; copy++) {
    const messages = logMessages(rows, copy).map((each) => ({ ...each, timestamp: String(each.timestamp) }));
    await producer.send({ topic, messages });
    sent += messages.length;
  }
  await producer.disconnect();
  return sent;
}

describeKafka('real process logs', () => {
  const data = temporaryFolder();
  let kafka: KafkaHandle;
  let engine: TestEngine;
  beforeAll(async () => {
    kafka = await sharedKafka();
    engine = await startEngine(data.path);
  });
  afterAll(async () => {
    await engine?.close();
    data.remove();
  });

  test.skipIf(!logsAreThere)(
    'cases become aggregates: mapped by hand, folded, checked',
    { timeout: 240_000 },
    async () => {
      const { api } = engine;
      const cut = { knownOn: null, trueOn: null };
      const fines = fineRows();
      const reviews = reviewRows();
      const fineCount = await produce(kafka, 'logs.fines', fines, 20);
      const reviewCount = await produce(kafka, 'logs.reviews', reviews, 10);
      expect(fineCount + reviewCount).toBeGreaterThan(40_000);
      await api.workspace.create({ name: 'logs' });
      const connection = connectionInput(kafka.bootstrap);
      const { id: connectionId } = await api.connections.save({ connection, secrets: {} });

      // Nothing built in knows this shape: what comes is plain JSON by its key.
      await captureAll(api, connectionId, ['logs.fines']);
      const [detected] = await api.mappings.topics({});
      expect(detected).toMatchObject({ topic: 'logs.fines', records: fineCount, mapping: { name: 'keyed' } });

      const preview = await api.mappings.preview({ topic: 'logs.fines', mapping: LOG_MAPPING });
      expect(preview).toMatchObject({ events: preview.records.length, differing: preview.records.length });
      const applied = await ended(
        api,
        (await api.mappings.apply({ topic: 'logs.fines', mapping: LOG_MAPPING })).jobId,
      );
      expect(applied).toMatchObject({ status: 'done', error: null, done: fineCount });

      // Saved for topics of such names: the other log is captured by it at once.
      await api.mappings.save({ pattern: 'logs.*', mapping: LOG_MAPPING });
      await captureAll(api, connectionId, ['logs.reviews']);

      const cases = (rows: LogRow[]) => new Set(rows.map((row) => row[CASE])).size;
      expect(await api.aggregates.types({})).toEqual(
        expect.arrayContaining([
          { type: 'fines', aggregates: cases(fines) * 20, events: fineCount },
          { type: 'reviews', aggregates: cases(reviews) * 10, events: reviewCount },
        ]),
      );

      await api.projections.save({ definition: JSON.stringify(PAYMENTS) });
      const built = await ended(api, (await api.projections.run({ name: 'payments', rebuild: false })).jobId);
      expect(built).toMatchObject({ status: 'done', error: null });
      const { projections } = await api.projections.list({});
      expect(projections.find(({ name }) => name === 'payments')).toMatchObject({
        state: 'ready',
        rows: cases(fines) * 20,
        failed: 0,
      });

      const byCase = Map.groupBy(fines, (row) => row[CASE]!);
      for (const [name, rows] of byCase) {
        const paid = rows
          .filter((row) => row[ACTIVITY] === 'Payment')
          .reduce((sum, row) => sum + hundredths(row.paymentAmount!), 0n);
        const subject = { ref: { type: FINE_TYPE, id: `${name}-7` }, cut, reducer: 'payments' };
        const info = await api.aggregates.timeline(subject);
        expect(info.total).toBe(rows.length);
        const { state } = await api.aggregates.state({ ...subject, index: rows.length - 1 });
        const found = /"paid":\s*([\d.]+)/.exec(state)?.[1] ?? '0';
        expect(hundredths(found), name).toBe(paid);
      }

      // As of a moment inside of a case: as many events as its rows until then.
      const [name, rows] = [...byCase].find(([, each]) => each.length > 4)!;
      const knownOn = parseTime(rows[2]![AT]!);
      const then = await api.aggregates.timeline({
        ref: { type: FINE_TYPE, id: `${name}-0` },
        cut: { knownOn, trueOn: null },
        reducer: null,
      });
      expect(then.within).toBe(rows.filter((row) => parseTime(row[AT]!) <= knownOn).length);

      const checked = await ended(api, (await api.check.run({ scope: { kind: 'workspace' } })).jobId);
      expect(['done', 'incomplete']).toContain(checked.status);
      const result = await api.check.result({});
      expect(result).toMatchObject({
        records: fineCount + reviewCount,
        aggregates: cases(fines) * 20 + cases(reviews) * 10,
      });
      // Nobody numbered these events or hashed them: nothing of that kind may be found missing.
      const rules = result!.rules.filter(({ count }) => count > 0).map(({ rule }) => rule);
      for (const rule of rules) expect(rule).not.toMatch(/version|hash|chain|signature/);
    },
  );
});
