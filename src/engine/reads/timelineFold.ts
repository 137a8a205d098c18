/**
 * The state after any event of a list, with blame, in less than a frame: a keyframe every 500 events, made on the
 * way of the first visit. States and blame share what did not change, so a keyframe costs little.
 */
import { type FoldContext, sameJson } from '../../core/fold.ts';
import type { Folder } from '../../core/folder.ts';
import { isJsonObject } from '../../core/json.ts';
import type { Json, JsonObject, StreamEvent } from '../../core/model.ts';
import { formatPath, type PathStep } from '../../core/path.ts';

/** Events between two keyframes: what memory a long stream may take against what a jump may cost. */
export const KEYFRAME_EVERY = 500;
/** Between the keyframes around the last question, points this far apart are kept too: steps back are short. */
const NEAR_EVERY = 25;
/** Payloads are read at least so many at once. */
const READ_AHEAD = 32;

/**
 * Mirrors the state: the list index of the event that set a leaf, or one node per key or item. Changed in place only
 * between two points that are kept.
 */
type BlameNode = number | Map<string, BlameNode> | BlameNode[];

/** The state after the first `count` events of the list. */
export interface FoldPoint {
  count: number;
  state: Json;
  blame: BlameNode;
}

export interface FoldProblem {
  index: number;
  id: number;
  message: string;
}

/** Set by no event: the initial state of the reducer. */
const INITIAL = -1;

function fresh(value: Json, index: number): BlameNode {
  if (Array.isArray(value) && value.length > 0) return value.map((item) => fresh(item, index));
  if (isJsonObject(value)) {
    const keys = Object.keys(value);
    if (keys.length > 0) return new Map(keys.map((key) => [key, fresh(value[key]!, index)]));
  }
  return index;
}

/** Nodes made since the last point that is kept: nobody else holds them, so they are changed in place. */
type Owned = Set<BlameNode>;

function owned<N extends Map<string, BlameNode> | BlameNode[]>(node: N, own: Owned, copy: (node: N) => N): N {
  if (own.has(node)) return node;
  const mine = copy(node);
  own.add(mine);
  return mine;
}

function update(before: Json, after: Json, node: BlameNode, index: number, own: Owned): BlameNode {
  if (before === after) return node;
  if (Array.isArray(before) && Array.isArray(after) && Array.isArray(node) && after.length > 0) {
    const items = owned(node, own, (list) => list.slice());
    for (let at = 0; at < after.length; at += 1) {
      if (at >= before.length) items[at] = fresh(after[at]!, index);
      else if (before[at] !== after[at]) items[at] = update(before[at]!, after[at]!, items[at]!, index, own);
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
      if (known === undefined) keys.set(name, fresh(after[name]!, index));
      else if (before[name] !== after[name])
        keys.set(name, update(before[name]!, after[name]!, known, index, own));
    }
    return keys;
  }
  return sameJson(before, after) ? node : fresh(after, index);
}

/** In the order of the state. */
function collect(
  state: Json,
  node: BlameNode,
  path: PathStep[],
  out: { path: string; index: number }[],
): void {
  if (typeof node === 'number') {
    if (node !== INITIAL) out.push({ path: formatPath(path), index: node });
  } else if (Array.isArray(node)) {
    for (const [at, child] of node.entries()) collect((state as Json[])[at]!, child, [...path, at], out);
  } else {
    const object = state as JsonObject;
    for (const key of Object.keys(object)) collect(object[key]!, node.get(key)!, [...path, key], out);
  }
}

/** Which event of the list last set each leaf; leaves of the initial state are left out. */
export function blameOf(point: FoldPoint): { path: string; index: number }[] {
  const out: { path: string; index: number }[] = [];
  collect(point.state, point.blame, [], out);
  return out;
}

/** Gives the events of some entries of the list with their payloads; may throw to give up. */
export type ReadEvents<H> = (heads: readonly H[]) => readonly StreamEvent[];

/** The fold of one list by one reducer, as far as anybody has looked. Payloads are read as they are folded. */
export class ListFold<H> {
  readonly #heads: readonly H[];
  readonly #folder: Folder;
  readonly #stream: FoldContext;
  readonly #keyframes: FoldPoint[];
  /** Problems of the events up to the furthest point, in the order of the list. */
  readonly #problems: FoldProblem[] = [];
  #furthest = 0;
  /** Events and points between the two keyframes around the last question. */
  #chunk = { first: 0, events: [] as StreamEvent[], points: [] as FoldPoint[] };
  #own: Owned = new Set();

  constructor(heads: readonly H[], folder: Folder, stream: FoldContext) {
    this.#heads = heads;
    this.#folder = folder;
    this.#stream = stream;
    this.#keyframes = [{ count: 0, state: folder.initial, blame: fresh(folder.initial, INITIAL) }];
  }

  /** The state after the first `count` events. `read` is called for the payloads on the way. */
  at(count: number, read: ReadEvents<H>): FoldPoint {
    let point = this.#keyframes[Math.min(Math.floor(count / KEYFRAME_EVERY), this.#keyframes.length - 1)]!;
    const near = this.#chunk.points.findLast((each) => each.count <= count);
    if (near !== undefined && near.count > point.count) point = near;
    while (point.count < count) {
      const event = this.#event(point.count, count, read);
      point = this.#step(point, event);
      if (point.count % KEYFRAME_EVERY === 0) {
        this.#keep(point);
        if (point.count / KEYFRAME_EVERY === this.#keyframes.length) this.#keyframes.push(point);
      } else if (point.count % NEAR_EVERY === 0) this.#keep(point);
    }
    this.#keep(point);
    return point;
  }

  /** True when the state after `count` events costs no more than the way from a keyframe. */
  isNear(count: number): boolean {
    return Math.floor(count / KEYFRAME_EVERY) < this.#keyframes.length;
  }

  /** Problems of the first `count` events; they must have been folded before. */
  problems(count: number): FoldProblem[] {
    let low = 0;
    let high = this.#problems.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#problems[middle]!.index < count) low = middle + 1;
      else high = middle;
    }
    return this.#problems.slice(0, low);
  }

  /** Rough size of what is kept beyond the list, bytes. */
  get bytes(): number {
    return this.#heads.length * 40 + 1_000_000;
  }

  /** The event at `index` of the list, on the way to `count` events. */
  #event(index: number, count: number, read: ReadEvents<H>): StreamEvent {
    const first = index - (index % KEYFRAME_EVERY);
    if (this.#chunk.first !== first) this.#chunk = { first, events: [], points: [] };
    const { events } = this.#chunk;
    if (first + events.length <= index) {
      const from = first + events.length;
      const to = Math.min(Math.max(count, from + READ_AHEAD), first + KEYFRAME_EVERY);
      events.push(...read(this.#heads.slice(from, to)));
    }
    return events[index - first]!;
  }

  #step(point: FoldPoint, event: StreamEvent): FoldPoint {
    const index = point.count;
    const { state, problem } = this.#folder.step(point.state, event, this.#stream);
    if (index >= this.#furthest) {
      this.#furthest = index + 1;
      if (problem !== undefined) this.#problems.push({ index, id: event.id, message: problem });
    }
    return { count: index + 1, state, blame: update(point.state, state, point.blame, index, this.#own) };
  }

  /** From here on nothing of this point is changed in place. */
  #keep(point: FoldPoint): void {
    if (this.#own.size > 0) this.#own = new Set();
    const { first, points } = this.#chunk;
    if (point.count <= first || point.count >= first + KEYFRAME_EVERY) return;
    const at = points.findLastIndex((each) => each.count <= point.count);
    if (points[at]?.count !== point.count) points.splice(at + 1, 0, point);
    // Points asked for, between those at regular distances, are kept only as the last one.
    const extra = points.findIndex((each) => each.count % NEAR_EVERY !== 0 && each !== point);
    if (extra !== -1) points.splice(extra, 1);
  }
}
