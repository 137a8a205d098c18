/** Where JSON values end, found on their UTF-8 bytes without making anything of them. */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** Deeper values are left to the parser, which knows the limit and says so. */
export const MAX_SCAN_DEPTH = 64;

/** 1: a byte that ends a run of plain characters of a string, which are printable ASCII. */
const STOP = new Uint8Array(256).fill(1, 0, 0x20).fill(1, 0x80);
STOP[QUOTE] = 1;
STOP[BACKSLASH] = 1;

/** 1: may stand behind a backslash on its own. */
const ESCAPED = new Uint8Array(256);
for (const char of '"\\/bfnrt') ESCAPED[char.charCodeAt(0)] = 1;

const isHex = (byte: number): boolean =>
  (byte >= 0x30 && byte <= 0x39) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66);
const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;
const isFollower = (byte: number, least = 0x80, most = 0xbf): boolean => byte >= least && byte <= most;

/** First place at or behind `at` that is no JSON white space. */
export function skipSpace(bytes: Uint8Array, at: number): number {
  let place = at;
  for (;;) {
    const byte = bytes[place]!;
    // Nearly always there is none.
    if (byte > 0x20 || (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)) return place;
    place += 1;
  }
}

/** Whether nothing but JSON white space stands from `at` up to `end` (exclusive). */
export function isSpace(bytes: Uint8Array, at: number, end: number): boolean {
  return at >= end || skipSpace(bytes, at) >= end;
}

/** One character of two to four bytes; the shortest form and no surrogates, as in Unicode, table 3-7. */
function wideEnd(bytes: Uint8Array, at: number): number {
  const byte = bytes[at]!;
  const second = bytes[at + 1]!;
  if (byte >= 0xc2 && byte <= 0xdf) return isFollower(second) ? at + 2 : -1;
  if (byte >= 0xe0 && byte <= 0xef) {
    const isSecond = isFollower(second, byte === 0xe0 ? 0xa0 : 0x80, byte === 0xed ? 0x9f : 0xbf);
    return isSecond && isFollower(bytes[at + 2]!) ? at + 3 : -1;
  }
  if (byte >= 0xf0 && byte <= 0xf4) {
    const isSecond = isFollower(second, byte === 0xf0 ? 0x90 : 0x80, byte === 0xf4 ? 0x8f : 0xbf);
    return isSecond && isFollower(bytes[at + 2]!) && isFollower(bytes[at + 3]!) ? at + 4 : -1;
  }
  return -1;
}

function escapeEnd(bytes: Uint8Array, at: number): number {
  const byte = bytes[at + 1]!;
  if (ESCAPED[byte] === 1) return at + 2;
  if (byte !== 0x75) return -1;
  for (let digit = at + 2; digit < at + 6; digit++) if (!isHex(bytes[digit]!)) return -1;
  return at + 6;
}

function digitsEnd(bytes: Uint8Array, at: number): number {
  let place = at;
  while (isDigit(bytes[place]!)) place += 1;
  return place;
}

const WORDS = ['true', 'false', 'null'].map((word) => Array.from(word, (char) => char.charCodeAt(0)));

function wordEnd(bytes: Uint8Array, at: number, end: number): number {
  for (const word of WORDS) {
    if (bytes[at] !== word[0] || at + word.length > end) continue;
    for (let place = 1; place < word.length; place++) if (bytes[at + place] !== word[place]) return -1;
    return at + word.length;
  }
  return -1;
}

/** At least four bytes to be compared with others a word at a time. */
export interface KnownBytes {
  readonly length: number;
  /** Little-endian. */
  readonly words: Int32Array;
  /** The last four; they overlap the words before them. */
  readonly last: number;
}

export function knownBytes(bytes: Uint8Array): KnownBytes {
  const { length } = bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  const words = Int32Array.from({ length: (length - 1) >>> 2 }, (_, word) => view.getInt32(4 * word, true));
  return { length, words, last: view.getInt32(length - 4, true) };
}

/**
 * A text of JSON among other bytes. Every method returns the place behind what it was asked for, or −1 when the bytes are no
 * JSON (RFC 8259), no UTF-8, or have no such end before that of the text.
 */
export class JsonBytes {
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(new ArrayBuffer(0));
  end = 0;

  set(bytes: Uint8Array, end: number): void {
    if (bytes !== this.bytes) {
      this.bytes = bytes;
      this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    this.end = end;
  }

  /** Whether these bytes stand there. */
  isAt(known: KnownBytes, at: number): boolean {
    const { length, words, last } = known;
    if (at + length > this.end) return false;
    const { view } = this;
    for (let word = 0; word < words.length; word++)
      if (view.getInt32(at + 4 * word, true) !== words[word]) return false;
    return view.getInt32(at + length - 4, true) === last;
  }

  /** The first place at or behind `at` that is no plain character of a string; may lie behind the end. */
  plainEnd(at: number): number {
    const { bytes, view } = this;
    const last = this.end - 4;
    let place = at;
    while (place <= last) {
      const four = view.getInt32(place, true);
      // A high bit for each byte that is not ASCII, a control character or a quote (which changes places with the space), or a
      // backslash; and perhaps for one behind.
      const stops =
        (four | ((four ^ 0x02020202) - 0x21212121) | ((four ^ 0x5c5c5c5c) - 0x01010101)) & 0x80808080;
      if (stops !== 0) return place + ((31 - Math.clz32(stops & -stops)) >>> 3);
      place += 4;
    }
    while (STOP[bytes[place]!] === 0) place += 1;
    return place;
  }

  /** @param at behind the opening quote */
  stringEnd(at: number): number {
    const { bytes } = this;
    let place = at;
    for (;;) {
      place = this.plainEnd(place);
      if (place >= this.end) return -1;
      const byte = bytes[place]!;
      if (byte === QUOTE) return place + 1;
      if (byte === BACKSLASH) place = escapeEnd(bytes, place);
      else if (byte >= 0x80) place = wideEnd(bytes, place);
      else return -1;
      if (place < 0) return -1;
    }
  }

  /** The closing quote of a key without escapes; one with escapes may spell any other. @param at behind the opening quote */
  keyEnd(at: number): number {
    const { bytes } = this;
    const plain = this.plainEnd(at);
    if (bytes[plain] === QUOTE && plain < this.end) return plain;
    const after = this.stringEnd(plain);
    return after < 0 || bytes.subarray(at, after - 1).includes(BACKSLASH) ? -1 : after - 1;
  }

  /** @param at at the sign or first digit */
  numberEnd(at: number): number {
    const { bytes } = this;
    let place = at;
    if (bytes[place] === 0x2d) place += 1;
    if (bytes[place] === 0x30) place += 1;
    else {
      const first = place;
      place = digitsEnd(bytes, first);
      if (place === first) return -1;
    }
    if (bytes[place] === 0x2e) {
      const first = place + 1;
      place = digitsEnd(bytes, first);
      if (place === first) return -1;
    }
    if ((bytes[place]! | 0x20) === 0x65) {
      place += 1;
      if (bytes[place] === 0x2b || bytes[place] === 0x2d) place += 1;
      const first = place;
      place = digitsEnd(bytes, first);
      if (place === first) return -1;
    }
    return place <= this.end ? place : -1;
  }

  /** @param at at the first byte of the value @param depth objects and lists around it */
  valueEnd(at: number, depth: number): number {
    const byte = this.bytes[at];
    if (byte === QUOTE) return this.stringEnd(at + 1);
    if (byte === 0x7b) return this.#objectEnd(at + 1, depth + 1);
    if (byte === 0x5b) return this.#listEnd(at + 1, depth + 1);
    if (byte === 0x74 || byte === 0x66 || byte === 0x6e) return wordEnd(this.bytes, at, this.end);
    return this.numberEnd(at);
  }

  #objectEnd(at: number, depth: number): number {
    if (depth > MAX_SCAN_DEPTH) return -1;
    const { bytes, end } = this;
    let place = skipSpace(bytes, at);
    if (bytes[place] === 0x7d) return place < end ? place + 1 : -1;
    for (;;) {
      if (bytes[place] !== QUOTE) return -1;
      place = this.stringEnd(place + 1);
      if (place < 0) return -1;
      place = skipSpace(bytes, place);
      if (bytes[place] !== 0x3a) return -1;
      place = this.valueEnd(skipSpace(bytes, place + 1), depth);
      if (place < 0) return -1;
      place = skipSpace(bytes, place);
      if (place >= end) return -1;
      if (bytes[place] === 0x7d) return place + 1;
      if (bytes[place] !== 0x2c) return -1;
      place = skipSpace(bytes, place + 1);
    }
  }

  #listEnd(at: number, depth: number): number {
    if (depth > MAX_SCAN_DEPTH) return -1;
    const { bytes, end } = this;
    let place = skipSpace(bytes, at);
    if (bytes[place] === 0x5d) return place < end ? place + 1 : -1;
    for (;;) {
      place = this.valueEnd(place, depth);
      if (place < 0) return -1;
      place = skipSpace(bytes, place);
      if (place >= end) return -1;
      if (bytes[place] === 0x5d) return place + 1;
      if (bytes[place] !== 0x2c) return -1;
      place = skipSpace(bytes, place + 1);
    }
  }
}
