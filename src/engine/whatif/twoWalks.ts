/** Two folds of which one at least is a program: many events go into it at once, and texts of states are compared. */
import { sameJson } from '../../core/fold.ts';
import type { Json, StreamEvent } from '../../core/model.ts';
import { isTold, OneWalk, type Place, type Told } from './oneWalk.ts';
import type { Sides } from './sides.ts';

/** An event of each log, or of one of them. */
export interface WalkedPlace extends Place {
  real: StreamEvent | null;
  hypothetical: StreamEvent | null;
}

/** What could not be done, in words. */
export type Problems = Record<'real' | 'hypothetical', string | null>;

/** Goes along two folds by many events at once and tells where they part. */
export class TwoWalks {
  readonly #sides: Sides;
  readonly #real: OneWalk;
  /** Both do the same with the same events. */
  readonly #isOne: boolean;
  /** Null: so far, both are one. */
  #hypothetical: OneWalk | null;
  /** What was compared last. */
  #known: { real: Told; hypothetical: Told; isSame: boolean } | null = null;

  /** @param start other states to begin at than those before the first event */
  constructor(sides: Sides, start = { real: sides.real.initial, hypothetical: sides.hypothetical.initial }) {
    this.#sides = sides;
    this.#real = new OneWalk(sides.real, start.real);
    this.#isOne = sides.real.hash === sides.hypothetical.hash;
    const isOne = this.#isOne && sameJson(start.real, start.hypothetical);
    this.#hypothetical = isOne ? null : new OneWalk(sides.hypothetical, start.hypothetical);
  }

  get real(): Json {
    return this.#real.stateOf(this.#real.last);
  }

  get hypothetical(): Json {
    const walk = this.#hypothetical ?? this.#real;
    return walk.stateOf(walk.last);
  }

  /** The states after the place under way. Programs that do the same mostly write the same text, too. */
  get isSame(): boolean {
    const walk = this.#hypothetical;
    if (walk === null) return true;
    const [real, hypothetical] = [this.#real.last, walk.last];
    if (isTold(real, hypothetical)) return true;
    const known = this.#known;
    if (known !== null && isTold(known.real, real) && isTold(known.hypothetical, hypothetical))
      return known.isSame;
    const isSame = sameJson(this.real, this.hypothetical);
    this.#known = { real, hypothetical, isSame };
    return isSame;
  }

  /** The next places, each in its turn; all have to be taken. Few states are held at once, however large they are. */
  *go(places: readonly WalkedPlace[]): Generator<Problems> {
    const events = places.map((place) => place.real);
    if (this.#isOne && places[0]?.isFirst === true) this.#hypothetical = null;
    if (this.#hypothetical === null && !places.every(({ real, hypothetical }) => real === hypothetical))
      this.#hypothetical = new OneWalk(this.#sides.hypothetical, this.real);
    if (this.#hypothetical === null) {
      for (const problem of this.#real.go(events, places)) yield { real: problem, hypothetical: problem };
      return;
    }
    const hypothetical = this.#hypothetical.go(
      places.map((place) => place.hypothetical),
      places,
    );
    for (const problem of this.#real.go(events, places))
      yield { real: problem, hypothetical: hypothetical.next().value! };
    hypothetical.next();
  }
}
