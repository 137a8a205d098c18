/**
 * Records that several threads read together: each takes the next chunk that nobody has taken, and tells the others what it
 * has read of it. All of it lies in shared memory, so that passing it on costs nothing.
 */
import { takeNext } from '../workers/shared.ts';
import type { KeyChunk, PartitionBounds } from './keyChunks.ts';
import type { FoundRecords } from './keyedRecords.ts';

/** What a thread tells of chunks that it has read. */
export interface KeyShare {
  /** The thread. */
  part: number;
  /** Keys that it has met since it last told something, as JSON text in UTF-8; their numbers go on from 1. */
  keys: SharedArrayBuffer;
  chunks: readonly KeyChunk[];
  /** Instead: the ids that it has found of some keys. */
  found?: FoundRecords;
}

/** What goes along with a step of a thread, for the others. */
export interface KeyMail {
  shares: readonly KeyShare[];
  /** It cannot go on before it gets some of others. */
  isWaiting: boolean;
}

/** How a step of a thread is asked for. */
export interface StepArgs {
  /** What the other threads have told since its last step. */
  shares: readonly KeyShare[];
}

/** What the threads of a run have in common, made before they begin. */
export interface KeyTogether {
  parts: number;
  bounds: readonly PartitionBounds[];
  /** 32-bit counts of the chunks that are taken, and of the bytes of parts that are kept. */
  counts: SharedArrayBuffer;
}

export const keyTogether = (parts: number, bounds: readonly PartitionBounds[]): KeyTogether => ({
  ...{ parts, bounds },
  counts: new SharedArrayBuffer(8),
});

/** Parts of payloads that are kept by all threads together; what has no room is read when it is folded. */
const MOST_PART_BYTES = 192 * 1024 * 1024;

/** One thread's end of it. */
export class KeyExchange {
  readonly #chunks: Int32Array;
  readonly #bytes: Int32Array;
  #outgoing: KeyShare[] = [];
  #incoming: KeyShare[] = [];
  #isUrgent = false;
  isWaiting = false;

  constructor({ counts }: KeyTogether) {
    this.#chunks = new Int32Array(counts, 0, 1);
    this.#bytes = new Int32Array(counts, 4, 1);
  }

  /** The number of the next chunk that nobody has taken yet. */
  take(): number {
    return takeNext(this.#chunks, 1);
  }

  /** Whether there is room for so many bytes; then they are counted. */
  mayKeep(bytes: number): boolean {
    if (bytes > MOST_PART_BYTES) return false;
    if (Atomics.add(this.#bytes, 0, bytes) + bytes <= MOST_PART_BYTES) return true;
    Atomics.sub(this.#bytes, 0, bytes);
    return false;
  }

  /** @param isUrgent somebody may wait for it */
  give(share: KeyShare, isUrgent: boolean): void {
    this.#outgoing.push(share);
    this.#isUrgent ||= isUrgent;
  }

  /** The step ends here: others wait for what it tells, or it waits for them. */
  get endsStep(): boolean {
    return this.#isUrgent || this.isWaiting;
  }

  /** What goes along with the step that ends. */
  passOn(): KeyMail {
    const shares = this.#outgoing;
    this.#outgoing = [];
    this.#isUrgent = false;
    return { shares, isWaiting: this.isWaiting };
  }

  receive(shares: readonly KeyShare[]): void {
    this.#incoming.push(...shares);
    if (shares.length > 0) this.isWaiting = false;
  }

  /** What others have told since this was last asked. */
  received(): KeyShare[] {
    const incoming = this.#incoming;
    this.#incoming = [];
    return incoming;
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

/** Texts in memory that threads share. */
export function sharedTexts(texts: readonly string[]): SharedArrayBuffer {
  const text = Buffer.from(JSON.stringify(texts));
  const memory = new SharedArrayBuffer(text.length);
  text.copy(new Uint8Array(memory));
  return memory;
}

/** A text of shared memory has to be copied before it is decoded. */
export const textsIn = (memory: SharedArrayBuffer): string[] =>
  JSON.parse(Buffer.from(new Uint8Array(memory)).toString()) as string[];
