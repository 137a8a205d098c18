// The compressions of record batches (KIP-98 attributes, bits 0 to 2), each bounded in what it may decompress to.
import { constants, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { CodecError, OutputTooLarge } from './codecError.ts';
import { GrowingOutput } from './growingOutput.ts';
import { decodeLz4Into } from './lz4.ts';
import { type NativeCodec, openNative } from './nativeDecoder.ts';
import { decodeSnappyInto } from './snappy.ts';

export const CODEC_NAMES = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

/**
 * Decompresses one batch's records.
 * @param codec number from the batch attributes, 1 to 4
 * @param limit bytes the result may have
 * @param likely bytes it will probably have: then it is never moved
 * @throws CodecError on malformed bytes or an unknown codec, OutputTooLarge beyond `limit`
 */
export function decompress(
  codec: number,
  input: Uint8Array,
  limit: number,
  likely = input.length * 4 + 1024,
): Uint8Array {
  const output = new GrowingOutput(Math.min(limit, likely));
  decompressInto(codec, input, output, limit);
  return output.bytes.subarray(0, output.length);
}

/** The same, behind what the output holds already; after a fault its length is what it was before. */
export function decompressInto(codec: number, input: Uint8Array, output: GrowingOutput, limit: number): void {
  const start = output.length;
  output.allow(limit);
  try {
    switch (codec) {
      case 1:
        native('gzip', input, output, limit);
        break;
      case 2:
        decodeSnappyInto(input, output);
        break;
      case 3:
        decodeLz4Into(input, output);
        break;
      case 4:
        native('zstd', input, output, limit);
        break;
      default:
        throw new CodecError(`compression codec ${codec} is unknown`);
    }
  } catch (error) {
    output.length = start;
    throw error;
  } finally {
    output.allow(Number.POSITIVE_INFINITY);
  }
}

const decoders = new Map<NativeCodec, ReturnType<typeof openNative>>();

function native(codec: NativeCodec, input: Uint8Array, output: GrowingOutput, limit: number): void {
  let decoder = decoders.get(codec);
  if (decoder === undefined) {
    decoder = openNative(codec);
    decoders.set(codec, decoder);
  }
  if (decoder !== null) decoder.decode(input, output);
  else output.append(viaPublic(codec, input, limit));
}

function viaPublic(codec: NativeCodec, input: Uint8Array, limit: number): Uint8Array {
  try {
    return codec === 'gzip'
      ? gunzipSync(input, { maxOutputLength: limit, finishFlush: constants.Z_FINISH })
      : zstdDecompressSync(input, { maxOutputLength: limit });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE') throw new OutputTooLarge(limit);
    throw new CodecError(message);
  }
}
