import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { batchOf, legacyMessage, marker, record, sealed } from '../../../test/kafka/batches.ts';
import { decompress } from './codecs.ts';
import { GrowingOutput } from './growingOutput.ts';
import { decodeHeaders } from './headers.ts';
import { type DecodedSet, decodeRecordSet, OFFSET_LIMIT, peekNextOffset } from './recordBatch.ts';
import { FLAG, rowControlType, rowHeaders, rowKey, rowValue } from './recordColumns.ts';

const text = (bytes: Uint8Array | null) => (bytes === null ? null : Buffer.from(bytes).toString());

const rowsOf = ({ columns }: DecodedSet) =>
  Array.from({ length: columns.count }, (_, i) => ({
    offset: columns.offset[i],
    timestamp: columns.timestamp[i],
    key: text(rowKey(columns, i)),
    value: text(rowValue(columns, i)),
  }));

const numbered = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) =>
    record(`key-${from + i}`, `value-${from + i} `.repeat(20), 1_700_000_000_000 + i),
  );

describe('record batches', () => {
  test('null, empty and "null" are three different things', () => {
    const set = batchOf([record(null, null), record('', ''), record('null', 'null')]);
    expect(rowsOf(decodeRecordSet(set)).map(({ key, value }) => [key, value])).toEqual([
      [null, null],
      ['', ''],
      ['null', 'null'],
    ]);
  });

  test.each([0, 1, 2, 3, 4])('codec %i: the same records come out', (codec) => {
    const decoded = decodeRecordSet(batchOf(numbered(200), { codec, baseOffset: 1000 }));
    expect(decoded.problems).toEqual([]);
    const rows = rowsOf(decoded);
    expect(rows).toHaveLength(200);
    expect(rows[199]).toEqual({
      offset: 1199,
      timestamp: 1_700_000_000_199,
      key: 'key-199',
      value: 'value-199 '.repeat(20),
    });
    expect(decoded.columns.flags[0]! & FLAG.codec).toBe(codec);
    expect(decoded.nextOffset).toBe(1200);
  });

  test('headers keep their order, their duplicates and their nulls, byte for byte', () => {
    const headers = [
      { key: 'b', value: Buffer.from('1') },
      { key: 'a', value: null },
      { key: 'b', value: Buffer.alloc(0) },
      { key: '', value: Buffer.from([0xff, 0xfe]) },
    ];
    const { columns } = decodeRecordSet(batchOf([{ ...record('k', 'v'), headers }]));
    expect(
      decodeHeaders(rowHeaders(columns, 0)).map(({ key, value }) => ({
        key,
        value: value && Buffer.from(value),
      })),
    ).toEqual(headers);
  });

  test('timestamps: before 1970, far away, the broker’s own, and one beyond 2^53 marked as not exact', () => {
    const times = [1_700_000_000_000, -5, 0, 253_402_300_799_999];
    const rows = rowsOf(decodeRecordSet(batchOf(times.map((time) => record('k', 'v', time)))));
    expect(rows.map(({ timestamp }) => timestamp)).toEqual(times);
    const append = decodeRecordSet(batchOf(numbered(2), { logAppendTime: 1_800_000_000_000 }));
    expect(rowsOf(append).map(({ timestamp }) => timestamp)).toEqual([1_800_000_000_000, 1_800_000_000_000]);
    const huge = batchOf([record('k', 'v')]);
    huge.writeBigInt64BE(2n ** 60n + 1n, 27);
    const { columns } = decodeRecordSet(sealed(huge));
    expect(columns.flags[0]! & FLAG.timestampInexact).toBeTruthy();
    expect(columns.flags[0]! & FLAG.codec).toBe(0);
  });

  test('producer, epoch and running number of idempotent records', () => {
    const { columns } = decodeRecordSet(
      batchOf(numbered(3), { producerId: 9_007_199_254_740_993n, baseSequence: 0x7ffffffe }),
    );
    expect(columns.producerId[2]).toBe(9_007_199_254_740_993n);
    expect(columns.producerEpoch[2]).toBe(3);
    expect([...columns.sequence.subarray(0, 3)]).toEqual([0x7ffffffe, 0x7fffffff, 0]);
  });

  test('only the asked offsets come out of a batch that is sent whole', () => {
    const set = Buffer.concat([batchOf(numbered(10)), batchOf(numbered(10), { baseOffset: 10 })]);
    const decoded = decodeRecordSet(set, { from: 5, to: 12 });
    expect(rowsOf(decoded).map(({ offset }) => offset)).toEqual([5, 6, 7, 8, 9, 10, 11]);
  });

  test('compaction leaves gaps inside batches and empty batches; both move the position', () => {
    const sparse = batchOf(numbered(2), { lastOffsetDelta: 9 });
    const empty = batchOf([], { baseOffset: 10, lastOffsetDelta: 4, payload: Buffer.alloc(0) });
    const decoded = decodeRecordSet(Buffer.concat([sparse, empty]));
    expect(decoded.problems).toEqual([]);
    expect(decoded.columns.count).toBe(2);
    expect(decoded.nextOffset).toBe(15);
    expect(peekNextOffset(Buffer.concat([sparse, empty]))).toBe(15);
  });

  test('control records tell commit and abort', () => {
    const set = Buffer.concat([marker('commit', 7n, 0), marker('abort', 8n, 1)]);
    const { columns, batches } = decodeRecordSet(set);
    expect([rowControlType(columns, 0), rowControlType(columns, 1)]).toEqual(['commit', 'abort']);
    expect(batches.map(({ control, producerId }) => [control, producerId])).toEqual([
      ['commit', 7n],
      ['abort', 8n],
    ]);
  });

  test('a batch cut off at the end of a response is normal', () => {
    const first = batchOf(numbered(5));
    const set = Buffer.concat([first, batchOf(numbered(5), { baseOffset: 5 }).subarray(0, 100)]);
    const decoded = decodeRecordSet(set);
    expect(decoded).toMatchObject({ problems: [], partialTail: true, nextOffset: 5 });
    expect(decoded.columns.count).toBe(5);
  });

  test('the columns are one transferable buffer and arrive whole', () => {
    const { columns } = decodeRecordSet(batchOf(numbered(3), { codec: 4 }));
    const moved = structuredClone(columns, { transfer: [columns.buffer] });
    expect(columns.buffer.byteLength).toBe(0);
    expect(text(rowValue(moved, 2))).toBe('value-2 '.repeat(20));
  });

  test.each([0, 1, 2, 3, 4])(
    'codec %i: bytes that are lent say the same, and where each batch lies',
    (codec) => {
      const set = Buffer.concat([
        batchOf(numbered(10), { codec }),
        batchOf(numbered(10, 10), { codec, baseOffset: 10 }),
        // Compressed and plain batches in one set.
        batchOf(numbered(10, 20), { codec: codec === 0 ? 4 : 0, baseOffset: 20 }),
      ]);
      const memory = new GrowingOutput(16);
      for (let time = 0; time < 2; time++) {
        const own = decodeRecordSet(set, { from: 5 });
        const lent = decodeRecordSet(set, { from: 5, memory });
        expect(rowsOf(lent)).toEqual(rowsOf(own));
        expect(lent.columns.buffer).not.toBe(lent.columns.bytes.buffer);
        for (const [i, batch] of lent.batches.entries()) {
          const { bytesStart, bytesEnd, packed } = own.batches[i]!;
          const records = Buffer.from(lent.columns.bytes.subarray(batch.bytesStart, batch.bytesEnd));
          expect(records.equals(own.columns.bytes.subarray(bytesStart, bytesEnd))).toBe(true);
          expect(packed === null).toBe(batch.packed === null);
          if (packed === null) continue;
          const number = own.columns.flags[batch.rowStart]! & FLAG.codec;
          expect(records.equals(decompress(number, packed, 2 ** 20))).toBe(true);
        }
      }
    },
  );

  test('lent bytes of plain batches are the set itself', () => {
    const set = Buffer.concat([batchOf(numbered(3)), batchOf(numbered(3, 3), { baseOffset: 3 })]);
    const memory = new GrowingOutput(16);
    const { columns } = decodeRecordSet(set, { memory });
    expect(columns.bytes.buffer).toBe(set.buffer);
    expect(memory.length).toBe(0);
  });

  test('times far from each other stay exact, or are marked', () => {
    const times = [-(2n ** 53n) + 2n, 9_000n];
    const batch = batchOf([record('k', 'v', 0), record('k', 'v', Number(times[1]! - times[0]!))]);
    batch.writeBigInt64BE(times[0]!, 27);
    const { columns } = decodeRecordSet(sealed(batch));
    for (const [row, time] of times.entries()) {
      const isExact = (columns.flags[row]! & FLAG.timestampInexact) === 0;
      expect(BigInt(columns.timestamp[row]!) === time).toBe(isExact);
    }
  });

  test('a set larger than one column buffer is decoded in parts, without loss', () => {
    const set = Buffer.concat(
      [0, 10, 20, 30].map((baseOffset) => batchOf(numbered(10, baseOffset), { baseOffset, codec: 4 })),
    );
    const seen: (number | undefined)[] = [];
    let parts = 0;
    for (let start = 0, from = 0; start < set.length; parts++) {
      const decoded = decodeRecordSet(set, { from, columnLimit: 100 }, start);
      seen.push(...rowsOf(decoded).map(({ offset }) => offset));
      start = decoded.consumed;
      from = decoded.nextOffset;
    }
    expect(seen).toEqual(Array.from({ length: 40 }, (_, i) => i));
    expect(parts).toBe(4);
  });
});

describe('old message sets (format 0 and 1)', () => {
  test('plain messages', () => {
    const set = Buffer.concat([
      legacyMessage(0, { offset: 4, key: null, value: 'a' }),
      legacyMessage(1, { offset: 5, key: 'k', value: null, timestamp: 1_400_000_000_123 }),
    ]);
    const decoded = decodeRecordSet(set, { from: 4 });
    expect(decoded.problems).toEqual([]);
    expect(rowsOf(decoded)).toEqual([
      { offset: 4, timestamp: -1, key: null, value: 'a' },
      { offset: 5, timestamp: 1_400_000_000_123, key: 'k', value: null },
    ]);
    expect(decoded.columns.flags[0]! >> FLAG.magicShift).toBe(0);
    expect(decoded.columns.flags[1]! >> FLAG.magicShift).toBe(1);
    expect(decodeHeaders(rowHeaders(decoded.columns, 0))).toEqual([]);
  });

  test.each([1, 2, 3])(
    'compressed with codec %i: offsets are absolute in format 0, relative in format 1',
    async (codec) => {
      const { COMPRESS } = await import('../../../test/kafka/batches.ts');
      for (const magic of [0, 1] as const) {
        const inside = [0, 1, 3].map((n) =>
          legacyMessage(magic, { offset: magic === 0 ? 100 + n : n, key: `k${n}`, value: `v${n}` }),
        );
        const value = COMPRESS[codec]!(Buffer.concat(inside));
        const decoded = decodeRecordSet(legacyMessage(magic, { offset: 103, key: null, value }, codec), {
          from: 100,
        });
        expect(decoded.problems).toEqual([]);
        expect(rowsOf(decoded).map(({ offset, key, value }) => [offset, key, value])).toEqual([
          [100, 'k0', 'v0'],
          [101, 'k1', 'v1'],
          [103, 'k3', 'v3'],
        ]);
        expect(decoded.nextOffset).toBe(104);
      }
    },
  );

  test('a wrong checksum is a problem that keeps the bytes, and the next message still comes', () => {
    const bad = legacyMessage(1, { offset: 0, key: 'k', value: 'wrong' });
    bad[bad.length - 1]! ^= 1;
    const decoded = decodeRecordSet(
      Buffer.concat([bad, legacyMessage(1, { offset: 1, key: 'k', value: 'right' })]),
    );
    expect(decoded.problems).toMatchObject([{ code: 'crc', baseOffset: 0, lastOffset: 0 }]);
    expect(Buffer.from(decoded.problems[0]!.bytes)).toEqual(bad);
    expect(rowsOf(decoded).map(({ value }) => value)).toEqual(['right']);
  });
});

describe('hostile batches', () => {
  const between = (middle: Buffer) =>
    decodeRecordSet(
      Buffer.concat([batchOf(numbered(10)), middle, batchOf(numbered(10), { baseOffset: 20 })]),
    );

  test.each<[string, string, () => Buffer]>([
    [
      'crc',
      'a flipped bit',
      () => {
        const batch = batchOf(numbered(10), { baseOffset: 10 });
        batch[200]! ^= 1;
        return batch;
      },
    ],
    [
      'count',
      'fewer records than declared',
      () => batchOf(numbered(9), { baseOffset: 10, count: 8, lastOffsetDelta: 9 }),
    ],
    [
      'record',
      'more records than there are',
      () => batchOf(numbered(9), { baseOffset: 10, count: 10, lastOffsetDelta: 9 }),
    ],
    [
      'count',
      'two thousand million records',
      () => batchOf(numbered(9), { baseOffset: 10, count: 2_000_000_000, lastOffsetDelta: 9 }),
    ],
    [
      'count',
      'a negative number of records',
      () => batchOf(numbered(9), { baseOffset: 10, count: -1, lastOffsetDelta: 9 }),
    ],
    [
      'codec',
      'an unknown codec',
      () => batchOf(numbered(10), { baseOffset: 10, codec: 7, packed: Buffer.from('x') }),
    ],
    [
      'codec',
      'garbage as lz4',
      () => batchOf(numbered(10), { baseOffset: 10, codec: 3, packed: Buffer.from('garbage in here') }),
    ],
    [
      'codec',
      'garbage as snappy',
      () => batchOf(numbered(10), { baseOffset: 10, codec: 2, packed: Buffer.from('garbage in here') }),
    ],
    [
      'codec',
      'garbage as gzip',
      () => batchOf(numbered(10), { baseOffset: 10, codec: 1, packed: Buffer.from('garbage in here') }),
    ],
    [
      'codec',
      'garbage as zstd',
      () => batchOf(numbered(10), { baseOffset: 10, codec: 4, packed: Buffer.from('garbage in here') }),
    ],
    ['offset', 'offsets that run backwards', () => batchOf(numbered(10), { baseOffset: 3 })],
  ])('%s: %s is marked, kept, and stops nothing', (code, _, make) => {
    const batch = make();
    const decoded = between(batch);
    expect(decoded.problems).toHaveLength(1);
    expect(decoded.problems[0]).toMatchObject({ code, baseOffset: 10 });
    expect(decoded.problems[0]!.lastOffset).toBeLessThan(20);
    expect(Buffer.from(decoded.problems[0]!.bytes)).toEqual(batch);
    expect(rowsOf(decoded).map(({ offset }) => offset)).toEqual([
      ...Array(10).keys(),
      ...Array.from({ length: 10 }, (_, i) => 20 + i),
    ]);
    expect(decoded.nextOffset).toBe(30);
  });

  test('an unknown record format is marked and kept', () => {
    const batch = batchOf(numbered(10), { baseOffset: 10 });
    batch[16] = 3;
    expect(between(batch).problems).toMatchObject([{ code: 'magic', baseOffset: 10 }]);
  });

  test('a wrong length makes the rest one problem: nothing after it is believed', () => {
    const batch = batchOf(numbered(10), { baseOffset: 10 });
    batch.writeInt32BE(-5, 8);
    const decoded = between(batch);
    expect(decoded.problems).toMatchObject([{ code: 'length', baseOffset: 10 }]);
    expect(decoded.columns.count).toBe(10);
  });

  test.each([1, 2, 3, 4])('a bomb in codec %i stops at the limit and is marked', (codec) => {
    const payload = Buffer.alloc(8 * 2 ** 20);
    const bomb = batchOf(numbered(1), { codec, payload, count: 1 });
    const decoded = decodeRecordSet(bomb, { batchLimit: 2 ** 20 });
    expect(decoded.problems).toMatchObject([{ code: 'too-large', baseOffset: 0 }]);
    expect(decoded.columns.count).toBe(0);
  });

  test('an offset beyond 2^40 is refused', () => {
    const decoded = decodeRecordSet(batchOf(numbered(1), { baseOffset: OFFSET_LIMIT }));
    expect(decoded.problems).toMatchObject([{ code: 'offset-limit' }]);
  });

  test('after any alteration of a covered byte, no record of that batch is passed on unmarked', () => {
    const clean = [0, 1, 2, 3, 4].map((codec) =>
      Buffer.concat(
        [0, 10, 20].map((baseOffset) => batchOf(numbered(10, baseOffset), { baseOffset, codec })),
      ),
    );
    const lengths = clean.map((set) => 12 + set.readInt32BE(8));
    fc.assert(
      fc.property(
        fc.nat(4),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 6 }),
        fc.boolean(),
        (codec, edits, reseal) => {
          const set = Buffer.from(clean[codec]!);
          const size = lengths[codec]!;
          const middle = set.subarray(
            size,
            size * 2 > set.length ? set.length : size + 12 + set.readInt32BE(size + 8),
          );
          // From the record format on; offset and length are looked at in tests of their own.
          for (const [where, change] of edits) middle[16 + (where % (middle.length - 16))]! ^= change;
          const altered = !middle.equals(clean[codec]!.subarray(size, size + middle.length));
          if (reseal) sealed(middle);
          const decoded = decodeRecordSet(set);
          const offsets = rowsOf(decoded).map(({ offset }) => offset!);
          expect(offsets).toEqual([...new Set(offsets)].sort((a, b) => a - b));
          expect(offsets.slice(0, 10)).toEqual([...Array(10).keys()]);
          if (!reseal && altered) {
            expect(decoded.problems.length).toBeGreaterThan(0);
            expect(offsets.some((offset) => offset >= 10 && offset < 20)).toBe(false);
          }
        },
      ),
      { numRuns: 4000 },
    );
  });

  test('arbitrary bytes never throw and never run away', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(200), (noise, at) => {
        const set = Buffer.concat([
          batchOf(numbered(2)),
          Buffer.from(noise),
          batchOf(numbered(2), { baseOffset: 2 }),
        ]);
        const decoded = decodeRecordSet(set.subarray(0, set.length - at));
        expect(decoded.nextOffset).toBeLessThanOrEqual(OFFSET_LIMIT);
        peekNextOffset(set);
      }),
      { numRuns: 3000 },
    );
  });
});
