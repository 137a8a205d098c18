/** A value as a scan of bytes has found it: what it is, and where it lies. */
import { parseJson } from '../json.ts';
import type { Json } from '../model.ts';
import { exactNumber } from '../numbers.ts';

/** Makes text of bytes: core has no quick way of its own. */
export interface BytesToText {
  /** Of bytes that are all ASCII. */
  ascii(start: number, end: number): string;
  /** Of bytes that are valid UTF-8. */
  utf8(start: number, end: number): string;
}

/** What lies at a place. */
export const KIND = {
  absent: 0,
  ascii: 1,
  wide: 2,
  escaped: 3,
  number: 4,
  yes: 5,
  no: 6,
  nothing: 7,
  object: 8,
  list: 9,
} as const;

/** By kind: it is written with its bytes. */
export const HAS_BYTES = Object.values(KIND).map(
  (kind) => kind !== KIND.absent && kind !== KIND.yes && kind !== KIND.no && kind !== KIND.nothing,
);
const ZERO = 0x30;
const MINUS = 0x2d;
/** Whole numbers of so many digits are exact, and print as they are written. */
const MOST_DIGITS = 15;

/** @param start of a text its first character, but the quote of one with escapes; so the `end` is behind that */
export function jsonOf(
  kind: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  texts: BytesToText,
): Json {
  switch (kind) {
    case KIND.ascii:
      return texts.ascii(start, end);
    case KIND.wide:
      return texts.utf8(start, end);
    case KIND.number:
      return smallWhole(bytes, start, end) ?? exactNumber(texts.ascii(start, end));
    case KIND.yes:
      return true;
    case KIND.no:
      return false;
    case KIND.nothing:
      return null;
    default:
      return parseJson(texts.utf8(start, end));
  }
}

/** @param first byte of what is neither a text nor an object */
export function kindOf(first: number): number {
  switch (first) {
    case 0x5b:
      return KIND.list;
    case 0x74:
      return KIND.yes;
    case 0x66:
      return KIND.no;
    case 0x6e:
      return KIND.nothing;
    default:
      return KIND.number;
  }
}

/** Null: not whole, of many digits, or minus zero. */
function smallWhole(bytes: Uint8Array, start: number, end: number): number | null {
  if (end - start > MOST_DIGITS) return null;
  const first = bytes[start] === MINUS ? start + 1 : start;
  let value = 0;
  for (let at = first; at < end; at += 1) {
    const digit = bytes[at]! - ZERO;
    if (digit < 0 || digit > 9) return null;
    value = value * 10 + digit;
  }
  if (first === start) return value;
  return value === 0 ? null : -value;
}
