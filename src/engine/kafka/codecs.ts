// The compressions of record batches (KIP-98 attributes, bits 0 to 2), each bounded in what it may decompress to.
import { constants, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { CodecError, OutputTooLarge } from './codecError.ts';
import { decodeLz4 } from './lz4.ts';
import { decodeSnappy } from './snappy.ts';

export const CODEC_NAMES = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

/**
 * Decompresses one batch's records.
 * @param codec number from the batch attributes, 1 to 4
 * @param limit bytes the result may have
 * @throws CodecError on malformed bytes or an unknown codec, OutputTooLarge beyond `limit`
 */
export function decompress(codec: number, input: Uint8Array, limit: number): Uint8Array {
  switch (codec) {
    case 1:
      return viaZlib(
        () => gunzipSync(input, { maxOutputLength: limit, finishFlush: constants.Z_FINISH }),
        limit,
      );
    case 2:
      return decodeSnappy(input, limit);
    case 3:
      return decodeLz4(input, limit);
    case 4:
      return viaZlib(() => zstdDecompressSync(input, { maxOutputLength: limit }), limit);
    default:
      throw new CodecError(`compression codec ${codec} is unknown`);
  }
}

function viaZlib(run: () => Buffer, limit: number): Uint8Array {
  try {
    return run();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE') throw new OutputTooLarge(limit);
    throw new CodecError(message);
  }
}
