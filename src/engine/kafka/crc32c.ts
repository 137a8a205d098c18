// CRC-32C (Castagnoli), the checksum of record batches. zlib.crc32 is another polynomial.
export { crc32c } from '@platformatic/wasm-utils/bundled';
