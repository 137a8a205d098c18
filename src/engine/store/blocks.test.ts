import { expect, test } from 'vitest';
import { batchOf, COMPRESS, record } from '../../../test/kafka/batches.ts';
import { encodeHeaders } from '../kafka/headers.ts';
import { decodeRecordSet } from '../kafka/recordBatch.ts';
import { rowHeaders, rowKey, rowValue } from '../kafka/recordColumns.ts';
import { type Body, bodyAt, cutBlocks, openBlock, partOf, placeIn, unpack } from './blocks.ts';
import { DamagedBlock } from './damagedBlock.ts';
import type { RecordBlock } from './frame.ts';

const plain = (part: Uint8Array | null) => (part === null ? null : Buffer.from(part).toString('hex'));
const shown = ({ key, value, headers }: Body) => [key, value, headers].map(plain);

const opened = ({ offset, codec, rawSize, start, end }: RecordBlock, bytes: Uint8Array) => {
  const row = { id: offset, codec, raw_size: rawSize, bytes: bytes.subarray(start, end) };
  return openBlock(row, unpack(row));
};

/** Every record of the blocks by its offset. */
function contents(blocks: RecordBlock[], bytes: Uint8Array) {
  const found = new Map<number, unknown>();
  for (const block of blocks) {
    const open = opened(block, bytes);
    for (let at = 0; at < open.count; at++) found.set(open.ids[at]!, shown(bodyAt(open, at)));
  }
  return found;
}

function expected({ columns }: ReturnType<typeof decodeRecordSet>) {
  const found = new Map<number, unknown>();
  for (let row = 0; row < columns.count; row++)
    found.set(
      columns.offset[row]!,
      shown({ key: rowKey(columns, row), value: rowValue(columns, row), headers: rowHeaders(columns, row) }),
    );
  return found;
}

const many = (count: number, size: number) =>
  Array.from({ length: count }, (_, at) => ({
    ...record(at % 3 === 0 ? null : `k${at}`, at % 7 === 0 ? null : `${at} `.repeat(size)),
    headers:
      at % 5 === 0
        ? [
            { key: 'h', value: null },
            { key: 'h', value: Buffer.from('x') },
          ]
        : [],
  }));

test('records of every codec come back byte for byte, whether a batch is kept whole or cut', () => {
  for (const codec of COMPRESS.keys())
    for (const [count, size] of [
      [1, 5],
      [40, 20],
      [400, 200],
      [3, 60_000],
    ] as const) {
      const set = decodeRecordSet(batchOf(many(count, size), { codec, baseOffset: 1000 }));
      const { blocks, bytes } = cutBlocks(set.columns, set.batches);
      expect(contents(blocks, bytes)).toEqual(expected(set));
      const kept = blocks.length === 1 && codec !== 0;
      if (kept) expect(blocks[0]!.codec).toBe(codec);
    }
});

test('records that were left out at the ends or between are in no block', () => {
  const batch = batchOf(many(300, 150), { codec: 4, baseOffset: 50 });
  const set = decodeRecordSet(batch, { from: 60, to: 340 });
  const { blocks, bytes } = cutBlocks(set.columns, set.batches);
  expect(contents(blocks, bytes)).toEqual(expected(set));

  const whole = decodeRecordSet(batchOf(many(30, 5), { baseOffset: 50 }));
  const { columns } = whole;
  // As a capture of one key leaves them: rows 4, 9 and 10 of thirty.
  const wanted = [4, 9, 10];
  for (const column of [
    columns.offset,
    columns.keyStart,
    columns.keyLength,
    columns.valueStart,
    columns.valueLength,
    columns.headersStart,
    columns.headersLength,
    columns.flags,
  ])
    wanted.forEach((from, to) => {
      column[to] = column[from]!;
    });
  columns.count = 3;
  const some = cutBlocks(columns, [{ ...whole.batches[0]!, rowEnd: 3 }]);
  expect([...contents(some.blocks, some.bytes).keys()]).toEqual([54, 59, 60]);
});

test('columns without batches are encoded, with gaps in their offsets', () => {
  const { columns } = decodeRecordSet(batchOf(many(200, 60), { baseOffset: 0 }));
  columns.offset.forEach((_, row) => {
    columns.offset[row] = row * 3_000_000_000;
  });
  const { blocks, bytes } = cutBlocks(columns, null);
  const found = contents(blocks, bytes);
  expect(found.size).toBe(200);
  expect([...found.values()]).toEqual([...expected({ columns } as never).values()]);
});

test('a record is found by its id, and parts of a block are blocks', () => {
  const set = decodeRecordSet(batchOf(many(50, 4), { baseOffset: 7 }));
  const { blocks, bytes } = cutBlocks(set.columns, set.batches);
  const open = opened(blocks[0]!, bytes);
  expect([6, 7, 30, 56, 57].map((id) => placeIn(open, id))).toEqual([-1, 0, 23, 49, -1]);
  const part = partOf(open, 10, 20)!;
  const cut = openBlock(part, unpack(part));
  expect([...cut.ids]).toEqual([...open.ids.subarray(10, 20)]);
  for (let at = 0; at < 10; at++) expect(shown(bodyAt(cut, at))).toEqual(shown(bodyAt(open, at + 10)));
  expect(partOf(open, 5, 5)).toBeNull();
});

test('headers keep order, repetition, null and empty', () => {
  const headers = [
    { key: 'a', value: null },
    { key: '', value: Buffer.alloc(0) },
    { key: 'a', value: Buffer.from('1') },
  ];
  const set = decodeRecordSet(batchOf([{ ...record('k', 'v'), headers }]));
  const { blocks, bytes } = cutBlocks(set.columns, set.batches);
  expect(plain(bodyAt(opened(blocks[0]!, bytes), 0).headers)).toBe(encodeHeaders(headers).toString('hex'));
});

test('a bit that flips in a stored block is noticed, wherever it is and however the block is packed', () => {
  for (const codec of COMPRESS.keys()) {
    const set = decodeRecordSet(batchOf(many(40, 20), { codec, baseOffset: 1000 }));
    const { blocks, bytes } = cutBlocks(set.columns, set.batches);
    for (const block of blocks)
      for (let at = block.start; at < block.end; at += 37) {
        const other = bytes.slice();
        other[at]! ^= 1 << (at % 8);
        expect(() => opened(block, other)).toThrow(DamagedBlock);
      }
  }
});
