/** Events on their way into the guest: as many as cross at once. */
import type { StreamEvent } from '../../core/model.ts';
import { EventPlans, type Plan } from './eventPlans.ts';

/** Events and characters that cross at once. */
const BATCH_EVENTS = 1000;
const BATCH_CHARACTERS = 1_000_000;

/** By index of an event. */
export type ContextOf = (index: number) => string;

export interface Batch {
  events: readonly StreamEvent[];
  /** JSON text of what the stream of each is. */
  contextOf: ContextOf;
  /** They begin at the script's own initial state. */
  isFresh: boolean;
  text: string;
  /** Until the next batch is written. */
  numbers: Float64Array;
}

/** What a crossing begins with: how many events, how many texts in all, and 1 to begin at the initial state. */
const headOf = (events: number, texts: number, isFresh: boolean): number[] => [
  events,
  texts,
  isFresh ? 1 : 0,
];

/** Writes batches for one guest. */
export class BatchWriter {
  readonly #plans: EventPlans;

  constructor(withValue: boolean, tell: (plan: Plan) => boolean) {
    this.#plans = new EventPlans(withValue, tell);
  }

  /** As many of `events` from index `from` on as cross at once. */
  write(events: readonly StreamEvent[], from: number, contextOf: ContextOf, isFresh: boolean): Batch {
    const plans = this.#plans;
    let context = contextOf(from);
    plans.begin(headOf(0, 0, isFresh), context);
    let at = from;
    const end = Math.min(events.length, from + BATCH_EVENTS);
    for (; at < end && plans.text.length < BATCH_CHARACTERS && plans.hasRoom; at += 1) {
      context = this.#inStream(contextOf(at), context);
      if (!plans.add(events[at]!)) plans.addRow(events[at]!);
    }
    const taken = events.slice(from, at);
    const ofTaken = from === 0 ? contextOf : (index: number) => contextOf(from + index);
    // A text of the guest ends at its first NUL, and has no halves of a character.
    const isPlain = !plans.text.includes('\0') && plans.text.isWellFormed();
    return isPlain ? this.#batch(taken, ofTaken, isFresh) : this.#asRows(taken, ofTaken, isFresh);
  }

  /** The same events as JSON texts, which may hold any character. */
  asRows({ events, contextOf, isFresh }: Batch): Batch {
    return this.#asRows(events, contextOf, isFresh);
  }

  #inStream(context: string, before: string): string {
    if (context !== before) this.#plans.addStream(context);
    return context;
  }

  #asRows(events: readonly StreamEvent[], contextOf: ContextOf, isFresh: boolean): Batch {
    let context = contextOf(0);
    this.#plans.begin(headOf(0, 0, isFresh), context);
    for (const [at, event] of events.entries()) {
      context = this.#inStream(contextOf(at), context);
      this.#plans.addRow(event);
    }
    return this.#batch(events, contextOf, isFresh);
  }

  #batch(events: readonly StreamEvent[], contextOf: ContextOf, isFresh: boolean): Batch {
    const { text, texts } = this.#plans;
    const numbers = this.#plans.numbers(headOf(events.length, texts, isFresh));
    return { events, contextOf, isFresh, text, numbers };
  }
}
