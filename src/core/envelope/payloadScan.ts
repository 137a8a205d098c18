/**
 * Some paths of an event's payload, taken from the bytes of its value without parsing the rest. What is unusual (repeated
 * keys or keys with escapes on the way, deep nesting, another mapping than the topic's, anything that is no JSON or no
 * UTF-8) is not decided here: the caller then parses the whole value, which gives the same at every path.
 */
import type { Json, JsonObject } from '../model.ts';
import type { PathStep } from '../path.ts';
import type { CompiledMapping } from './compiled.ts';
import { isSpace, JsonBytes, MAX_SCAN_DEPTH, skipSpace } from './jsonBytes.ts';
import { eachHasOne, KeyTree, keepMember, type Member, memberOf, newNode, type TreeNode } from './keyTree.ts';
import { KEYED_MAPPING } from './mappings.ts';
import { type BytesToText, HAS_BYTES, jsonOf, KIND, kindOf } from './scannedValue.ts';

export type { BytesToText };

/** Bytes of a number of 32 bits. */
const MOST_VARINT = 5;
/** A loop is quicker than a copy. */
const FEW_BYTES = 24;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** A key on the way to something that is wanted, in the object of its parent. */
interface Node extends TreeNode<Node> {
  name: string;
  /** The whole value is wanted. */
  isWhole: boolean;
  /** It is on the way to what lies beside, and of nothing else. */
  isBeside: boolean;
}

export class PayloadScan {
  readonly #root: Node;
  /** Where the payload may lie, in the order in which the places are asked. */
  readonly #payloads: Node[];
  /** In each of those, what is wanted beside. */
  readonly #beside: Node[] = [];
  /** One slot of each list must hold something, be it null: else the topic's mapping does not fit. */
  readonly #needed: number[][];
  readonly #kind: Uint8Array;
  readonly #start: Int32Array;
  readonly #end: Int32Array;
  readonly #text = new JsonBytes();
  /** Which of the payloads the last value has; −1: none. */
  #found = -1;

  /** Use {@link payloadScan}, which knows what a scan can see. */
  constructor(
    { dataPaths, recognise }: CompiledMapping,
    paths: readonly (readonly string[])[],
    beside: readonly string[] | null,
  ) {
    const made = { isWhole: false, isBeside: false };
    const tree = new KeyTree<Node>((slot, name) => ({ ...newNode<Node>(slot, name), name, ...made }));
    this.#root = tree.root;
    this.#needed = recognise.map((each) => each.map(({ path }) => tree.nodeAt(path as string[]).slot));
    this.#payloads = dataPaths.map((path) => tree.nodeAt(path as string[]));
    for (const payload of this.#payloads) for (const path of paths) tree.nodeAt(path, payload).isWhole = true;
    const wanted = tree.slots;
    for (const payload of beside === null ? [] : this.#payloads) {
      let node = payload;
      for (const step of beside!) {
        node = tree.nodeAt([step], node);
        node.isBeside = node.slot >= wanted;
      }
      this.#beside.push(node);
    }
    this.#kind = new Uint8Array(tree.slots);
    this.#start = new Int32Array(tree.slots);
    this.#end = new Int32Array(tree.slots);
  }

  /**
   * The payload of a value, an object with nothing but what lies on the wanted paths (a payload that is no object is given
   * whole). Undefined: the value is unusual and has to be parsed.
   */
  read(bytes: Uint8Array, start: number, end: number, texts: BytesToText): Json | undefined {
    return this.find(bytes, start, end) ? this.payload(texts) : undefined;
  }

  /** Looks at a value, of which is told until the next one. False: it is unusual and has to be parsed. */
  find(bytes: Uint8Array, start: number, end: number): boolean {
    const kind = this.#kind;
    kind.fill(KIND.absent);
    this.#found = -1;
    this.#text.set(bytes, end);
    const first = skipSpace(bytes, start);
    if (bytes[first] !== 0x7b) return false;
    const at = this.#object(this.#root, first + 1, 0);
    if (at < 0 || !isSpace(bytes, at, end) || !eachHasOne(this.#needed, kind)) return false;
    this.#found = this.#payloads.findIndex(
      ({ slot }) => kind[slot] !== KIND.absent && kind[slot] !== KIND.nothing,
    );
    return this.#found !== -1;
  }

  /** What {@link read} gives, after {@link find} has found it. */
  payload(texts: BytesToText): Json {
    const payload = this.#payloads[this.#found]!;
    return this.#isPart(payload) ? this.#partOf(payload, texts) : this.#valueAt(payload.slot, texts);
  }

  /** What lies on the path that is wanted beside, after {@link find}; undefined: nothing does. */
  beside(texts: BytesToText): Json | undefined {
    const { slot } = this.#beside[this.#found]!;
    return this.#kind[slot] === KIND.absent ? undefined : this.#valueAt(slot, texts);
  }

  /** What {@link pack} writes at most of a value of so many bytes. */
  packedMost = (length: number): number => length + this.#kind.length * (1 + MOST_VARINT) + 1;

  /**
   * Writes what {@link payload} is made of, after {@link find}: the number of the payload, then by place what lies there
   * and its bytes as they are. Where it ends. @param out has room for {@link packedMost}
   */
  pack(out: Uint8Array, at: number): number {
    out[at] = this.#found;
    const payload = this.#payloads[this.#found]!;
    return this.#isPart(payload)
      ? this.#packPart(payload, out, at + 1)
      : this.#packValue(payload.slot, out, at + 1);
  }

  /** The payload of what {@link pack} wrote, by a scan for the same paths and mapping. @param texts of these bytes */
  unpack(bytes: Uint8Array, at: number, texts: BytesToText): Json {
    this.#at = at + 2;
    const payload = this.#payloads[bytes[at]!]!;
    const kind = bytes[at + 1]!;
    return kind === KIND.object && !payload.isWhole
      ? this.#unpackPart(payload, bytes, texts)
      : this.#unpackValue(kind, bytes, texts);
  }

  /** Of an object, nothing but what is wanted of it. */
  #isPart = ({ slot, isWhole }: Node): boolean => this.#kind[slot] === KIND.object && !isWhole;

  #packPart(node: Node, out: Uint8Array, at: number): number {
    out[at] = KIND.object;
    let next = at + 1;
    for (const child of node.children) {
      if (child.isBeside) continue;
      if (this.#isPart(child)) next = this.#packPart(child, out, next);
      else if (child.isWhole) next = this.#packValue(child.slot, out, next);
      else out[next++] = KIND.absent;
    }
    return next;
  }

  #packValue(slot: number, out: Uint8Array, at: number): number {
    const kind = this.#kind[slot]!;
    out[at] = kind;
    if (!HAS_BYTES[kind]) return at + 1;
    const { bytes } = this.#text;
    const quote = kind === KIND.escaped ? 1 : 0;
    const start = this.#start[slot]! - quote;
    const end = this.#end[slot]! + quote;
    let next = at + 1;
    let length = end - start;
    for (; length > 0x7f; length >>>= 7) out[next++] = length | 0x80;
    out[next++] = length;
    if (end - start > FEW_BYTES) out.set(bytes.subarray(start, end), next);
    else for (let from = start; from < end; from += 1) out[next + from - start] = bytes[from]!;
    return next + end - start;
  }

  /** Where {@link unpack} is. */
  #at = 0;

  #unpackPart(node: Node, bytes: Uint8Array, texts: BytesToText): JsonObject {
    const part: JsonObject = {};
    for (const child of node.children) {
      if (child.isBeside) continue;
      const kind = bytes[this.#at]!;
      this.#at += 1;
      if (kind === KIND.absent) continue;
      part[child.name] =
        kind === KIND.object && !child.isWhole
          ? this.#unpackPart(child, bytes, texts)
          : this.#unpackValue(kind, bytes, texts);
    }
    return part;
  }

  #unpackValue(kind: number, bytes: Uint8Array, texts: BytesToText): Json {
    if (!HAS_BYTES[kind]) return jsonOf(kind, bytes, 0, 0, texts);
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[this.#at]!;
      this.#at += 1;
      length |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    const start = this.#at;
    this.#at += length;
    return jsonOf(kind, bytes, start, start + length, texts);
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
      if (kind === KIND.absent || child.isBeside) continue;
      if (child.isWhole) part[child.name] = this.#valueAt(child.slot, texts);
      // A way that leads through anything else ends there.
      else if (kind === KIND.object) part[child.name] = this.#partOf(child, texts);
    }
    return part;
  }

  #valueAt(slot: number, texts: BytesToText): Json {
    const kind = this.#kind[slot]!;
    const quote = kind === KIND.escaped ? 1 : 0;
    return jsonOf(kind, this.#text.bytes, this.#start[slot]! - quote, this.#end[slot]! + quote, texts);
  }
}

/** A key that bytes can be compared with, and that is an ordinary one of any object. */
const isPlainStep = (step: PathStep): boolean =>
  typeof step === 'string' && step !== '__proto__' && step.isWellFormed();

/**
 * A scan for these paths of the payload, an empty one being the whole. Null: the mapping asks for what a scan cannot see
 * (headers, places in lists, a payload beside the envelope's own keys).
 * @param beside one more path, which is no part of what is read; both go only as far as to the first place in a list
 */
export function payloadScan(
  compiled: CompiledMapping,
  paths: readonly (readonly PathStep[])[],
  beside: readonly PathStep[] | null = null,
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
  const wanted = paths.map(keysOf);
  const further = beside === null ? null : keysOf(beside);
  if (![...wanted, ...(further === null ? [] : [further])].every((keys) => keys.every(isPlainStep)))
    return null;
  return new PayloadScan({ ...compiled, dataPaths: places }, wanted, further);
}

/** The keys of a path before its first place in a list. */
function keysOf(path: readonly PathStep[]): string[] {
  const end = path.findIndex((step) => typeof step === 'number');
  return (end === -1 ? path : path.slice(0, end)) as string[];
}
