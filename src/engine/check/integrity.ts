/** Integrity claims of events, fast where the claim holds: hash of the payload, link to the event before, signature. */
import { createPublicKey, hash, type KeyObject, verify } from 'node:crypto';
import { type IntegrityVerdict, jcs, verifyIntegrity } from '../../core/envelope/integrity.ts';
import { rawMember } from '../../core/envelope/raw.ts';
import { isJsonObject, JsonProblem, parseApproximate } from '../../core/json.ts';
import type { Json, JsonObject } from '../../core/model.ts';

/** The block of claims in a value (events.md, shape C); undefined: the value has no place for one. */
export const claimsOf = (value: Json): JsonObject | null | undefined => {
  if (!isJsonObject(value) || !Object.hasOwn(value, 'cryptography')) return undefined;
  return isJsonObject(value.cryptography) ? value.cryptography : null;
};

const HASH_CHARS = 64;
const PREFIX = 'sha256:';
const HEX_HASH = /^(?:sha-?256:)?([0-9a-f]{64})$/i;

/** A claimed SHA-256 in lower-case hexadecimal; null: there is none, or it is written in another way. */
export function hashText(value: Json | undefined): string | null {
  if (typeof value !== 'string') return null;
  if (value.length === HASH_CHARS && isLowerHex(value, 0)) return value;
  if (
    value.startsWith(PREFIX) &&
    value.length === PREFIX.length + HASH_CHARS &&
    isLowerHex(value, PREFIX.length)
  )
    return value.slice(PREFIX.length);
  return HEX_HASH.exec(value)?.[1]?.toLowerCase() ?? null;
}

/** The usual forms, told without the expression: every event of a chain has two of them. */
function isLowerHex(text: string, from: number): boolean {
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < 0x30 || (code > 0x39 && code < 0x61) || code > 0x66) return false;
  }
  return true;
}

/**
 * Whether the payload has the hash it claims. `text`: the whole value as received; `value`: the same, read with
 * JavaScript's numbers, which are those of RFC 8785. The two usual forms are tried here, the others by core.
 */
export function payloadVerdict(
  text: string,
  value: Json,
  claims: JsonObject,
): { verdict: IntegrityVerdict; reason: string } {
  const claimed = hashText(claims.payload_hash);
  const raw = claimed === null ? null : rawMember(text, 'payload');
  if (raw !== null && sha256(raw) === claimed) return { verdict: 'PASS', reason: '' };
  try {
    if (claimed !== null && sha256(jcs(payloadOf(value))) === claimed) return { verdict: 'PASS', reason: '' };
    return verifyIntegrity(text).payloadHash;
  } catch (error) {
    if (!(error instanceof JsonProblem)) throw error;
    return { verdict: 'UNVERIFIABLE', reason: error.message };
  }
}

/** The two usual forms of payloads that are hashed; the one that held last is tried first. */
export class UsualHashes {
  #isSorted = false;

  /**
   * Whether a payload, as it was received, has this SHA-256. False says nothing: there are more forms.
   * @param payload valid UTF-8
   */
  has(payload: Buffer, claimed: string): boolean {
    for (const isSorted of [this.#isSorted, !this.#isSorted]) {
      if ((isSorted ? sortedHash(payload) : sha256(payload)) !== claimed) continue;
      this.#isSorted = isSorted;
      return true;
    }
    return false;
  }
}

/** As RFC 8785 has it; null: it has no such form. */
function sortedHash(payload: Buffer): string | null {
  try {
    return sha256(jcs(parseApproximate(payload.toString('utf8'))));
  } catch (error) {
    if (!(error instanceof JsonProblem)) throw error;
    return null;
  }
}

/** In lower-case hexadecimal. */
const sha256 = (content: string | Uint8Array): string => hash('sha256', content);
const payloadOf = (value: Json): Json => (isJsonObject(value) ? (value.payload ?? null) : null);

/** DER header of a raw Ed25519 key (RFC 8410). */
const SPKI_ED25519 = Buffer.from('302a300506032b6570032100', 'hex');
const ED25519_KEY = 32;
const ED25519_SIGNATURE = 64;

function bytesOf(text: string): Buffer {
  return /^(?:[0-9a-f]{2})+$/i.test(text) ? Buffer.from(text, 'hex') : Buffer.from(text, 'base64');
}

/** Public keys by their text: a system has few. */
export class Signatures {
  readonly #keys = new Map<string, KeyObject | null>();

  /** What a signature is of is written nowhere: the hash as text, its bytes, and the payload are tried. */
  verdict(text: string, claims: JsonObject): IntegrityVerdict {
    const { signature, public_key: key, payload_hash: hash } = claims;
    if (signature === undefined || signature === null || signature === '') return 'ABSENT';
    if (typeof signature !== 'string' || typeof key !== 'string') return 'UNVERIFIABLE';
    const open = this.#key(key);
    const bytes = bytesOf(signature);
    if (open === null || bytes.length !== ED25519_SIGNATURE) return 'UNVERIFIABLE';
    const messages: (() => Buffer | null)[] = [
      () => (typeof hash === 'string' ? Buffer.from(hash) : null),
      () => (hashText(hash) === null ? null : Buffer.from(hashText(hash)!, 'hex')),
      () => {
        const raw = rawMember(text, 'payload');
        return raw === null ? null : Buffer.from(raw);
      },
    ];
    for (const message of messages) {
      const signed = message();
      if (signed !== null && verify(null, signed, open, bytes)) return 'PASS';
    }
    return 'FAIL';
  }

  #key(text: string): KeyObject | null {
    const known = this.#keys.get(text);
    if (known !== undefined) return known;
    let key: KeyObject | null = null;
    try {
      const bytes = bytesOf(text);
      key = text.includes('-----BEGIN')
        ? createPublicKey(text)
        : createPublicKey({
            key: bytes.length === ED25519_KEY ? Buffer.concat([SPKI_ED25519, bytes]) : bytes,
            format: 'der',
            type: 'spki',
          });
      if (key.asymmetricKeyType !== 'ed25519') key = null;
    } catch {
      // No key that can be read: the signature cannot be checked, which is what the verdict says.
    }
    if (this.#keys.size < 10_000) this.#keys.set(text, key);
    return key;
  }
}
