// Snappy, raw and in the framing of snappy-java (xerial) that the Java clients write, decoded with a hard bound on the
// output. Format: https://github.com/google/snappy/blob/main/format_description.txt. Our own for the reason in lz4.ts.
import { CodecError } from './codecError.ts';
import { GrowingOutput } from './growingOutput.ts';

const XERIAL_MAGIC = [0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00];
const XERIAL_HEADER = 16;

/** Decodes raw or xerial-framed snappy. @throws CodecError on malformed bytes, OutputTooLarge beyond `limit` bytes */
export function decodeSnappy(input: Uint8Array, limit: number): Uint8Array {
  const output = new GrowingOutput(Math.min(limit, input.length * 3 + 1024), limit);
  decodeSnappyInto(input, output);
  return output.bytes.subarray(0, output.length);
}

/** The same, behind what the output holds already. */
export function decodeSnappyInto(input: Uint8Array, output: GrowingOutput): void {
  if (input.length >= XERIAL_HEADER && XERIAL_MAGIC.every((byte, i) => input[i] === byte)) {
    const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
    let at = XERIAL_HEADER;
    while (at < input.length) {
      if (at + 4 > input.length) throw new CodecError('the snappy block is cut off');
      const size = view.getUint32(at, false);
      at += 4;
      if (at + size > input.length) throw new CodecError('the snappy block is cut off');
      decodeBlock(input.subarray(at, at + size), output);
      at += size;
    }
  } else {
    decodeBlock(input, output);
  }
}

function decodeBlock(input: Uint8Array, output: GrowingOutput): void {
  let at = 0;
  let declared = 0;
  for (let scale = 1; ; scale *= 128) {
    if (at >= input.length || at > 4) throw new CodecError('the snappy length is malformed');
    const byte = input[at++]!;
    declared += (byte & 127) * scale;
    if (byte < 128) break;
  }
  output.reserve(declared);
  const floor = output.length;
  const end = input.length;
  while (at < end) {
    const tag = input[at++]!;
    const kind = tag & 3;
    if (kind === 0) {
      let size = tag >>> 2;
      if (size >= 60) {
        const extra = size - 59;
        if (at + extra > end) throw new CodecError('the snappy block is cut off');
        size = 0;
        for (let i = extra - 1; i >= 0; i--) size = size * 256 + input[at + i]!;
        at += extra;
      }
      size += 1;
      if (at + size > end) throw new CodecError('the snappy block is cut off');
      output.copyIn(input, at, size);
      at += size;
      continue;
    }
    const extra = kind === 3 ? 4 : kind;
    if (at + extra > end) throw new CodecError('the snappy block is cut off');
    let size: number;
    let distance: number;
    if (kind === 1) {
      size = ((tag >>> 2) & 7) + 4;
      distance = ((tag & 0xe0) << 3) | input[at]!;
    } else {
      size = (tag >>> 2) + 1;
      distance = input[at]! | (input[at + 1]! << 8);
      if (kind === 3) distance += input[at + 2]! * 65_536 + input[at + 3]! * 16_777_216;
    }
    at += extra;
    if (distance === 0 || distance > output.length - floor)
      throw new CodecError('a snappy copy points before its block');
    output.repeat(distance, size);
  }
  if (output.length - floor !== declared)
    throw new CodecError(`snappy declared ${declared} bytes and held ${output.length - floor}`);
}
