// Event logs of the process-mining community, in a shape that nobody here made up: their rows become topics of a real
// broker, are captured, mapped by hand, folded and checked with the product's own calls. The logs have terms of their
// own and are not part of this repository: HINDCAST_LOGS names their folder (default: ../shared/logs beside it).
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { MappingDefinition } from '../../../src/contract/mappings.ts';
import { parseTime } from '../../../src/core/time.ts';
import { type KafkaHandle, sharedKafka } from '../../kafka/broker.ts';
import { describeKafka } from '../../kafka/describe.ts';
import { createTopic } from '../kafka/support.ts';
import {
  captureAll,
  connectionInput,
  ended,
  startEngine,
  type TestEngine,
  temporaryFolder,
} from './support.ts';

const folder = process.env.HINDCAST_LOGS ?? join(import.meta.dirname, '../../../../shared/logs');
const FINES = join(folder, 'road-traffic-fines.csv');
const REVIEWS = join(folder, 'reviewing.csv');
const isThere = existsSync(FINES) && existsSync(REVIEWS);
if (!isThere)
  process.stderr.write(`\n*** PROCESS LOGS ARE NOT STUDIED: nothing in ${folder}; set HINDCAST_LOGS ***\n\n`);

const PARTITIONS = 4;
const NUMBER = /^-?\d+(\.\d+)?$/;
type Row = Record<string, string>;

/** RFC 4180 as these files use it. */
function parseCsv(text: string): Row[] {
  const lines = text.trimEnd().split(/\r?\n/).map(splitLine);
  const [names, ...rows] = lines;
  return rows.map((cells) => Object.fromEntries(names!.map((name, at) => [name, cells[at] ?? ''])));
}

function splitLine(line: string): string[] {
  const cells: string[] = [];
  for (let at = 0; at <= line.length; ) {
    const rest = line.slice(at);
    const [whole, cell] = /^"((?:[^"]|"")*)"/.exec(rest) ?? /^([^,]*)/.exec(rest)!;
    cells.push(cell!.replaceAll('""', '"'));
    at += whole.length + 1;
  }
  return cells;
}

/** The row as it is, empty cells left out; numbers keep the digits that they are written with. */
function jsonOf(row: Row): string {
  const members = Object.entries(row)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${JSON.stringify(name)}:${NUMBER.test(value) ? value : JSON.stringify(value)}`);
  return `{${members.join(',')}}`;
}

const CASE = 'case:concept:name';
const ACTIVITY = 'concept:name';
const AT = 'time:timestamp';

/** Every case so many times, each copy under an id of its own. A case is in one partition, in the order of its rows. */
async function produce(kafka: KafkaHandle, topic: string, rows: Row[], copies: number): Promise<number> {
  await createTopic(kafka, topic, { partitions: PARTITIONS });
  const client = new Kafka({ brokers: kafka.bootstrap.split(','), logLevel: logLevel.NOTHING });
  const producer = client.producer();
  await producer.connect();
  const cases = [...new Set(rows.map((row) => row[CASE]!))];
  const partitionOf = new Map(cases.map((name, at) => [name, at % PARTITIONS]));
  let sent = 0;
  for (let copy = 0; copy < copies; copy++) {
    const messages = rows.map((row) => ({
      // The resource, as many systems key by it: not the case.
      key: row['org:resource'] || null,
      value: jsonOf({ ...row, [CASE]: `${row[CASE]}-${copy}` }),
      timestamp: String(parseTime(row[AT]!) + copy * 1000),
      partition: partitionOf.get(row[CASE]!)!,
    }));
    await producer.send({ topic, messages });
    sent += messages.length;
  }
  await producer.disconnect();
  return sent;
}

const MAPPING: MappingDefinition = {
  name: 'own process log',
  title: 'Process log',
  fields: {
    eventType: { paths: [ACTIVITY] },
    aggregateType: { derive: 'topic' },
    aggregateId: { paths: [CASE] },
    occurredAt: { paths: [AT] },
    recordedAt: { derive: 'timestamp' },
    actor: { paths: ['org:resource'] },
  },
  dataPath: [''],
  recognise: [ACTIVITY, CASE],
};

const FINE_TYPE = 'fines';
const PROJECTION = {
  name: 'payments',
  title: 'Payments of a case',
  source: { aggregateTypes: [FINE_TYPE] },
  key: 'aggregateId',
  columns: [
    { name: 'amount', type: 'decimal' },
    { name: 'paid', type: 'decimal' },
  ],
  reducer: {
    name: 'payments',
    version: 1,
    on: {
      'Create Fine': [{ op: 'set', path: 'amount', from: 'data.amount' }],
      'Add penalty': [{ op: 'set', path: 'amount', from: 'data.amount' }],
      Payment: [{ op: 'add', path: 'paid', from: 'data.paymentAmount' }],
    },
  },
};

/** In hundredths, exactly. */
const hundredths = (text: string): bigint => {
  const [whole = '0', rest = ''] = text.split('.');
  return BigInt(whole) * 100n + BigInt(rest.padEnd(2, '0').slice(0, 2));
};

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

  test.skipIf(!isThere)(
    'cases become aggregates: mapped by hand, folded, checked',
    { timeout: 240_000 },
    async () => {
      const { api } = engine;
      const cut = { knownOn: null, trueOn: null };
      const fines = parseCsv(readFileSync(FINES, 'utf8'));
      const reviews = parseCsv(readFileSync(REVIEWS, 'utf8'));
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

      const preview = await api.mappings.preview({ topic: 'logs.fines', mapping: MAPPING });
      expect(preview).toMatchObject({ events: preview.records.length, differing: preview.records.length });
      const applied = await ended(
        api,
        (await api.mappings.apply({ topic: 'logs.fines', mapping: MAPPING })).jobId,
      );
      expect(applied).toMatchObject({ status: 'done', error: null, done: fineCount });

      // Saved for topics of such names: the other log is captured by it at once.
      await api.mappings.save({ pattern: 'logs.*', mapping: MAPPING });
      await captureAll(api, connectionId, ['logs.reviews']);

      const cases = (rows: Row[]) => new Set(rows.map((row) => row[CASE])).size;
      expect(await api.aggregates.types({})).toEqual(
        expect.arrayContaining([
          { type: 'fines', aggregates: cases(fines) * 20, events: fineCount },
          { type: 'reviews', aggregates: cases(reviews) * 10, events: reviewCount },
        ]),
      );

      await api.projections.save({ definition: JSON.stringify(PROJECTION) });
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
