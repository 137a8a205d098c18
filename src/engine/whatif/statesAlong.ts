/** The states along streams that conditions look at; into a program events of many streams go at once. */
import type { FoldContext } from '../../core/fold.ts';
import type { Folder } from '../../core/folder.ts';
import type { Json, StreamEvent } from '../../core/model.ts';
import { OneWalk, type Place } from './oneWalk.ts';

export interface WatchedEvents {
  count: number;
  /** False: the event changes nothing that is looked at, and is not read. */
  isTouched(index: number): boolean;
  event(index: number): StreamEvent;
  streamOf(index: number): FoldContext;
}

/** The state after an event, with all keys that are looked at; it may be changed in place when the next is asked for. */
export interface StateAfter<S> {
  stream: S;
  index: number;
  state: Json;
}

/** Events that go into a program at once: enough that the call counts for little, few enough to be forgotten while they are young. */
const AT_ONCE = 300;

/** Tells the states of streams in their order; of short ones together when enough have come. All have to be taken. */
export class StatesAlong<S extends WatchedEvents> {
  readonly #folder: Folder;
  readonly #walk: OneWalk | null;
  #events: (StreamEvent | null)[] = [];
  #places: (Place & { of: S; index: number })[] = [];

  /** @param keys of the states that are looked at; null: all */
  constructor(folder: Folder, keys: ReadonlySet<string> | null) {
    this.#folder = folder;
    this.#walk = folder.walk === undefined ? null : new OneWalk(folder, folder.initial, keys);
  }

  /** Takes the next stream. */
  *add(stream: S): Generator<StateAfter<S>> {
    const walk = this.#walk;
    if (walk === null) {
      yield* this.#step(stream);
      return;
    }
    for (let index = 0; index < stream.count; index += 1) {
      this.#events.push(stream.isTouched(index) ? stream.event(index) : null);
      this.#places.push({ stream: stream.streamOf(index), isFirst: index === 0, of: stream, index });
      if (this.#places.length >= AT_ONCE) yield* this.#go(walk);
    }
  }

  /** The states that are left. */
  *end(): Generator<StateAfter<S>> {
    if (this.#walk !== null) yield* this.#go(this.#walk);
  }

  *#step(stream: S): Generator<StateAfter<S>> {
    const { count, isTouched, event, streamOf } = stream;
    let state = this.#folder.initial;
    let { step } = this.#folder;
    for (let index = 0; index < count; index += 1) {
      if (isTouched(index)) {
        const after = step(state, event(index), streamOf(index)).state;
        // Nobody keeps a state that a step has made.
        if (after !== state) step = this.#folder.stepOwn ?? step;
        state = after;
      }
      yield { stream, index, state };
    }
  }

  *#go(walk: OneWalk): Generator<StateAfter<S>> {
    const places = this.#places;
    let at = 0;
    for (const _problem of walk.go(this.#events, places)) {
      const { of, index } = places[at]!;
      yield { stream: of, index, state: walk.stateOf(walk.last) };
      at += 1;
    }
    this.#events = [];
    this.#places = [];
  }
}

/** The states along one stream. */
export function* statesAlong(
  folder: Folder,
  keys: ReadonlySet<string> | null,
  stream: WatchedEvents,
): Generator<StateAfter<WatchedEvents>> {
  const states = new StatesAlong(folder, keys);
  yield* states.add(stream);
  yield* states.end();
}
