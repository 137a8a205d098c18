/**
 * The bytes of the records that the next rows of a build need, read in the order in which they lie on the disk. Rows are
 * built in the order of their keys: each on its own would open a block for nearly every event.
 */
import type { Body } from '../store/blocks.ts';
import { recordBytesOf } from '../store/recordBytes.ts';
import type { ReadContext } from '../workers/context.ts';

/** Held at once. */
const MOST_BYTES = 64 * 1024 * 1024;
/** What a record takes beside its bytes. */
const OVERHEAD = 400;
const CHECK_EVERY = 1000;

export class BytesAhead {
  readonly #records = new Map<string, readonly number[]>();
  readonly #bodies = new Map<number, Body>();

  /** The records of a part that was read ahead; undefined: it was not. */
  recordsOf(part: string): readonly number[] | undefined {
    return this.#records.get(part);
  }

  /** The bytes of a record of such a part, which are forgotten with that. */
  take(id: number): Body | undefined {
    const body = this.#bodies.get(id);
    this.#bodies.delete(id);
    return body;
  }

  /** Reads as many of the parts as there is room for, at least the first. What was left of others is dropped. */
  read(context: ReadContext, parts: Iterable<string>, idsOf: (part: string) => readonly number[]): void {
    this.#records.clear();
    this.#bodies.clear();
    const room = Math.max(1, Math.floor(MOST_BYTES / (meanBytes(context) + OVERHEAD)));
    const wanted: number[] = [];
    for (const part of parts) {
      const ids = idsOf(part);
      if (wanted.length > 0 && wanted.length + ids.length > room) break;
      this.#records.set(part, ids);
      // A part that is larger than all the room is read as it is folded.
      if (ids.length <= room) for (const id of ids) wanted.push(id);
    }
    const bytes = recordBytesOf(context);
    for (const [at, id] of Float64Array.from(wanted).sort().entries()) {
      if (at % CHECK_EVERY === 0) context.throwIfAborted();
      this.#bodies.set(id, copied(bytes.body(id)));
    }
  }
}

/** A copy that does not hold the whole block. */
function copied({ key, value, headers }: Body): Body {
  const copy = (part: Uint8Array | null) => (part === null ? null : Uint8Array.prototype.slice.call(part));
  return { key: copy(key), value: copy(value), headers: copy(headers) };
}

function meanBytes({ db }: ReadContext): number {
  const mean = db.prepare('SELECT sum(bytes) / max(sum(stored), 1) FROM partition').pluck().get();
  return (mean as number | null) ?? 0;
}
