/** Streams folded twice: after which event the states differ for the first time, and what differs at the end. */
import type { Folded } from '../../contract/whatif.ts';
import { type Difference, differenceOf, type States } from './difference.ts';
import type { Sides } from './sides.ts';
import type { FoldedStream } from './streamScan.ts';
import { TwoStates } from './twoStates.ts';
import { type Problems, TwoWalks, type WalkedPlace } from './twoWalks.ts';

export interface Compared<R extends Folded = Folded> {
  stream: FoldedStream<R>;
  /** Null: the states are equal after every event. */
  difference: Difference | null;
  problems: ProblemCounts;
}

export interface ProblemCounts {
  real: number;
  hypothetical: number;
}

/** True: there was one. */
export function countProblems(counts: ProblemCounts, { real, hypothetical }: Problems): boolean {
  if (real !== null) counts.real += 1;
  if (hypothetical !== null) counts.hypothetical += 1;
  return real !== null || hypothetical !== null;
}

/** Events that go into a program at once; with so many whole streams no more is waited for. */
const AT_ONCE = 1000;
const ENOUGH = 900;

/** A stream under way. */
interface Walking<R extends Folded> {
  stream: FoldedStream<R>;
  /** Index of the first event after which the states differ; −1: none so far. */
  first: number;
  problems: ProblemCounts;
}

/**
 * Folds each stream by both and compares after every event. A call into a program costs as much as dozens of events
 * in it: streams that are short go into it together, and are told of when enough have come.
 */
export class StreamComparison<R extends Folded> {
  readonly #sides: Sides;
  readonly #walks: TwoWalks | null;
  /** Not walked so far: places, and the stream and index of each. */
  #places: WalkedPlace[] = [];
  #of: { walking: Walking<R>; index: number }[] = [];

  constructor(sides: Sides) {
    this.#sides = sides;
    this.#walks = sides.hasScript ? new TwoWalks(sides) : null;
  }

  /** Takes the next stream; tells of those, in order, that are known to their ends by now. All have to be taken. */
  *add(stream: FoldedStream<R>): Generator<Compared<R>> {
    if (this.#walks === null) yield this.#step(stream);
    else yield* this.#gather(this.#walks, stream);
  }

  /** Tells of the rest. */
  *end(): Generator<Compared<R>> {
    if (this.#walks !== null) yield* this.#walk(this.#walks);
  }

  #step(stream: FoldedStream<R>): Compared<R> {
    const { heads } = stream;
    const sides = this.#sides;
    const states = new TwoStates(sides, false);
    const walking: Walking<R> = { stream, first: -1, problems: { real: 0, hypothetical: 0 } };
    for (let index = 0; index < heads.length; index += 1) {
      if (sides.concerns(heads[index]!)) {
        const event = stream.event(index);
        const context = stream.streamOf(index);
        const hypothetical = sides.without?.(event, context) === true ? null : event;
        countProblems(walking.problems, states.step(event, hypothetical, context));
      }
      if (walking.first === -1 && !states.isSame) walking.first = index;
    }
    return compared(walking, states);
  }

  *#gather(walks: TwoWalks, stream: FoldedStream<R>): Generator<Compared<R>> {
    const { heads } = stream;
    const { concerns, without } = this.#sides;
    const walking: Walking<R> = { stream, first: -1, problems: { real: 0, hypothetical: 0 } };
    for (let index = 0; index < heads.length; index += 1) {
      const context = stream.streamOf(index);
      const real = concerns(heads[index]!) ? stream.event(index) : null;
      const hypothetical = real !== null && without?.(real, context) === true ? null : real;
      this.#places.push({ real, hypothetical, stream: context, isFirst: index === 0 });
      this.#of.push({ walking, index });
      if (this.#places.length >= AT_ONCE) yield* this.#walk(walks);
    }
    if (this.#places.length >= ENOUGH) yield* this.#walk(walks);
  }

  *#walk(walks: TwoWalks): Generator<Compared<R>> {
    let at = 0;
    for (const problems of walks.go(this.#places)) {
      const { walking, index } = this.#of[at]!;
      countProblems(walking.problems, problems);
      // Once they have parted, only how they end is asked for.
      if (walking.first === -1 && !walks.isSame) walking.first = index;
      if (index === walking.stream.heads.length - 1) yield compared(walking, walks);
      at += 1;
    }
    this.#places = [];
    this.#of = [];
  }
}

function compared<R extends Folded>({ stream, first, problems }: Walking<R>, states: States): Compared<R> {
  if (first === -1) return { stream, difference: null, problems };
  const { id, type, recordedAt } = stream.heads[first]!;
  const at = { index: first, id, type, recordedAt };
  return { stream, difference: differenceOf(stream, stream.heads.length, at, states), problems };
}
