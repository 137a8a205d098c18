/**
 * Keys of rows that several threads read together: each takes the next chunk of rows that nobody has taken, and in the
 * end is told what the others have read. All of it lies in shared memory, so that passing it on costs nothing.
 */
import { takeNext } from '../workers/shared.ts';
import type { StreamRows } from './streamRows.ts';

/** What one thread has read. */
export interface KeyShare {
  /** Which rows these are: a thread that sees another state of the log cannot use it. */
  rows: string;
  /** Number of each key by its place, from 1, as JSON text in UTF-8. */
  keys: SharedArrayBuffer;
  /** Places in the list of rows, from (inclusive) and to (exclusive), of what was read. */
  chunks: readonly (readonly [from: number, to: number])[];
  /** 32-bit numbers of the keys of these rows, in their order; 0: none. */
  numbers: SharedArrayBuffer;
}

/** How a step of a thread is asked for. */
export interface StepArgs {
  /** What the other threads had to tell, once all have told; null: nothing new. */
  shares: readonly KeyShare[] | null;
}

/** The part of a thread, made before the threads begin. */
export interface KeyTogether {
  /** A 32-bit count of the rows that are taken. */
  taken: SharedArrayBuffer;
}

export const keyTogether = (): KeyTogether => ({ taken: new SharedArrayBuffer(4) });

/** Rows that are taken at once. */
const CHUNK_ROWS = 16_384;

/** One thread's end of it. */
export class KeyExchange {
  readonly #taken: Int32Array;
  #given: KeyShare | null = null;
  #others: readonly KeyShare[] | null = null;
  #isWaiting = false;

  constructor({ taken }: KeyTogether) {
    this.#taken = new Int32Array(taken);
  }

  /** Nothing can be done until the others have told. */
  get isWaiting(): boolean {
    return this.#isWaiting;
  }

  /** What the others have told; null: not yet. */
  get others(): readonly KeyShare[] | null {
    return this.#others;
  }

  /** The next rows of so many that nobody has taken yet; null: all are taken. */
  take(rows: number): [from: number, to: number] | null {
    const from = takeNext(this.#taken, CHUNK_ROWS);
    return from >= rows ? null : [from, Math.min(rows, from + CHUNK_ROWS)];
  }

  give(share: KeyShare): void {
    this.#given = share;
    this.#isWaiting = true;
  }

  /** What is to be passed on, once. */
  passOn(): KeyShare | null {
    const given = this.#given;
    this.#given = null;
    return given;
  }

  receive(shares: readonly KeyShare[]): void {
    this.#others = shares;
    this.#isWaiting = false;
  }
}

/** Numbers from 1 for keys as they come. */
export class KeyBook {
  readonly #numbers = new Map<string, number>();
  readonly names: string[] = [''];

  numberOf(key: string): number {
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.names.push(key) - 1;
      this.#numbers.set(key, number);
    }
    return number;
  }
}

/** What was read of some rows, to be told to others. @param numberOf by row, numbers of the book */
export function shareOf(
  rows: StreamRows,
  asked: ArrayLike<number>,
  chunks: KeyShare['chunks'],
  book: KeyBook,
  numberOf: Uint32Array,
): KeyShare {
  const count = chunks.reduce((sum, [from, to]) => sum + to - from, 0);
  const numbers = new Uint32Array(new SharedArrayBuffer(count * 4));
  let next = 0;
  for (const [from, to] of chunks)
    for (let nth = from; nth < to; nth += 1) numbers[next++] = numberOf[asked[nth]!]!;
  const text = Buffer.from(JSON.stringify(book.names.slice(1)));
  const keys = new SharedArrayBuffer(text.length);
  text.copy(new Uint8Array(keys));
  return { rows: printOf(rows, asked), keys, chunks, numbers: numbers.buffer as SharedArrayBuffer };
}

/** Takes over what others have read of the same rows. The chunks that are known now. */
export function takeOver(
  rows: StreamRows,
  asked: ArrayLike<number>,
  others: readonly KeyShare[],
  book: KeyBook,
  numberOf: Uint32Array,
): [from: number, to: number][] {
  const known: [from: number, to: number][] = [];
  const print = printOf(rows, asked);
  for (const { rows: theirs, keys, chunks, numbers } of others) {
    if (theirs !== print) continue;
    // A text of shared memory has to be copied before it is decoded.
    const names = JSON.parse(Buffer.from(new Uint8Array(keys)).toString()) as string[];
    const own = Uint32Array.from([0, ...names.map((name) => book.numberOf(name))]);
    const read = new Uint32Array(numbers);
    let next = 0;
    for (const [from, to] of chunks) {
      for (let nth = from; nth < to; nth += 1) numberOf[asked[nth]!] = own[read[next++]!]!;
      known.push([from, to]);
    }
  }
  return known;
}

/** Rows with the same ids have the same print, others another one, but for a chance of one in 2^32. */
function printOf({ id }: StreamRows, asked: ArrayLike<number>): string {
  let hash = asked.length;
  for (let nth = 0; nth < asked.length; nth += 1) {
    const each = id[asked[nth]!]!;
    hash = Math.imul(hash ^ (each % 0x1_0000_0000), 0x0100_0193);
    hash = Math.imul(hash ^ (each / 0x1_0000_0000), 0x0100_0193);
  }
  return `${asked.length} ${hash >>> 0}`;
}
