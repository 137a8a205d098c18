import { gzipSync, zstdCompressSync } from 'node:zlib';
import { lz4Compress, crc32c as otherCrc32c, snappyCompress } from '@platformatic/wasm-utils/bundled';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CodecError, OutputTooLarge } from './codecError.ts';
import { decompress, decompressInto } from './codecs.ts';
import { crc32c } from './crc32c.ts';
import { GrowingOutput } from './growingOutput.ts';
import { decodeLz4 } from './lz4.ts';
import { openNative } from './nativeDecoder.ts';
import { decodeSnappy } from './snappy.ts';

const LIMIT = 64 * 2 ** 20;

/** Repetitive and random stretches, so that literals, matches and overlaps all occur. */
const material = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc
        .tuple(fc.uint8Array({ minLength: 1, maxLength: 9 }), fc.nat(400))
        .map(([unit, times]) => Buffer.concat(Array.from({ length: times }, () => unit))),
    ),
    { maxLength: 20 },
  )
  .map((parts) => Buffer.concat([Buffer.from('x'), ...parts]));

describe('own decoders against another encoder', () => {
  test('lz4', () => {
    fc.assert(
      fc.property(material, (bytes) => {
        expect(Buffer.from(decodeLz4(lz4Compress(bytes), LIMIT))).toEqual(bytes);
      }),
    );
  });

  test('snappy', () => {
    fc.assert(
      fc.property(material, (bytes) => {
        expect(Buffer.from(decodeSnappy(snappyCompress(bytes), LIMIT))).toEqual(bytes);
      }),
    );
  });

  test('snappy in the xerial framing of the Java client, several blocks', () => {
    const blocks = ['first block, first block', 'second'].map((text) => snappyCompress(Buffer.from(text)));
    const framed = Buffer.concat([
      Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1]),
      ...blocks.flatMap((block) => {
        const size = Buffer.alloc(4);
        size.writeUInt32BE(block.length);
        return [size, block];
      }),
    ]);
    expect(Buffer.from(decodeSnappy(framed, LIMIT)).toString()).toBe('first block, first blocksecond');
  });

  test('several megabytes', () => {
    const big = Buffer.from(
      JSON.stringify(Array.from({ length: 60_000 }, (_, i) => ({ id: i, name: `n${i % 977}` }))),
    );
    expect(Buffer.from(decodeLz4(lz4Compress(big), LIMIT)).equals(big)).toBe(true);
    expect(Buffer.from(decodeSnappy(snappyCompress(big), LIMIT)).equals(big)).toBe(true);
  });
});

test.each([1, 2, 3, 4])(
  'codec %i: altered or cut bytes give a CodecError or some bytes, nothing else',
  (codec) => {
    const original = Buffer.from('{"event":"SavingsAccountOpened","n":1}'.repeat(40));
    return import('../../../test/kafka/batches.ts').then(({ COMPRESS }) => {
      const packed = COMPRESS[codec]!(original);
      fc.assert(
        fc.property(fc.nat(), fc.nat(255), fc.nat(), (at, change, cut) => {
          const bytes = Buffer.from(packed);
          bytes[at % bytes.length]! ^= change;
          try {
            decompress(
              codec,
              bytes.subarray(0, bytes.length - (cut % 3 === 0 ? cut % bytes.length : 0)),
              2 ** 20,
            );
          } catch (error) {
            expect(error).toBeInstanceOf(CodecError);
          }
        }),
        { numRuns: 1500 },
      );
      expect(Buffer.from(decompress(codec, packed, 2 ** 20)).equals(original)).toBe(true);
    });
  },
);

describe('the native decoders', () => {
  const PACK = { gzip: gzipSync, zstd: zstdCompressSync };

  test.each(['gzip', 'zstd'] as const)(
    '%s works with this Node, again and again, also after a fault',
    (codec) => {
      const decoder = openNative(codec);
      expect(decoder).not.toBeNull();
      const output = new GrowingOutput(16);
      fc.assert(
        fc.property(material, (bytes) => {
          output.clear();
          expect(() => decoder!.decode(Buffer.from('neither the one nor the other'), output)).toThrow(
            CodecError,
          );
          output.clear();
          decoder!.decode(PACK[codec](bytes), output);
          expect(bytes.equals(output.bytes.subarray(0, output.length))).toBe(true);
        }),
        { numRuns: 50 },
      );
    },
  );

  test('all frames of zstd and all members of gzip count', () => {
    for (const [number, pack] of [
      [1, gzipSync],
      [4, zstdCompressSync],
    ] as const) {
      const packed = Buffer.concat([pack(Buffer.from('first, ')), pack(Buffer.from('second'))]);
      expect(Buffer.from(decompress(number, packed, 100)).toString()).toBe('first, second');
    }
  });

  test.each([1, 2, 3, 4])(
    'codec %i: exactly the allowed size is allowed, one byte more is not',
    async (codec) => {
      const { COMPRESS } = await import('../../../test/kafka/batches.ts');
      for (const size of [1_000, 16_384, 65_536]) {
        const packed = COMPRESS[codec]!(Buffer.alloc(size, 'ab'));
        expect(decompress(codec, packed, size)).toHaveLength(size);
        expect(() => decompress(codec, packed, size - 1)).toThrow(OutputTooLarge);
      }
    },
  );

  test('a fault leaves what was decompressed before it', () => {
    const output = new GrowingOutput(16);
    decompressInto(4, zstdCompressSync(Buffer.from('kept')), output, 100);
    expect(() => decompressInto(4, zstdCompressSync(Buffer.alloc(1_000)), output, 100)).toThrow(
      OutputTooLarge,
    );
    decompressInto(1, gzipSync(Buffer.from(', and more')), output, 100);
    expect(Buffer.from(output.bytes.subarray(0, output.length)).toString()).toBe('kept, and more');
  });
});

describe('CRC-32C', () => {
  test('of the check string', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
    expect(crc32c(Buffer.alloc(0))).toBe(0);
  });

  test('is what another implementation says, for all lengths and places', () => {
    const bytes = Buffer.from(Array.from({ length: 400_000 }, (_, i) => (i * 2_654_435_761) >>> 24));
    for (const size of [...Array(70).keys(), 1_000, 180_223, 180_224, 180_225, 360_448, 399_990])
      for (const at of [0, 1, 7]) {
        const part = bytes.subarray(at, at + size);
        expect(crc32c(part)).toBe(otherCrc32c(part));
      }
  });
});
