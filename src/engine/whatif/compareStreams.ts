/** One stream folded twice: after which event the states differ for the first time, and what differs at the end. */
import type { DifferingPath, DifferingRow } from '../../contract/whatif.ts';
import { diffStates } from '../../core/diff.ts';
import { type Applied, type FoldContext, sameJson } from '../../core/fold.ts';
import type { Folder } from '../../core/folder.ts';
import { compareExact, decimalTextOf, exactNumber, formatJson } from '../../core/json.ts';
import type { Change, Json, StreamEvent } from '../../core/model.ts';
import { addText, subtractText } from '../../core/numbers.ts';
import { formatPath } from '../../core/path.ts';
import type { Sides } from './sides.ts';
import type { FoldedStream } from './streamScan.ts';
import { TwoWalks, type WalkedPlace } from './twoWalks.ts';

/** Paths that a row lists, and characters of a value in it. */
const MOST_CHANGES = 12;
const LONGEST_VALUE = 120;

/** Goes along two folds and notes where they part. */
export class TwoStates {
  real: Json;
  hypothetical: Json;
  isSame: boolean;
  problems = { real: 0, hypothetical: 0 };
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
  step(
    real: StreamEvent | null,
    hypothetical: StreamEvent | null,
    stream: FoldContext,
  ): { real: string | null; hypothetical: string | null } {
    const isShared = this.real === this.hypothetical;
    if (real !== null && real === hypothetical && isShared && this.#sides.doSame(real)) {
      const problem = this.#stepReal(real, stream);
      this.hypothetical = this.real;
      this.#isOwn.hypothetical = this.#isOwn.real;
      if (problem === undefined) return NO_PROBLEM;
      this.problems.hypothetical += 1;
      return { real: problem, hypothetical: problem };
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
    if (problem !== undefined) this.problems.real += 1;
    return problem;
  }

  #stepHypothetical(event: StreamEvent, stream: FoldContext): string | undefined {
    const { hypothetical: folder } = this.#sides;
    const { state, problem } = stepped(folder, this.hypothetical, event, stream, this.#isOwn.hypothetical);
    this.#isOwn.hypothetical ||= !this.#areKept && state !== this.hypothetical;
    this.hypothetical = state;
    if (problem !== undefined) this.problems.hypothetical += 1;
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

const NO_PROBLEM = { real: null, hypothetical: null };

/** What differs at the end of a stream, all of it; and the row that tells of it. */
export interface Difference {
  row: DifferingRow;
  /** Of a row of a projection by another key: its records. */
  records?: Float64Array;
  paths: { path: string; delta: string | null }[];
}

export interface Compared {
  /** Null: the states are equal after every event. */
  difference: Difference | null;
  problems: { real: number; hypothetical: number };
}

/** Folds both and compares after every event. */
export function compareStream(sides: Sides, stream: FoldedStream): Compared {
  return sides.hasScript ? compareWalks(sides, stream) : compareSteps(sides, stream);
}

function compareSteps(sides: Sides, stream: FoldedStream): Compared {
  const { heads } = stream;
  const states = new TwoStates(sides, false);
  let first = -1;
  for (let index = 0; index < heads.length; index += 1) {
    if (sides.concerns(heads[index]!)) {
      const event = stream.event(index);
      const context = stream.streamOf(index);
      states.step(event, sides.without?.(event, context) === true ? null : event, context);
    }
    if (first === -1 && !states.isSame) first = index;
  }
  return compared(stream, first, states);
}

/** Events that go into a program at once. */
const WALKED_AT_ONCE = 1000;

/** Steps of a program cost a call each: many events go into it at once, and its states come back together. */
function compareWalks(sides: Sides, stream: FoldedStream): Compared {
  const { heads } = stream;
  const walks = new TwoWalks(sides);
  let first = -1;
  for (let from = 0; from < heads.length; from += WALKED_AT_ONCE) {
    const places: WalkedPlace[] = [];
    for (let index = from; index < Math.min(heads.length, from + WALKED_AT_ONCE); index += 1) {
      const context = stream.streamOf(index);
      const real = sides.concerns(heads[index]!) ? stream.event(index) : null;
      const isLeftOut = real !== null && sides.without?.(real, context) === true;
      places.push({ real, hypothetical: isLeftOut ? null : real, stream: context });
    }
    let index = from;
    for (const { isSame } of walks.go(places)) {
      if (first === -1 && !isSame) first = index;
      index += 1;
    }
  }
  return compared(stream, first, walks);
}

function compared(
  stream: FoldedStream,
  first: number,
  states: Pick<TwoStates, 'real' | 'hypothetical' | 'isSame' | 'problems'>,
): Compared {
  const { heads } = stream;
  const { problems } = states;
  if (first === -1) return { difference: null, problems };
  const { id, type, recordedAt } = heads[first]!;
  const at = { index: first, id, type, recordedAt };
  return { difference: differenceOf(stream, heads.length, at, states), problems };
}

export function differenceOf(
  { ref }: Pick<FoldedStream, 'ref'>,
  events: number,
  first: { index: number; id: number; type: string; recordedAt: number },
  { real, hypothetical, isSame }: Pick<TwoStates, 'real' | 'hypothetical' | 'isSame'>,
): Difference {
  const found = (isSame ? [] : diffStates(real, hypothetical)).map((change) => ({
    change,
    delta: deltaOf(change),
  }));
  // The largest first: a row lists only so many.
  const changes = found.sort((a, b) => compareSizes(sizeOf(a.delta), sizeOf(b.delta)));
  const paths = changes.map(({ change, delta }) => ({ path: patternOf(change), delta }));
  return {
    paths,
    row: {
      ref,
      events,
      firstId: first.id,
      firstType: first.type,
      firstAt: first.recordedAt,
      firstIndex: first.index,
      healed: isSame,
      paths: changes.length,
      changes: changes.slice(0, MOST_CHANGES).map(({ change, delta }) => ({
        path: clipped(formatPath(change.path)),
        real: valueText(change.before),
        hypothetical: valueText(change.after),
        delta,
      })),
      size: sizeOf(changes[0]?.delta ?? null),
      isPreliminary: false,
    },
  };
}

/** The path with `[*]` for the places of lists: what differs in many aggregates is counted together. */
const patternOf = ({ path }: Change): string =>
  clipped(formatPath(path.map((step) => (typeof step === 'number' ? '*' : step)))).replaceAll(
    /(^|\.)\*/g,
    '[*]',
  );

/** hypothetical − real; amounts that are kept as text count as numbers. A value that is on one side only is no number. */
function deltaOf({ before, after }: Change): string | null {
  const [from, to] = [decimalTextOf(before), decimalTextOf(after)];
  if (from === null || to === null) return null;
  try {
    return subtractText(to, from);
  } catch {
    // Beyond exact arithmetic: both values are shown, their difference is not.
    return null;
  }
}

/** |delta| */
export const sizeOf = (delta: string | null): string | null =>
  delta?.startsWith('-') === true ? delta.slice(1) : delta;

/** The larger first; what is no number comes last. */
export function compareSizes(a: string | null, b: string | null): number {
  if (a === b) return 0;
  if (a === null || b === null) return a === null ? 1 : -1;
  return compareExact(exactNumber(b), exactNumber(a));
}

const clipped = (text: string): string => (text.length > 300 ? `${text.slice(0, 300)}…` : text);

function valueText(value: Json | undefined): DifferingPath['real'] {
  if (value === undefined) return null;
  const text = formatJson(value);
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text;
}

/** Sums up over many streams which paths differ at the end, and by how much. */
export class PathBook {
  readonly #paths = new Map<string, { aggregates: number; sum: string | null }>();

  add(paths: Difference['paths']): void {
    const seen = new Set<string>();
    for (const { path, delta } of paths) {
      const known = this.#paths.get(path) ?? { aggregates: 0, sum: '0' };
      if (!seen.has(path)) known.aggregates += 1;
      seen.add(path);
      known.sum = plus(known.sum, delta);
      if (this.#paths.size < MOST_PATHS || this.#paths.has(path)) this.#paths.set(path, known);
    }
  }

  /** Adds the counts of another thread. */
  merge(list: readonly PathCount[]): void {
    for (const { path, aggregates, sum } of list) {
      const known = this.#paths.get(path) ?? { aggregates: 0, sum: '0' };
      this.#paths.set(path, { aggregates: known.aggregates + aggregates, sum: plus(known.sum, sum) });
    }
  }

  /** Those of most aggregates first. */
  list(): PathCount[] {
    return [...this.#paths]
      .map(([path, { aggregates, sum }]) => ({ path, aggregates, sum }))
      .sort((a, b) => b.aggregates - a.aggregates || (a.path < b.path ? -1 : 1));
  }
}

export interface PathCount {
  path: string;
  aggregates: number;
  sum: string | null;
}

/** Different paths that are counted; states with ids for keys would have no end of them. */
const MOST_PATHS = 2000;

function plus(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return null;
  try {
    return addText(a, b);
  } catch {
    return null;
  }
}
