/** A fold that goes on by many events at once, of one stream or of many after each other. */
import type { FoldContext } from '../../core/fold.ts';
import type { AsParts, AsText, Folder, Walk, Walked } from '../../core/folder.ts';
import { parseJson } from '../../core/json.ts';
import type { Json, StreamEvent } from '../../core/model.ts';

/** A state as a program tells it, or as it is. */
export type Told = AsText | AsParts;

/** Whether the same was told. */
export const isTold = (a: Told, b: Told): boolean =>
  'text' in a ? 'text' in b && a.text === b.text : 'state' in b && a.state === b.state;

/** Where an event stands. */
export interface Place {
  stream: FoldContext;
  /** The first of its stream: the state before it is the initial one. */
  isFirst: boolean;
}

/** Goes along one fold by many events at once. */
export class OneWalk {
  #last: Told;
  readonly #folder: Folder;
  readonly #walk: Walk<Told> | null;
  #parsed: { text: string; state: Json } | null = null;
  /** No event of the stream was folded so far. */
  #isAnew = false;

  /** @param keys of the states that are looked at; null: all */
  constructor(folder: Folder, start: Json, keys: ReadonlySet<string> | null = null) {
    this.#folder = folder;
    this.#last = { state: start };
    this.#walk = (keys === null ? undefined : folder.watch?.(start, keys)) ?? folder.walk?.(start) ?? null;
  }

  get last(): Told {
    return this.#last;
  }

  /** Tells what could not be done, in words. @param events by place; null: none of this side, its state stays */
  *go(events: readonly (StreamEvent | null)[], places: readonly Place[]): Generator<string | null> {
    const walked = this.#walk === null ? undefined : this.#walked(this.#walk, events, places);
    for (const [at, event] of events.entries()) {
      let problem: string | null = null;
      if (places[at]!.isFirst) this.#last = { state: this.#folder.initial };
      if (event !== null && walked !== undefined) {
        const each = walked.next().value!;
        problem = each.problem;
        if (!isTold(this.#last, each)) this.#last = each;
      } else if (event !== null) {
        const state = this.stateOf(this.#last);
        const applied = this.#folder.step(state, event, places[at]!.stream);
        problem = applied.problem ?? null;
        if (applied.state !== state) this.#last = { state: applied.state };
      }
      yield problem;
    }
    walked?.next();
  }

  *#walked(
    walk: Walk<Told>,
    events: readonly (StreamEvent | null)[],
    places: readonly Place[],
  ): Generator<Walked<Told>> {
    const own: StreamEvent[] = [];
    const from: number[] = [];
    const isAnew: boolean[] = [];
    for (const [at, event] of events.entries()) {
      this.#isAnew ||= places[at]!.isFirst;
      if (event === null) continue;
      own.push(event);
      from.push(at);
      isAnew.push(this.#isAnew);
      this.#isAnew = false;
    }
    yield* walk.go(
      own,
      (index) => places[from[index]!]!.stream,
      (index) => (isAnew[index]! ? this.#folder.initial : undefined),
    );
  }

  stateOf(told: Told): Json {
    if ('state' in told) return told.state;
    if (this.#parsed?.text !== told.text) this.#parsed = { text: told.text, state: parseJson(told.text) };
    return this.#parsed.state;
  }
}
