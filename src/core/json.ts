/**
 * JSON that keeps every digit.
 *
 * Why a parser of our own behind the fast path: lossless-json 4.3.3 recurses until the stack overflows (a RangeError
 * at a depth of a few thousand, a different one on every machine), does not report a key that is repeated with an
 * equal value, and makes every number an object. Its LosslessNumber is the type used here.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { parseSlowly } from './json-parser.ts';
import type { Json, JsonObject } from './model.ts';
import { canonicalNumber, isNumeric, numberText } from './numbers.ts';
import { setOwn } from './ownKey.ts';

export { JsonProblem, MAX_DEPTH } from './json-parser.ts';
export {
  addExact,
  compareExact,
  decimalTextOf,
  exactNumber,
  isJsonObject,
  isNumeric,
  type Numeric,
  numberText,
  subtractExact,
} from './numbers.ts';

export interface ParseOptions {
  /** Filled with the path of every key that is repeated in its object; the last value wins. Costs the slow parser. */
  duplicates?: string[];
}

/**
 * A number whose text may differ from what JavaScript prints for it: 16 characters and more, an exponent, a fraction
 * that ends in zero, minus zero, or less than 0.00001. Text inside strings can match too, which only costs time; the
 * seconds of a time (`:00.000Z`) do not, because nearly every event has one.
 */
const RISKY_NUMBER =
  /(?:^|[:,[\s])-?(?:\d[\d.]{15}|\d+\.\d*0(?=[\s,}\]]|$)|\d+(?:\.\d+)?[eE]|0\.00000|(?<=-)0(?![.\d]))/;

/** The shortest text that can be nested deeper than allowed. */
const SHORTEST_DEEP_TEXT = 1000;
const MAX_OPENERS_WITHOUT_DEPTH_CHECK = 500;

function mayBeDeep(text: string): boolean {
  if (text.length < SHORTEST_DEEP_TEXT) return false;
  let openers = 0;
  for (const opener of '{[') {
    for (let at = text.indexOf(opener); at !== -1; at = text.indexOf(opener, at + 1)) {
      openers += 1;
      if (openers > MAX_OPENERS_WITHOUT_DEPTH_CHECK) return true;
    }
  }
  return false;
}

const BACKSLASH = 0x5c;
const QUOTE = 0x22;
const SPACES = ' \n\r\t';

/**
 * Whether a key is written with an escape. JSON.parse of V8 13.6 (Node 24) takes such a key for the one that objects like
 * it had at that place before, when that is a beginning of how this one is written: behind `{"x":0,"\\":1}` it reads the
 * second key of `{"x":0,"\n":1}` as a backslash.
 */
function hasEscapedKey(text: string): boolean {
  for (let at = text.indexOf('\\'); at !== -1; at = text.indexOf('\\', at)) {
    let code = BACKSLASH;
    for (; code !== QUOTE; code = text.charCodeAt(at)) {
      if (Number.isNaN(code)) return false;
      at += code === BACKSLASH ? 2 : 1;
    }
    at += 1;
    while (SPACES.includes(text.charAt(at)) && at < text.length) at += 1;
    if (text.charAt(at) === ':') return true;
  }
  return false;
}

/** What JSON.parse may not be asked to read. */
const isUnusual = (text: string): boolean => mayBeDeep(text) || hasEscapedKey(text);

/**
 * Parses JSON (RFC 8259) without losing a digit. `__proto__` is an ordinary key. Nesting is limited to 500 levels.
 * @throws JsonProblem with the reason in words and the position.
 */
export function parseJson(text: string, options?: ParseOptions): Json {
  if (options?.duplicates !== undefined || RISKY_NUMBER.test(text) || isUnusual(text)) {
    return parseSlowly(text, options?.duplicates);
  }
  try {
    return JSON.parse(text) as Json;
  } catch {
    // The slow parser accepts the same texts and says in words what is wrong, and where.
    return parseSlowly(text);
  }
}

function writeNumber(value: Json): string | null {
  return isNumeric(value) ? numberText(value) : null;
}

function write(value: Json, step: string, margin: string): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  const number = writeNumber(value);
  if (number !== null) return number;
  const inner = margin + step;
  const [open, gap, close] = step === '' ? ['', ',', ''] : [`\n${inner}`, `,\n${inner}`, `\n${margin}`];
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]';
    return `[${open}${value.map((item) => write(item, step, inner)).join(gap)}${close}]`;
  }
  const object = value as JsonObject;
  const members = Object.keys(object).map(
    (key) => `${JSON.stringify(key)}${step === '' ? ':' : ': '}${write(object[key]!, step, inner)}`,
  );
  return members.length === 0 ? '{}' : `{${open}${members.join(gap)}${close}}`;
}

/**
 * JSON text with every number exactly as it was. Without `indent` on one line with no spaces.
 * Lone surrogates are written as escapes.
 */
export function formatJson(value: Json, indent = 0): string {
  return write(value, ' '.repeat(indent), '');
}

/** Keys sorted by UTF-16 code units, no spaces, one spelling per number: equal values have equal text. */
export function canonicalJson(value: Json): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (isNumeric(value)) return canonicalNumber(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const object = value as JsonObject;
  const keys = Object.keys(object);
  if (isWrittenSo(object, keys)) return JSON.stringify(object);
  const members = keys.sort().map((key) => `${JSON.stringify(key)}:${canonicalJson(object[key]!)}`);
  return `{${members.join(',')}}`;
}

/** True when JSON.stringify writes an object canonically: keys in order, and nothing below that could be a number. */
function isWrittenSo(object: JsonObject, keys: readonly string[]): boolean {
  for (let at = 0; at < keys.length; at += 1) {
    if (at > 0 && keys[at - 1]! > keys[at]!) return false;
    const member = object[keys[at]!]!;
    if (typeof member !== 'string' && typeof member !== 'boolean' && member !== null) return false;
  }
  return true;
}

/** SHA-256 of UTF-8 text as lower-case hex. */
export function sha256Hex(content: string | Uint8Array): string {
  return bytesToHex(sha256(typeof content === 'string' ? new TextEncoder().encode(content) : content));
}

/** SHA-256 (hex) of {@link canonicalJson}: equal states have equal hashes on every machine. */
export function stateHash(value: Json): string {
  return sha256Hex(canonicalJson(value));
}

/**
 * As fast as JSON.parse, for callers that read only texts and whole numbers: accepts what {@link parseJson} accepts
 * (depth included), but numbers are JavaScript's, so one that is no safe integer must be read again exactly.
 * @throws JsonProblem
 */
export function parseApproximate(text: string): Json {
  if (isUnusual(text)) return withPlainNumbers(parseSlowly(text));
  try {
    return JSON.parse(text) as Json;
  } catch {
    return withPlainNumbers(parseSlowly(text));
  }
}

/** JavaScript's numbers in place of exact ones; the value is changed. */
function withPlainNumbers(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value;
  if (isNumeric(value)) return Number(numberText(value));
  const holder = value as { [key: string]: Json };
  for (const [key, inner] of Object.entries(holder)) {
    const plain = withPlainNumbers(inner);
    if (plain !== inner) setOwn(holder, key, plain);
  }
  return value;
}
