/** Two folds of which one at least is a program: many events go into it at once, and texts of states are compared. */
import { type FoldContext, sameJson } from '../../core/fold.ts';
import type { Folder, Walk, Walked } from '../../core/folder.ts';
import { parseJson } from '../../core/json.ts';
import type { Json, StreamEvent } from '../../core/model.ts';
import type { Sides } from './sides.ts';

/** An event of each log, or of one of them. */
export interface WalkedPlace {
  real: StreamEvent | null;
  hypothetical: StreamEvent | null;
  stream: FoldContext;
}

interface After {
  isSame: boolean;
  problem: { real: string | null; hypothetical: string | null };
}

/** A state as a program tells it, or as it is. */
type Told = { text: string } | { state: Json };

const isTold = (a: Told, b: Told): boolean =>
  'text' in a ? 'text' in b && a.text === b.text : 'state' in b && a.state === b.state;

/** One of the two. */
class OneWalk {
  problems = 0;
  #last: Told;
  readonly #folder: Folder;
  readonly #walk: Walk | null;
  #parsed: { text: string; state: Json } | null = null;

  constructor(folder: Folder, start: Json) {
    this.#folder = folder;
    this.#last = { state: start };
    this.#walk = folder.walk?.(start) ?? null;
  }

  get last(): Told {
    return this.#last;
  }

  /** Another one that begins where this one is. */
  branch(folder: Folder): OneWalk {
    const walk = new OneWalk(folder, this.stateOf(this.#last));
    walk.problems = this.problems;
    return walk;
  }

  /** @param events null: none of this side, its state stays */
  *go(
    events: readonly (StreamEvent | null)[],
    streamOf: (index: number) => FoldContext,
  ): Generator<{ told: Told; problem: string | null }> {
    const places: number[] = [];
    const own = events.filter((event, at): event is StreamEvent => event !== null && places.push(at) > 0);
    const walked = this.#walk?.go(own, (index) => streamOf(places[index]!))[Symbol.iterator]();
    for (const [at, event] of events.entries()) {
      let problem: string | null = null;
      if (event !== null && walked !== undefined) {
        const each: Walked = walked.next().value;
        problem = each.problem;
        if (!('text' in this.#last) || this.#last.text !== each.text) this.#last = { text: each.text };
      } else if (event !== null) {
        const state = this.stateOf(this.#last);
        const applied = this.#folder.step(state, event, streamOf(at));
        problem = applied.problem ?? null;
        if (applied.state !== state) this.#last = { state: applied.state };
      }
      if (problem !== null) this.problems += 1;
      yield { told: this.#last, problem };
    }
    walked?.next();
  }

  stateOf(told: Told): Json {
    if ('state' in told) return told.state;
    if (this.#parsed?.text !== told.text) this.#parsed = { text: told.text, state: parseJson(told.text) };
    return this.#parsed.state;
  }
}

/** Goes along two folds by many events at once and tells where they part. */
export class TwoWalks {
  isSame: boolean;
  readonly #sides: Sides;
  readonly #real: OneWalk;
  /** Null: both do the same, and had the same events so far. */
  #hypothetical: OneWalk | null;
  /** What was compared last, and is equal or not. */
  #known: { real: Told; hypothetical: Told } | null = null;

  /** @param start other states to begin at than those before the first event */
  constructor(sides: Sides, start = { real: sides.real.initial, hypothetical: sides.hypothetical.initial }) {
    this.#sides = sides;
    this.isSame = sameJson(start.real, start.hypothetical);
    this.#real = new OneWalk(sides.real, start.real);
    const isOne = this.isSame && sides.real.hash === sides.hypothetical.hash;
    this.#hypothetical = isOne ? null : new OneWalk(sides.hypothetical, start.hypothetical);
  }

  get real(): Json {
    return this.#real.stateOf(this.#real.last);
  }

  get hypothetical(): Json {
    const walk = this.#hypothetical ?? this.#real;
    return walk.stateOf(walk.last);
  }

  get problems() {
    const { problems } = this.#real;
    return { real: problems, hypothetical: this.#hypothetical?.problems ?? problems };
  }

  /** The next places; all have to be taken. Few states are held at once, however large they are. */
  *go(places: readonly WalkedPlace[]): Generator<After> {
    const streamOf = (index: number) => places[index]!.stream;
    const events = places.map((place) => place.real);
    if (this.#hypothetical === null && !places.every(({ real, hypothetical }) => real === hypothetical))
      this.#hypothetical = this.#real.branch(this.#sides.hypothetical);
    if (this.#hypothetical === null) {
      for (const { problem } of this.#real.go(events, streamOf))
        yield { isSame: true, problem: { real: problem, hypothetical: problem } };
      return;
    }
    const walk = this.#hypothetical;
    const hypothetical = walk.go(
      places.map((place) => place.hypothetical),
      streamOf,
    );
    for (const a of this.#real.go(events, streamOf)) {
      const b = hypothetical.next().value!;
      this.#compare(walk, a.told, b.told);
      yield { isSame: this.isSame, problem: { real: a.problem, hypothetical: b.problem } };
    }
    hypothetical.next();
  }

  #compare(walk: OneWalk, real: Told, hypothetical: Told): void {
    const known = this.#known;
    if (known !== null && isTold(known.real, real) && isTold(known.hypothetical, hypothetical)) return;
    this.#known = { real, hypothetical };
    // Programs that do the same mostly write the same text, too.
    this.isSame =
      isTold(real, hypothetical) || sameJson(this.#real.stateOf(real), walk.stateOf(hypothetical));
  }
}
