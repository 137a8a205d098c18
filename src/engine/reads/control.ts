/** What a transaction marker says: version, then type, both int16, in its key (KIP-98). */
export function controlTypeOfKey(key: Uint8Array | null): 'abort' | 'commit' | 'other' {
  if (key === null || key.length < 4) return 'other';
  const type = (key[2]! << 8) | key[3]!;
  return type === 0 ? 'abort' : type === 1 ? 'commit' : 'other';
}
