import Database from 'better-sqlite3';
import { afterEach, describe, expect, test } from 'vitest';
import type { MappingDefinition } from '../../contract/mappings.ts';
import type { ImportRecord } from '../capture/import.ts';
import { recordOf } from '../projection/testing/events.ts';
import { type Kit, openKit } from '../projection/testing/kit.ts';
import { hash53, hashOfBytes } from '../store/ids.ts';
import { candidates } from '../store/postingLookups.ts';
import { POSTING, type PostingKind } from '../store/postingPages.ts';

const encoder = new TextEncoder();
const TOPIC = 'yard.log';
let made: Kit[] = [];
const kit = async () => {
  const one = await openKit('mapping');
  made.push(one);
  return one;
};
afterEach(async () => {
  for (const one of made) await one.close();
  made = [];
});

/** A shape that nothing built in knows: keys with colons, its own names, a time with a blank. */
const MAPPING: MappingDefinition = {
  name: 'yard',
  title: 'Yard log',
  fields: {
    eventType: { paths: ['what'] },
    aggregateType: { derive: 'topic' },
    aggregateId: { paths: ['["case:id"]'] },
    aggregateVersion: { paths: ['step.no'] },
    eventId: { paths: ['step.uid'] },
    occurredAt: { paths: ['when'] },
    correlationId: { paths: ['header:trace'] },
    recordedAt: { derive: 'timestamp' },
  },
  dataPath: [''],
  recognise: ['what', '["case:id"]'],
  toleranceMs: 60_000,
};

function yardRecords(count: number): ImportRecord[] {
  return Array.from({ length: count }, (_, at) => {
    const lorry = `lorry-${at % 7}`;
    const record: ImportRecord = {
      topic: TOPIC,
      partition: at % 3,
      // Every second key is the aggregate's id, the others are something else.
      key: encoder.encode(at % 2 === 0 ? lorry : `gate-${at % 4}`),
      value: encoder.encode(
        JSON.stringify({
          what: at % 5 === 0 ? 'Weighed' : 'Passed',
          'case:id': lorry,
          step: { no: Math.floor(at / 7) + 1, uid: `u-${at}` },
          when: `2024-03-0${1 + (at % 9)} 10:00:00+01:00`,
          kilos: 1000 + at,
        }),
      ),
      headers: [['trace', encoder.encode(`t-${at % 11}`)]],
      timestamp: 1_700_000_000_000 + at * 1000,
      verdict: at % 13 === 0 ? 'aborted' : 'committed',
    };
    if (at === 20) return { ...record, value: null };
    if (at === 21) return { ...record, value: encoder.encode('no json') };
    if (at === 22) return { ...record, key: null };
    if (at === 23) return { ...record, value: encoder.encode('{"other":1}') };
    return record;
  });
}

/** Everything that depends on the mapping, with names in place of numbers. */
function dump(file: string) {
  const db = new Database(file, { readonly: true });
  const records = db
    .prepare(
      `SELECT r.id, r.occurred, r.kind, r.verdict, r.flags, t.name AS type, a.type AS aggType, a.key AS aggId, r.version,
         r.event_hash AS eventHash FROM record r LEFT JOIN event_type t ON t.id = r.type_id
         LEFT JOIN aggregate a ON a.id = r.agg_id ORDER BY r.id`,
    )
    .all();
  const aggregates = db.prepare('SELECT id, type, key FROM aggregate ORDER BY type, key').all() as {
    id: number;
    type: string;
    key: string;
  }[];
  const found = (kind: PostingKind, hash: number) => candidates(db, kind, hash);
  const lookUps = {
    aggregates: aggregates.map(({ id, type, key }) => [type, key, found('aggregate', id)]),
    events: Array.from({ length: 60 }, (_, at) => found('event', hash53(`u-${at}`))),
    traces: Array.from({ length: 11 }, (_, at) => found('correlation', hash53(`t-${at}`))),
    keys: ['lorry-1', 'lorry-2', 'gate-1', 'gate-3'].map((key) =>
      found('key', hashOfBytes(encoder.encode(key))),
    ),
  };
  const partitions = db
    .prepare(
      'SELECT topic_id, partition, stored, events, aborted FROM partition ORDER BY topic_id, partition',
    )
    .all();
  const types = db.prepare('SELECT name FROM event_type ORDER BY name').pluck().all();
  db.close();
  return { records, lookUps, partitions, types, kinds: Object.keys(POSTING) };
}

const apply = ({ workspace }: Kit, mapping = MAPPING) =>
  workspace.write('applyMapping', { topic: TOPIC, mapping, reason: 'a test' });

describe('applying a mapping to a captured topic', () => {
  test('leaves what a capture under that mapping would have stored', async () => {
    const records = [
      ...yardRecords(200),
      ...[1, 2, 3].map((at) => recordOf({ aggregate: `o-${at}`, type: 'OrderPlaced', data: '{}', at })),
    ];
    const direct = await kit();
    await direct.workspace.write('putDocument', {
      kind: 'mapping',
      id: 'one',
      body: JSON.stringify({ pattern: 'yard.*', mapping: MAPPING }),
      changedAt: 1,
    });
    await direct.append(records);
    const later = await kit();
    await later.append(records);
    expect(dump(later.workspace.file).records).not.toEqual(dump(direct.workspace.file).records);
    const outcome = await apply(later);
    expect(outcome).toMatchObject({ records: 200, aggregates: expect.any(Number) });
    expect(dump(later.workspace.file)).toEqual(dump(direct.workspace.file));
  });

  test('timelines, lists and projections follow', async () => {
    const one = await kit();
    await one.append(yardRecords(140));
    const before = await one.workspace.read('mappings.topics', {});
    expect(before[0]).toMatchObject({ topic: TOPIC, builtIn: true, mapping: { name: 'keyed' } });
    await apply(one);
    const info = await one.aggregates.timeline(
      { ref: { type: 'yard', id: 'lorry-1' }, cut: { knownOn: null, trueOn: null }, reducer: null },
      one.context,
    );
    expect(info.total).toBeGreaterThan(15);
    const after = await one.workspace.read('mappings.topics', {});
    expect(after[0]).toMatchObject({ builtIn: false, mapping: { title: 'Yard log' }, reason: 'a test' });
  });

  test('the tolerance of the clocks decides what counts as backdated', async () => {
    const one = await kit();
    const at = (minutes: number) => 1_700_000_000_000 + minutes * 60_000;
    // Recorded in this order; the third occurred 30 seconds before the second.
    const times = [at(0), at(2), at(1.5)];
    await one.append(
      times.map((when, index) => ({
        topic: TOPIC,
        partition: 0,
        key: null,
        value: encoder.encode(
          JSON.stringify({ what: `Step ${index}`, 'case:id': 'one', when: new Date(when).toISOString() }),
        ),
        headers: [],
        timestamp: at(3) + index,
        verdict: 'committed',
      })),
    );
    const moved = async (toleranceMs: number) => {
      await apply(one, { ...MAPPING, recognise: ['what'], toleranceMs });
      const ref = { type: 'yard', id: 'one' };
      const subject = { ref, cut: { knownOn: null, trueOn: at(10) }, reducer: null };
      const { rows } = await one.aggregates.events({ ...subject, from: 0, count: 10 }, one.context);
      return rows.map(({ type }) => type);
    };
    expect(await moved(10_000)).toEqual(['Step 0', 'Step 2', 'Step 1']);
    expect(await moved(60_000)).toEqual(['Step 0', 'Step 1', 'Step 2']);
  });

  test('goes back to what it was when the built-in mapping is applied again', async () => {
    const one = await kit();
    await one.append(yardRecords(120));
    const first = dump(one.workspace.file);
    await apply(one);
    expect(dump(one.workspace.file).records).not.toEqual(first.records);
    const detected = await one.workspace.read('mappings.detect', { topic: TOPIC });
    await apply(one, detected.mapping!);
    expect(dump(one.workspace.file)).toEqual(first);
  });

  test('a cancelled one changes nothing', async () => {
    const one = await kit();
    // So many that it still runs when the cancel comes, also where this thread waits for a processor.
    await one.append(yardRecords(40_000));
    const first = dump(one.workspace.file);
    const abort = new AbortController();
    const args = { topic: TOPIC, mapping: MAPPING, reason: '' };
    const work = one.workspace.write('applyMapping', args, {
      signal: abort.signal,
      onProgress: () => abort.abort(),
    });
    await expect(work).rejects.toMatchObject({ code: 'cancelled' });
    expect(dump(one.workspace.file)).toEqual(first);
    await apply(one);
    expect(dump(one.workspace.file).types).toEqual(['Passed', 'Weighed']);
  });

  test('a mapping that cannot be used says where', async () => {
    const one = await kit();
    await one.append(yardRecords(10));
    const wrong = { ...MAPPING, fields: { ...MAPPING.fields, eventId: { paths: ['a..b'] } } };
    await expect(apply(one, wrong)).rejects.toMatchObject({
      code: 'mapping.invalid',
      details: { field: 'eventId' },
    });
    await expect(
      one.workspace.read('mappings.preview', { topic: TOPIC, mapping: wrong }),
    ).rejects.toMatchObject({
      code: 'mapping.invalid',
    });
    const taken = { ...MAPPING, name: 'flat' };
    await expect(apply(one, taken)).rejects.toMatchObject({ details: { field: 'name' } });
  });
});

test('the preview tells how records come out, and what would differ', async () => {
  const one = await kit();
  await one.append(yardRecords(300));
  const preview = await one.workspace.read('mappings.preview', { topic: TOPIC, mapping: MAPPING });
  expect(preview.records.length).toBe(100);
  const type = preview.fields.find(({ name }) => name === 'eventType')!;
  expect(type.declared).toBe(preview.events);
  const aggregateType = preview.fields.find(({ name }) => name === 'aggregateType')!;
  expect(aggregateType.derived).toBeGreaterThan(95);
  expect(preview.differing).toBeGreaterThan(90);
  expect(preview.aggregates).toBe(7);
  expect(preview.delayMs!.most).toBeLessThan(0);
  await apply(one);
  const again = await one.workspace.read('mappings.preview', { topic: TOPIC, mapping: MAPPING });
  expect(again.differing).toBe(0);
  const sample = await one.workspace.read('mappings.sample', { topic: TOPIC, nth: 0 });
  expect(JSON.parse(sample!.value!)).toHaveProperty('case:id');
  expect(sample!.headers).toEqual([{ name: 'trace', value: 't-0' }]);
});
