/**
 * What the rules about payloads need of an event, found on the bytes of its value without parsing them: where the payload
 * lies, its numbers that say how much there is of something, the schema version, the claims of integrity. What is unusual
 * (escapes or repeated keys in what is read, deep nesting, another mapping than the topic's, anything that is no JSON or no
 * UTF-8) is not decided here: the caller then parses the value, which says the same.
 */
import { type CompiledMapping, idText, type Reader } from '../envelope/compiled.ts';
import { isSpace, JsonBytes, MAX_SCAN_DEPTH, skipSpace } from '../envelope/jsonBytes.ts';
import {
  eachHasOne,
  KeyTree,
  keepMember,
  type Member,
  memberOf,
  newNode,
  type TreeNode,
} from '../envelope/keyTree.ts';
import { KEYED_MAPPING } from '../envelope/mappings.ts';
import { decimalTextOf } from '../numbers.ts';
import type { PathStep } from '../path.ts';
import type { KeyNumbers } from './keyNumbers.ts';

/** What lies at a place. */
const KIND = { absent: 0, text: 1, escaped: 2, number: 3, nothing: 4, object: 5, other: 6 } as const;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;
const POINT = 0x2e;
/** Whole numbers of so many digits are exact, and their text is the one that JavaScript prints. */
const MOST_DIGITS = 15;
/** Where an event with claims keeps them, and the payload that they are about (events.md, shape C). */
const CLAIMS = 'cryptography';
const CLAIMED = 'payload';
/** More levels than this in one payload are left to the parser. */
const MOST_LEVELS = 32;

/** A key that is looked for, in the object of its parent. The marks of its members are numbers of levels. */
interface Node extends TreeNode<Node> {
  /** Its own keys may name levels. */
  isPayload: boolean;
}

/** A part of the value that was read last. */
export interface Part {
  start: number;
  end: number;
}

export class PayloadFacts {
  readonly #root: Node;
  /** Where the payload may lie, in the order in which the places are asked. */
  readonly #payloads: Node[];
  /** After these places the whole value is the payload. */
  readonly #endsInWhole: boolean;
  /** One slot of each list must hold something, be it null: else the topic's mapping does not fit. */
  readonly #needed: number[][];
  readonly #versions: number[];
  readonly #hasVersion: boolean;
  readonly #claims: number;
  readonly #claimed: number;
  readonly #hash: number;
  readonly #previous: number;
  readonly #signature: number;
  readonly #kind: Uint8Array;
  readonly #start: Int32Array;
  readonly #end: Int32Array;
  /** By slot: 1 where an object has members. */
  readonly #isFilled: Uint8Array;
  readonly #text = new JsonBytes();
  readonly #levels: KeyNumbers;
  /** Members that name levels, of all places where the payload may lie. */
  readonly #level = {
    count: 0,
    slot: [] as number[],
    no: [] as number[],
    start: [] as number[],
    end: [] as number[],
  };
  /** Slot of the payload; −1: it is null, or not there. */
  #payload = -1;
  readonly #textOf: (start: number, end: number) => string;
  #lastVersion = new Uint8Array(0);
  #lastVersionText = '';

  /**
   * Use {@link payloadFactsOf}, which knows what can be seen.
   * @param levels tells which keys name levels: 0 those that do not, less than 0 those that are not known
   * @param textOf of a part of the bytes that are being read, which is valid UTF-8
   */
  constructor(
    { dataPaths, recognise, fields }: CompiledMapping,
    levels: KeyNumbers,
    textOf: (start: number, end: number) => string,
  ) {
    const tree = new KeyTree<Node>((slot, step) => ({ ...newNode<Node>(slot, step), isPayload: false }));
    const nodeAt = (path: readonly PathStep[]): Node => tree.nodeAt(path as readonly string[]);
    this.#root = tree.root;
    const slotOf = ({ path }: Reader): number => nodeAt(path).slot;
    const whole = dataPaths.findIndex((path) => path.length === 0);
    this.#endsInWhole = whole !== -1;
    this.#payloads = (whole === -1 ? dataPaths : dataPaths.slice(0, whole)).map((path) => nodeAt(path));
    for (const payload of this.#payloads) payload.isPayload = true;
    this.#needed = recognise.map((each) => each.map(slotOf));
    this.#versions = (fields.schemaVersion?.readers ?? []).map(slotOf);
    this.#hasVersion = fields.schemaVersion !== undefined;
    this.#claims = nodeAt([CLAIMS]).slot;
    this.#claimed = nodeAt([CLAIMED]).slot;
    this.#hash = nodeAt([CLAIMS, 'payload_hash']).slot;
    this.#previous = nodeAt([CLAIMS, 'previous_hash']).slot;
    this.#signature = nodeAt([CLAIMS, 'signature']).slot;
    this.#kind = new Uint8Array(tree.slots);
    this.#start = new Int32Array(tree.slots);
    this.#end = new Int32Array(tree.slots);
    this.#isFilled = new Uint8Array(tree.slots);
    this.#levels = levels;
    this.#textOf = textOf;
  }

  /** Reads a value. False: it is unusual or does not fit the mapping, and has to be parsed. */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    this.#kind.fill(KIND.absent);
    this.#level.count = 0;
    this.#text.set(bytes, end);
    const first = skipSpace(bytes, start);
    if (bytes[first] !== 0x7b) return false;
    const at = this.#object(this.#root, first + 1, 0);
    if (at < 0 || !isSpace(bytes, at, end) || !eachHasOne(this.#needed, this.#kind)) return false;
    return this.#findPayload();
  }

  /** The payload; null: it is null, or not there. */
  payload(): Part | null {
    return this.#payload === -1 ? null : this.#part(this.#payload);
  }

  /** Whether the payload says anything. */
  hasContent(): boolean {
    const slot = this.#payload;
    return slot !== -1 && (this.#kind[slot] !== KIND.object || this.#isFilled[slot] === 1);
  }

  /** Whether the mapping knows a place for the version of the schema. */
  get hasVersion(): boolean {
    return this.#hasVersion;
  }

  /** What the event says of its schema's version; null: nothing; undefined: it has to be parsed. */
  schemaVersion(): string | null | undefined {
    for (const slot of this.#versions) {
      const kind = this.#kind[slot];
      if (kind === KIND.escaped) return undefined;
      const start = this.#start[slot]!;
      const end = this.#end[slot]!;
      if (kind === KIND.text && end > start) return this.#versionAt(start, end);
      if (kind !== KIND.number) continue;
      const number = end - start > MOST_DIGITS ? Number.NaN : Number(this.#versionAt(start, end));
      return Number.isSafeInteger(number) ? idText(number) : undefined;
    }
    return null;
  }

  /** The text there; nearly always that of the event before. */
  #versionAt(start: number, end: number): string {
    const { bytes } = this.#text;
    const { length } = this.#lastVersion;
    let same = end - start === length ? 0 : -1;
    while (same >= 0 && same < length) same = bytes[start + same] === this.#lastVersion[same] ? same + 1 : -1;
    if (same === -1) {
      // A copy: the bytes are of a block, whose memory is used again.
      this.#lastVersion = Uint8Array.from(bytes.subarray(start, end));
      this.#lastVersionText = this.#textOf(start, end);
    }
    return this.#lastVersionText;
  }

  /**
   * Tells of the members of the payload that name a level and are numbers, until one is taken; false: it has to be parsed.
   * @param take gets the number of the key, and the level; true: it is taken
   */
  level(take: (no: number, level: number) => boolean): boolean {
    const { count, slot, no, start, end } = this.#level;
    const { bytes } = this.#text;
    for (let nth = 0; nth < count; nth += 1) {
      if (slot[nth] !== this.#payload) continue;
      // The last of repeated keys counts, at the place of the first.
      for (let other = nth + 1; other < count; other += 1)
        if (slot[other] === slot[nth] && no[other] === no[nth]) return false;
      const [from, to] = [start[nth]!, end[nth]!];
      let level = Number.NaN;
      if (bytes[from] === QUOTE) {
        const text = this.#textOf(from + 1, to - 1);
        if (text.includes('\\')) return false;
        level = Number(decimalTextOf(text) ?? Number.NaN);
      } else if (isNumberStart(bytes[from]!)) level = this.#numberAt(from, to);
      if (!Number.isNaN(level) && take(no[nth]!, level)) return true;
    }
    return true;
  }

  /** Whether there is a place for claims, and whether it holds any. */
  claims(): 'no place' | 'none' | 'some' {
    const kind = this.#kind[this.#claims];
    if (kind === KIND.absent) return 'no place';
    return kind === KIND.object ? 'some' : 'none';
  }

  /** A JSON number, as JavaScript reads it. */
  #numberAt(from: number, to: number): number {
    const { bytes } = this.#text;
    const first = bytes[from] === MINUS ? from + 1 : from;
    let whole = 0;
    let point = to;
    let at = first;
    for (; at < to && at - first < MOST_DIGITS; at += 1) {
      const byte = bytes[at]!;
      if (byte === POINT) point = at;
      else if (isDigit(byte)) whole = whole * 10 + byte - 0x30;
      else break;
    }
    if (at < to) return Number(this.#textOf(from, to));
    // Both are exact, so that the quotient is the nearest number.
    const number = point === to ? whole : whole / 10 ** (to - point - 1);
    return first === from ? number : -number;
  }

  /** A claim that is a text; null: it is none; undefined: it has to be parsed. */
  claim(which: 'hash' | 'previous'): string | null | undefined {
    const slot = which === 'hash' ? this.#hash : this.#previous;
    const kind = this.#kind[slot];
    if (kind === KIND.escaped) return undefined;
    return kind === KIND.text ? this.#textOf(this.#start[slot]!, this.#end[slot]!) : null;
  }

  /** The value that the claims are about, as it was received; null: there is none. */
  claimed(): Part | null {
    const slot = this.#claimed;
    if (this.#kind[slot] === KIND.absent) return null;
    const { start, end } = this.#part(slot);
    const isText = this.#kind[slot] === KIND.text || this.#kind[slot] === KIND.escaped;
    return isText ? { start: start - 1, end: end + 1 } : { start, end };
  }

  isSigned(): boolean {
    const kind = this.#kind[this.#signature];
    return kind !== KIND.absent && kind !== KIND.nothing;
  }

  #part(slot: number): Part {
    return { start: this.#start[slot]!, end: this.#end[slot]! };
  }

  #findPayload(): boolean {
    this.#payload = -1;
    let isNull = false;
    for (const { slot } of this.#payloads) {
      const kind = this.#kind[slot];
      if (kind === KIND.absent) continue;
      if (kind === KIND.nothing) isNull = true;
      // A text is no object and has no levels; its quotes would be missed by who reads it.
      else if (kind === KIND.text || kind === KIND.escaped) return false;
      else {
        this.#payload = slot;
        return true;
      }
    }
    return isNull || !this.#endsInWhole;
  }

  /** @param at behind the brace */
  #object(node: Node, at: number, depth: number): number {
    const text = this.#text;
    const { bytes, end } = text;
    const { isPayload, slot } = node;
    let place = skipSpace(bytes, at);
    this.#isFilled[slot] = 0;
    if (bytes[place] === 0x7d) return place < end ? place + 1 : -1;
    this.#isFilled[slot] = 1;
    let before: Member<Node> | null = null;
    for (;;) {
      let member: Member<Node> | null = before === null ? node.first : before.next;
      let no = 0;
      if (member !== null && member.text !== null && text.isAt(member.text, place)) {
        place += member.text.length;
        no = member.mark;
      } else {
        const quote = place;
        if (bytes[quote] !== QUOTE) return -1;
        const last = text.keyEnd(quote + 1);
        if (last < 0) return -1;
        place = skipSpace(bytes, last + 1);
        if (bytes[place] !== 0x3a) return -1;
        place = skipSpace(bytes, place + 1);
        if (isPayload) no = this.#levels.numberOf(bytes, quote + 1, last);
        member = memberOf(node, bytes, quote + 1, last);
        if (member !== null) {
          member.mark = no;
          keepMember(node, before, member, bytes, quote, place);
        }
      }
      before = member;
      const found = member === null ? null : member.node;
      const value = place;
      place = found === null ? text.valueEnd(value, depth) : this.#value(found, value, depth);
      if (place < 0 || (no !== 0 && !this.#keepLevel(slot, no, value, place))) return -1;
      place = skipSpace(bytes, place);
      if (place >= end) return -1;
      if (bytes[place] === 0x7d) return place + 1;
      if (bytes[place] !== 0x2c) return -1;
      place = skipSpace(bytes, place + 1);
    }
  }

  #keepLevel(slot: number, no: number, start: number, end: number): boolean {
    const level = this.#level;
    const { count } = level;
    if (no < 0 || count === MOST_LEVELS) return false;
    level.slot[count] = slot;
    level.no[count] = no;
    level.start[count] = start;
    level.end[count] = end;
    level.count = count + 1;
    return true;
  }

  #value(node: Node, at: number, depth: number): number {
    const { slot } = node;
    const text = this.#text;
    const { bytes } = text;
    // The last of repeated keys counts, and takes away what the others had inside.
    if (this.#kind[slot] !== KIND.absent) return -1;
    const byte = bytes[at]!;
    if (byte === QUOTE) {
      this.#start[slot] = at + 1;
      const plain = text.plainEnd(at + 1);
      if (bytes[plain] === QUOTE && plain < text.end) {
        this.#kind[slot] = KIND.text;
        this.#end[slot] = plain;
        return plain + 1;
      }
      const after = text.stringEnd(plain);
      if (after < 0) return -1;
      const isEscaped = bytes.subarray(plain, after - 1).includes(BACKSLASH);
      this.#kind[slot] = isEscaped ? KIND.escaped : KIND.text;
      this.#end[slot] = after - 1;
      return after;
    }
    this.#start[slot] = at;
    let after: number;
    if (byte === 0x7b) {
      if (depth >= MAX_SCAN_DEPTH) return -1;
      this.#kind[slot] = KIND.object;
      after = this.#object(node, at + 1, depth + 1);
    } else {
      const isNull = byte === 0x6e;
      this.#kind[slot] = isNull ? KIND.nothing : isNumberStart(byte) ? KIND.number : KIND.other;
      after = text.valueEnd(at, depth);
    }
    this.#end[slot] = after;
    return after;
  }
}

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;
const isNumberStart = (byte: number): boolean => byte === MINUS || isDigit(byte);

const isPlainPath = (path: readonly PathStep[]): boolean =>
  path.every((step) => typeof step === 'string' && step.isWellFormed());

/** For a topic's mapping. Null: it asks for what cannot be seen here (headers, places in lists, any JSON at all). */
export function payloadFactsOf(
  compiled: CompiledMapping,
  levels: KeyNumbers,
  textOf: (start: number, end: number) => string,
): PayloadFacts | null {
  const { mapping, recognise, dataPaths, fields } = compiled;
  // Plain JSON by key is taken only when no other mapping fits, and without marks anything does.
  if (mapping === KEYED_MAPPING || recognise.length === 0) return null;
  const read = [...recognise.flat(), ...(fields.schemaVersion?.readers ?? [])];
  const isSeen = read.every(({ header, path }) => header === null && path.length > 0 && isPlainPath(path));
  if (!isSeen || !dataPaths.every(isPlainPath)) return null;
  return new PayloadFacts(compiled, levels, textOf);
}
