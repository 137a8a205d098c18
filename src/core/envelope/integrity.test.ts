import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256Hex } from '../json.ts';
import type { Json } from '../model.ts';
import { jcs, verifyIntegrity } from './integrity.ts';
import { compactText, rawMember } from './raw.ts';

const event = (payload: string, hash: string | null, previous: string | null = null) =>
  `{"metadata":{"payload":"not this"},\n "payload" : ${payload} ,"cryptography":${JSON.stringify({ payload_hash: hash, previous_hash: previous })}}`;
const payload = '{ "b": 1250.00,\n "a": {"z":"é","y":[1, 2]} }';

describe('rawMember', () => {
  it('finds the text of a top-level member only, exactly', () => {
    expect(rawMember(event(payload, null), 'payload')).toBe(payload);
    expect(rawMember('{"x":{"payload":1},"payload":"a,\\"}b","y":[]}', 'payload')).toBe('"a,\\"}b"');
    expect(rawMember('{"a":[{"payload":1}]}', 'payload')).toBeNull();
    expect(rawMember('{"payload":1,"payload":[2, 3]}', 'payload')).toBe('[2, 3]');
    expect(rawMember('[]', 'payload')).toBeNull();
    expect(rawMember('{"p\\u0061yload":null}', 'payload')).toBe('null');
  });
  it('finds a member of megabytes', () => {
    const long = `"${'x\\n\\"'.repeat(1_000_000)}"`;
    expect(rawMember(`{"a":1,"payload":${long} }`, 'payload')).toBe(long);
    expect(compactText(`[ ${long} , 1 ]`)).toBe(`[${long},1]`);
  });
  it('removes only the space between tokens', () => {
    expect(compactText('{ "a b" : [ 1.0 , true ] }')).toBe('{"a b":[1.0,true]}');
  });
});

it('canonical JSON is what JavaScript writes, keys sorted', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 6 }),
    fc.constantFrom('"', '\\', '\ud800', '\u0007x'),
  );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.oneof(
        text,
        fc.integer(),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.constantFrom(true, null),
      ),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(text, tie('value'), { maxKeys: 5 }),
    ),
  }));
  const sorted = (each: unknown): unknown =>
    typeof each !== 'object' || each === null || Array.isArray(each)
      ? each
      : Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)));
  fc.assert(
    fc.property(value, (any) => {
      // Keys that are whole numbers come first in any object: only texts can tell the order.
      fc.pre(!/"\d+":/.test(JSON.stringify(any)));
      const written = JSON.stringify(any, (_, each) => sorted(each));
      expect(jcs(any as Json)).toBe(written);
    }),
    { numRuns: 2000 },
  );
});

describe('verifyIntegrity', () => {
  it.each([
    ['raw bytes', payload],
    ['JCS (RFC 8785)', '{"a":{"y":[1,2],"z":"é"},"b":1250}'],
    ['sorted compact', '{"a":{"y":[1,2],"z":"é"},"b":1250.00}'],
    ['insertion order', '{"b":1250.00,"a":{"z":"é","y":[1,2]}}'],
  ])('passes a hash over %s and names it', (profile, hashed) => {
    expect(verifyIntegrity(event(payload, sha256Hex(hashed))).payloadHash).toMatchObject({
      verdict: 'PASS',
      profile,
    });
    expect(
      verifyIntegrity(event(payload, `SHA256:${sha256Hex(hashed).toUpperCase()}`)).payloadHash.verdict,
    ).toBe('PASS');
  });
  it('fails a changed payload', () => {
    const { payloadHash } = verifyIntegrity(event(payload.replace('1250.00', '1250.01'), sha256Hex(payload)));
    expect(payloadHash).toMatchObject({ verdict: 'FAIL', claimed: sha256Hex(payload) });
    expect(payloadHash.reason).toContain('tried raw bytes, JCS (RFC 8785), sorted compact, insertion order');
  });
  it('tells absent from unverifiable', () => {
    expect(verifyIntegrity(event(payload, null)).payloadHash.verdict).toBe('ABSENT');
    expect(verifyIntegrity('{"payload":{},"cryptography":null}').payloadHash.verdict).toBe('ABSENT');
    expect(verifyIntegrity(event(payload, 'md5:abc')).payloadHash.verdict).toBe('UNVERIFIABLE');
  });
  it('compares the link with the event before', () => {
    const previous = sha256Hex('before');
    const check = (claimed: string | null, known?: string | null) =>
      verifyIntegrity(event(payload, null, claimed), known).previousHash.verdict;
    expect([
      check(previous, previous),
      check(previous, sha256Hex('other')),
      check(previous, null),
      check(null, previous),
    ]).toEqual(['PASS', 'FAIL', 'UNVERIFIABLE', 'ABSENT']);
  });
});
