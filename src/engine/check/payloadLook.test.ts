import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jcs } from '../../core/envelope/integrity.ts';
import { BUILT_IN_MAPPINGS, type EnvelopeMapping } from '../../core/envelope/mappings.ts';
import { parseApproximate, sha256Hex } from '../../core/json.ts';
import { bodyAt, encodeRecord, type OpenBlock, openBlock, PLAIN } from '../store/blocks.ts';
import { KIND, VERDICT } from '../store/values.ts';
import type { ReadContext } from '../workers/context.ts';
import { PayloadLook, payloadColumns } from './payloadLook.ts';
import { joinParts, type PayloadPart } from './payloads.ts';

/** A block of these values, one after the other. */
function blockOf(values: readonly Uint8Array[]): OpenBlock {
  const records = values.map((value, at) => encodeRecord(at, { key: null, value, headers: null }));
  const bytes = Buffer.concat(records);
  return openBlock({ id: 0, codec: PLAIN, raw_size: bytes.length, bytes }, bytes);
}

/** What of a context a look asks for: all records are of one topic and one type. */
const contextUnder = (mapping: EnvelopeMapping): ReadContext =>
  ({
    dictionary: { placeOf: () => ({ topic: 'events' }), typeName: () => 'StateSnapshotTaken' },
    cache: { get: () => ({ mapping, hints: {}, reason: '' }) },
  }) as unknown as ReadContext;

function lookAt(values: readonly Uint8Array[], mapping: EnvelopeMapping) {
  const count = values.length;
  const block = blockOf(values);
  const rows = {
    ...{ count, id: Float64Array.from(block.ids), ts: new Float64Array(count) },
    ...{ type: new Uint32Array(count).fill(1), kind: new Uint8Array(count).fill(KIND.event) },
    verdict: new Uint8Array(count).fill(VERDICT.committed),
  };
  const marks = { asked: new Uint8Array(count).fill(1), retries: new Uint8Array(count).fill(1) };
  const context = contextUnder(mapping);
  const columns = [1, 2, 3].map(() => payloadColumns(count));
  const [scanning, parsing, inParts] = columns.map(
    (found) => new PayloadLook(() => context, rows, marks, found),
  );
  let scanned = 0;
  for (let at = 0; at < count; at++) {
    if (scanning!.scan(at, block, at)) scanned += 1;
    else scanning!.parse(at, bodyAt(block, at));
    parsing!.parse(at, bodyAt(block, at));
  }
  const parts: PayloadPart[] = [];
  for (const [from, to] of [
    [0, count >> 1],
    [count >> 1, count],
  ] as const) {
    inParts!.begin();
    for (let at = from; at < to; at++)
      if (!inParts!.scan(at, block, at)) inParts!.parse(at, bodyAt(block, at));
    const { schemas, verdicts, ...finds } = inParts!.result;
    // As threads give them: the last one first.
    parts.unshift({ from, to, ...finds, schemas: schemas.types, verdicts: verdicts.counts });
  }
  const [scannedColumns, parsedColumns, columnsOfParts] = columns;
  return {
    scanned,
    found: { ...scannedColumns, ...scanning!.result },
    expected: { ...parsedColumns, ...parsing!.result },
    joined: joinParts(columnsOfParts!, parts),
  };
}

const MAPPINGS: readonly EnvelopeMapping[] = [
  ...BUILT_IN_MAPPINGS.filter(({ name }) => !['keyed', 'cloudevents-binary'].includes(name)),
  {
    name: 'nested',
    title: 'Payloads inside each other, under keys of other letters',
    fields: { eventId: { paths: ['id'] }, schemaVersion: { paths: ['größe.version', 'version'] } },
    dataPath: ['größe.stand', 'größe', '__proto__', 'data'],
    recognise: ['id|größe'],
  },
];

const KEYS = [
  ...['event_id', 'event_type', 'event_data', 'event_version', 'schema_version', 'schemaVersion', 'metadata'],
  ...['data', 'payload', 'body', 'eventId', 'eventType', 'id', 'source', 'type', 'specversion', 'version'],
  ...['op', 'after', 'before', 'connector', 'eventStreamId', 'eventNumber', 'dataschema', 'cryptography'],
  ...[
    'payload_hash',
    'previous_hash',
    'signature',
    'balance',
    'balance_after',
    'stockLevel',
    'quantityOnHand',
  ],
  ...['größe', 'stand', '__proto__', '', '12', '\ufeffbalance', 'bal\u00e4nce', 'amount'],
];
const HASH = 'a'.repeat(64);
const escaped = (text: string) =>
  text.replace(/./g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
const space = fc.constantFrom('', '', '', '', ' ', '\n\t');
const key = fc.oneof(
  { arbitrary: fc.constantFrom(...KEYS).map((name) => JSON.stringify(name)), weight: 30 },
  { arbitrary: fc.constantFrom(...KEYS).map((name) => `"${escaped(name)}"`), weight: 1 },
  { arbitrary: fc.string({ unit: 'binary', maxLength: 6 }).map((name) => JSON.stringify(name)), weight: 3 },
);
const leaf = fc.oneof(
  fc.constantFrom(
    ...[
      'null',
      'true',
      '0',
      '-0',
      '17',
      '-3.50',
      '1250.00',
      '9007199254740993',
      '1e400',
      '0.0000001',
      '12E2',
    ],
    ...['""', '"2"', '"-61.76"', '"1.0"', '"007"', '"\\u0031"', '"a\\"b"', '"größe"', `"sha256:${HASH}"`],
    ...[`"${HASH}"`, `"${HASH.toUpperCase()}"`, '{}', '[]', '[{"balance":1}]', '{"balance":-1,"balance":2}'],
  ),
  fc.integer().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => JSON.stringify(number)),
  fc
    .tuple(fc.bigInt({ min: -(10n ** 17n), max: 10n ** 17n }), fc.stringMatching(/^(\.\d{1,17})?$/))
    .map(([whole, places]) => `${whole}${places}`),
  fc.string({ unit: 'binary', maxLength: 8 }).map((text) => JSON.stringify(text)),
);
const { value: json } = fc.letrec<{ value: string; object: string }>((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, { arbitrary: leaf, weight: 3 }, { arbitrary: tie('object'), weight: 4 }),
  object: fc
    .array(fc.tuple(key, tie('value'), space), { maxLength: 7 })
    .map((members) => `{${members.map(([name, value, gap]) => `${gap}${name}${gap}:${gap}${value}`)}}`),
}));

/** An event that fits the mapping more often than not, perhaps with claims that hold. */
const eventUnder = ({ recognise, dataPath }: EnvelopeMapping) =>
  fc
    .record({
      payload: json,
      more: fc.array(fc.tuple(key, json), { maxLength: 4 }),
      claims: fc.constantFrom('none', 'none', 'raw', 'sorted', 'wrong', 'null'),
      signature: fc.constantFrom('', ',"signature":null', ',"signature":"c2ln"', ',"signature":7'),
      isFitting: fc.nat({ max: 5 }).map((nth) => nth > 0),
    })
    .map(({ payload, more, claims, signature, isFitting }) => {
      const members = more.map(([name, value]) => `${name}:${value}`);
      // Parents of paths that the mapping asks for, each with its children.
      const parents = new Map<string, string[]>();
      const put = (path: string, value: string) => {
        const [parent, child] = path.split('.') as [string, string?];
        const known = parents.get(parent) ?? [];
        parents.set(parent, known);
        if (child !== undefined) known.push(`${JSON.stringify(child)}:${value}`);
        else if (known.length === 0) known.push(`=${value}`);
      };
      const isClaimed = claims !== 'none' && claims !== 'null';
      const place = dataPath.find((path) => path !== '') ?? 'data';
      const wanted = isFitting ? recognise.map((each) => each.split('|')[0]!) : [];
      for (const path of new Set([...wanted, place]))
        if (!isClaimed || path !== 'payload') put(path, dataPath.includes(path) ? payload : '"x1"');
      for (const [parent, children] of parents) {
        const [own] = children;
        members.push(
          `${JSON.stringify(parent)}:${own?.startsWith('=') ? own.slice(1) : `{${children.join()}}`}`,
        );
      }
      if (claims === 'null') members.push('"cryptography":null');
      if (isClaimed) {
        let claimed = HASH;
        try {
          if (claims !== 'wrong')
            claimed = sha256Hex(claims === 'raw' ? payload : jcs(parseApproximate(payload)));
        } catch {
          // A number that no canonical form can write: the claim does not hold.
        }
        members.push(`"payload":${payload}`, `"cryptography":{"payload_hash":"${claimed}"${signature}}`);
      }
      return `{${members.join()}}`;
    });

const encoder = new TextEncoder();
/** Bytes of a text, perhaps damaged. */
const bytesOf = (text: fc.Arbitrary<string>) =>
  fc.tuple(text, fc.nat({ max: 40 }), fc.nat(), fc.nat({ max: 255 })).map(([whole, what, place, byte]) => {
    const bytes = encoder.encode(whole);
    if (what === 0 && bytes.length > 0) bytes[place % bytes.length] = byte;
    return what === 1 ? bytes.subarray(0, place % (bytes.length + 1)) : bytes;
  });

describe.each(MAPPINGS)('payloads under the mapping $name', (mapping) => {
  test('found on the bytes is what parsing finds', () => {
    let [scanned, all] = [0, 0];
    fc.assert(
      fc.property(fc.array(bytesOf(eventUnder(mapping)), { minLength: 1, maxLength: 30 }), (values) => {
        // The second time the keys of each are known in their order.
        const looked = lookAt([...values, ...values], mapping);
        expect(looked.found).toEqual(looked.expected);
        expect(looked.joined).toEqual(looked.expected);
        scanned += looked.scanned;
        all += 2 * values.length;
      }),
      { numRuns: 300 },
    );
    // Both ways were taken.
    expect(scanned / all).toBeGreaterThan(0.15);
    expect(scanned).toBeLessThan(all);
  });
});

test('values of the usual kind are not parsed, those of an unusual one are', () => {
  const flat = BUILT_IN_MAPPINGS.find(({ name }) => name === 'flat')!;
  const withData = (data: string, more = '') =>
    encoder.encode(`{"event_id":"1","event_type":"T","event_data":${data}${more}}`);
  const scannedOf = (value: Uint8Array) => lookAt([value], flat).scanned;
  expect(scannedOf(withData('{"balance_after":"-12.50","currency":"AUD","note":"a\\"b ä"}'))).toBe(1);
  expect(scannedOf(withData('null'))).toBe(1);
  const sorted = `,"payload":{"b":1,"a":2},"cryptography":{"payload_hash":"${sha256Hex('{"a":2,"b":1}')}"}`;
  expect(scannedOf(withData('{}', sorted))).toBe(1);
  expect(scannedOf(withData('{"balance":1,"balance":2}'))).toBe(0);
  expect(scannedOf(withData('{}', ',"event_data":{"balance":1}'))).toBe(0);
  expect(scannedOf(withData('{"b\\u0061lance":1}'))).toBe(0);
  expect(scannedOf(withData('"a text"'))).toBe(0);
  expect(scannedOf(withData(`${'['.repeat(80)}${']'.repeat(80)}`))).toBe(0);
  expect(scannedOf(withData('{}', `,"payload":1,"cryptography":{"payload_hash":"${HASH}"}`))).toBe(0);
  expect(scannedOf(encoder.encode('{"event_id":"1"}'))).toBe(0);
  expect(scannedOf(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d))).toBe(0);
});
