/**
 * Some paths of an event's payload, taken from the bytes of its value without parsing the rest. What is unusual (repeated
 * keys or keys with escapes on the way, deep nesting, another mapping than the topic's, anything that is no JSON or no
 * UTF-8) is not decided here: the caller then parses the whole value, which gives the same at every path.
 */
import { parseJson } from '../json.ts';
import type { Json, JsonObject } from '../model.ts';
import { exactNumber } from '../numbers.ts';
import type { PathStep } from '../path.ts';
import type { CompiledMapping } from './compiled.ts';
import { isSpace, JsonBytes, MAX_SCAN_DEPTH, skipSpace } from './jsonBytes.ts';
import { eachHasOne, KeyTree, keepMember, type Member, memberOf, newNode, type TreeNode } from './keyTree.ts';
import { KEYED_MAPPING } from './mappings.ts';

/** Makes text of bytes: core has no quick way of its own. */
export interface BytesToText {
  /** Of bytes that are all ASCII. */
  ascii(start: number, end: number): string;
  /** Of bytes that are valid UTF-8. */
  utf8(start: number, end: number): string;
}

/** What lies at a place. */
const KIND = {
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

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ZERO = 0x30;
const MINUS = 0x2d;
/** Whole numbers of so many digits are exact, and print as they are written. */
const MOST_DIGITS = 15;

/** A key on the way to something that is wanted, in the object of its parent. */
interface Node extends TreeNode<Node> {
  name: string;
  /** The whole value is wanted. */
  isWhole: boolean;
}

export class PayloadScan {
  readonly #root: Node;
  /** Where the payload may lie, in the order in which the places are asked. */
  readonly #payloads: Node[];
  /** One slot of each list must hold something, be it null: else the topic's mapping does not fit. */
  readonly #needed: number[][];
  readonly #kind: Uint8Array;
  readonly #start: Int32Array;
  readonly #end: Int32Array;
  readonly #text = new JsonBytes();

  /** Use {@link payloadScan}, which knows what a scan can see. */
  constructor({ dataPaths, recognise }: CompiledMapping, paths: readonly (readonly string[])[]) {
    const tree = new KeyTree<Node>((slot, name) => ({ ...newNode<Node>(slot, name), name, isWhole: false }));
    this.#root = tree.root;
    this.#needed = recognise.map((each) => each.map(({ path }) => tree.nodeAt(path as string[]).slot));
    this.#payloads = dataPaths.map((path) => tree.nodeAt(path as string[]));
    for (const payload of this.#payloads) for (const path of paths) tree.nodeAt(path, payload).isWhole = true;
    this.#kind = new Uint8Array(tree.slots);
    this.#start = new Int32Array(tree.slots);
    this.#end = new Int32Array(tree.slots);
  }

  /**
   * The payload of a value, an object with nothing but what lies on the wanted paths (a payload that is no object is given
   * whole). Undefined: the value is unusual and has to be parsed.
   */
  read(bytes: Uint8Array, start: number, end: number, texts: BytesToText): Json | undefined {
    const kind = this.#kind;
    kind.fill(KIND.absent);
    this.#text.set(bytes, end);
    const first = skipSpace(bytes, start);
    if (bytes[first] !== 0x7b) return undefined;
    const at = this.#object(this.#root, first + 1, 0);
    if (at < 0 || !isSpace(bytes, at, end) || !eachHasOne(this.#needed, kind)) return undefined;
    for (const payload of this.#payloads) {
      const found = kind[payload.slot];
      if (found === KIND.absent || found === KIND.nothing) continue;
      return found === KIND.object && !payload.isWhole
        ? this.#partOf(payload, texts)
        : this.#valueAt(payload.slot, texts);
    }
    return undefined;
  }

  /** @param at behind the brace */
  #object(node: Node, at: number, depth: number): number {
    const text = this.#text;
    const { bytes, end } = text;
    let place = skipSpace(bytes, at);
    if (bytes[place] === 0x7d) return place < end ? place + 1 : -1;
    let before: Member<Node> | null = null;
    for (;;) {
      let member: Member<Node> | null = before === null ? node.first : before.next;
      if (member !== null && member.text !== null && text.isAt(member.text, place))
        place += member.text.length;
      else {
        const quote = place;
        if (bytes[quote] !== QUOTE) return -1;
        const last = text.keyEnd(quote + 1);
        if (last < 0) return -1;
        place = skipSpace(bytes, last + 1);
        if (bytes[place] !== 0x3a) return -1;
        place = skipSpace(bytes, place + 1);
        member = memberOf(node, bytes, quote + 1, last);
        if (member !== null) keepMember(node, before, member, bytes, quote, place);
      }
      before = member;
      const found = member === null ? null : member.node;
      place = found === null ? text.valueEnd(place, depth) : this.#value(found, place, depth);
      if (place < 0) return -1;
      place = skipSpace(bytes, place);
      if (place >= end) return -1;
      if (bytes[place] === 0x7d) return place + 1;
      if (bytes[place] !== 0x2c) return -1;
      place = skipSpace(bytes, place + 1);
    }
  }

  #value(node: Node, at: number, depth: number): number {
    const { slot } = node;
    const text = this.#text;
    const { bytes } = text;
    // The last of repeated keys counts, and takes away what the others had inside.
    if (this.#kind[slot] !== KIND.absent) return -1;
    const byte = bytes[at]!;
    if (byte === QUOTE) return this.#string(slot, at + 1);
    this.#start[slot] = at;
    let after: number;
    if (byte === 0x7b) {
      this.#kind[slot] = KIND.object;
      if (depth >= MAX_SCAN_DEPTH) return -1;
      after = node.children.length === 0 ? text.valueEnd(at, depth) : this.#object(node, at + 1, depth + 1);
    } else {
      this.#kind[slot] = kindOf(byte);
      after = text.valueEnd(at, depth);
    }
    this.#end[slot] = after;
    return after;
  }

  /** @param at behind the opening quote */
  #string(slot: number, at: number): number {
    const text = this.#text;
    const { bytes } = text;
    const place = text.plainEnd(at);
    this.#start[slot] = at;
    if (bytes[place] === QUOTE && place < text.end) {
      this.#kind[slot] = KIND.ascii;
      this.#end[slot] = place;
      return place + 1;
    }
    const after = text.stringEnd(place);
    if (after < 0) return -1;
    this.#kind[slot] = bytes.subarray(place, after).includes(BACKSLASH) ? KIND.escaped : KIND.wide;
    this.#end[slot] = after - 1;
    return after;
  }

  /** What is wanted of an object. */
  #partOf(node: Node, texts: BytesToText): JsonObject {
    const part: JsonObject = {};
    for (const child of node.children) {
      const kind = this.#kind[child.slot];
      if (kind === KIND.absent) continue;
      if (child.isWhole) part[child.name] = this.#valueAt(child.slot, texts);
      // A way that leads through anything else ends there.
      else if (kind === KIND.object) part[child.name] = this.#partOf(child, texts);
    }
    return part;
  }

  #valueAt(slot: number, texts: BytesToText): Json {
    const start = this.#start[slot]!;
    const end = this.#end[slot]!;
    switch (this.#kind[slot]) {
      case KIND.ascii:
        return texts.ascii(start, end);
      case KIND.wide:
        return texts.utf8(start, end);
      case KIND.escaped:
        return parseJson(texts.utf8(start - 1, end + 1));
      case KIND.number:
        return smallWhole(this.#text.bytes, start, end) ?? exactNumber(texts.ascii(start, end));
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
}

function kindOf(first: number): number {
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

/** A key that bytes can be compared with, and that is an ordinary one of any object. */
const isPlainStep = (step: PathStep): boolean =>
  typeof step === 'string' && step !== '__proto__' && step.isWellFormed();

/**
 * A scan for these paths of the payload, an empty one being the whole. Null: the mapping asks for what a scan cannot see
 * (headers, places in lists, a payload beside the envelope's own keys).
 */
export function payloadScan(
  compiled: CompiledMapping,
  paths: readonly (readonly PathStep[])[],
): PayloadScan | null {
  const { mapping, recognise, dataPaths } = compiled;
  // Plain JSON by key is taken only when no other mapping fits, and without marks anything does.
  if (mapping === KEYED_MAPPING || recognise.length === 0) return null;
  const isSeen = recognise
    .flat()
    .every(({ header, path }) => header === null && path.length > 0 && path.every(isPlainStep));
  if (!isSeen) return null;
  const last = dataPaths.findIndex((path) => path.length === 0);
  // What comes first and holds something is the payload; the whole value is left to the parser.
  const places = last === -1 ? dataPaths : dataPaths.slice(0, last);
  if (places.length === 0 || !places.every((path) => path.every(isPlainStep))) return null;
  const wanted: string[][] = [];
  for (const path of paths) {
    const end = path.findIndex((step) => typeof step === 'number');
    const keys = end === -1 ? path : path.slice(0, end);
    if (!keys.every(isPlainStep)) return null;
    wanted.push(keys as string[]);
  }
  return new PayloadScan({ ...compiled, dataPaths: places }, wanted);
}
