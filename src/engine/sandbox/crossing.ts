/** Events on their way into the guest: as many as cross at once. */
import type { StreamEvent } from '../../core/model.ts';
import { type EventParts, EventPlans, type Plan } from './eventPlans.ts';
import type { Crossing } from './wire.ts';

/** Events and characters that cross at once. */
const BATCH_EVENTS = 1000;
const BATCH_CHARACTERS = 1_000_000;

/** What is known of each event beside itself, by its index. */
export interface Along {
  /** JSON text of what its stream is. */
  contextOf(index: number): string;
  /** The state before it, whatever came before it; null: it goes on from the event before. */
  startOf(index: number): Start | null;
}

export interface Start {
  /** JSON text of the state. */
  text: string;
  /** The same on its way into the guest; null: it is the script's own initial one. */
  crossing: Crossing | null;
}

export interface Batch {
  events: readonly StreamEvent[];
  along: Along;
  text: string;
  /** Until the next batch is written. */
  numbers: Float64Array;
}

/** Writes batches for one guest. */
export class BatchWriter {
  readonly #plans: EventPlans;

  constructor(parts: EventParts, tell: (plan: Plan) => boolean) {
    this.#plans = new EventPlans(parts, tell);
  }

  /** As many of `events` from index `from` on as cross at once. */
  write(events: readonly StreamEvent[], from: number, along: Along): Batch {
    const plans = this.#plans;
    let context = along.contextOf(from);
    plans.begin(context);
    let at = from;
    const end = Math.min(events.length, from + BATCH_EVENTS);
    for (; at < end && plans.text.length < BATCH_CHARACTERS && plans.hasRoom; at += 1) {
      context = this.#inStream(along, at, context);
      if (!plans.add(events[at]!)) plans.addRow(events[at]!);
    }
    const taken = events.slice(from, at);
    // A text of the guest ends at its first NUL, and has no halves of a character.
    const isPlain = !plans.text.includes('\0') && plans.text.isWellFormed();
    const ofTaken = from === 0 ? along : alongFrom(along, from);
    return isPlain ? this.#batch(taken, ofTaken) : this.#asRows(taken, ofTaken);
  }

  /** The same events as JSON texts, which may hold any character. */
  asRows({ events, along }: Batch): Batch {
    return this.#asRows(events, along);
  }

  #inStream(along: Along, at: number, before: string): string {
    const start = along.startOf(at);
    if (start !== null) this.#plans.addStart(start.crossing);
    const context = along.contextOf(at);
    if (context !== before) this.#plans.addStream(context);
    return context;
  }

  #asRows(events: readonly StreamEvent[], along: Along): Batch {
    let context = along.contextOf(0);
    this.#plans.begin(context);
    for (const [at, event] of events.entries()) {
      context = this.#inStream(along, at, context);
      this.#plans.addRow(event);
    }
    return this.#batch(events, along);
  }

  #batch(events: readonly StreamEvent[], along: Along): Batch {
    const { text } = this.#plans;
    return { events, along, text, numbers: this.#plans.numbers(events.length) };
  }
}

/** From an event on. */
export const alongFrom = ({ contextOf, startOf }: Along, from: number): Along => ({
  contextOf: (index) => contextOf(from + index),
  startOf: (index) => startOf(from + index),
});

/** Events of one stream. @param start of the first */
export const inOne = (context: string, start: Start | null): Along => ({
  contextOf: () => context,
  startOf: (index) => (index === 0 ? start : null),
});
