/** MurmurHash2 as the Java client computes it (org.apache.kafka.common.utils.Utils.murmur2), as a signed 32-bit number. */
export function murmur2(bytes: Uint8Array): number {
  const M = 0x5bd1e995;
  const length = bytes.length;
  let hash = 0x9747b28c ^ length;
  const whole = length - (length % 4);
  for (let i = 0; i < whole; i += 4) {
    let word = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    word = Math.imul(word, M);
    word ^= word >>> 24;
    hash = Math.imul(hash, M) ^ Math.imul(word, M);
  }
  if (length % 4 >= 3) hash ^= bytes[whole + 2]! << 16;
  if (length % 4 >= 2) hash ^= bytes[whole + 1]! << 8;
  if (length % 4 >= 1) hash = Math.imul(hash ^ bytes[whole]!, M);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, M);
  return hash ^ (hash >>> 15);
}

/** The partition the Java client (and most others, by default) would choose for this key. */
export const partitionForKey = (key: Uint8Array, partitions: number): number =>
  (murmur2(key) & 0x7fffffff) % partitions;
