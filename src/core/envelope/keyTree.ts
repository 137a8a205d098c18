/**
 * Keys that are looked for in the bytes of a JSON value, as a tree; and the other keys that were met beside them, because
 * records of a topic nearly always have the same ones in the same order: a scan compares what came next the last time.
 */
import { type KnownBytes, knownBytes } from './jsonBytes.ts';

/** A key in the object of its parent; T is the scan's own node. */
export interface TreeNode<T> {
  /** Number of what is found there; 0: the value itself. */
  slot: number;
  /** UTF-8. */
  key: Uint8Array;
  children: T[];
  /** Members by {@link placeOf} of their keys: the children, and others as they are met. */
  places: Member<T>[][];
  /** Others that were met. */
  met: number;
  /** What an object began with when it was last read. */
  first: Member<T> | null;
}

/** A key of an object. */
export interface Member<T> {
  key: Uint8Array;
  /** Null: nothing is looked for in it. */
  node: T | null;
  /** From its opening quote to its value, as it was first met; null: not yet, or it is too short. */
  text: KnownBytes | null;
  /** What came behind it the last time. */
  next: Member<T> | null;
  /** For the scan: what it knows of the key; 0 at first. */
  mark: number;
}

const encoder = new TextEncoder();
/** Of {@link knownBytes}. */
const LEAST_KNOWN = 4;
/** A power of two. */
const PLACES = 64;
/** Keys of an object that are remembered though nothing is looked for in them: some objects have ids as keys. */
const MOST_MET = 64;

/** Tells most keys apart by what is cheap to read. */
const placeOf = (bytes: Uint8Array, start: number, end: number): number =>
  end === start
    ? 0
    : (bytes[start]! + Math.imul(bytes[end - 1]!, 5) + Math.imul(end - start, 11)) & (PLACES - 1);

/** A Buffer's slice() would be no copy. */
const copyOf = (bytes: Uint8Array, start: number, end: number): Uint8Array =>
  new Uint8Array(bytes.subarray(start, end));

/** A node of which no object was read yet. */
export const newNode = <T>(slot: number, step: string): TreeNode<T> => ({
  ...{ slot, key: encoder.encode(step), children: [], met: 0, first: null },
  places: Array.from({ length: PLACES }, () => []),
});

/** The tree while it is made. */
export class KeyTree<T extends TreeNode<T>> {
  readonly root: T;
  /** How many there are. */
  slots = 1;
  readonly #make: (slot: number, step: string) => T;

  constructor(make: (slot: number, step: string) => T) {
    this.#make = make;
    this.root = make(0, '');
  }

  /** The node at the end of a path of keys. */
  nodeAt(steps: readonly string[], from = this.root): T {
    let node = from;
    for (const step of steps) {
      const key = encoder.encode(step);
      let child = node.children.find((each) => each.key.join() === key.join());
      if (child === undefined) {
        child = this.#make(this.slots, step);
        this.slots += 1;
        node.children.push(child);
        addMember(node, child.key, child);
      }
      node = child;
    }
    return node;
  }
}

function addMember<T>({ places }: TreeNode<T>, key: Uint8Array, node: T | null): Member<T> {
  const member: Member<T> = { key, node, text: null, next: null, mark: 0 };
  places[placeOf(key, 0, key.length)]!.push(member);
  return member;
}

/** The member of that key; null: there are too many others to remember it. */
export function memberOf<T>(
  node: TreeNode<T>,
  bytes: Uint8Array,
  start: number,
  end: number,
): Member<T> | null {
  next: for (const member of node.places[placeOf(bytes, start, end)]!) {
    const { key } = member;
    if (key.length !== end - start) continue;
    for (let at = 0; at < key.length; at++) if (bytes[start + at] !== key[at]) continue next;
    return member;
  }
  if (node.met >= MOST_MET) return null;
  node.met += 1;
  return addMember(node, copyOf(bytes, start, end), null);
}

/**
 * Keeps how a member is written, and behind which one it came.
 * @param before null: it is the first of its object @param quote where its key begins @param value where its value does
 */
export function keepMember<T>(
  node: TreeNode<T>,
  before: Member<T> | null,
  member: Member<T>,
  bytes: Uint8Array,
  quote: number,
  value: number,
): void {
  if (value - quote >= LEAST_KNOWN) member.text ??= knownBytes(copyOf(bytes, quote, value));
  if (before === null) node.first = member;
  else before.next = member;
}

/** Whether of each list one slot holds something. @param kind by slot; 0: nothing is there */
export function eachHasOne(lists: readonly (readonly number[])[], kind: Uint8Array): boolean {
  for (const slots of lists) {
    let isThere = false;
    for (const slot of slots) isThere ||= kind[slot] !== 0;
    if (!isThere) return false;
  }
  return true;
}
