/** One aggregate, or one row, opened: the real and the hypothetical log side by side, and both states after any place of them. */
import type { AggregateRef, Cut } from '../../contract/common.ts';
import { HindcastError } from '../../contract/errors.ts';
import type { Folded } from '../../contract/whatif.ts';
import { type FoldContext, foldContextOf } from '../../core/fold.ts';
import type { Json, StreamEvent } from '../../core/model.ts';
import { cutStream, orderStream } from '../../core/order.ts';
import {
  type AlignedPlace,
  alignLogs,
  hypotheticalEvent,
  type OverlayChange,
  overlay,
} from '../../core/overlay.ts';
import { loadHeads, PayloadReader, type StreamHead } from '../store/stream.ts';
import type { ReadContext } from '../workers/context.ts';
import { countProblems } from './compareStreams.ts';
import { type Difference, differenceOf } from './difference.ts';
import type { Sides } from './sides.ts';
import { TwoStates } from './twoStates.ts';
import { type Problems, TwoWalks, type WalkedPlace } from './twoWalks.ts';

/** Both logs side by side, before the hypothesis leaves events out of every stream. */
export interface AlignedLogs {
  of: Folded;
  places: AlignedPlace<PlacedHead>[];
  /** Events of the real log. */
  events: number;
  /** Changes that could not be made. */
  notMade: readonly { change: number; message: string }[];
}

/** A head with what its own stream knows. */
export interface PlacedHead extends StreamHead {
  stream: FoldContext;
}

export interface AlignedArgs {
  ref: AggregateRef;
  cut: Cut;
  /** Only events of these topics; null: of all. */
  topics: readonly string[] | null;
  changes: readonly OverlayChange[];
}

/** The log of an aggregate beside one with changes. @throws HindcastError `aggregate.unknown` */
export function alignAggregate(
  context: ReadContext,
  { ref, cut, topics, changes }: AlignedArgs,
): AlignedLogs {
  const all = loadHeads(context, ref);
  if (all.length === 0) throw new HindcastError('aggregate.unknown', { type: ref.type, id: ref.id });
  const own = topics === null ? all : all.filter(({ topic }) => topics.includes(topic));
  const toleranceMs = context.dictionary.toleranceOf(own.map(({ id }) => id));
  const stream = foldContextOf(ref);
  const heads = cutStream(orderStream(own, { toleranceMs }), cut).events.map((head) => ({ ...head, stream }));
  const { log, problems } = overlay(heads, changes);
  return { of: ref, places: alignLogs(heads, { log }), events: heads.length, notMade: problems };
}

/** Both states are kept after every so many places. */
const KEYFRAME_EVERY = 250;
const CHECK_EVERY = 1000;

interface Keyframe {
  real: Json;
  hypothetical: Json;
}

/** Good as long as the captured data stay as they are. */
export class AlignedFold {
  readonly places: readonly AlignedPlace<PlacedHead>[];
  readonly notMade: AlignedLogs['notMade'];
  /** By place: 1 where the states differ after it. */
  readonly differs: Uint8Array;
  /** Place of the first of them, −1: none. */
  first = -1;
  /** What the reducers could not do, by place. */
  readonly problems = new Map<number, Problems>();
  readonly problemCounts = { real: 0, hypothetical: 0 };
  readonly difference: Difference | null;
  readonly #keyframes: Keyframe[] = [];
  readonly #sides: Sides;

  /** @throws HindcastError `cancelled` */
  constructor(context: ReadContext, sides: Sides, { of, places, events, notMade }: AlignedLogs) {
    this.#sides = sides;
    this.notMade = notMade;
    const read = reader(context);
    this.places = this.#leftOut(places, read);
    this.differs = new Uint8Array(this.places.length);
    const states = sides.hasScript ? this.#walk(context, read) : this.#step(context, read);
    this.difference =
      this.first === -1 ? null : differenceOf({ ref: of }, events, this.#firstEvent(), states);
  }

  #step(context: ReadContext, read: Read): TwoStates {
    const states = new TwoStates(this.#sides, true);
    for (const [at, place] of this.places.entries()) {
      if (at % CHECK_EVERY === 0) context.throwIfAborted();
      if (at % KEYFRAME_EVERY === 0)
        this.#keyframes.push({ real: states.real, hypothetical: states.hypothetical });
      const { real, hypothetical, stream } = eventsOf(place, read);
      this.#note(at, states.step(real, hypothetical, stream), states.isSame);
    }
    return states;
  }

  /** Programs take many events at once. */
  #walk(context: ReadContext, read: Read): TwoWalks {
    const walks = new TwoWalks(this.#sides);
    for (let from = 0; from < this.places.length; from += KEYFRAME_EVERY) {
      context.throwIfAborted();
      this.#keyframes.push({ real: walks.real, hypothetical: walks.hypothetical });
      const some = this.places.slice(from, from + KEYFRAME_EVERY).map((place) => eventsOf(place, read));
      let at = from;
      for (const problems of walks.go(some)) {
        this.#note(at, problems, walks.isSame);
        at += 1;
      }
    }
    return walks;
  }

  #note(at: number, problems: Problems, isSame: boolean): void {
    if (countProblems(this.problemCounts, problems)) this.problems.set(at, problems);
    if (isSame) return;
    this.differs[at] = 1;
    if (this.first === -1) this.first = at;
  }

  #firstEvent() {
    const { real, hypothetical } = this.places[this.first]!;
    const { id, type, recordedAt } = real ?? hypothetical!.of;
    return {
      index: this.first,
      id: hypothetical?.id ?? id,
      type: hypothetical?.says?.type ?? type,
      recordedAt,
    };
  }

  /** Events that the hypothesis leaves out of every stream, as skipped places. */
  #leftOut(places: AlignedPlace<PlacedHead>[], read: Read): AlignedPlace<PlacedHead>[] {
    const { without } = this.#sides;
    if (without === null) return places;
    return places.flatMap((place): AlignedPlace<PlacedHead>[] => {
      const { real, hypothetical } = place;
      if (hypothetical === null) return [place];
      if (!without(hypotheticalEvent(hypothetical, read), hypothetical.of.stream)) return [place];
      return real === null ? [] : [{ mark: 'skipped', real, hypothetical: null }];
    });
  }

  /** Both states after the place at `index`; −1: before the first. */
  statesAt(context: ReadContext, index: number): Keyframe {
    const count = Math.min(index, this.places.length - 1) + 1;
    const nearest = Math.min(Math.floor(count / KEYFRAME_EVERY), this.#keyframes.length - 1);
    const read = reader(context);
    const start = nearest >= 0 ? this.#keyframes[nearest]! : undefined;
    const some = this.places
      .slice(Math.max(nearest, 0) * KEYFRAME_EVERY, count)
      .map((place) => eventsOf(place, read));
    if (this.#sides.hasScript) {
      const walks = new TwoWalks(this.#sides, start);
      for (const _place of walks.go(some));
      return { real: walks.real, hypothetical: walks.hypothetical };
    }
    const states = new TwoStates(this.#sides, true);
    if (start !== undefined) Object.assign(states, start);
    states.isSame = states.real === states.hypothetical;
    for (const { real, hypothetical, stream } of some) states.step(real, hypothetical, stream);
    return { real: states.real, hypothetical: states.hypothetical };
  }

  /** Rough size, bytes. */
  get bytes(): number {
    return this.places.length * 300 + 1_000_000;
  }
}

type Read = (head: StreamHead) => StreamEvent;

/** Reads each event once for both sides, so that the same event is the same object. */
function reader(context: ReadContext): Read {
  const payloads = new PayloadReader(context);
  let last: { id: number; event: StreamEvent } | null = null;
  return (head) => {
    if (last?.id !== head.id) last = { id: head.id, event: payloads.event(head) };
    return last.event;
  };
}

/** The events of one stream; a walk begins where it begins. */
const eventsOf = ({ real, hypothetical }: AlignedPlace<PlacedHead>, read: Read): WalkedPlace => ({
  real: real === null ? null : read(real),
  hypothetical: hypothetical === null ? null : hypotheticalEvent(hypothetical, read),
  stream: (real ?? hypothetical!.of).stream,
  isFirst: false,
});
