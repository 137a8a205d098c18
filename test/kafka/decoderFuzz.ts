// Throws altered record sets at the decoder and holds what comes out against what went in. Seeded: the same seed makes
// the same alterations. What must hold is in check(); the first breach is thrown with the set that caused it.

import type { RecordToWrite } from '../../src/engine/kafka/batchWriter.ts';
import { GrowingOutput } from '../../src/engine/kafka/growingOutput.ts';
import { type BatchSummary, decodeRecordSet, peekNextOffset } from '../../src/engine/kafka/recordBatch.ts';
import { type RecordColumns, rowHeaders, rowKey, rowValue } from '../../src/engine/kafka/recordColumns.ts';
import { Random } from '../fixtures/demo/random.ts';
import { batchOf, COMPRESS, legacyMessage, sealed } from './batches.ts';
import { type PlainRecord, referenceRecords, referenceUnpack } from './referenceDecoder.ts';

export interface FuzzFigures {
  mutations: number;
  /** Sets in which something was marked, and sets that were read without a mark although altered. */
  marked: number;
  unmarked: number;
  /** Batches with a checksum made right again that came out whole, equal to what the reference decoder reads. */
  agreed: number;
  /** Batches that both decoders refuse. */
  refused: number;
  /** Batches that came out whole at another offset: theirs is not covered by the checksum. */
  moved: number;
  records: number;
  slowestMs: number;
}

/** Bytes a batch may decompress to here; bombs are far beyond it. */
const BATCH_LIMIT = 2 ** 20;
const PER_BATCH = 8;
/** Where the checksum begins; what lies before it is covered by nothing. */
const COVERED_FROM = 21;

interface Sample {
  codec: number;
  legacy: boolean;
  /** Three batches one after the other, with their starts and the end. */
  set: Buffer;
  starts: number[];
  records: Map<number, PlainRecord>;
  /** The records of the middle batch before compression. */
  payload: Buffer;
}

/** Alters sets `mutations` times. @throws Error at the first wrong answer without a mark */
export function fuzzDecoder(
  mutations: number,
  seed: string,
  onProgress?: (done: number) => void,
): FuzzFigures {
  const random = new Random(seed);
  const samples = makeSamples(random);
  const memory = new GrowingOutput(2 ** 16);
  const figures: FuzzFigures = {
    ...{ mutations, marked: 0, unmarked: 0, agreed: 0, refused: 0, moved: 0, records: 0, slowestMs: 0 },
  };
  for (let i = 0; i < mutations; i++) {
    const sample = random.pick(samples);
    const altered = alter(sample, random);
    const { set, kind } = altered;
    try {
      // Both ways of keeping the bytes take turns.
      check(sample, altered, figures, i % 2 === 0 ? memory : undefined);
    } catch (error) {
      const where = `mutation ${i} of seed ${seed} (${kind}, codec ${sample.codec}${sample.legacy ? ', old format' : ''})`;
      throw new Error(`${where}: ${(error as Error).message}\n${set.toString('base64')}`, { cause: error });
    }
    if (i % 50_000 === 49_999) onProgress?.(i + 1);
  }
  return figures;
}

const text = (bytes: Uint8Array | null): string | null =>
  bytes === null ? null : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');

function recordAt(columns: RecordColumns, row: number): PlainRecord {
  return {
    offset: columns.offset[row]!,
    timestamp: BigInt(columns.timestamp[row]!),
    key: text(rowKey(columns, row)),
    value: text(rowValue(columns, row)),
    headers: text(rowHeaders(columns, row))!,
  };
}

const isSame = (a: PlainRecord, b: PlainRecord): boolean =>
  a.key === b.key &&
  a.value === b.value &&
  a.headers === b.headers &&
  (a.timestamp === b.timestamp || Number(a.timestamp) === Number(b.timestamp));

function randomRecords(random: Random): RecordToWrite[] {
  const bytes = (): Buffer | null => {
    const kind = random.int(0, 9);
    if (kind === 0) return null;
    if (kind === 1) return Buffer.alloc(0);
    if (kind < 6) return Buffer.from(`{"n":${random.uint32()},"text":"${'ab'.repeat(random.int(0, 40))}"}`);
    return Buffer.from(Array.from({ length: random.int(1, 60) }, () => random.int(0, 255)));
  };
  return Array.from({ length: PER_BATCH }, () => ({
    ...{ key: bytes(), value: bytes(), timestamp: 1_700_000_000_000 + random.int(-1000, 100_000) },
    headers: Array.from({ length: random.int(0, 3) }, () => ({
      key: random.pick(['a', 'b', 'häder', '']),
      value: bytes(),
    })),
  }));
}

function makeSamples(random: Random): Sample[] {
  const samples: Sample[] = [];
  for (const codec of [0, 1, 2, 3, 4])
    for (let copy = 0; copy < 6; copy++) {
      const shape = {
        codec,
        ...(copy === 1 ? { logAppendTime: 1_800_000_000_000 } : {}),
        ...(copy === 2 ? { transactional: true, producerId: 77n, baseSequence: 5 } : {}),
      };
      const batches = [0, 1, 2].map((n) =>
        batchOf(randomRecords(random), { ...shape, baseOffset: n * PER_BATCH }),
      );
      samples.push(sampleOf(codec, false, batches));
    }
  for (const codec of [0, 1, 2, 3])
    for (const magic of [0, 1] as const)
      samples.push(sampleOf(codec, true, legacyBatches(random, magic, codec)));
  return samples;
}

function legacyBatches(random: Random, magic: 0 | 1, codec: number): Buffer[] {
  return [0, 1, 2].map((n) => {
    const base = n * PER_BATCH;
    const inside = Array.from({ length: PER_BATCH }, (_, i) => {
      const offset = codec === 0 || magic === 0 ? base + i : i;
      const value = `v${random.uint32()}`.repeat(random.int(0, 6));
      return legacyMessage(magic, { offset, key: `k${i}`, value, timestamp: 1_400_000_000_000 + i });
    });
    if (codec === 0) return Buffer.concat(inside);
    const value = COMPRESS[codec]!(Buffer.concat(inside));
    return legacyMessage(magic, { offset: base + PER_BATCH - 1, key: null, value }, codec);
  });
}

function sampleOf(codec: number, legacy: boolean, batches: Buffer[]): Sample {
  const set = Buffer.concat(batches);
  const starts = batches.map((_, n) => batches.slice(0, n).reduce((sum, { length }) => sum + length, 0));
  const { columns, problems } = decodeRecordSet(set);
  if (problems.length > 0 || columns.count !== 3 * PER_BATCH) throw new Error('a sample is not sound itself');
  const records = new Map<number, PlainRecord>();
  for (let row = 0; row < columns.count; row++) records.set(columns.offset[row]!, recordAt(columns, row));
  const middle = batches[1]!;
  const plain = decodeRecordSet(middle, { memory: new GrowingOutput(16) });
  const [batch] = plain.batches;
  const payload = Buffer.from(plain.columns.bytes.slice(batch!.bytesStart, batch!.bytesEnd));
  return { codec, legacy, set, starts: [...starts, set.length], records, payload };
}

type Kind = 'covered' | 'anywhere' | 'cut' | 'resealed' | 'payload' | 'bomb' | 'noise';

interface Altered {
  set: Buffer;
  kind: Kind;
  /** The decompressed records of the middle batch, when they were altered before compression. */
  payload?: Buffer;
}

function alter(sample: Sample, random: Random): Altered {
  const [, start, end] = sample.starts as [number, number, number, number];
  const set = Buffer.from(sample.set);
  const kinds: Kind[] = sample.legacy
    ? ['anywhere', 'cut', 'noise', 'covered']
    : ['covered', 'covered', 'anywhere', 'cut', 'resealed', 'resealed', 'payload', 'payload', 'noise'];
  const kind: Kind = !sample.legacy && random.int(0, 499) === 0 ? 'bomb' : random.pick(kinds);
  switch (kind) {
    case 'covered': {
      const from = sample.legacy ? start + 16 : start + COVERED_FROM;
      damage(set, from, end, random);
      return { set, kind };
    }
    case 'anywhere':
      damage(set, 0, set.length, random);
      return { set, kind };
    case 'cut':
      return { set: cut(set, random), kind };
    case 'noise': {
      const noise = Buffer.from(Array.from({ length: random.int(1, 90) }, () => random.int(0, 255)));
      return { set: Buffer.concat([set.subarray(0, start), noise, set.subarray(start)]), kind };
    }
    case 'resealed': {
      const middle = set.subarray(start, end);
      if (random.chance(0.5)) headerFields(middle, random);
      else damage(middle, COVERED_FROM, middle.length, random);
      sealed(middle);
      return { set, kind };
    }
    case 'payload':
    case 'bomb': {
      const payload = kind === 'bomb' ? Buffer.alloc(BATCH_LIMIT * 4) : Buffer.from(sample.payload);
      if (kind === 'payload') damage(payload, 0, payload.length, random);
      const packed = COMPRESS[sample.codec]!(payload);
      const middle = Buffer.concat([set.subarray(start, start + 61), packed]);
      middle.writeInt32BE(middle.length - 12, 8);
      const whole = Buffer.concat([set.subarray(0, start), sealed(middle), set.subarray(end)]);
      return { set: whole, kind, payload };
    }
  }
}

/** One to four edits: bits, bytes, words, runs, swaps. */
function damage(bytes: Buffer, from: number, to: number, random: Random): void {
  for (let edits = random.int(1, 4); edits > 0; edits--) {
    const at = random.int(from, to - 1);
    switch (random.int(0, 4)) {
      case 0:
        bytes[at]! ^= 1 << random.int(0, 7);
        break;
      case 1:
        bytes[at] = random.int(0, 255);
        break;
      case 2:
        if (at + 4 <= to)
          bytes.writeInt32BE(random.pick([-1, 0, 1, 0x7fffffff, -0x80000000, 255, 65_536]), at);
        break;
      case 3:
        bytes.fill(random.pick([0, 0x80, 0xff]), at, Math.min(to, at + random.int(1, 12)));
        break;
      default: {
        const size = Math.min(random.int(1, 20), to - at);
        const source = random.int(from, to - size);
        bytes.copyWithin(at, source, source + size);
      }
    }
  }
}

/** Attributes, last offset, times, producer, sequence and count: whatever a header may lie about. */
function headerFields(batch: Buffer, random: Random): void {
  const numbers = [-1, 0, 1, 7, 8, 9, 255, 100_000, 0x7fffffff, -0x80000000];
  for (let edits = random.int(1, 3); edits > 0; edits--)
    switch (random.int(0, 4)) {
      case 0:
        batch.writeInt16BE(random.int(0, 127), 21);
        break;
      case 1:
        batch.writeInt32BE(random.pick(numbers), 23);
        break;
      case 2:
        batch.writeBigInt64BE(BigInt.asIntN(64, BigInt(random.uint32()) << BigInt(random.int(0, 40))), 27);
        break;
      case 3:
        batch.writeInt32BE(random.pick(numbers), 53);
        break;
      default:
        batch.writeInt32BE(random.pick(numbers), 57);
    }
}

function cut(set: Buffer, random: Random): Buffer {
  const at = random.int(0, set.length - 1);
  if (random.chance(0.5)) return set.subarray(0, at);
  return Buffer.concat([set.subarray(0, at), set.subarray(at + random.int(1, 40))]);
}

function check(
  sample: Sample,
  altered: Altered,
  figures: FuzzFigures,
  memory: GrowingOutput | undefined,
): void {
  const { set, kind } = altered;
  const started = performance.now();
  const options = { batchLimit: BATCH_LIMIT, ...(memory === undefined ? {} : { memory }) };
  const { columns, problems, batches, nextOffset, consumed } = decodeRecordSet(set, options);
  peekNextOffset(set);
  figures.slowestMs = Math.max(figures.slowestMs, performance.now() - started);
  figures.records += columns.count;
  if (consumed !== set.length) throw new Error(`${consumed} of ${set.length} bytes were looked at`);
  if (columns.bytes.length > set.length + 4 * BATCH_LIMIT)
    throw new Error(`${columns.bytes.length} bytes were taken`);
  if (problems.length > 0) figures.marked++;
  else if (!set.equals(sample.set)) figures.unmarked++;
  let previous = -1;
  for (let row = 0; row < columns.count; row++) {
    const offset = columns.offset[row]!;
    if (offset <= previous || offset >= nextOffset) throw new Error(`offset ${offset} after ${previous}`);
    previous = offset;
  }
  for (const { baseOffset, lastOffset, bytes } of problems)
    if (lastOffset < baseOffset || lastOffset >= nextOffset || bytes.length === 0)
      throw new Error(`a mark covers ${baseOffset} to ${lastOffset}, the set goes to ${nextOffset}`);
  if (kind === 'resealed' || kind === 'payload' || kind === 'bomb') {
    checkResealed(sample, altered, figures, { columns, batches, problems });
    return;
  }
  if (sample.legacy) {
    checkOld(sample, columns);
    return;
  }
  // Every record that comes out is one that went in.
  for (const batch of batches) {
    const isAtHome = isFrom(sample, columns, batch, batch.baseOffset);
    const isElsewhere =
      kind !== 'covered' && sample.starts.some((_, n) => isFrom(sample, columns, batch, n * PER_BATCH));
    if (!isAtHome && !isElsewhere)
      throw new Error(`records of the batch at offset ${batch.baseOffset} are others, and are not marked`);
    if (!isAtHome) figures.moved++;
  }
  if (kind !== 'covered') return;
  const middle = set.subarray(sample.starts[1], sample.starts[2]);
  const isAltered = !middle.equals(sample.set.subarray(sample.starts[1], sample.starts[2]));
  if (isAltered !== problems.length > 0)
    throw new Error(isAltered ? 'the damage is not marked' : 'a false mark');
  if (columns.count !== (isAltered ? 2 : 3) * PER_BATCH) throw new Error(`${columns.count} records came out`);
}

/**
 * Whether the batch is the one that began at `base`. The offset of a batch lies before its checksum: a batch whose
 * offset alone is damaged is whole, in another place, and no decoder can know it.
 */
function isFrom(sample: Sample, columns: RecordColumns, batch: BatchSummary, base: number): boolean {
  for (let row = batch.rowStart; row < batch.rowEnd; row++) {
    const record = recordAt(columns, row);
    const original = sample.records.get(record.offset - batch.baseOffset + base);
    if (original === undefined || !isSame(record, original)) return false;
  }
  return batch.rowEnd - batch.rowStart === PER_BATCH;
}

/** The old format's checksum leaves the offset out too: key, value and time are those of some message that went in. */
function checkOld(sample: Sample, columns: RecordColumns): void {
  const known = new Set([...sample.records.values()].map(({ key, value }) => `${key}\0${value}`));
  for (let row = 0; row < columns.count; row++) {
    const { key, value, offset } = recordAt(columns, row);
    if (!known.has(`${key}\0${value}`)) throw new Error(`the record at offset ${offset} was never written`);
  }
}

/** With a right checksum the alteration is what was written: the reference decoder must read the same, or refuse too. */
function checkResealed(
  sample: Sample,
  { set, kind, payload }: Altered,
  figures: FuzzFigures,
  found: Pick<ReturnType<typeof decodeRecordSet>, 'columns' | 'batches' | 'problems'>,
): void {
  const { columns, batches, problems } = found;
  const batch = set.subarray(sample.starts[1], set.length - (sample.set.length - sample.starts[2]!));
  const codec = batch.readInt16BE(21) & 7;
  const mine = batches.find(({ baseOffset }) => baseOffset === PER_BATCH);
  if (kind === 'bomb' && problems.length !== 1) throw new Error('the bomb is not marked');
  if (mine === undefined) {
    if (problems.length === 0) throw new Error('the altered batch is gone, and nothing is marked');
    figures.refused++;
    return;
  }
  let unpacked: Buffer | null;
  try {
    unpacked = referenceUnpack(codec, batch.subarray(61), BATCH_LIMIT);
  } catch (error) {
    throw new Error(`it was read, but does not decompress: ${(error as Error).message}`);
  }
  // lz4 and snappy have no other decoder here: what was packed is known unless the packed bytes themselves were altered.
  unpacked ??= payload ?? Buffer.from(columns.bytes.slice(mine.bytesStart, mine.bytesEnd));
  const expected = referenceRecords(batch, unpacked);
  if (expected.length !== mine.rowEnd - mine.rowStart)
    throw new Error(`${expected.length} records were expected`);
  expected.forEach((record, i) => {
    const seen = recordAt(columns, mine.rowStart + i);
    if (seen.offset !== record.offset || !isSame(seen, record)) throw new Error(`record ${i} differs`);
  });
  figures.agreed++;
}
