/** Capturing one key: of a chunk only its records are kept, each in a block of its own. */

import { allocateColumns, type RecordColumns, rowKey } from '../kafka/recordColumns.ts';
import { openBlock, partOf, unpack } from '../store/blocks.ts';
import type { RecordBlock, RecordFrame } from '../store/frame.ts';
import { VERDICT } from '../store/values.ts';
import type { RecordChunk } from './extract.ts';

const NUMBERS = ['offset', 'timestamp', 'producerId', 'sequence', 'producerEpoch', 'flags'] as const;
const PARTS = ['key', 'value', 'headers'] as const;

/** The chunk with the records of this key only; markers belong to no key. */
export function keepKey(chunk: RecordChunk, key: Uint8Array): RecordChunk {
  const { columns, verdict } = chunk;
  const wanted = Buffer.from(key.buffer, key.byteOffset, key.byteLength);
  const rows: number[] = [];
  for (let row = 0; row < columns.count; row++) {
    if (columns.keyLength[row] !== wanted.length || verdict[row] === VERDICT.control) continue;
    if (wanted.equals(rowKey(columns, row)!)) rows.push(row);
  }
  return {
    ...chunk,
    columns: pick(columns, rows),
    batches: null,
    verdict: Uint8Array.from(rows, (row) => verdict[row]!),
    problems: [],
  };
}

function pick(columns: RecordColumns, rows: readonly number[]): RecordColumns {
  const size = rows.reduce(
    (sum, row) => sum + PARTS.reduce((part, name) => part + Math.max(columns[`${name}Length`][row]!, 0), 0),
    0,
  );
  const picked = allocateColumns(rows.length, size);
  let at = 0;
  for (const [into, row] of rows.entries()) {
    for (const name of NUMBERS) picked[name][into] = columns[name][row]!;
    for (const name of PARTS) {
      const length = columns[`${name}Length`][row]!;
      const start = columns[`${name}Start`][row]!;
      picked[`${name}Start`][into] = at;
      picked[`${name}Length`][into] = length;
      if (length <= 0) continue;
      picked.bytes.set(columns.bytes.subarray(start, start + length), at);
      at += length;
    }
  }
  return { ...picked, count: rows.length };
}

/**
 * The frame of a chunk that was looked through for a key. Blocks must not overlap, and records of other keys may come
 * to lie between those of this one.
 * @param unseen offsets of the frame that could not be looked through
 */
export function keyFrame(frame: RecordFrame, key: Uint8Array, unseen: number): RecordFrame {
  const blocks: RecordBlock[] = [];
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const { offset, codec, rawSize, start, end } of frame.blocks) {
    const bytes = frame.blockBytes.subarray(start, end);
    const row = { id: offset, codec, raw_size: rawSize, bytes };
    const block = openBlock(row, unpack(row));
    for (let record = 0; record < block.count; record++) {
      const part = partOf(block, record, record + 1)!;
      blocks.push({
        ...{ offset: part.id, codec: part.codec, rawSize: part.raw_size },
        ...{ start: at, end: at + part.bytes.length },
      });
      parts.push(part.bytes);
      at += part.bytes.length;
    }
  }
  const blockBytes = new Uint8Array(new ArrayBuffer(at));
  for (const [index, part] of parts.entries()) blockBytes.set(part, blocks[index]!.start);
  return { ...frame, blocks, blockBytes, missing: [], key, lost: unseen };
}

/** Offsets of a chunk that were deleted or lie in batches that cannot be decoded. */
export function unseenIn({ removed, problems, nextOffset }: RecordChunk, position: number): number {
  if (removed !== null) return removed.to - removed.from;
  return problems.reduce(
    (sum, { baseOffset, lastOffset }) =>
      sum + Math.max(Math.min(lastOffset + 1, nextOffset) - Math.max(baseOffset, position), 0),
    0,
  );
}
