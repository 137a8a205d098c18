/**
 * Integrity claims of an event with a `cryptography` block. Which bytes a system hashed is not written anywhere, so the
 * usual forms are tried and the one that matched is named. A match proves that payload and hash belong together,
 * not who wrote them.
 */
import { isJsonObject, JsonProblem, numberText, parseJson, sha256Hex } from '../json.ts';
import type { Json } from '../model.ts';
import { isNumeric } from '../numbers.ts';
import { getPath } from '../path.ts';
import { compactText, rawMember } from './raw.ts';

export type IntegrityVerdict = 'PASS' | 'FAIL' | 'UNVERIFIABLE' | 'ABSENT';

export interface Claim {
  verdict: IntegrityVerdict;
  /** In words. */
  reason: string;
  claimed?: string;
  /** SHA-256 (hex) of the matching form; for FAIL of the payload as it was received. */
  computed?: string;
  /** The form of the payload whose hash matched. */
  profile?: HashProfile;
}

export type HashProfile = 'raw bytes' | 'JCS (RFC 8785)' | 'sorted compact' | 'insertion order';

export interface Integrity {
  payloadHash: Claim;
  previousHash: Claim;
}

/** Canonical JSON (RFC 8785): keys sorted, numbers as JavaScript prints the nearest double. @throws JsonProblem */
export function jcs(value: Json): string {
  if (isNumeric(value)) {
    const double = typeof value === 'number' ? value : Number(numberText(value));
    if (!Number.isFinite(double)) throw new JsonProblem('a number is beyond what RFC 8785 can write', 0);
    return String(double === 0 ? 0 : double);
  }
  return sorted(value, jcs);
}

/** Keys sorted, no spaces, numbers as they are written. */
function sortedCompact(value: Json): string {
  return isNumeric(value) ? numberText(value) : sorted(value, sortedCompact);
}

function sorted(value: Json, write: (inner: Json) => string): string {
  if (Array.isArray(value)) return `[${value.map(write).join(',')}]`;
  if (typeof value === 'string') return quoted(value);
  if (!isJsonObject(value)) return JSON.stringify(value);
  let members = '';
  for (const key of Object.keys(value).sort())
    members += `${members === '' ? '' : ','}${quoted(key)}:${write(value[key]!)}`;
  return `{${members}}`;
}

/** As JSON.stringify() writes it; a call of that takes longer than a look at the few characters of a usual text. */
function quoted(text: string): string {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    const isSurrogate = code >= 0xd800 && code <= 0xdfff;
    if (code < 0x20 || code === 0x22 || code === 0x5c || isSurrogate) return JSON.stringify(text);
  }
  return `"${text}"`;
}

const HEX_HASH = /^(?:sha-?256:)?([0-9a-f]{64})$/i;

function claimedHash(value: Json | undefined): { claim: Claim } | { hash: string; claimed: string } {
  if (value === undefined || value === null || value === '') {
    return { claim: { verdict: 'ABSENT', reason: 'The event claims no hash' } };
  }
  const hash = typeof value === 'string' ? HEX_HASH.exec(value)?.[1] : undefined;
  if (hash === undefined) {
    const reason = 'The claimed hash is not a SHA-256 in hexadecimal, so it cannot be compared';
    return {
      claim: { verdict: 'UNVERIFIABLE', reason, claimed: typeof value === 'string' ? value : undefined },
    };
  }
  return { hash: hash.toLowerCase(), claimed: value as string };
}

function payloadClaim(valueText: string, value: Json): Claim {
  const found = claimedHash(getPath(value, ['cryptography', 'payload_hash']));
  if ('claim' in found) return found.claim;
  const { hash, claimed } = found;
  const raw = rawMember(valueText, 'payload');
  const payload = getPath(value, ['payload']);
  if (raw === null || payload === undefined) {
    return { verdict: 'UNVERIFIABLE', reason: 'The event has a payload hash but no payload', claimed };
  }
  const forms: [HashProfile, () => string][] = [
    ['raw bytes', () => raw],
    ['JCS (RFC 8785)', () => jcs(payload)],
    ['sorted compact', () => sortedCompact(payload)],
    ['insertion order', () => compactText(raw)],
  ];
  const tried: string[] = [];
  for (const [profile, form] of forms) {
    let computed: string;
    try {
      computed = sha256Hex(form());
    } catch (error) {
      if (!(error instanceof JsonProblem)) throw error;
      continue;
    }
    if (computed === hash) {
      return { verdict: 'PASS', reason: `The payload hash matches (${profile})`, claimed, computed, profile };
    }
    tried.push(profile);
  }
  const reason = `The payload does not have the hash it claims; tried ${tried.join(', ')}`;
  return { verdict: 'FAIL', reason, claimed, computed: sha256Hex(raw) };
}

function previousClaim(value: Json, previousHash: string | null | undefined): Claim {
  const found = claimedHash(getPath(value, ['cryptography', 'previous_hash']));
  if ('claim' in found) return found.claim;
  const { hash, claimed } = found;
  if (previousHash === undefined || previousHash === null) {
    return {
      verdict: 'UNVERIFIABLE',
      reason: 'The event before it is not known here, or has no hash',
      claimed,
    };
  }
  const expected = HEX_HASH.exec(previousHash)?.[1]?.toLowerCase() ?? previousHash;
  return expected === hash
    ? { verdict: 'PASS', reason: 'It links to the event before it', claimed, computed: expected }
    : {
        verdict: 'FAIL',
        reason: 'It links to another event than the one before it',
        claimed,
        computed: expected,
      };
}

/**
 * Checks the hashes an event claims. `valueText` is the value exactly as received; `previousHash` the payload hash of
 * the event before it (per aggregate, partition or topic, as the caller tries), or null when there is none.
 * @throws JsonProblem when the text is no JSON
 */
export function verifyIntegrity(valueText: string, previousHash?: string | null): Integrity {
  const value = parseJson(valueText);
  return { payloadHash: payloadClaim(valueText, value), previousHash: previousClaim(value, previousHash) };
}
