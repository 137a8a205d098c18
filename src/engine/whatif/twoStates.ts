/** Two folds step by step: where both do the same, the work is done once. */
import { type Applied, type FoldContext, sameJson } from '../../core/fold.ts';
import type { Folder } from '../../core/folder.ts';
import type { Json, StreamEvent } from '../../core/model.ts';
import type { Sides } from './sides.ts';
import type { Problems } from './twoWalks.ts';

/** Goes along two folds and notes where they part. */
export class TwoStates {
  real: Json;
  hypothetical: Json;
  isSame: boolean;
  readonly #sides: Sides;
  readonly #areKept: boolean;
  /** The states were made by steps, and nobody else holds them. */
  #isOwn = { real: false, hypothetical: false };

  /** @param areKept the caller holds states beyond the next step: none may be changed in place */
  constructor(sides: Sides, areKept: boolean) {
    this.#sides = sides;
    this.#areKept = areKept;
    this.real = sides.real.initial;
    this.hypothetical = sides.hypothetical.initial;
    this.isSame = true;
    this.#compare();
  }

  /** The next place: an event of each log, or of one of them. What could not be done, in words. */
  step(real: StreamEvent | null, hypothetical: StreamEvent | null, stream: FoldContext): Problems {
    const isShared = this.real === this.hypothetical;
    if (real !== null && real === hypothetical && isShared && this.#sides.doSame(real)) {
      const problem = this.#stepReal(real, stream);
      this.hypothetical = this.real;
      this.#isOwn.hypothetical = this.#isOwn.real;
      return problem === undefined ? NO_PROBLEM : { real: problem, hypothetical: problem };
    }
    // From here on each changes a copy of its own.
    if (isShared) this.#isOwn = { real: false, hypothetical: false };
    const isInPlace = this.#isOwn.real || this.#isOwn.hypothetical;
    const [before, beside] = [this.real, this.hypothetical];
    const ofReal = real === null ? undefined : this.#stepReal(real, stream);
    const ofHypothetical = hypothetical === null ? undefined : this.#stepHypothetical(hypothetical, stream);
    if (isInPlace || before !== this.real || beside !== this.hypothetical) this.#compare();
    if (ofReal === undefined && ofHypothetical === undefined) return NO_PROBLEM;
    return { real: ofReal ?? null, hypothetical: ofHypothetical ?? null };
  }

  #stepReal(event: StreamEvent, stream: FoldContext): string | undefined {
    const { state, problem } = stepped(this.#sides.real, this.real, event, stream, this.#isOwn.real);
    this.#isOwn.real ||= !this.#areKept && state !== this.real;
    this.real = state;
    return problem;
  }

  #stepHypothetical(event: StreamEvent, stream: FoldContext): string | undefined {
    const { hypothetical: folder } = this.#sides;
    const { state, problem } = stepped(folder, this.hypothetical, event, stream, this.#isOwn.hypothetical);
    this.#isOwn.hypothetical ||= !this.#areKept && state !== this.hypothetical;
    this.hypothetical = state;
    return problem;
  }

  /** Equal states become one object, so that steps that do the same need not be done twice. */
  #compare(): void {
    this.isSame = sameJson(this.real, this.hypothetical);
    if (!this.isSame) return;
    this.hypothetical = this.real;
    this.#isOwn.hypothetical = this.#isOwn.real;
  }
}

function stepped(
  folder: Folder,
  state: Json,
  event: StreamEvent,
  stream: FoldContext,
  isOwn: boolean,
): Applied {
  return isOwn && folder.stepOwn !== undefined
    ? folder.stepOwn(state, event, stream)
    : folder.step(state, event, stream);
}

const NO_PROBLEM: Problems = { real: null, hypothetical: null };
