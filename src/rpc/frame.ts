import { HindcastError } from '../contract/errors.ts';

/**
 * One frame: a big-endian u32 with the length of the header, the header as UTF-8 JSON (an object), and an optional
 * binary tail. The same bytes on every carrier.
 */
export interface Frame {
  header: Record<string, unknown>;
  /** Empty when the frame has no tail. */
  tail: Uint8Array;
}

const PREFIX = 4;
const NO_BYTES = new Uint8Array(0);

const invalid = (problem: string) => new HindcastError('input.invalid', { procedure: 'a frame', problem });

/** Builds a frame of exactly its own bytes. Throws what JSON.stringify throws (cycles, bigints, depth). */
export function encodeFrame(header: object, tail: Uint8Array = NO_BYTES): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const frame = new Uint8Array(PREFIX + text.length + tail.length);
  new DataView(frame.buffer).setUint32(0, text.length);
  frame.set(text, PREFIX);
  frame.set(tail, PREFIX + text.length);
  return frame;
}

/**
 * Reads a frame of a peer that may be hostile. The tail is a view into the frame.
 *
 * @param limit most bytes that are looked at
 * @throws HindcastError `input.too-large` or `input.invalid`
 */
export function decodeFrame(frame: Uint8Array, limit: number): Frame {
  if (frame.length > limit) throw new HindcastError('input.too-large', { bytes: frame.length, limit });
  if (frame.length < PREFIX) throw invalid(`${frame.length} bytes are too short`);
  const length = new DataView(frame.buffer, frame.byteOffset, frame.byteLength).getUint32(0);
  if (length > frame.length - PREFIX) throw invalid('its header is longer than the frame');
  return {
    header: parseHeader(frame.subarray(PREFIX, PREFIX + length)),
    tail: frame.subarray(PREFIX + length),
  };
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw invalid('its header is not JSON in UTF-8');
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) {
    throw invalid('its header is not a JSON object');
  }
  return header as Record<string, unknown>;
}

/**
 * Whether an own key `__proto__` is somewhere inside. JSON.parse makes such keys harmlessly; code that copies keys
 * afterwards may not. Walks without recursion, so depth does not matter.
 */
export function hasPrototypeKey(value: unknown): boolean {
  const waiting = [value];
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (typeof next !== 'object' || next === null) continue;
    if (Object.hasOwn(next, '__proto__')) return true;
    for (const inner of Object.values(next)) if (typeof inner === 'object') waiting.push(inner);
  }
  return false;
}
