import Database from 'better-sqlite3';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { batchOf } from '../../../test/kafka/batches.ts';
import { captureFieldsOf, decodeRecord, extractEnvelope } from '../../core/envelope/decode.ts';
import { BUILT_IN_MAPPINGS, type EnvelopeMapping } from '../../core/envelope/mappings.ts';
import { scanFor } from '../../core/envelope/scan.ts';
import { decodeRecordSet } from '../kafka/recordBatch.ts';
import { NameIds } from '../store/nameIds.ts';
import { extractFrame, type RecordChunk } from './extract.ts';
import { ScannedRows } from './scannedRows.ts';

const encoder = new TextEncoder();
const TOPIC = 'farm.cattle-events.v1';

function freshNames(kept?: number): NameIds {
  const db = new Database(':memory:');
  db.exec(
    'CREATE TABLE event_type (id INTEGER PRIMARY KEY, name TEXT); CREATE TABLE aggregate (id INTEGER PRIMARY KEY, type TEXT, key TEXT)',
  );
  return new NameIds(db, kept);
}

interface Pair {
  key: Uint8Array | null;
  value: Uint8Array | null;
}

function chunkOf(pairs: readonly Pair[]): RecordChunk {
  const records = pairs.map(({ key, value }) => ({
    key: key === null ? null : Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
    headers: [],
    timestamp: 1_700_000_000_000,
  }));
  const { columns, batches, problems, nextOffset } = decodeRecordSet(batchOf(records), { from: 0 });
  const broker = { logStart: 0, highWatermark: 1000, lastStable: 1000, removed: null };
  return { columns, batches, verdict: new Uint8Array(columns.count), problems, nextOffset, ...broker };
}

const frameOf = (pairs: readonly Pair[], mapping: EnvelopeMapping, names = freshNames()) =>
  extractFrame(
    chunkOf(pairs),
    {
      ...{ partitionNo: 0, topic: TOPIC, position: 0, mono: Number.NEGATIVE_INFINITY },
      mapping: { mapping, hints: {}, reason: '' },
    },
    names,
  );

/** The same rules, but one more place that is never there and that a scan cannot see. */
const unscannable = new Map<EnvelopeMapping, EnvelopeMapping>();
function parsedOnly(mapping: EnvelopeMapping): EnvelopeMapping {
  let other = unscannable.get(mapping);
  if (other === undefined) {
    const rule = mapping.fields.causationId;
    const causationId = { ...rule, paths: [...(rule?.paths ?? []), 'header:never'] };
    other = { ...mapping, fields: { ...mapping.fields, causationId } };
    unscannable.set(mapping, other);
  }
  return other;
}

const nested: EnvelopeMapping = {
  name: 'nested',
  title: 'Nested, with keys of other letters',
  fields: {
    eventId: { paths: ['a.b.id', 'a.id'] },
    eventType: { paths: ['a.b.type', 'größe', 'type'] },
    aggregateType: { paths: ['a["x.y"]'], derive: 'type-part' },
    aggregateId: { paths: ['a.b', 'größe', 'a.b.id'], derive: 'key' },
    aggregateVersion: { paths: ['a.b.version', 'version'] },
    occurredAt: { paths: ['a.b.time', 'time'] },
    correlationId: { paths: ['__proto__.id', 'constructor'] },
  },
  dataPath: [''],
  recognise: ['a|größe'],
};
const SCANNED = [...BUILT_IN_MAPPINGS.filter((each) => scanFor(each) !== null), nested];

const space = fc.constantFrom('', '', '', '', ' ', '\n\t', '\r\n  ');
const escapes = (text: string) =>
  text.replace(/./, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
const quoted = fc
  .oneof(
    fc.constantFrom(
      ...[
        '',
        'DepositMade',
        'com.acme.order.created',
        'acc-17',
        'COW_9',
        '7',
        '-0',
        '007',
        '12345678901234567890',
      ],
      ...['2025-06-01T10:20:30Z', '2025-06-01T10:20:30.123456Z', '2025-02-30T00:00:00Z', '2025-06-01 10:20'],
      ...[
        '1748772000000',
        '0000-00-00T00:00:00Z',
        'Jürgen',
        '漢字',
        '😀',
        '\ufeffx',
        '\ufffd',
        'a"b',
        'a\\b',
      ],
    ),
    { arbitrary: fc.uuid(), weight: 5 },
    { arbitrary: fc.constantFrom('DepositMade', 'a.b.c', 'cow-1', '2025-06-01T10:20:30.5Z'), weight: 5 },
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.integer({ min: 400, max: 5000 }).map((length) => 'x'.repeat(length)),
  )
  .map((text) => JSON.stringify(text));
const number = fc.constantFrom(
  ...[
    '0',
    '-0',
    '7',
    '-12',
    '123456789012345',
    '1234567890123456',
    '9007199254740993',
    '1.50',
    '1e3',
    '1E400',
  ],
  ...['1748772000000', '1748772000', '-1.5e-7'],
);
const unsound = fc.constantFrom(
  '01',
  '1.',
  '.5',
  '+1',
  'NaN',
  '--1',
  '1e',
  'nul',
  'truee',
  'undefined',
  "'x'",
  '',
);
const word = fc.constantFrom('true', 'false', 'null');

function keysOf({ fields, recognise }: EnvelopeMapping): string[] {
  const paths = [...Object.values(fields).flatMap(({ paths }) => paths ?? []), ...recognise];
  return [
    ...new Set([...paths.flatMap((path) => path.split(/[.|]/)), 'größe', 'x.y', '__proto__', 'note', '']),
  ];
}

/** JSON texts with the keys of a mapping, mostly sound: any order, repeated keys, white space, escaped keys. */
function texts(mapping: EnvelopeMapping): fc.Arbitrary<string> {
  const key = fc
    .tuple(fc.constantFrom(...keysOf(mapping)), fc.nat(60))
    .map(([name, how]) => (how === 0 ? `"${escapes(name)}"` : JSON.stringify(name)));
  const { value } = fc.letrec<{ value: string }>((tie) => {
    const member = fc
      .tuple(space, key, space, space, tie('value'), space)
      .map(([a, name, b, c, inner, d]) => `${a}${name}${b}:${c}${inner}${d}`);
    const object = fc.array(member, { maxLength: 4 }).map((members) => `{${members.join(',')}}`);
    const list = fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${items.join(' , ')}]`);
    return {
      value: fc.oneof(
        { maxDepth: 4, depthSize: 'small' },
        { arbitrary: quoted, weight: 20 },
        { arbitrary: number, weight: 8 },
        { arbitrary: word, weight: 6 },
        unsound,
        { arbitrary: object, weight: 10 },
        { arbitrary: list, weight: 4 },
      ),
    };
  });
  const sound = new Map(
    mapping.recognise.map((each) => {
      const path = each.split('|')[0]!;
      return [path, path.split('.')] as const;
    }),
  );
  const needed = fc.tuple(...[...sound.values()].map((path) => fc.tuple(fc.constant(path), quoted)));
  const extra = fc.array(fc.tuple(key, value), { maxLength: 4 });
  return fc.tuple(needed, extra, space, space).chain(([must, more, before, after]) => {
    const top = new Map<string, string[]>();
    for (const [[first, second], inner] of must) {
      const name = JSON.stringify(first);
      if (second === undefined) top.set(name, [inner]);
      else top.set(name, [...(top.get(name) ?? []), `${JSON.stringify(second)}: ${inner}`]);
    }
    const members = [
      ...[...top].map(([name, inner]) => {
        const isObject = must.some(([path]) => path.length > 1 && JSON.stringify(path[0]) === name);
        const insides = more.slice(0, 2).map(([each, text]) => `${each}:${text}`);
        return `${name}: ${isObject ? `{${[...insides, ...inner].join(',')}}` : inner[0]}`;
      }),
      ...more.slice(2).map(([name, inner]) => `${name}:${inner}`),
    ];
    return fc
      .shuffledSubarray(members, { minLength: members.length, maxLength: members.length })
      .map((chosen) => `${before}{${chosen.join(',')}}${after}`);
  });
}

const damaged = (bytes: Uint8Array): fc.Arbitrary<Uint8Array> =>
  fc.oneof(
    { arbitrary: fc.constant(bytes), weight: 20 },
    fc.nat(bytes.length).map((length) => bytes.slice(0, length)),
    fc.tuple(fc.nat(Math.max(bytes.length - 1, 0)), fc.nat(255)).map(([at, byte]) => {
      const changed = bytes.slice();
      changed[at] = byte;
      return changed;
    }),
    fc.uint8Array({ minLength: 1, maxLength: 4 }).map((more) => Uint8Array.from([...bytes, ...more])),
  );

const keys = fc.option(
  fc.oneof(
    fc.constantFrom('acc-17', 'COW_9', '', '{"id":7}', 'Jürgen', '\t').map((text) => encoder.encode(text)),
    fc.uint8Array({ maxLength: 6 }),
    { arbitrary: fc.constant(encoder.encode('acc-17')), weight: 8 },
  ),
  { freq: 10 },
);

test('what the bytes tell is what the parsed record tells, of any value', () => {
  const cases = fc.constantFrom(...SCANNED).chain((mapping) => {
    const value = fc.option(
      texts(mapping).chain((text) => damaged(encoder.encode(text))),
      { freq: 30 },
    );
    return fc.tuple(
      fc.constant(mapping),
      fc.array(fc.record({ key: keys, value }), { minLength: 1, maxLength: 12 }),
    );
  });
  let scanned = 0;
  let all = 0;
  fc.assert(
    fc.property(cases, ([mapping, pairs]) => {
      const { columns } = chunkOf(pairs);
      const rows = ScannedRows.of(mapping, columns, TOPIC, freshNames())!;
      for (let row = 0; row < columns.count; row++) scanned += rows.at(row) === null ? 0 : 1;
      all += columns.count;
      expect(frameOf(pairs, mapping)).toEqual(frameOf(pairs, parsedOnly(mapping)));
    }),
    { numRuns: 600 },
  );
  // Otherwise nothing was compared.
  expect(scanned / all).toBeGreaterThan(0.1);
});

test('the parsed record tells what the exactly decoded one tells, of any value', () => {
  const cases = fc
    .constantFrom(...BUILT_IN_MAPPINGS, nested)
    .chain((mapping) => fc.tuple(fc.constant(mapping), texts(mapping), keys));
  fc.assert(
    fc.property(cases, ([mapping, value, key]) => {
      const record = { topic: TOPIC, key, value, headers: [], timestamp: 1_700_000_000_000 };
      expect(extractEnvelope(record, mapping)).toEqual(captureFieldsOf(decodeRecord(record, mapping)));
    }),
    { numRuns: 3000 },
  );
});

test('an everyday event of each envelope is read from its bytes', () => {
  const ids = { a: 'e6a1f0de-0c1e-4f0e-8a3b-6f6b8c1f0001', b: 'e6a1f0de-0c1e-4f0e-8a3b-6f6b8c1f0002' };
  const time = '2025-06-01T10:20:30.250Z';
  const values: Record<string, object> = {
    flat: {
      event_id: ids.a,
      event_type: 'CowBorn',
      event_data: {},
      aggregate_id: 'cow-1',
      occurred_at: time,
    },
    'metadata-data': {
      metadata: { event_id: ids.a, event_type: 'CowBorn', version: 3 },
      data: { note: 'Kälbchen' },
    },
    camel: { eventId: ids.a, eventType: 'CowBorn', version: 2, correlationId: ids.b, data: [1, { x: null }] },
    'cloudevents-structured': {
      specversion: '1.0',
      id: ids.a,
      source: '/x',
      type: 'com.farm.cow.born',
      time,
    },
  };
  for (const [name, value] of Object.entries(values)) {
    const mapping = BUILT_IN_MAPPINGS.find((each) => each.name === name)!;
    const pairs = [{ key: encoder.encode('cow-1'), value: encoder.encode(JSON.stringify(value)) }];
    expect(ScannedRows.of(mapping, chunkOf(pairs).columns, TOPIC, freshNames())?.at(0), name).not.toBeNull();
    expect(frameOf(pairs, mapping)).toEqual(frameOf(pairs, parsedOnly(mapping)));
  }
});

test('names keep their numbers however many there are, and when they are forgotten on the way', () => {
  const names = freshNames();
  const few = freshNames(100);
  const seen = new Map<string, number>();
  for (let i = 0; i < 5000; i++) {
    const type = `Type${i % 7}`;
    const key = `${'k'.repeat(i % 40)}ä${i}`;
    const id = names.aggregate(type, key);
    expect(seen.size).toBe(i);
    seen.set(`${type}/${key}`, id);
    expect(few.aggregate(type, key)).toBe(id);
  }
  expect(new Set(seen.values()).size).toBe(5000);
  for (let i = 0; i < 5000; i++)
    expect(names.aggregate(`Type${i % 7}`, `${'k'.repeat(i % 40)}ä${i}`)).toBe(i + 1);
  expect(names.takeNew().newAggregates).toHaveLength(5000);
});
