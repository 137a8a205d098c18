// LZ4 frames and blocks (https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md), decoded with a hard bound on the
// output. Our own because the WebAssembly packages stop with a trap on hostile bytes and stay broken for the whole
// process afterwards. The frame's own xxHash checksums are skipped: the batch's CRC-32C has covered these bytes.
import { CodecError } from './codecError.ts';
import { GrowingOutput } from './growingOutput.ts';

const FRAME_MAGIC = 0x184d2204;

/** Decodes all frames of the input. @throws CodecError on malformed bytes, OutputTooLarge beyond `limit` bytes */
export function decodeLz4(input: Uint8Array, limit: number): Uint8Array {
  const output = new GrowingOutput(Math.min(limit, input.length * 4 + 65_536), limit);
  decodeLz4Into(input, output);
  return output.bytes.subarray(0, output.length);
}

/** The same, behind what the output holds already. */
export function decodeLz4Into(input: Uint8Array, output: GrowingOutput): void {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  for (let at = 0; at < input.length; ) at = decodeFrame(input, view, at, output);
}

function decodeFrame(input: Uint8Array, view: DataView, start: number, output: GrowingOutput): number {
  let at = start;
  const need = (size: number) => {
    if (at + size > input.length) throw new CodecError('the LZ4 frame is cut off');
  };
  need(7);
  const magic = view.getUint32(at, true);
  at += 4;
  if (magic >>> 4 === 0x184d2a5) {
    const size = view.getUint32(at, true);
    at += 4;
    need(size);
    return at + size;
  }
  if (magic !== FRAME_MAGIC) throw new CodecError('there is no LZ4 frame');
  const flags = input[at]!;
  if (flags >>> 6 !== 1) throw new CodecError(`LZ4 frame version ${flags >>> 6} is unknown`);
  const hasBlockChecksum = (flags & 0x10) !== 0;
  const independent = (flags & 0x20) !== 0;
  at += 2 + (flags & 0x08 ? 8 : 0) + (flags & 0x01 ? 4 : 0) + 1;
  const frameStart = output.length;
  for (;;) {
    need(4);
    const header = view.getUint32(at, true);
    at += 4;
    if (header === 0) break;
    const size = header & 0x7fffffff;
    need(size + (hasBlockChecksum ? 4 : 0));
    const block = input.subarray(at, at + size);
    if (header >>> 31) output.append(block);
    else decodeBlock(block, output, independent ? output.length : frameStart);
    at += size + (hasBlockChecksum ? 4 : 0);
  }
  if (flags & 0x04) {
    need(4);
    at += 4;
  }
  return at;
}

/** Decodes one LZ4 block; matches may reach back to `floor` in the output. */
function decodeBlock(input: Uint8Array, output: GrowingOutput, floor: number): void {
  const end = input.length;
  let at = 0;
  while (at < end) {
    const token = input[at++]!;
    let literals = token >>> 4;
    if (literals === 15) {
      let byte = 255;
      while (byte === 255) {
        if (at >= end) throw new CodecError('the LZ4 block is cut off');
        byte = input[at++]!;
        literals += byte;
      }
    }
    if (literals > 0) {
      if (at + literals > end) throw new CodecError('the LZ4 block is cut off');
      output.copyIn(input, at, literals);
      at += literals;
    }
    if (at === end) return;
    if (at + 2 > end) throw new CodecError('the LZ4 block is cut off');
    const distance = input[at]! | (input[at + 1]! << 8);
    at += 2;
    let length = token & 15;
    if (length === 15) {
      let byte = 255;
      while (byte === 255) {
        if (at >= end) throw new CodecError('the LZ4 block is cut off');
        byte = input[at++]!;
        length += byte;
      }
    }
    if (distance === 0 || distance > output.length - floor)
      throw new CodecError('an LZ4 match points before its block');
    output.repeat(distance, length + 4);
  }
}
