/**
 * The envelope's fields of a record, found on the bytes of its value: where they lie, without making texts of them. What is
 * unusual (escapes in what is read, repeated keys that are read, deep nesting, numbers of many digits, anything that is no
 * JSON or no UTF-8) is not decided here: the caller then takes the way of `extractEnvelope`, which agrees with this one.
 */
import type { StandardField } from '../model.ts';
import { type CompiledField, type CompiledMapping, compileMapping, type Reader } from './compiled.ts';
import { isSpace, JsonBytes, MAX_SCAN_DEPTH, skipSpace } from './jsonBytes.ts';
import { eachHasOne, KeyTree, keepMember, type Member, memberOf, newNode, type TreeNode } from './keyTree.ts';
import { type Derivation, type EnvelopeMapping, KEYED_MAPPING } from './mappings.ts';

/** The fields that a capture reads, by number: finding what is known of one by its name costs as much as reading it. */
export const SCANNED = {
  eventType: 0,
  aggregateType: 1,
  aggregateId: 2,
  aggregateVersion: 3,
  occurredAt: 4,
  eventId: 5,
  correlationId: 6,
  causationId: 7,
} as const satisfies Partial<Record<StandardField, number>>;
export type ScannedField = (typeof SCANNED)[keyof typeof SCANNED];
const SCANNED_FIELDS = Object.keys(SCANNED) as (keyof typeof SCANNED)[];

/** What lies at a place. */
const KIND = { absent: 0, ascii: 1, wide: 2, number: 3, other: 4 } as const;
/** Whole numbers of so many digits are exact, and their text is the one number that JavaScript prints. */
const MOST_DIGITS = 15;
/** Results of {@link EnvelopeScan.textOf}. */
export const NOTHING = -1;
export const UNDECIDED = -2;

const QUOTE = 0x22;

interface Node extends TreeNode<Node> {}

interface FieldPlan {
  /** Places in the order in which they are asked. */
  slots: number[];
  derive: Derivation | null;
}

export class EnvelopeScan {
  readonly mapping: EnvelopeMapping;
  readonly #root: Node;
  /** By {@link SCANNED}. */
  readonly #fields: readonly FieldPlan[];
  /** One slot of each list must hold something, be it null. */
  readonly #needed: number[][];
  readonly #kind: Uint8Array;
  readonly #start: Int32Array;
  readonly #end: Int32Array;
  readonly #text = new JsonBytes();

  constructor({ mapping, fields, recognise }: CompiledMapping) {
    this.mapping = mapping;
    const tree = new KeyTree<Node>(newNode);
    this.#root = tree.root;
    const slotOf = ({ path }: Reader): number => tree.nodeAt(path as string[]).slot;
    const planOf = (field: CompiledField | undefined): FieldPlan => ({
      slots: (field?.readers ?? []).map(slotOf),
      derive: field?.derive ?? null,
    });
    this.#fields = SCANNED_FIELDS.map((name) => planOf(fields[name]));
    this.#needed = recognise.map((each) => each.map(slotOf));
    this.#kind = new Uint8Array(tree.slots);
    this.#start = new Int32Array(tree.slots);
    this.#end = new Int32Array(tree.slots);
  }

  /** Reads a value. False: it is unusual or does not fit the mapping, and has to be read the other way. */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    this.#kind.fill(KIND.absent);
    this.#text.set(bytes, end);
    const first = skipSpace(bytes, start);
    if (bytes[first] !== 0x7b) return false;
    const at = this.#object(this.#root, first + 1, 0);
    if (at < 0 || !isSpace(bytes, at, end) || !eachHasOne(this.#needed, this.#kind)) return false;
    return true;
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
        const keyEnd = text.plainEnd(quote + 1);
        // A key with escapes or of more than ASCII may be one that is looked for.
        if (bytes[keyEnd] !== QUOTE || keyEnd >= end) return -1;
        place = skipSpace(bytes, keyEnd + 1);
        if (bytes[place] !== 0x3a) return -1;
        place = skipSpace(bytes, place + 1);
        member = keyEnd === quote + 1 ? null : memberOf(node, bytes, quote + 1, keyEnd);
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
    if (byte === QUOTE) {
      const first = at + 1;
      const place = text.plainEnd(first);
      this.#start[slot] = first;
      if (bytes[place] === QUOTE && place < text.end) {
        this.#kind[slot] = KIND.ascii;
        this.#end[slot] = place;
        return place + 1;
      }
      const after = text.stringEnd(place);
      if (after < 0 || bytes.subarray(place, after).includes(0x5c)) return -1;
      this.#kind[slot] = KIND.wide;
      this.#end[slot] = after - 1;
      return after;
    }
    if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) {
      const after = text.numberEnd(at);
      this.#kind[slot] = KIND.number;
      this.#start[slot] = at;
      this.#end[slot] = after;
      return after;
    }
    this.#kind[slot] = KIND.other;
    if (byte === 0x7b && node.children.length > 0)
      return depth > MAX_SCAN_DEPTH ? -1 : this.#object(node, at + 1, depth + 1);
    return text.valueEnd(at, depth);
  }

  /** How a field that no place declares is concluded; null: it is not. */
  deriveOf(field: ScannedField): Derivation | null {
    return this.#fields[field]!.derive;
  }

  /**
   * The slot that declares a field other than a time, to be used with {@link startOf}; {@link NOTHING} when none does,
   * {@link UNDECIDED} when its number has to be read exactly.
   */
  textOf(field: ScannedField): number {
    const { slots } = this.#fields[field]!;
    for (const slot of slots) {
      const kind = this.#kind[slot]!;
      if (kind === KIND.ascii || kind === KIND.wide) {
        if (this.#end[slot]! > this.#start[slot]!) return slot;
      } else if (kind === KIND.number) return this.#isPlain(slot) ? slot : UNDECIDED;
    }
    return NOTHING;
  }

  /** The same for a time: text that is no time, as the other way, makes room for the next place. */
  timeOf(field: ScannedField, read: (start: number, end: number, isText: boolean) => number | null): number {
    const { slots } = this.#fields[field]!;
    for (const slot of slots) {
      const kind = this.#kind[slot]!;
      if (kind === KIND.absent || kind === KIND.other) continue;
      const isText = kind !== KIND.number;
      if (!isText && !this.#isPlain(slot)) return Number.NEGATIVE_INFINITY;
      const time = read(this.#start[slot]!, this.#end[slot]!, isText);
      if (time !== null) return time;
    }
    return Number.NaN;
  }

  startOf(slot: number): number {
    return this.#start[slot]!;
  }

  endOf(slot: number): number {
    return this.#end[slot]!;
  }

  /** Whether the bytes of the slot are ASCII, so that each is a character. */
  isAscii(slot: number): boolean {
    return this.#kind[slot] !== KIND.wide;
  }

  /** A whole number that prints as it is written. */
  #isPlain(slot: number): boolean {
    const start = this.#start[slot]!;
    const end = this.#end[slot]!;
    if (end - start > MOST_DIGITS) return false;
    const { bytes } = this.#text;
    if (bytes[start] === 0x2d && bytes[start + 1] === 0x30) return false;
    for (let at = start + 1; at < end; at++) if (bytes[at]! < 0x30 || bytes[at]! > 0x39) return false;
    return true;
  }
}

const scans = new WeakMap<EnvelopeMapping, EnvelopeScan | null>();

/** The scan for a topic's mapping; null: the mapping asks for what a scan cannot see (headers, places in lists). */
export function scanFor(mapping: EnvelopeMapping | null): EnvelopeScan | null {
  // Plain JSON by key is taken only when no other mapping fits.
  if (mapping === null || mapping === KEYED_MAPPING) return null;
  let scan = scans.get(mapping);
  if (scan === undefined) {
    const compiled = compileMapping(mapping);
    const read = [
      ...SCANNED_FIELDS.flatMap((name) => compiled.fields[name]?.readers ?? []),
      ...compiled.recognise.flat(),
    ];
    const isSeen = ({ header, path }: Reader) =>
      header === null && path.length > 0 && path.every((step) => typeof step === 'string');
    // Without marks any object fits, which a scan would have to prove of the ones before it.
    const fits = compiled.recognise.length > 0 && read.every(isSeen);
    scan = fits ? new EnvelopeScan(compiled) : null;
    scans.set(mapping, scan);
  }
  return scan;
}
