import { describe, expect, test } from 'vitest';
import type { EnvelopeMapping } from './mappings.ts';
import { SCANNED, scanFor } from './scan.ts';

const mapping: EnvelopeMapping = {
  name: 'flat',
  title: 'Flat',
  fields: {
    eventId: { paths: ['id'] },
    eventType: { paths: ['type'] },
    aggregateId: { paths: ['meta.account'] },
    correlationId: { paths: ['meta.cause'] },
  },
  dataPath: ['data'],
  recognise: ['id'],
};
const scan = scanFor(mapping)!;
const encoder = new TextEncoder();

/** What the scan finds in a text among other bytes; null: it leaves it to the parser. */
function found(text: string, behind = ''): Record<string, string> | null {
  const bytes = encoder.encode(`..${text}${behind}`);
  const end = 2 + encoder.encode(text).length;
  if (!scan.read(bytes, 2, end)) return null;
  const fields = Object.entries(SCANNED).flatMap(([name, field]) => {
    const slot = scan.textOf(field);
    const place = bytes.subarray(scan.startOf(slot), scan.endOf(slot));
    return slot < 0 ? [] : [[name, new TextDecoder().decode(place)] as const];
  });
  return Object.fromEntries(fields);
}

describe('a scan expects what it met last, and is right when something else comes', () => {
  const first = '{"id":"e1","type":"Opened","meta":{"account":"a1","cause":"c1"},"data":{}}';
  const whole = { eventId: 'e1', eventType: 'Opened', aggregateId: 'a1', correlationId: 'c1' };

  test('other order, missing and additional members, other white space, and back', () => {
    expect(found(first)).toEqual(whole);
    expect(found(first)).toEqual(whole);
    expect(found('{"type":"Opened","id":"e1"}')).toEqual({ eventId: 'e1', eventType: 'Opened' });
    expect(found('{"id":"e1","more":[1],"type":"Opened","meta":{"cause":"c1","account":"a1"}}')).toEqual(
      whole,
    );
    expect(found(first.replaceAll(':', ' : ').replaceAll(',', ' ,\n'))).toEqual(whole);
    expect(found('{"id" :"e1","typed":"No","meta":{"accounts":"no"}}')).toEqual({ eventId: 'e1' });
    expect(found(first)).toEqual(whole);
  });

  test('a text that ends inside what was expected is none, whatever lies behind it', () => {
    expect(found(first)).toEqual(whole);
    for (let length = 1; length < first.length; length++)
      expect(found(first.slice(0, length), first.slice(length))).toBeNull();
  });

  test('a repeated key that is read, and one with escapes, are left to the parser', () => {
    expect(found(first)).toEqual(whole);
    expect(found('{"id":"e1","type":"Opened","id":"e2"}')).toBeNull();
    expect(found('{"id":"e1","ty\\u0070e":"Opened"}')).toBeNull();
    expect(found(first)).toEqual(whole);
  });

  test('keys that are ids, more than are remembered, and keys of one letter or none', () => {
    for (let round = 0; round < 3; round++) {
      const many = Array.from({ length: 100 }, (_, at) => `"k${round}-${at}":${at}`).join(',');
      expect(found(`{${many},"":0,"x":1,"id":"e1","y":{"":{}}}`)).toEqual({ eventId: 'e1' });
    }
    expect(found(first)).toEqual(whole);
  });
});
