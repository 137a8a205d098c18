/**
 * Tells two lists of events apart, and how far they are the same: a keyframe of one list is one of every list that begins
 * with the same events, be it a later revision, an earlier cut or the other clock.
 */
import { createHash } from 'node:crypto';
import type { HeadList } from '../reads/headList.ts';
import { KEYFRAME_EVERY } from '../reads/timelineFold.ts';

const DIGEST_BYTES = 16;
const NUMBERS_PER_EVENT = 3;

export class PrefixDigests {
  readonly #list: HeadList;
  /** Of the first so many times {@link KEYFRAME_EVERY} events. */
  readonly #known: Buffer[] = [Buffer.alloc(DIGEST_BYTES)];
  readonly #numbers = new Float64Array(KEYFRAME_EVERY * NUMBERS_PER_EVENT);

  constructor(list: HeadList) {
    this.#list = list;
  }

  /** Of the first `count` events: record ids, recorded times, hashes of event ids. */
  at(count: number): Buffer {
    const whole = Math.floor(count / KEYFRAME_EVERY);
    while (this.#known.length <= whole) {
      const next = this.#known.length * KEYFRAME_EVERY;
      this.#known.push(this.#add(this.#known.at(-1)!, next - KEYFRAME_EVERY, next));
    }
    const from = whole * KEYFRAME_EVERY;
    return from === count ? this.#known[whole]! : this.#add(this.#known[whole]!, from, count);
  }

  #add(before: Buffer, from: number, to: number): Buffer {
    const { columns, rows } = this.#list;
    const { id, recordedAt, eventHash } = columns;
    let at = 0;
    for (let place = from; place < to; place++) {
      const row = rows[place]!;
      this.#numbers[at++] = id[row]!;
      this.#numbers[at++] = recordedAt[row]!;
      this.#numbers[at++] = eventHash[row]!;
    }
    const bytes = new Uint8Array(this.#numbers.buffer, 0, at * Float64Array.BYTES_PER_ELEMENT);
    return createHash('sha256').update(before).update(bytes).digest().subarray(0, DIGEST_BYTES);
  }
}

const known = new WeakMap<HeadList, PrefixDigests>();

export function digestsOf(list: HeadList): PrefixDigests {
  let digests = known.get(list);
  if (digests === undefined) {
    digests = new PrefixDigests(list);
    known.set(list, digests);
  }
  return digests;
}
