// Describes batches that cannot be decoded, and finds where the next sound one begins.
import { CodecError, OutputTooLarge } from './codecError.ts';
import { crc32c } from './crc32c.ts';
import { decodeLegacyEntry, LEGACY_MINIMUM, LegacyProblem } from './legacyMessageSet.ts';

/** Offsets are packed with a partition number into one 53-bit integer; beyond this a record cannot be kept. */
export const OFFSET_LIMIT = 2 ** 40;

export type DecodeProblemCode =
  | 'crc'
  | 'length'
  | 'count'
  | 'record'
  | 'codec'
  | 'too-large'
  | 'magic'
  | 'offset'
  | 'offset-limit';

/** A batch that could not be decoded: which offsets it covers, why, and its bytes. */
export interface DecodeProblem {
  code: DecodeProblemCode;
  baseOffset: number;
  /** Last offset of the batch as far as it can be told. */
  lastOffset: number;
  reason: string;
  bytes: Uint8Array;
}

export const OVERHEAD = 12;
export const MAGIC_AT = 16;
export const CRC_AT = 17;
export const ATTRIBUTES_AT = 21;
export const RECORDS_AT = 61;

export class BadBatch extends Error {
  readonly code: DecodeProblemCode;

  constructor(code: DecodeProblemCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** The size of the batch at `at` with its overhead, null when the set ends before the batch does. */
export function completeSize(view: DataView, at: number): number | null {
  if (at + OVERHEAD > view.byteLength) return null;
  const size = OVERHEAD + view.getInt32(at + 8);
  return at + size > view.byteLength ? null : size;
}

export const readOffset = (view: DataView, at: number) =>
  view.getInt32(at) * 2 ** 32 + view.getUint32(at + 4);

/** What is wrong, in one code and one sentence. Anything that is not about the input is thrown on. */
export function asBad(error: unknown): { code: DecodeProblemCode; message: string } {
  if (error instanceof BadBatch) return error;
  if (error instanceof LegacyProblem) return { code: error.kind, message: error.message };
  if (error instanceof OutputTooLarge) return { code: 'too-large', message: error.message };
  if (error instanceof CodecError) return { code: 'codec', message: error.message };
  throw error;
}

/**
 * The problem of the batch at `at`. Its header may be what is damaged, so its own word on its length is only believed
 * when a sound batch (or the end of the set) follows there; otherwise the rest of the set belongs to the problem.
 */
export function describeDamage(
  error: unknown,
  set: Uint8Array,
  view: DataView,
  at: number,
  size: number,
  expected: number,
  from: number,
): DecodeProblem {
  const { code, message } = asBad(error);
  const claimedBase = readOffset(view, at);
  const base = claimedBase >= expected && claimedBase < OFFSET_LIMIT ? claimedBase : Math.max(expected, from);
  const deltaKnown = set[at + MAGIC_AT] === 2 && size >= RECORDS_AT;
  const delta = deltaKnown ? view.getInt32(at + 23) : 0;
  const claimedLast = delta >= 0 && base + delta < OFFSET_LIMIT ? base + delta : base;
  const next = at + size;
  const nextBase = size < OVERHEAD + LEGACY_MINIMUM ? null : soundBase(set, view, next);
  const following = nextBase !== null && nextBase > base ? nextBase : null;
  const isLast =
    next === set.length || (size >= OVERHEAD + LEGACY_MINIMUM && completeSize(view, next) === null);
  const lastOffset = following === null ? claimedLast : Math.min(claimedLast, following - 1);
  const bytes = set.slice(at, following !== null || isLast ? next : set.length);
  return { code, baseOffset: base, lastOffset, reason: message, bytes };
}

/** The first offset of the batch at `at` when it is complete and its checksum is right, else null. */
function soundBase(set: Uint8Array, view: DataView, at: number): number | null {
  const size = completeSize(view, at);
  if (size === null || size < OVERHEAD + LEGACY_MINIMUM) return null;
  const batch = set.subarray(at, at + size);
  try {
    const inner = new DataView(batch.buffer, batch.byteOffset, batch.byteLength);
    if (batch[MAGIC_AT] !== 2) return decodeLegacyEntry(batch, 128 * 2 ** 20).messages[0]!.offset;
    if (size < RECORDS_AT || crc32c(batch.subarray(ATTRIBUTES_AT)) !== inner.getUint32(CRC_AT)) return null;
    return readOffset(inner, 0);
  } catch {
    return null;
  }
}
