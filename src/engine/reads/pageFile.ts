/**
 * Pages of the log's order outside the memory: a file without a name that is gone with the thread. It spares reading rows
 * again; where it cannot be written, they are read again.
 */
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  rmSync,
  statfsSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';

/** How a file is called for the moment in which it has a name. */
const SUFFIX = '.pages';
/** A disk with less room is left to what is captured. Bytes. */
const LEAST_FREE = 2 ** 31;
let opened = 0;

export class PageFile {
  readonly #folder: string | null;
  readonly #pageBytes: number;
  /** By page: 1 where the file has it. */
  #held = new Uint8Array(0);
  #file: number | null = null;
  #isUseless: boolean;

  /** @param folder null: nothing is kept */
  constructor(folder: string | null, pageBytes: number) {
    this.#folder = folder;
    this.#pageBytes = pageBytes;
    this.#isUseless = folder === null;
  }

  /** False where it cannot be written: nothing is kept. */
  get isUsable(): boolean {
    return !this.#isUseless;
  }

  /** How many pages it has. */
  get held(): number {
    return this.#held.reduce((sum, isHeld) => sum + isHeld, 0);
  }

  has(page: number): boolean {
    return this.#held[page] === 1;
  }

  keep(page: number, memory: ArrayBuffer): void {
    if (this.#isUseless) return;
    try {
      this.#file ??= this.#open();
      const bytes = new Uint8Array(memory, 0, this.#pageBytes);
      for (let done = 0; done < bytes.length; )
        done += writeSync(this.#file, bytes, done, bytes.length - done, page * this.#pageBytes + done);
    } catch {
      // A disk that is full, or nearly, or a folder that cannot be written.
      this.close();
      return;
    }
    if (page >= this.#held.length) {
      const more = new Uint8Array(Math.max(1024, 2 * page));
      more.set(this.#held);
      this.#held = more;
    }
    this.#held[page] = 1;
  }

  /** @returns whether the file had it, whole */
  read(page: number, into: ArrayBuffer): boolean {
    if (!this.has(page) || this.#file === null) return false;
    const bytes = new Uint8Array(into, 0, this.#pageBytes);
    try {
      for (let done = 0; done < bytes.length; ) {
        const at = page * this.#pageBytes + done;
        const count = readSync(this.#file, bytes, done, bytes.length - done, at);
        if (count === 0) throw new RangeError('a page was cut off');
        done += count;
      }
      return true;
    } catch {
      this.close();
      return false;
    }
  }

  /** Pages from this one on are others now. */
  forgetFrom(page: number): void {
    this.#held.fill(0, page);
    if (page === 0 && this.#file !== null) ftruncateSync(this.#file);
  }

  /** Gives the disk back; nothing is kept any more. */
  close(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
    this.#isUseless = true;
    this.#held = new Uint8Array(0);
  }

  #open(): number {
    const folder = this.#folder!;
    mkdirSync(folder, { recursive: true });
    const { bavail, bsize } = statfsSync(folder);
    if (bavail * bsize < LEAST_FREE) throw new RangeError('the disk is needed for captures');
    opened += 1;
    const name = join(folder, `${process.pid}-${threadId}-${opened}${SUFFIX}`);
    const file = openSync(name, 'w+', 0o600);
    try {
      // Open, it can be used on every system; and no crash leaves it behind.
      unlinkSync(name);
    } catch (error) {
      closeSync(file);
      rmSync(name, { force: true });
      throw error;
    }
    return file;
  }
}
