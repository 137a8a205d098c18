/** Which event set each leaf of a state, as a tree beside it that shares what an event did not touch. */
import { sameJson } from '../../core/fold.ts';
import { isJsonObject } from '../../core/json.ts';
import type { Json, JsonObject } from '../../core/model.ts';
import { formatPath, type PathStep } from '../../core/path.ts';

/**
 * Mirrors the state: the list index of the event that set a leaf, or one node per key or item. Changed in place only
 * between two points that are kept.
 */
export type BlameNode = number | Map<string, BlameNode> | BlameNode[];

/** Set by no event: the initial state of the reducer. */
export const INITIAL = -1;

/** The tree of a value that one event has set. */
export function freshBlame(value: Json, index: number): BlameNode {
  if (Array.isArray(value) && value.length > 0) return value.map((item) => freshBlame(item, index));
  if (isJsonObject(value)) {
    const keys = Object.keys(value);
    if (keys.length > 0) return new Map(keys.map((key) => [key, freshBlame(value[key]!, index)]));
  }
  return index;
}

/** Nodes made since the last point that is kept: nobody else holds them, so they are changed in place. */
export type OwnedNodes = Set<BlameNode>;

function owned<N extends Map<string, BlameNode> | BlameNode[]>(
  node: N,
  own: OwnedNodes,
  copy: (node: N) => N,
): N {
  if (own.has(node)) return node;
  const mine = copy(node);
  own.add(mine);
  return mine;
}

/** The tree of `after`, made from that of `before` by the event at `index`. */
export function updateBlame(
  before: Json,
  after: Json,
  node: BlameNode,
  index: number,
  own: OwnedNodes,
): BlameNode {
  if (before === after) return node;
  if (Array.isArray(before) && Array.isArray(after) && Array.isArray(node) && after.length > 0) {
    const items = owned(node, own, (list) => list.slice());
    for (let at = 0; at < after.length; at += 1) {
      if (at >= before.length) items[at] = freshBlame(after[at]!, index);
      else if (before[at] !== after[at])
        items[at] = updateBlame(before[at]!, after[at]!, items[at]!, index, own);
    }
    items.length = after.length;
    return items;
  }
  if (isJsonObject(before) && isJsonObject(after) && node instanceof Map) {
    const names = Object.keys(after);
    if (names.length === 0) return index;
    const keys = owned(node, own, (map) => new Map(map));
    for (const name of Object.keys(before)) if (!Object.hasOwn(after, name)) keys.delete(name);
    for (const name of names) {
      const known = Object.hasOwn(before, name) ? keys.get(name) : undefined;
      if (known === undefined) keys.set(name, freshBlame(after[name]!, index));
      else if (before[name] !== after[name])
        keys.set(name, updateBlame(before[name]!, after[name]!, known, index, own));
    }
    return keys;
  }
  return sameJson(before, after) ? node : freshBlame(after, index);
}

function visitLeaves(
  state: Json,
  node: BlameNode,
  path: PathStep[],
  visit: (path: PathStep[], index: number) => void,
): void {
  if (typeof node === 'number') visit(path, node);
  else if (Array.isArray(node)) {
    for (const [at, child] of node.entries())
      visitLeaves((state as Json[])[at]!, child, [...path, at], visit);
  } else {
    const object = state as JsonObject;
    for (const key of Object.keys(object)) visitLeaves(object[key]!, node.get(key)!, [...path, key], visit);
  }
}

/** Which event of the list last set each leaf, in the order of the state; leaves of the initial state are left out. */
export function leavesOf(state: Json, blame: BlameNode): { path: string; index: number }[] {
  const out: { path: string; index: number }[] = [];
  visitLeaves(state, blame, [], (path, index) => {
    if (index !== INITIAL) out.push({ path: formatPath(path), index });
  });
  return out;
}

/** The list index of the event that last set the leaf at a path; null: no leaf is there, or no event has set it. */
export function leafAt(blame: BlameNode, path: readonly PathStep[]): number | null {
  let node: BlameNode | undefined = blame;
  for (const step of path) {
    if (node === undefined || typeof node === 'number') return null;
    node = Array.isArray(node) ? node[Number(step)] : node.get(String(step));
  }
  return typeof node !== 'number' || node === INITIAL ? null : node;
}

/** The tree as the numbers of its leaves, in the order of the state. */
export function flattenBlame(state: Json, blame: BlameNode): Int32Array {
  const leaves: number[] = [];
  const walk = (value: Json, node: BlameNode): void => {
    if (typeof node === 'number') leaves.push(node);
    else if (Array.isArray(node))
      for (const [at, child] of node.entries()) walk((value as Json[])[at]!, child);
    else {
      const object = value as JsonObject;
      for (const key of Object.keys(object)) walk(object[key]!, node.get(key)!);
    }
  };
  walk(state, blame);
  return Int32Array.from(leaves);
}

/** The tree of a state from {@link flattenBlame}. @throws RangeError when it belongs to another state */
export function restoreBlame(state: Json, leaves: Int32Array): BlameNode {
  let next = 0;
  const walk = (value: Json): BlameNode => {
    if (Array.isArray(value) && value.length > 0) return value.map(walk);
    if (isJsonObject(value)) {
      const keys = Object.keys(value);
      if (keys.length > 0) return new Map(keys.map((key) => [key, walk(value[key]!)]));
    }
    const index = leaves[next++];
    if (index === undefined) throw new RangeError('fewer leaves than the state has');
    return index;
  };
  const blame = walk(state);
  if (next !== leaves.length) throw new RangeError('more leaves than the state has');
  return blame;
}
