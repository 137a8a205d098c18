/**
 * The seal of a recording: SHA-256 over each MiB of the file, written behind its last page. SQLite does not look there:
 * the number of pages stands in its header (https://sqlite.org/fileformat2.html, "In-header database size").
 *
 * The seal is JSON, its length in 8 bytes (little-endian), and the 8 bytes `HcSeal01` that end the file.
 */
import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { HindcastError } from '../../contract/errors.ts';

const MAGIC = Buffer.from('HcSeal01', 'latin1');
const TAIL_BYTES = 16;
const CHUNK = 1024 * 1024;
/** A seal of a file of 16 TB is smaller. */
const MOST_SEAL = 2 ** 30;

interface Seal {
  format: 1;
  sealedAt: number;
  /** Bytes of the file before the seal. */
  size: number;
  chunk: number;
  /** Of each chunk, hexadecimal. */
  chunks: string[];
  /** Over size and chunks: the one hash that stands for the content. */
  hash: string;
}

const hashOf = (size: number, chunks: readonly string[]): string =>
  createHash('sha256')
    .update(`${size}\n${chunks.join('\n')}\n`)
    .digest('hex');

async function hashChunks(
  handle: FileHandle,
  size: number,
  chunk: number,
  options: { signal?: AbortSignal; onProgress?: (done: number) => void },
): Promise<string[]> {
  const buffer = Buffer.alloc(Math.min(chunk, Math.max(size, 1)));
  const hashes: string[] = [];
  for (let at = 0; at < size; at += chunk) {
    if (options.signal?.aborted) throw new HindcastError('cancelled', { what: 'The check' });
    const length = Math.min(chunk, size - at);
    const { bytesRead } = await handle.read(buffer, 0, length, at);
    hashes.push(createHash('sha256').update(buffer.subarray(0, bytesRead)).digest('hex'));
    options.onProgress?.(at + length);
  }
  return hashes;
}

/** Adds the seal to a file that will not change any more. @returns the hash of its content */
export async function sealFile(file: string, sealedAt: number): Promise<string> {
  const handle = await open(file, 'r+');
  try {
    const { size } = await handle.stat();
    const chunks = await hashChunks(handle, size, CHUNK, {});
    const seal: Seal = { format: 1, sealedAt, size, chunk: CHUNK, chunks, hash: hashOf(size, chunks) };
    const json = Buffer.from(JSON.stringify(seal), 'utf8');
    const tail = Buffer.alloc(TAIL_BYTES);
    tail.writeBigUInt64LE(BigInt(json.length), 0);
    MAGIC.copy(tail, 8);
    await handle.write(Buffer.concat([json, tail]), 0, json.length + TAIL_BYTES, size);
    await handle.sync();
    return seal.hash;
  } finally {
    await handle.close();
  }
}

/** Bytes [from, to) that are not what they were. */
export interface DamagedBytes {
  from: number;
  to: number;
}

export type SealCheck =
  | { state: 'none' }
  | { state: 'whole'; hash: string; sealedAt: number }
  | {
      state: 'damaged';
      hash: string | null;
      sealedAt: number | null;
      ranges: DamagedBytes[];
      problem: string;
    };

async function readSeal(handle: FileHandle): Promise<Seal | 'none' | 'broken'> {
  const { size } = await handle.stat();
  if (size < TAIL_BYTES) return 'none';
  const tail = Buffer.alloc(TAIL_BYTES);
  await handle.read(tail, 0, TAIL_BYTES, size - TAIL_BYTES);
  if (!tail.subarray(8).equals(MAGIC)) return 'none';
  const length = Number(tail.readBigUInt64LE(0));
  if (length > Math.min(size - TAIL_BYTES, MOST_SEAL)) return 'broken';
  const json = Buffer.alloc(length);
  await handle.read(json, 0, length, size - TAIL_BYTES - length);
  try {
    const seal = JSON.parse(json.toString('utf8')) as Seal;
    const isOwn =
      seal.format === 1 &&
      seal.hash === hashOf(seal.size, seal.chunks) &&
      seal.size === size - TAIL_BYTES - length;
    return isOwn ? seal : 'broken';
  } catch {
    return 'broken';
  }
}

/**
 * Compares a file with its seal. `isSealed`: the file says of itself that it has one.
 * @throws HindcastError `cancelled`
 */
export async function checkSeal(
  file: string,
  isSealed: boolean,
  options: { signal?: AbortSignal; onProgress?: (done: number, of: number) => void } = {},
): Promise<SealCheck> {
  const handle = await open(file, 'r');
  try {
    const seal = await readSeal(handle);
    if (seal === 'none' && !isSealed) return { state: 'none' };
    if (seal === 'none' || seal === 'broken')
      return {
        state: 'damaged',
        hash: null,
        sealedAt: null,
        ranges: [],
        problem: 'the seal at its end is missing or damaged, so that nobody can tell what else is',
      };
    const found = await hashChunks(handle, seal.size, seal.chunk, {
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      onProgress: (done) => options.onProgress?.(done, seal.size),
    });
    const ranges: DamagedBytes[] = [];
    for (const [at, hash] of found.entries()) {
      if (hash === seal.chunks[at]) continue;
      const from = at * seal.chunk;
      const to = Math.min(from + seal.chunk, seal.size);
      const last = ranges.at(-1);
      if (last?.to === from) last.to = to;
      else ranges.push({ from, to });
    }
    const { hash, sealedAt } = seal;
    if (ranges.length === 0) return { state: 'whole', hash, sealedAt };
    const where = ranges.map(({ from, to }) => `bytes ${from}–${to - 1}`).join(', ');
    return { state: 'damaged', hash, sealedAt, ranges, problem: `${where} are not what was saved` };
  } finally {
    await handle.close();
  }
}
