import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatJson, parseJson } from '../json.ts';
import type { Json } from '../model.ts';
import { getPath, type PathStep, parsePath } from '../path.ts';
import { compileMapping } from './compiled.ts';
import { chooseMapping, payloadOf } from './fields.ts';
import { BUILT_IN_MAPPINGS, type EnvelopeMapping } from './mappings.ts';
import { type BytesToText, payloadScan } from './payloadScan.ts';
import { textOf } from './record.ts';

const encoder = new TextEncoder();

/** A payload in a payload, under a key of other letters. */
const nested: EnvelopeMapping = {
  name: 'nested',
  title: 'Nested',
  fields: { eventType: { paths: ['type'] } },
  dataPath: ['body.größe', 'body', 'data'],
  recognise: ['type|body.type'],
};
const MAPPINGS = [...BUILT_IN_MAPPINGS, nested];
const PATHS = ['a', 'a.b', 'b.c', 'größe', 'list[0].a', 'data', 'constructor', 'x.y.z', ''];

const space = fc.constantFrom('', '', '', ' ', '\n\t', '\r\n  ');
const escapes = (text: string) =>
  text.replace(/./, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
const quoted = fc
  .oneof(fc.constantFrom('', 'AUD', '12.50', 'größe', '😀', 'a"b\\c', '\u0007'), fc.string({ maxLength: 12 }))
  .chain((text) =>
    fc.constantFrom(JSON.stringify(text), JSON.stringify(text), JSON.stringify(text), `"${escapes(text)}"`),
  );
const number = fc.oneof(
  fc.integer().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.constantFrom('0', '-0', '1.50', '1e3', '0.0000001', '12345678901234567890', '-999999999999999', '1E400'),
);
const { value: text } = fc.letrec<{ value: string }>((tie) => {
  const key = fc.oneof(
    {
      weight: 8,
      arbitrary: fc.constantFrom('a', 'b', 'c', 'x', 'y', 'z', 'größe', 'list', 'data', 'constructor'),
    },
    { weight: 1, arbitrary: fc.string({ maxLength: 4 }) },
  );
  const keyText = fc
    .tuple(key, fc.integer({ min: 0, max: 30 }))
    .map(([name, how]) => (how === 0 ? `"${escapes(name)}"` : JSON.stringify(name)));
  return {
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom('null', 'true', 'false', '{}', '[]'),
      quoted,
      number,
      fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${items.join(',')}]`),
      fc
        .array(fc.tuple(space, keyText, tie('value')), { maxLength: 5 })
        .map(
          (members) =>
            `{${members.map(([gap, name, value]) => `${gap}${name}${gap}:${gap}${value}`).join(',')}}`,
        ),
    ),
  };
});

/** Members of a value of the mapping: every place that it reads, with the payload at one of its places. */
function skeleton(mapping: EnvelopeMapping, payload: string, extra: string): string {
  const tree: Record<string, unknown> = {};
  const put = (path: string, value: unknown) => {
    const steps = parsePath(path) as string[];
    let at = tree;
    for (const step of steps.slice(0, -1)) {
      const inner = at[step];
      at[step] = typeof inner === 'object' && inner !== null ? inner : {};
      at = at[step] as Record<string, unknown>;
    }
    at[steps.at(-1)!] ??= value;
  };
  for (const each of mapping.recognise) put(each.split('|')[0]!, 'x');
  for (const path of mapping.dataPath.filter((path) => path !== '')) put(path, '@payload');
  const whole = JSON.stringify(tree).replaceAll('"@payload"', payload);
  return extra === '' ? whole : `${whole.slice(0, -1)},${extra}}`;
}

const value = fc
  .tuple(
    fc.constantFrom(...MAPPINGS),
    text,
    fc.oneof(
      fc.constant(''),
      fc.constant(''),
      text.map((each) => `"data":${each}`),
      text.map((each) => `"zz":${each}`),
    ),
    fc.integer({ min: 0, max: 40 }),
    fc.nat(),
  )
  .map(([mapping, payload, extra, damage, place]) => {
    const bytes = encoder.encode(skeleton(mapping, payload, extra));
    // Now and then a byte is not what it should be.
    if (damage === 0) bytes[place % bytes.length] = place & 0xff;
    return { mapping, bytes };
  });

function textsOf(bytes: Uint8Array): BytesToText {
  const latin = new TextDecoder('latin1');
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  return {
    ascii: (start, end) => latin.decode(bytes.subarray(start, end)),
    utf8: (start, end) => utf8.decode(bytes.subarray(start, end)),
  };
}

/** The payload of the whole value, parsed; undefined: it is no JSON, or of another mapping. */
function parsed(mapping: EnvelopeMapping, bytes: Uint8Array): Json | undefined {
  const whole = textOf(bytes);
  if (whole === null) return undefined;
  let read: Json;
  try {
    read = parseJson(whole);
  } catch {
    return undefined;
  }
  const record = { topic: 't', key: null, value: whole, headers: [], timestamp: 0 };
  const fitting = chooseMapping(mapping, read, record);
  return fitting?.mapping === mapping ? payloadOf(fitting, read).data : undefined;
}

/** What of a path lies behind its first place in a list. */
function restOf(path: string): PathStep[] {
  const steps = parsePath(path);
  const end = steps.findIndex((step) => typeof step === 'number');
  return end === -1 ? [] : steps.slice(end);
}

function textAt(value: Json | undefined, path: readonly PathStep[]): string | null {
  const found = value === undefined ? undefined : getPath(value, path);
  return found === undefined ? null : formatJson(found);
}

it('reads from the bytes what the parsed value has at every path, or nothing', () => {
  let read = 0;
  let packed = 0;
  let all = 0;
  fc.assert(
    fc.property(value, fc.subarray(PATHS), fc.constantFrom(...PATHS), ({ mapping, bytes }, names, beside) => {
      const paths = names.map(parsePath);
      const scan = payloadScan(compileMapping(mapping), paths);
      if (scan === null) return;
      all += 1;
      // Among other bytes, as in a block.
      const block = new Uint8Array(bytes.length + 7).fill(0x22);
      block.set(bytes, 3);
      const part = scan.read(block, 3, 3 + bytes.length, textsOf(block));
      // The second time its keys are known in their order.
      expect(scan.read(block, 3, 3 + bytes.length, textsOf(block))).toEqual(part);
      if (part === undefined) return;
      read += 1;
      const data = parsed(mapping, bytes);
      expect(data).toBeDefined();
      for (const path of paths) {
        const [ours, theirs] = [getPath(part, path), getPath(data, path)];
        expect(ours === undefined ? null : formatJson(ours)).toBe(
          theirs === undefined ? null : formatJson(theirs),
        );
      }
      // One that looks beside sees more that is unusual.
      const further = payloadScan(compileMapping(mapping), paths, parsePath(beside))!;
      if (!further.find(block, 3, 3 + bytes.length)) return;
      packed += 1;
      expect(formatJson(further.payload(textsOf(block)))).toBe(formatJson(part));
      expect(textAt(further.beside(textsOf(block)), restOf(beside))).toBe(textAt(data, parsePath(beside)));
      // Written among other bytes and read from there, by a scan that has not seen the value.
      const out = new Uint8Array(further.packedMost(bytes.length) + 5).fill(0x22);
      expect(further.pack(out, 5)).toBeLessThanOrEqual(out.length);
      const reader = payloadScan(compileMapping(mapping), paths, parsePath(beside))!;
      expect(formatJson(reader.unpack(out, 5, textsOf(out)))).toBe(formatJson(part));
    }),
    { numRuns: 4000 },
  );
  // The scan is of use: most values are no unusual ones.
  expect(read).toBeGreaterThan(all / 3);
  expect(packed).toBeGreaterThan(read / 2);
});

it('leaves to the parser what the last of two equal keys decides', () => {
  const flat = BUILT_IN_MAPPINGS.find(({ name }) => name === 'flat')!;
  const scan = payloadScan(compileMapping(flat), [['amount']])!;
  const of = (json: string) => {
    const bytes = encoder.encode(json);
    return scan.read(bytes, 0, bytes.length, textsOf(bytes));
  };
  const head = '{"event_id":"1","event_type":"T","event_data":';
  expect(of(`${head}{"amount":"1.00","other":[1,{"amount":2}]}}`)).toEqual({ amount: '1.00' });
  expect(of(`${head}{"amount":1,"amount":2}}`)).toBeUndefined();
  expect(of(`${head}{"amount":1,"\\u0061mount":2}}`)).toBeUndefined();
  expect(of(`${head}{"amount":1},"event_data":{}}`)).toBeUndefined();
  expect(of(`${head}null}`)).toBeUndefined();
  expect(of(`${head}"text"}`)).toBe('text');
  expect(of('{"event_id":"1","event_data":{"amount":1}}')).toBeUndefined();
});

it('sees no headers, no places in lists and no payload beside the envelope', () => {
  const names = BUILT_IN_MAPPINGS.filter((each) => payloadScan(compileMapping(each), []) !== null).map(
    ({ name }) => name,
  );
  expect(names).toEqual([
    'cloudevents-structured',
    'debezium',
    'kurrent',
    'flat',
    'metadata-data',
    'metadata-payload',
    'camel',
  ]);
});
