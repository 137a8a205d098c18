/** Keyframes and changes as bytes. */
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { formatJson, parseJson } from '../../core/json.ts';
import type { Json } from '../../core/model.ts';
import { type BlameNode, flattenBlame, restoreBlame } from '../reads/blameTree.ts';
import type { PathChanges, Recorded } from '../reads/changes.ts';

/** Level 1: what is saved by more costs longer than it saves. */
const OPTIONS = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };
const HEAD_BYTES = 4;

/** Length of the state's text, the text in UTF-8, then the blame as 32-bit numbers; compressed together. */
export function packPoint(state: Json, blame: BlameNode): Buffer {
  const text = Buffer.from(formatJson(state));
  const leaves = flattenBlame(state, blame);
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32LE(text.length);
  return zstdCompressSync(
    Buffer.concat([head, text, Buffer.from(leaves.buffer, leaves.byteOffset, leaves.byteLength)]),
    OPTIONS,
  );
}

/** @throws an Error when the bytes are damaged, or a state is nested deeper than what can be read */
export function unpackPoint(packed: Uint8Array): { state: Json; blame: BlameNode } {
  const bytes = zstdDecompressSync(packed);
  const end = HEAD_BYTES + bytes.readUInt32LE(0);
  const state = parseJson(bytes.toString('utf8', HEAD_BYTES, end));
  const leaves = new Int32Array(bytes.buffer.slice(bytes.byteOffset + end, bytes.byteOffset + bytes.length));
  return { state, blame: restoreBlame(state, leaves) };
}

export const packChanges = ({ indexes, values }: PathChanges): Buffer =>
  zstdCompressSync(Buffer.from(JSON.stringify([indexes, values])), OPTIONS);

export function unpackChanges(packed: Uint8Array): PathChanges {
  const [indexes, values] = JSON.parse(zstdDecompressSync(packed).toString()) as [number[], Recorded[]];
  return { indexes, values };
}
