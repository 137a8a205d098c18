// gunzip and zstd of Node, into memory that is there already and without a new decoder for each batch: twice as fast as
// gunzipSync and zstdDecompressSync, which make one for each call and collect their output in pieces of 16 KB. The handle
// behind Node's streams is not public, so it is tried first (openNative), and the public functions serve where it differs.
import { constants, createGunzip, createZstdDecompress, gzipSync, zstdCompressSync } from 'node:zlib';
import { CodecError } from './codecError.ts';
import { GrowingOutput } from './growingOutput.ts';

interface Handle {
  reset(): void;
  close(): void;
  writeSync(
    flush: number,
    input: Uint8Array,
    inputAt: number,
    inputLength: number,
    output: Uint8Array,
    outputAt: number,
    outputLength: number,
  ): void;
  onerror: (message: string) => void;
}

/** What is used of a stream of node:zlib. The state: bytes of output and of input that the last write left. */
interface Stream {
  _handle: Handle;
  _writeState: Uint32Array;
}

export type NativeCodec = 'gzip' | 'zstd';

const OPEN: Record<NativeCodec, () => Stream> = {
  gzip: () => createGunzip() as unknown as Stream,
  zstd: () => createZstdDecompress() as unknown as Stream,
};
const FINISH: Record<NativeCodec, number> = { gzip: constants.Z_FINISH, zstd: constants.ZSTD_e_end };

class NativeDecoder {
  readonly #codec: NativeCodec;
  #stream: Stream | null = null;
  #failure: string | null = null;

  constructor(codec: NativeCodec) {
    this.#codec = codec;
  }

  /** Decompresses all of the input behind what the output holds. @throws CodecError, OutputTooLarge */
  decode(input: Uint8Array, output: GrowingOutput): void {
    const { _handle: handle, _writeState: state } = this.#open();
    for (let at = 0; ; ) {
      const room = output.room(Math.max(input.length * 4, 16_384));
      // At its limit exactly: one byte more proves that it is passed.
      const target = room > 0 ? output.bytes : Buffer.alloc(1);
      const targetAt = room > 0 ? output.length : 0;
      const size = Math.max(room, 1);
      const left = input.length - at;
      handle.writeSync(FINISH[this.#codec], input, at, left, target, targetAt, size);
      if (this.#failure !== null) throw this.#broken(this.#failure);
      const [outputLeft, inputLeft] = state as unknown as [number, number];
      const wrote = size - outputLeft;
      if (room === 0 && wrote > 0) output.reserve(1);
      if (room > 0) output.length += wrote;
      at = input.length - inputLeft;
      if (outputLeft === 0) continue;
      // Zeros may follow a gzip stream; another frame may follow one of zstd.
      if (inputLeft === 0 || this.#codec === 'gzip') return;
      if (inputLeft === left && wrote === 0) throw this.#broken('it does not go on');
    }
  }

  #open(): Stream {
    if (this.#stream === null) {
      this.#stream = OPEN[this.#codec]();
      this.#stream._handle.onerror = (message) => {
        this.#failure = message;
      };
    } else {
      this.#stream._handle.reset();
    }
    this.#failure = null;
    return this.#stream;
  }

  #broken(reason: string): CodecError {
    // Its memory is not in the heap that the collector watches.
    this.#stream?._handle.close();
    this.#stream = null;
    return new CodecError(reason);
  }
}

/** A decoder that is used again and again, null where this Node has it differently. */
export function openNative(codec: NativeCodec): NativeDecoder | null {
  const sample = Buffer.from('a batch of records, a batch of records. '.repeat(2_000));
  const packed = codec === 'gzip' ? gzipSync(sample) : zstdCompressSync(sample);
  try {
    const decoder = new NativeDecoder(codec);
    for (let time = 0; time < 2; time++) {
      const output = new GrowingOutput(1_000);
      decoder.decode(packed, output);
      if (!sample.equals(output.bytes.subarray(0, output.length))) return null;
    }
    return decoder;
  } catch {
    return null;
  }
}
