/** Reads the bytes of records in the order in which they lie on the disk, which a scan over many needs to be fast. */
import type { LogRows } from '../reads/logRows.ts';
import { type Body, bodyAt, type OpenBlock, placeIn } from '../store/blocks.ts';
import { OFFSET_SPAN } from '../store/ids.ts';
import { blocksFrom, blocksOf, missingBytes } from '../store/recordBytes.ts';
import { rowsOfIds, type StoredRecord, withBytes } from '../store/stream.ts';
import type { ReadContext } from '../workers/context.ts';
import type { BytesTest } from './needles.ts';

export type { Body };

export const bufferOf = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** A record that is known to be there. */
export const recordOf = (context: ReadContext, id: number): StoredRecord =>
  withBytes(context, rowsOfIds(context, [id])[0]!);

/** Values of one partition by record id, from one up to another (exclusive), ascending. */
export function* valuesFrom(
  { db }: ReadContext,
  from: number,
  to: number,
): Generator<{ id: number; value: Buffer | null }> {
  for (const block of blocksFrom(db, from, to))
    for (let at = 0; at < block.count; at++) {
      const id = block.ids[at]!;
      if (id >= from && id < to) yield { id, value: valueAt(block, at) };
    }
}

function valueAt({ bytes, valueStart, valueLength }: OpenBlock, at: number): Buffer | null {
  const length = valueLength[at]!;
  return length < 0 ? null : bytes.subarray(valueStart[at]!, valueStart[at]! + length);
}

/**
 * Calls with the bytes of every record at these ascending places of the rows whose value passes the test, partition by
 * partition. In a partition the log's order is that of offsets, so each partition's part is read in the order of the disk,
 * every block that holds one of them once.
 * @throws DamagedBlock where the bytes of a record are missing or spoiled
 */
export function visitBodies(
  context: ReadContext,
  rows: LogRows,
  places: Iterable<number>,
  mayFit: BytesTest | null,
  visit: (at: number, body: Body) => void,
): void {
  const byPartition = new Map<number, number[]>();
  for (const at of places) {
    const no = Math.floor(rows.id[at]! / OFFSET_SPAN);
    const known = byPartition.get(no);
    if (known === undefined) byPartition.set(no, [at]);
    else known.push(at);
  }
  // Markers before the first record of a partition may stand in another order than their offsets.
  for (const each of byPartition.values()) each.sort((a, b) => rows.id[a]! - rows.id[b]!);
  const ordered = [...byPartition].sort(([a], [b]) => a - b).flatMap(([, each]) => each);
  const ids = ordered.map((at) => rows.id[at]!);
  // What must be in a value must be in its block.
  for (const { block, from, to } of blocksOf(context.db, ids, mayFit))
    for (let nth = from; nth < to; nth++) {
      const at = placeIn(block, ids[nth]!);
      if (at < 0) throw missingBytes(ids[nth]!);
      const value = mayFit === null ? null : valueAt(block, at);
      if (mayFit === null || (value !== null && mayFit(value))) visit(ordered[nth]!, bodyAt(block, at));
    }
}
