import { lz4Compress, snappyCompress } from '@platformatic/wasm-utils/bundled';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CodecError } from './codecError.ts';
import { decompress } from './codecs.ts';
import { crc32c } from './crc32c.ts';
import { decodeLz4 } from './lz4.ts';
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

test('CRC-32C of the check string', () => {
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
});
