/** Events of one stream on their way into the guest: as many as cross at once. */
import type { StreamEvent } from '../../core/model.ts';
import { EventPlans, type Plan } from './eventPlans.ts';

/** Events and characters that cross at once. */
const BATCH_EVENTS = 1000;
const BATCH_CHARACTERS = 1_000_000;

export interface Batch {
  events: readonly StreamEvent[];
  /** JSON text of what their stream is. */
  context: string;
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
  write(events: readonly StreamEvent[], from: number, context: string, isFresh: boolean): Batch {
    const plans = this.#plans;
    plans.begin(headOf(0, 0, isFresh), context);
    let at = from;
    const end = Math.min(events.length, from + BATCH_EVENTS);
    for (; at < end && plans.text.length < BATCH_CHARACTERS && plans.hasRoom; at += 1)
      if (!plans.add(events[at]!)) plans.addRow(events[at]!);
    const taken = events.slice(from, at);
    // A text of the guest ends at its first NUL, and has no halves of a character.
    const isPlain = !plans.text.includes('\0') && plans.text.isWellFormed();
    return isPlain ? this.#batch(taken, context, isFresh) : this.#asRows(taken, context, isFresh);
  }

  /** The same events as JSON texts, which may hold any character. */
  asRows({ events, context, isFresh }: Batch): Batch {
    return this.#asRows(events, context, isFresh);
  }

  #asRows(events: readonly StreamEvent[], context: string, isFresh: boolean): Batch {
    this.#plans.begin(headOf(0, 0, isFresh), context);
    for (const event of events) this.#plans.addRow(event);
    return this.#batch(events, context, isFresh);
  }

  #batch(events: readonly StreamEvent[], context: string, isFresh: boolean): Batch {
    const { text, texts } = this.#plans;
    const numbers = this.#plans.numbers(headOf(events.length, texts, isFresh));
    return { events, context, isFresh, text, numbers };
  }
}
