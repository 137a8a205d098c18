// Record formats 0 and 1 (before Kafka 0.11), which old segments still hold. Format and the rule for the offsets inside
// a compressed message: https://kafka.apache.org/documentation/#messageset, KIP-31, KIP-32.
import { crc32 } from 'node:zlib';
import { decompress } from './codecs.ts';

/** A message; starts point into `source`. */
export interface LegacyMessage {
  offset: number;
  /** −1: the format has none. */
  timestamp: number;
  keyStart: number;
  keyLength: number;
  valueStart: number;
  valueLength: number;
  flags: number;
}

export interface LegacyEntry {
  source: Uint8Array;
  messages: LegacyMessage[];
}

/** What is wrong with an entry. */
export class LegacyProblem extends Error {
  readonly kind: 'crc' | 'record' | 'magic';

  constructor(kind: LegacyProblem['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}

const HEADER = 12;

/** The shortest message: checksum, magic, attributes and the lengths of key and value. */
export const LEGACY_MINIMUM = 14;

/**
 * Decodes one entry (12 bytes of offset and size, then the message), which may be a compressed set of messages.
 * @throws LegacyProblem, CodecError
 */
export function decodeLegacyEntry(entry: Uint8Array, limit: number): LegacyEntry {
  const outer = readMessage(entry, 0, entry.length);
  const codec = outer.flags & 7;
  if (codec === 0) return { source: entry, messages: [outer] };
  if (outer.valueLength < 0) throw new LegacyProblem('record', 'a compressed message has no value');
  if (codec > 3) throw new LegacyProblem('record', `compression codec ${codec} is unknown`);
  const packed = entry.subarray(outer.valueStart, outer.valueStart + outer.valueLength);
  const source = decompress(codec, packed, limit);
  const view = new DataView(source.buffer, source.byteOffset, source.byteLength);
  const messages: LegacyMessage[] = [];
  for (let at = 0; at < source.length; ) {
    if (at + HEADER > source.length)
      throw new LegacyProblem('record', 'a message inside a compressed one is cut off');
    const end = at + HEADER + view.getInt32(at + 8);
    if (end > source.length || end < at + HEADER + LEGACY_MINIMUM)
      throw new LegacyProblem('record', 'a message inside a compressed one has a wrong length');
    messages.push(readMessage(source, at, end));
    at = end;
  }
  const last = messages.at(-1);
  if (last === undefined) throw new LegacyProblem('record', 'a compressed message holds no message');
  // Format 1 counts inside from 0 and the outer offset is that of the last one; format 0 has absolute offsets inside.
  const shift = outer.flags >>> 8 === 1 ? outer.offset - last.offset : 0;
  const appendTime = (outer.flags & 8) !== 0;
  for (const message of messages) {
    message.offset += shift;
    if (message.flags & 7) throw new LegacyProblem('record', 'a compressed message holds another one');
    message.flags |= outer.flags & 0b1111;
    if (appendTime) message.timestamp = outer.timestamp;
  }
  return { source, messages };
}

function readMessage(bytes: Uint8Array, start: number, end: number): LegacyMessage {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const offset = view.getInt32(start) * 2 ** 32 + view.getUint32(start + 4);
  const body = start + HEADER;
  if (crc32(bytes.subarray(body + 4, end)) !== view.getUint32(body))
    throw new LegacyProblem('crc', 'the checksum of the message is wrong');
  const magic = bytes[body + 4]!;
  if (magic > 1) throw new LegacyProblem('magic', `record format ${magic} inside an old message`);
  const attributes = bytes[body + 5]!;
  let at = body + 6;
  let timestamp = -1;
  if (magic === 1) {
    if (at + 8 > end) throw new LegacyProblem('record', 'the message is cut off');
    timestamp = view.getInt32(at) * 2 ** 32 + view.getUint32(at + 4);
    at += 8;
  }
  const bytesField = () => {
    if (at + 4 > end) throw new LegacyProblem('record', 'the message is cut off');
    const length = view.getInt32(at);
    const from = at + 4;
    if (length < -1 || from + length > end)
      throw new LegacyProblem('record', 'a length in the message is wrong');
    at = from + Math.max(length, 0);
    return { from, length };
  };
  const key = bytesField();
  const value = bytesField();
  if (at !== end) throw new LegacyProblem('record', `${end - at} bytes follow the value of the message`);
  return {
    offset,
    timestamp,
    keyStart: key.from,
    keyLength: key.length,
    valueStart: value.from,
    valueLength: value.length,
    flags: (attributes & 0b1111) | (magic << 8),
  };
}
