/** Keys, values and headers of stored records, read through a bounded number of open blocks. */
import type { Database, Statement } from 'better-sqlite3';
import type { GrowingOutput } from '../kafka/growingOutput.ts';
import type { ReadContext } from '../workers/context.ts';
import { type BlockRow, type Body, type OpenBlock, openBlock, PLAIN, unpack, unpackInto } from './blocks.ts';
import { DamagedBlock } from './damagedBlock.ts';
import { freeBytes } from './freeBytes.ts';
import { partitionNoOf } from './ids.ts';
import { SpareMemory, type ValueBytes, WalkedBlock } from './walkedBlock.ts';

/** Open blocks are kept up to so many bytes together, as they are decompressed. */
const KEPT_BYTES = 24 * 1024 * 1024;

/** Holds blocks that were read: good as long as the captured records do not change. */
export class RecordBytes {
  readonly #find: Statement;
  readonly #read: Statement;
  readonly #kept = new Map<number, WalkedBlock>();
  readonly #spare = new SpareMemory();
  #bytes = 0;
  /** Of each partition, the one that was read last: a list goes through several partitions side by side. */
  readonly #last = new Map<number, WalkedBlock>();

  constructor(db: Database) {
    this.#find = db.prepare('SELECT id FROM block WHERE id <= ? ORDER BY id DESC LIMIT 1').pluck();
    this.#read = db.prepare('SELECT id, codec, raw_size, bytes FROM block WHERE id = ?');
  }

  /** The bytes of a stored record, a copy. @throws DamagedBlock, CodecError when its block is missing or damaged */
  body(id: number): Body {
    const body = this.#last.get(partitionNoOf(id))?.body(id) ?? this.#blockOf(id).body(id);
    if (body === null) throw missingBytes(id);
    return body;
  }

  /** The value as text, bytes that are no UTF-8 replaced; null: it has none. @throws as {@link RecordBytes.body} */
  text(id: number): string | null {
    let text = this.#last.get(partitionNoOf(id))?.text(id);
    if (text === undefined) text = this.#blockOf(id).text(id);
    if (text === undefined) throw missingBytes(id);
    return text;
  }

  /** Where its value lies; good until the next record is asked for. @throws as {@link RecordBytes.body} */
  value(id: number): ValueBytes {
    const value = this.#last.get(partitionNoOf(id))?.value(id) ?? this.#blockOf(id).value(id);
    if (value === null) throw missingBytes(id);
    return value;
  }

  /** The block that can hold a record. */
  #blockOf(id: number): WalkedBlock {
    const found = this.#find.get(id) as number | undefined;
    if (found === undefined) throw missingBytes(id);
    let block = this.#kept.get(found);
    if (block === undefined) {
      block = new WalkedBlock(this.#read.get(found) as BlockRow, this.#spare.take());
      this.#bytes += block.size;
      for (const [oldest, each] of this.#kept) {
        if (this.#bytes <= KEPT_BYTES) break;
        this.#forget(oldest, each);
      }
    } else this.#kept.delete(found);
    this.#kept.set(found, block);
    this.#last.set(partitionNoOf(id), block);
    return block;
  }

  #forget(id: number, block: WalkedBlock): void {
    const no = partitionNoOf(id);
    if (this.#last.get(no) === block) this.#last.delete(no);
    this.#kept.delete(id);
    this.#bytes -= block.size;
    this.#spare.giveBack(block.memory);
  }
}

/** A stored record of which the bytes are not there. */
export const missingBytes = (id: number) => new DamagedBlock(`no block holds the bytes of record ${id}`);

/** Kept until the captured data changes. */
export const recordBytesOf = (context: ReadContext): RecordBytes =>
  context.cache.get(
    'record bytes',
    () => new RecordBytes(context.db),
    () => KEPT_BYTES,
  );

/** The encoded records of a block of which the row is not needed any more. */
function unpackedOf(row: BlockRow, memory: GrowingOutput | null = null): Buffer {
  const bytes = memory === null ? unpack(row) : unpackInto(row, memory);
  if (row.codec !== PLAIN) freeBytes(row.bytes);
  return bytes;
}

/**
 * The blocks that hold records from one id up to another (exclusive), in order, each decompressed once.
 * @param wanted says of a block's bytes whether it is of interest; one that is not is passed over
 * @param memory holds the bytes of each block until the next is asked for; null: each has memory of its own
 */
export function* blocksFrom(
  db: Database,
  from: number,
  to: number,
  wanted: ((bytes: Buffer) => boolean) | null = null,
  memory: GrowingOutput | null = null,
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
    const bytes = unpackedOf(row, memory);
    if (wanted !== null && !wanted(bytes)) continue;
    const block = openBlock(row, bytes);
    if (block.ids[block.count - 1]! >= from) yield block;
  }
}

/**
 * The blocks that hold some of these ascending record ids, in order, each read once, with the range of the ids in it:
 * from `from` up to `to` (exclusive). @throws DamagedBlock where no block lies before an id
 * @param wanted says of a block's bytes whether it is of interest; one that is not is passed over with all ids in it
 * @param memory holds the bytes of each block until the next is asked for; null: each has memory of its own
 */
export function* blocksOf(
  db: Database,
  ids: ArrayLike<number>,
  wanted: ((bytes: Buffer) => boolean) | null,
  memory: GrowingOutput | null = null,
): Generator<{ block: OpenBlock; from: number; to: number }> {
  const holding = db.prepare(
    'SELECT id, codec, raw_size, bytes FROM block WHERE id <= ? ORDER BY id DESC LIMIT 1',
  );
  const following = db.prepare('SELECT id FROM block WHERE id > ? ORDER BY id LIMIT 1').pluck();
  for (let from = 0; from < ids.length; ) {
    const row = holding.get(ids[from]!) as BlockRow | undefined;
    if (row === undefined) throw missingBytes(ids[from]!);
    const bytes = unpackedOf(row, memory);
    const block = wanted === null || wanted(bytes) ? openBlock(row, bytes) : null;
    const last =
      block === null
        ? ((following.get(ids[from]!) as number | undefined) ?? Number.POSITIVE_INFINITY) - 1
        : block.ids[block.count - 1]!;
    let to = from + 1;
    while (to < ids.length && ids[to]! <= last) to += 1;
    if (block !== null) yield { block, from, to };
    from = to;
  }
}
