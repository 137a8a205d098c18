/**
 * The state after any event of a list, with blame, in less than a frame: from the nearest keyframe, one every 100
 * events. Those made on the way stay in memory; those of long streams come from a file beside the workspace
 * (engine/keyframes). States and blame share what did not change, so a keyframe costs little.
 */
import type { FoldContext } from '../../core/fold.ts';
import type { Folder } from '../../core/folder.ts';
import type { Json, StreamEvent } from '../../core/model.ts';
import { type BlameNode, freshBlame, INITIAL, leavesOf, type OwnedNodes, updateBlame } from './blameTree.ts';
import { BLOCK_EVENTS, ChangeRecorder, type Changes } from './changes.ts';

/** Events between two keyframes: what memory a long stream may take against what a jump may cost. */
export const KEYFRAME_EVERY = 100;
/** Between the keyframes around the last question, points this far apart are kept too: steps back are short. */
const NEAR_EVERY = 25;
/** Payloads are read at least so many at once. */
const READ_AHEAD = 32;
/** Keyframes in memory of a fold that can fetch them again, and parts whose changes are kept. */
const MOST_KEPT = 64;
const MOST_PARTS = 16;

/** The state after the first `count` events of the list. */
export interface FoldPoint {
  count: number;
  state: Json;
  blame: BlameNode;
  /** Events up to here that had problems. */
  problems: number;
}

export interface FoldProblem {
  index: number;
  id: number;
  message: string;
}

/** Keyframes that were made before, of this very list by this very reducer. */
export interface Keyframes {
  /** The last with more than `above` and at most `count` events; null: there is none. */
  nearest(count: number, above: number): FoldPoint | null;
  /** Problems of the first `count` events (a multiple of {@link KEYFRAME_EVERY}), the last `limit`, ascending. */
  problems(count: number, limit: number): FoldProblem[];
}

/** Gives the events of some entries of the list with their payloads; may throw to give up. */
export type ReadEvents<H> = (heads: readonly H[]) => readonly StreamEvent[];

/** Which event of the list last set each leaf; leaves of the initial state are left out. */
export const blameOf = (point: FoldPoint): { path: string; index: number }[] =>
  leavesOf(point.state, point.blame);

export interface FoldList<H> {
  readonly length: number;
  slice(from: number, to: number): readonly H[];
}

/** The fold of one list by one reducer, as far as anybody has looked. Payloads are read as they are folded. */
export class ListFold<H> {
  readonly #list: FoldList<H>;
  readonly #folder: Folder;
  readonly #stream: FoldContext;
  readonly #stored: Keyframes | null;
  /** By number: the point after so many times {@link KEYFRAME_EVERY} events. */
  readonly #keyframes = new Map<number, FoldPoint>();
  /** By number of the chunk between two keyframes: what was found in it, and up to where it was folded. */
  readonly #found = new Map<number, { until: number; problems: FoldProblem[] }>();
  readonly #changes = new Map<number, Changes>();
  /** Events and points between the two keyframes around the last question. */
  #chunk = { first: 0, events: [] as StreamEvent[], points: [] as FoldPoint[] };
  #own: OwnedNodes = new Set();
  #steps = 0;

  constructor(list: FoldList<H>, folder: Folder, stream: FoldContext, stored: Keyframes | null = null) {
    this.#list = list;
    this.#folder = folder;
    this.#stream = stream;
    this.#stored = stored;
    const { initial } = folder;
    this.#keyframes.set(0, { count: 0, state: initial, blame: freshBlame(initial, INITIAL), problems: 0 });
  }

  /** Events folded so far, for whatever question. */
  get steps(): number {
    return this.#steps;
  }

  /** The state after the first `count` events. `read` is called for the payloads on the way. */
  at(count: number, read: ReadEvents<H>): FoldPoint {
    let point = this.#base(count);
    while (point.count < count) {
      const event = this.#event(point.count, count, read);
      point = this.#step(point, event);
      if (point.count % KEYFRAME_EVERY === 0) {
        this.#keep(point);
        this.#keepKeyframe(point);
      } else if (point.count % NEAR_EVERY === 0) this.#keep(point);
    }
    this.#keep(point);
    return point;
  }

  /** Events that lie between `count` and where its fold would begin. */
  distance(count: number): number {
    return count - this.#base(count).count;
  }

  /** The last `limit` problems up to a point of this fold, ascending. */
  problems(point: FoldPoint, limit: number): FoldProblem[] {
    const wanted = Math.min(limit, point.problems);
    let found: FoldProblem[] = [];
    let count = point.count;
    while (found.length < wanted && count > 0) {
      const chunk = Math.floor((count - 1) / KEYFRAME_EVERY);
      const known = this.#found.get(chunk);
      if (known === undefined || known.until < count) {
        found = [...(this.#stored?.problems(count, wanted - found.length) ?? []), ...found];
        break;
      }
      const before = count;
      found = [...known.problems.filter(({ index }) => index < before), ...found];
      count = chunk * KEYFRAME_EVERY;
    }
    return found.slice(found.length - wanted);
  }

  /** What the events of one part of the list changed, up to `until` events of the list at least. */
  changes(part: number, until: number, read: ReadEvents<H>): Changes {
    const first = part * BLOCK_EVENTS;
    const end = Math.min(first + BLOCK_EVENTS, until);
    const known = this.#changes.get(part);
    if (known !== undefined && known.until >= end) return known;
    const recorder = new ChangeRecorder(first);
    let point = this.at(first, read);
    for (let from = first; from < end; from += KEYFRAME_EVERY) {
      for (const event of read(this.#list.slice(from, Math.min(from + KEYFRAME_EVERY, end)))) {
        const next = this.#step(point, event);
        recorder.add(point.state, next.state, point.count);
        point = next;
      }
      this.#release();
      if (point.count % KEYFRAME_EVERY === 0) this.#keepKeyframe(point);
    }
    const changes = recorder.finish(end);
    this.#changes.delete(part);
    this.#changes.set(part, changes);
    if (this.#changes.size > MOST_PARTS) this.#changes.delete(this.#changes.keys().next().value!);
    return changes;
  }

  /** Rough size of what is kept beyond the list, bytes. */
  get bytes(): number {
    return this.#list.length * 4 + 2_000_000;
  }

  /** The nearest point at or before `count` that need not be folded. */
  #base(count: number): FoldPoint {
    let number = Math.floor(count / KEYFRAME_EVERY);
    while (!this.#keyframes.has(number)) number -= 1;
    let point = this.#keyframes.get(number)!;
    const near = this.#chunk.points.findLast((each) => each.count <= count);
    if (near !== undefined && near.count > point.count) point = near;
    if (this.#stored === null || count - point.count < KEYFRAME_EVERY) return point;
    const stored = this.#stored.nearest(count, point.count);
    if (stored === null) return point;
    this.#keepKeyframe(stored);
    return stored;
  }

  #keepKeyframe(point: FoldPoint): void {
    const number = point.count / KEYFRAME_EVERY;
    if (this.#keyframes.has(number)) return;
    this.#keyframes.set(number, point);
    if (this.#stored === null || this.#keyframes.size <= MOST_KEPT) return;
    // The first one is the initial state, which nothing else brings back.
    const [, oldest] = this.#keyframes.keys();
    this.#keyframes.delete(oldest!);
  }

  /** The event at `index` of the list, on the way to `count` events. */
  #event(index: number, count: number, read: ReadEvents<H>): StreamEvent {
    const first = index - (index % KEYFRAME_EVERY);
    if (this.#chunk.first !== first) this.#chunk = { first, events: [], points: [] };
    const { events } = this.#chunk;
    if (index >= first + events.length) {
      const from = first + events.length;
      const to = Math.min(Math.max(count, from + READ_AHEAD), first + KEYFRAME_EVERY);
      events.push(...read(this.#list.slice(from, to)));
    }
    return events[index - first]!;
  }

  #step(point: FoldPoint, event: StreamEvent): FoldPoint {
    this.#steps += 1;
    const index = point.count;
    const { state, problem } = this.#folder.step(point.state, event, this.#stream);
    const chunk = Math.floor(index / KEYFRAME_EVERY);
    let found = this.#found.get(chunk);
    if (found === undefined) {
      found = { until: chunk * KEYFRAME_EVERY, problems: [] };
      this.#found.set(chunk, found);
    }
    if (index === found.until) {
      found.until += 1;
      if (problem !== undefined) found.problems.push({ index, id: event.id, message: problem });
    }
    return {
      count: index + 1,
      state,
      blame: updateBlame(point.state, state, point.blame, index, this.#own),
      problems: point.problems + (problem === undefined ? 0 : 1),
    };
  }

  /** From here on nothing of the last point is changed in place. */
  #release(): void {
    if (this.#own.size > 0) this.#own = new Set();
  }

  #keep(point: FoldPoint): void {
    this.#release();
    const { first, points } = this.#chunk;
    if (point.count <= first || point.count >= first + KEYFRAME_EVERY) return;
    const at = points.findLastIndex((each) => each.count <= point.count);
    if (points[at]?.count !== point.count) points.splice(at + 1, 0, point);
    // Points asked for, between those at regular distances, are kept only as the last one.
    const extra = points.findIndex((each) => each.count % NEAR_EVERY !== 0 && each !== point);
    if (extra !== -1) points.splice(extra, 1);
  }
}
