import { randomUUID } from 'node:crypto';
import type { SecretBox } from '../engine/host.ts';

/** Keeps the secrets of one command in its own memory: nothing of them, not even ciphertext, reaches the disk. */
export function memorySecrets(): SecretBox {
  const kept = new Map<string, string>();
  return {
    description: 'Kept in memory for this command only.',
    async seal(plain) {
      const name = randomUUID();
      kept.set(name, plain);
      return name;
    },
    async open(sealed) {
      const plain = kept.get(sealed);
      if (plain === undefined) throw new Error('this secret is not of this command');
      return plain;
    },
  };
}
