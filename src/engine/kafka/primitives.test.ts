import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatAddress, parseAddress } from './address.ts';
import { encodeHeaders, readHeaders } from './headers.ts';
import { murmur2, partitionForKey } from './murmur2.ts';
import { KafkaFault } from './types.ts';
import { readLongVarlong, readVarint, readVarlong } from './varint.ts';
import { Judge, VERDICT } from './verdicts.ts';
import { WireReader, WireWriter } from './wire.ts';

describe('variable-length integers', () => {
  test('every 32-bit number comes back', () => {
    fc.assert(
      fc.property(fc.integer(), (value) => {
        const bytes = new WireWriter().varint(value).bytes;
        const cursor = { at: 0, bad: false };
        expect(readVarint(bytes, cursor, bytes.length)).toBe(value);
        expect(cursor).toEqual({ at: bytes.length, bad: false });
      }),
    );
  });

  test('every 64-bit number comes back exactly, or to the nearest number', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        const bytes = new WireWriter().varint(value).bytes;
        const cursor = { at: 0, bad: false };
        expect(readLongVarlong(bytes, cursor, bytes.length)).toBe(value);
        expect(readVarlong(bytes, { at: 0, bad: false }, bytes.length)).toBe(Number(value));
      }),
    );
  });

  test('a number that is cut off or too long is bad', () => {
    for (const bytes of [[], [0x80], [0xff, 0xff, 0xff, 0xff, 0xff, 1], [0x80, 0x80, 0x80, 0x80, 0x10]]) {
      const cursor = { at: 0, bad: false };
      readVarint(Uint8Array.from(bytes), cursor, bytes.length);
      expect(cursor.bad).toBe(true);
    }
  });
});

test('what is written to the wire is read from it', () => {
  const out = new WireWriter(4)
    .int8(-1)
    .int16(-2)
    .int32(-3)
    .uint32(2 ** 32 - 1)
    .int64(2n ** 62n)
    .string('äö')
    .string(null);
  out
    .bytes32(Buffer.from('x'))
    .array([1, 2], (n) => out.int32(n))
    .compactString('ß')
    .compactString(null);
  out
    .compactArray(['a'], (s) => out.compactString(s))
    .uvarint(300)
    .noTags();
  const from = new WireReader(out.bytes);
  expect([from.int8(), from.int16(), from.int32(), from.int32(), from.int64()]).toEqual([
    -1,
    -2,
    -3,
    -1,
    2n ** 62n,
  ]);
  expect([from.string(), from.string(), from.bytes32()?.toString()]).toEqual(['äö', null, 'x']);
  expect(from.array(() => from.int32())).toEqual([1, 2]);
  expect([from.compactString(), from.compactString()]).toEqual(['ß', null]);
  expect(from.compactArray(() => from.compactString())).toEqual(['a']);
  expect(from.uvarint()).toBe(300);
  from.tags();
  expect(() => from.int8()).toThrow(RangeError);
});

describe('headers', () => {
  test('any headers come back in order', () => {
    const header = fc.record({ key: fc.string(), value: fc.option(fc.uint8Array()) });
    fc.assert(
      fc.property(fc.array(header), (headers) => {
        const { headers: read, problem } = readHeaders(encodeHeaders(headers));
        expect(problem).toBeNull();
        expect(read.map(({ key, value }) => ({ key, value: value && Uint8Array.from(value) }))).toEqual(
          headers,
        );
      }),
    );
  });

  test('malformed headers give what comes before the fault, and say so', () => {
    const bytes = encodeHeaders([
      { key: 'good', value: Buffer.from('1') },
      { key: 'cut', value: Buffer.from('22222') },
    ]);
    const { headers, problem } = readHeaders(bytes.subarray(0, bytes.length - 2));
    expect(headers.map(({ key }) => key)).toEqual(['good']);
    expect(problem).toBe('header 2 of 2 is malformed');
    fc.assert(fc.property(fc.uint8Array(), (noise) => void readHeaders(noise)));
  });

  test('a name that is no UTF-8 keeps its bytes', () => {
    const bytes = Buffer.from([2, 4, 0xff, 0xfe, 1]);
    expect(Buffer.from(readHeaders(bytes).headers[0]!.keyBytes)).toEqual(Buffer.from([0xff, 0xfe]));
  });
});

describe('partition of a key', () => {
  // Vectors of the Java client: org.apache.kafka.common.utils.UtilsTest.testMurmur2.
  test.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('murmur2 of %s', (key, hash) => {
    expect(murmur2(Buffer.from(key))).toBe(hash);
    expect(partitionForKey(Buffer.from(key), 12)).toBe((hash & 0x7fffffff) % 12);
  });
});

describe('addresses', () => {
  test('host, IPv4 and IPv6', () => {
    expect(parseAddress('kafka.example.com:9092')).toEqual({ host: 'kafka.example.com', port: 9092 });
    expect(parseAddress(' [::1]:9092 ')).toEqual({ host: '::1', port: 9092 });
    expect(formatAddress('::1', 9092)).toBe('[::1]:9092');
  });

  test.each(['', 'kafka', 'kafka:', 'kafka:0', 'kafka:70000', 'http://kafka:9092', '::1:9092', 'a b:1'])(
    '%j is refused',
    (address) => {
      expect(() => parseAddress(address)).toThrow(KafkaFault);
    },
  );
});

describe('standing of records', () => {
  const batch = (
    rowStart: number,
    producerId: bigint,
    control: 'abort' | 'commit' | null = null,
    transactional = true,
  ) => ({
    ...{ rowStart, rowEnd: rowStart + 1, baseOffset: rowStart, lastOffset: rowStart },
    ...{ producerId, transactional, control },
  });

  test('an aborted producer counts from its first offset to its marker, others are untouched', () => {
    const batches = [
      batch(0, 1n),
      batch(1, 2n),
      batch(2, 5n, null, false),
      batch(3, 1n, 'abort'),
      batch(4, 1n),
      batch(5, 1n, 'commit'),
      batch(6, 2n, 'commit'),
    ];
    const { committed, aborted, control } = VERDICT;
    expect([...new Judge([{ producerId: 1n, firstOffset: 0 }]).judge(7, batches)]).toEqual([
      ...[aborted, committed, committed, control, committed, control, control],
    ]);
  });

  test('two aborted transactions of one producer, the second listed later', () => {
    const batches = [batch(0, 1n), batch(1, 1n, 'abort'), batch(2, 1n), batch(3, 1n, 'abort')];
    const list = [
      { producerId: 1n, firstOffset: 2 },
      { producerId: 1n, firstOffset: 0 },
    ];
    expect([...new Judge(list).judge(4, batches)]).toEqual([1, 3, 1, 3]);
  });

  test('an abort marker passed in one part of a response still counts in the next part', () => {
    const { committed, aborted, control } = VERDICT;
    const judge = new Judge([{ producerId: 1n, firstOffset: 0 }]);
    expect([...judge.judge(2, [batch(0, 1n), batch(1, 1n, 'abort')])]).toEqual([aborted, control]);
    const rest = [2, 3].map((offset) => ({
      ...batch(offset - 2, 1n, offset === 3 ? 'commit' : null),
      ...{ baseOffset: offset, lastOffset: offset },
    }));
    expect([...judge.judge(2, rest)]).toEqual([committed, control]);
  });

  test('beyond the last stable offset only records of transactions are open', () => {
    const batches = [batch(0, 1n), batch(1, 1n, 'commit'), batch(2, -1n, null, false)];
    expect([...new Judge(null).judge(3, batches)]).toEqual([
      VERDICT.open,
      VERDICT.control,
      VERDICT.committed,
    ]);
  });
});
