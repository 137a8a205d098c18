/** One aggregate opened: the real and the hypothetical log side by side, and both states after any place of them. */
import type { AggregateRef, Cut } from '../../contract/common.ts';
import { HindcastError } from '../../contract/errors.ts';
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
import { type Difference, differenceOf, TwoStates } from './compareStreams.ts';
import type { Sides } from './sides.ts';

export interface AlignedArgs {
  ref: AggregateRef;
  cut: Cut;
  /** Only events of these topics; null: of all. */
  topics: readonly string[] | null;
  changes: readonly OverlayChange[];
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
  readonly places: readonly AlignedPlace<StreamHead>[];
  /** Changes that could not be made. */
  readonly notMade: readonly { change: number; message: string }[];
  /** By place: 1 where the states differ after it. */
  readonly differs: Uint8Array;
  /** Place of the first of them, −1: none. */
  readonly first: number = -1;
  /** What the reducers could not do, by place. */
  readonly problems = new Map<number, { real: string | null; hypothetical: string | null }>();
  readonly problemCounts: { real: number; hypothetical: number };
  readonly difference: Difference | null;
  readonly #keyframes: Keyframe[] = [];
  readonly #sides: Sides;
  readonly #ref: AggregateRef;

  /** @throws HindcastError `aggregate.unknown`, `cancelled` */
  constructor(context: ReadContext, sides: Sides, { ref, cut, topics, changes }: AlignedArgs) {
    this.#sides = sides;
    this.#ref = ref;
    const all = loadHeads(context, ref);
    if (all.length === 0) throw new HindcastError('aggregate.unknown', { type: ref.type, id: ref.id });
    const own = topics === null ? all : all.filter(({ topic }) => topics.includes(topic));
    const heads = cutStream(
      orderStream(own, { toleranceMs: context.dictionary.toleranceOf(own.map(({ id }) => id)) }),
      cut,
    ).events;
    const { log, problems } = overlay(heads, changes);
    this.notMade = problems;
    const read = this.#reader(context);
    this.places = this.#leftOut(alignLogs(heads, { log }), read);
    this.differs = new Uint8Array(this.places.length);
    const states = new TwoStates(sides, this.#stream, true);
    for (const [at, place] of this.places.entries()) {
      if (at % CHECK_EVERY === 0) context.throwIfAborted();
      if (at % KEYFRAME_EVERY === 0)
        this.#keyframes.push({ real: states.real, hypothetical: states.hypothetical });
      const problem = this.#step(states, place, read);
      if (problem.real !== null || problem.hypothetical !== null) this.problems.set(at, problem);
      if (states.isSame) continue;
      this.differs[at] = 1;
      if (this.first === -1) this.first = at;
    }
    this.problemCounts = states.problems;
    this.difference =
      this.first === -1 ? null : differenceOf({ ref }, heads.length, this.#firstEvent(), states);
  }

  get #stream() {
    return { aggregateType: this.#ref.type, aggregateId: this.#ref.id };
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
  #leftOut(
    places: AlignedPlace<StreamHead>[],
    read: (head: StreamHead) => StreamEvent,
  ): AlignedPlace<StreamHead>[] {
    const { without } = this.#sides;
    if (without === null) return places;
    return places.flatMap((place): AlignedPlace<StreamHead>[] => {
      if (place.hypothetical === null) return [place];
      if (!without(hypotheticalEvent(place.hypothetical, read), this.#stream)) return [place];
      return place.real === null ? [] : [{ mark: 'skipped', real: place.real, hypothetical: null }];
    });
  }

  /** Reads each event once for both sides, so that the same event is the same object. */
  #reader(context: ReadContext): (head: StreamHead) => StreamEvent {
    const payloads = new PayloadReader(context);
    let last: { id: number; event: StreamEvent } | null = null;
    return (head) => {
      if (last?.id !== head.id) last = { id: head.id, event: payloads.event(head) };
      return last.event;
    };
  }

  #step(
    states: TwoStates,
    { real, hypothetical }: AlignedPlace<StreamHead>,
    read: (head: StreamHead) => StreamEvent,
  ) {
    return states.step(
      real === null ? null : read(real),
      hypothetical === null ? null : hypotheticalEvent(hypothetical, read),
    );
  }

  /** Both states after the place at `index`; −1: before the first. */
  statesAt(context: ReadContext, index: number): Keyframe {
    const count = Math.min(index, this.places.length - 1) + 1;
    const states = new TwoStates(this.#sides, this.#stream, true);
    const nearest = Math.min(Math.floor(count / KEYFRAME_EVERY), this.#keyframes.length - 1);
    if (nearest >= 0) Object.assign(states, this.#keyframes[nearest]);
    states.isSame = states.real === states.hypothetical;
    const read = this.#reader(context);
    for (let at = Math.max(nearest, 0) * KEYFRAME_EVERY; at < count; at += 1)
      this.#step(states, this.places[at]!, read);
    return { real: states.real, hypothetical: states.hypothetical };
  }

  /** Rough size, bytes. */
  get bytes(): number {
    return this.places.length * 300 + 1_000_000;
  }
}
