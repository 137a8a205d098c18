/** Events of many rows that wait for each other: a call into a program costs as much as dozens of events in it. */
import type { FoldContext } from '../../core/fold.ts';
import type { Walk } from '../../core/folder.ts';
import { parseJson } from '../../core/json.ts';
import type { Json, StreamEvent } from '../../core/model.ts';
import type { FoldRun, PlacedEvent, RowFold } from './fold.ts';

/** Events that wait at most, and bytes of their values: what is kept of a whole one takes some times as much. */
const MOST = { events: 200_000, bytes: 32 * 1024 * 1024 };

/** Null: a step costs no more than its work, and nothing has to wait. */
export function waitingFor({ compiled: { folder } }: FoldRun): WaitingEvents | null {
  const walk = folder.walk?.(folder.initial);
  return walk === undefined ? null : new WaitingEvents(walk);
}

class WaitingEvents {
  readonly #walk: Walk;
  readonly #rows = new Map<RowFold, PlacedEvent[]>();
  #events = 0;
  #bytes = 0;

  constructor(walk: Walk) {
    this.#walk = walk;
  }

  /** The next event of a row. @param bytes of its value */
  add(row: RowFold, placed: PlacedEvent, bytes: number): void {
    const known = this.#rows.get(row);
    if (known === undefined) this.#rows.set(row, [placed]);
    else known.push(placed);
    this.#events += 1;
    this.#bytes += bytes;
    if (this.#events >= MOST.events || this.#bytes >= MOST.bytes) this.fold();
  }

  /** Folds what has come, row by row. */
  fold(): void {
    const events: StreamEvent[] = [];
    const streams: FoldContext[] = [];
    const before: (Json | undefined)[] = [];
    for (const [row, own] of this.#rows)
      for (const [at, { event, stream }] of own.entries()) {
        events.push(event);
        streams.push(stream);
        before.push(at === 0 ? row.state : undefined);
      }
    const told = this.#walk
      .go(
        events,
        (index) => streams[index]!,
        (index) => before[index],
      )
      [Symbol.iterator]();
    for (const [row, own] of this.#rows) {
      let last: string | null = null;
      for (const { event, at } of own) {
        const { text, problem } = told.next().value!;
        const state = text === last ? row.state : parseJson(text);
        last = text;
        row.take(event, at, problem === null ? { state } : { state, problem });
      }
    }
    told.next();
    this.#rows.clear();
    this.#events = 0;
    this.#bytes = 0;
  }
}
