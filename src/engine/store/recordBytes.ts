/** Keys, values and headers of stored records, read through a bounded number of open blocks. */
import type { Database, Statement } from 'better-sqlite3';
import type { ReadContext } from '../workers/context.ts';
import { type BlockRow, type Body, bodyAt, type OpenBlock, openBlock, placeIn, unpack } from './blocks.ts';
import { DamagedBlock } from './damagedBlock.ts';

/** Open blocks are kept up to so many bytes together, as they are decompressed. */
const KEPT_BYTES = 24 * 1024 * 1024;

/** Holds blocks that were read: good as long as the captured records do not change. */
export class RecordBytes {
  readonly #find: Statement;
  readonly #read: Statement;
  readonly #kept = new Map<number, OpenBlock>();
  #bytes = 0;
  #last: OpenBlock | null = null;

  constructor(db: Database) {
    this.#find = db.prepare('SELECT id FROM block WHERE id <= ? ORDER BY id DESC LIMIT 1').pluck();
    this.#read = db.prepare('SELECT id, codec, raw_size, bytes FROM block WHERE id = ?');
  }

  /** The bytes of a stored record. @throws DamagedBlock, CodecError when its block is missing or damaged */
  body(id: number): Body {
    const block = this.blockOf(id);
    return bodyAt(block, this.#place(block, id));
  }

  /** The value as text, bytes that are no UTF-8 replaced; null: it has none. */
  text(id: number): string | null {
    const block = this.blockOf(id);
    const at = this.#place(block, id);
    const length = block.valueLength[at]!;
    const start = block.valueStart[at]!;
    return length < 0 ? null : block.bytes.toString('utf8', start, start + length);
  }

  /** The block that holds a stored record. */
  blockOf(id: number): OpenBlock {
    const last = this.#last;
    if (last !== null && id >= last.id && placeIn(last, id) >= 0) return last;
    const found = this.#find.get(id) as number | undefined;
    if (found === undefined) throw missingBytes(id);
    return this.open(found);
  }

  /** The block with this id. */
  open(id: number): OpenBlock {
    let block = this.#kept.get(id);
    if (block === undefined) {
      block = openBlock(this.#read.get(id) as BlockRow);
      this.#bytes += sizeOf(block);
      for (const [oldest, each] of this.#kept) {
        if (this.#bytes <= KEPT_BYTES) break;
        this.#kept.delete(oldest);
        this.#bytes -= sizeOf(each);
      }
    } else this.#kept.delete(id);
    this.#kept.set(id, block);
    this.#last = block;
    return block;
  }

  #place(block: OpenBlock, id: number): number {
    const at = placeIn(block, id);
    if (at < 0) throw missingBytes(id);
    return at;
  }
}

const sizeOf = ({ bytes, count }: OpenBlock): number => bytes.length + count * 32;
/** A stored record of which the bytes are not there. */
export const missingBytes = (id: number) => new DamagedBlock(`no block holds the bytes of record ${id}`);

/** Kept until the captured data changes. */
export const recordBytesOf = (context: ReadContext): RecordBytes =>
  context.cache.get(
    'record bytes',
    () => new RecordBytes(context.db),
    () => KEPT_BYTES,
  );

/**
 * The blocks that hold records from one id up to another (exclusive), in order, each decompressed once.
 * @param wanted says of a block's bytes whether it is of interest; one that is not is passed over
 */
export function* blocksFrom(
  db: Database,
  from: number,
  to: number,
  wanted: ((bytes: Buffer) => boolean) | null = null,
): Generator<OpenBlock> {
  const start = db.prepare('SELECT id FROM block WHERE id <= ? ORDER BY id DESC LIMIT 1').pluck();
  const next = db.prepare(
    'SELECT id, codec, raw_size, bytes FROM block WHERE id >= ? AND id < ? ORDER BY id LIMIT 1',
  );
  let at = (start.get(from) as number | undefined) ?? from;
  for (;;) {
    const row = next.get(at, to) as BlockRow | undefined;
    if (row === undefined) return;
    at = row.id + 1;
    const bytes = unpack(row);
    if (wanted !== null && !wanted(bytes)) continue;
    const block = openBlock(row, bytes);
    if (block.ids[block.count - 1]! >= from) yield block;
  }
}

/**
 * The blocks that hold some of these ascending record ids, in order, each read once, with the range of the ids in it:
 * from `from` up to `to` (exclusive). @throws DamagedBlock where no block lies before an id
 * @param wanted says of a block's bytes whether it is of interest; one that is not is passed over with all ids in it
 */
export function* blocksOf(
  db: Database,
  ids: readonly number[],
  wanted: ((bytes: Buffer) => boolean) | null,
): Generator<{ block: OpenBlock; from: number; to: number }> {
  const holding = db.prepare(
    'SELECT id, codec, raw_size, bytes FROM block WHERE id <= ? ORDER BY id DESC LIMIT 1',
  );
  const following = db.prepare('SELECT id FROM block WHERE id > ? ORDER BY id LIMIT 1').pluck();
  for (let from = 0; from < ids.length; ) {
    const row = holding.get(ids[from]!) as BlockRow | undefined;
    const end = (following.get(ids[from]!) as number | undefined) ?? Number.POSITIVE_INFINITY;
    let to = from + 1;
    while (to < ids.length && ids[to]! < end) to += 1;
    if (row === undefined) throw missingBytes(ids[from]!);
    const bytes = unpack(row);
    if (wanted === null || wanted(bytes)) yield { block: openBlock(row, bytes), from, to };
    from = to;
  }
}
