/** Which events make one row: the streams of a key, in the order in which they are folded together. */
import type { AggregateRef } from '../../contract/common.ts';
import { type FoldContext, foldContextOf } from '../../core/fold.ts';
import { decimalTextOf } from '../../core/json.ts';
import type { Cut, Json, Projection, StreamEvent } from '../../core/model.ts';
import { cutStream, orderStream } from '../../core/order.ts';
import { getPath, type PathStep, parsePath } from '../../core/path.ts';
import { OFFSET_SPAN } from '../store/ids.ts';
import { recordsOfAggregate } from '../store/postingLookups.ts';
import {
  decodeStored,
  prepareRows,
  type RecordRow,
  rowsOfIds,
  storedEventOf,
  withBytes,
} from '../store/stream.ts';
import { latestOnly } from '../store/streamColumns.ts';
import { KIND } from '../store/values.ts';
import type { ReadContext } from '../workers/context.ts';
import type { BytesAhead } from './bytesAhead.ts';
import type { PlacedEvent } from './fold.ts';
import { mergeStreams, placeAlong } from './placed.ts';

interface OwnedEvent {
  event: StreamEvent;
  aggregate: number | null;
}

/** The key of a row as it is written in a payload; null: nothing there can be one. */
export function keyTextOf(value: Json | undefined): string | null {
  if (typeof value === 'string') return value === '' ? null : value;
  return decimalTextOf(value);
}

/** How a projection finds its rows in the store. */
export class Groups {
  readonly byAggregate: boolean;
  /** Where the key of a row is in a payload; null: it is the aggregate id or the event id. */
  readonly keyPath: readonly PathStep[] | null;
  /** Whether the workspace keeps logs of topics that were created again or lost their end. */
  readonly hasOldLogs: boolean;
  /** Events that were moved to where they occurred, so far. */
  moved = 0;
  readonly #context: ReadContext;
  readonly #projection: Projection;
  readonly #topics: ReadonlySet<string> | null;
  readonly #ahead: BytesAhead | null;

  /** @param ahead what was read ahead, of the parts that will be asked for */
  constructor(context: ReadContext, projection: Projection, ahead: BytesAhead | null = null) {
    this.#ahead = ahead;
    this.#context = context;
    this.#projection = projection;
    this.byAggregate = projection.key === 'aggregateId';
    this.hasOldLogs = context.dictionary
      .partitions()
      .some(({ incarnation }) => incarnation !== Number.POSITIVE_INFINITY);
    this.#topics = projection.source.topics === undefined ? null : new Set(projection.source.topics);
    this.keyPath =
      this.byAggregate || projection.key === '$eventId' ? null : parsePath(projection.key).slice(1);
  }

  /** Numbers of the partitions that can hold events of the projection. */
  partitions(): number[] {
    return this.#context.dictionary
      .partitions()
      .filter(({ topic }) => this.#topics?.has(topic) ?? true)
      .map(({ no }) => no);
  }

  /** Types whose aggregates belong to the projection. */
  aggregateTypes(): string[] {
    const { aggregateTypes } = this.#projection.source;
    if (aggregateTypes !== undefined && !aggregateTypes.includes('*')) return aggregateTypes;
    return this.#context.db.prepare('SELECT DISTINCT type FROM aggregate').pluck().all() as string[];
  }

  /** Records without an aggregate belong only where whole topics are asked for. */
  get takesLoose(): boolean {
    return this.#projection.source.aggregateTypes === undefined;
  }

  /** Key of the row that an event belongs to, when the key lies in the event; null when the event has none. */
  keyOf(event: StreamEvent): string | null {
    return this.keyPath === null ? event.eventId : keyTextOf(getPath(event.data, this.keyPath));
  }

  aggregateOf(id: number): AggregateRef {
    return this.#context.dictionary.aggregate(id)!;
  }

  /** All events of an aggregate that lie in the projection's topics, every verdict, markers aside. */
  eventsOfAggregate(id: number): StreamEvent[] {
    const ids = this.#ahead?.recordsOf(`scan a${id}`) ?? this.recordsOf(id);
    return this.#load(rowsOfIds(this.#context, ids)).map(({ event }) => event);
  }

  /** Events of a partition that have no aggregate; the first `most` of them. */
  looseEvents(partition: number, most = Number.MAX_SAFE_INTEGER): StreamEvent[] {
    const from = partition * OFFSET_SPAN;
    const rows = prepareRows(
      this.#context,
      `WHERE id >= ? AND id < ? AND agg_id IS NULL AND kind <> ${KIND.control} ORDER BY id LIMIT ?`,
    );
    return this.#load(rows.iterate(from, from + OFFSET_SPAN, most) as IterableIterator<RecordRow>).map(
      ({ event }) => event,
    );
  }

  /** The committed events of the aggregates with this id, as of the cut, in fold order. */
  byAggregateId(key: string, cut: Cut): PlacedEvent[] {
    const ids = this.#ahead?.recordsOf(`fold ${key}`) ?? this.recordsOfKey(key);
    // What was recorded later than K cannot be known on K; the exact cut is made below.
    const knownOn = cut.knownOn ?? Number.MAX_SAFE_INTEGER;
    const rows = rowsOfIds(this.#context, ids).filter(({ mono }) => mono <= knownOn);
    return this.#place(this.#load(rows), cut);
  }

  /**
   * Ids of the records of an aggregate. Of a topic that was created again only those of the latest log that has it, as
   * in its timeline, unless the projection names its topics.
   */
  recordsOf(aggregate: number): number[] {
    const ids = recordsOfAggregate(this.#context.db, aggregate);
    if (this.#topics !== null || !this.hasOldLogs) return ids;
    return Array.from(latestOnly(this.#context.dictionary, Float64Array.from(ids)));
  }

  /**
   * The events of a row as the occurred clock folds all of them, when that is another order than the given one of the
   * log; `same`: it is not. Null: it is, and what a moment takes of them cannot be told from that order.
   */
  occurredOrder(placed: readonly PlacedEvent[]): readonly PlacedEvent[] | 'same' | null {
    let latest = Number.NEGATIVE_INFINITY;
    let falls = false;
    for (const { event } of placed) {
      const happened = event.occurredAt ?? event.recordedAt;
      falls ||= happened < latest;
      latest = Math.max(latest, happened);
    }
    if (!falls) return 'same';
    const tolerances = new Set(placed.map(({ event }) => this.#context.dictionary.toleranceOf([event.id])));
    // Which tolerance counts hangs on what is known.
    if (tolerances.size > 1) return null;
    const everything = { knownOn: null, trueOn: Number.POSITIVE_INFINITY };
    const byStream = [...Map.groupBy(placed, ({ stream }) => stream)];
    const isMoved = { any: false };
    const streams = byStream.map(([stream, own]) => {
      const events = own.map(({ event }) => event);
      const cut = cutStream(orderStream(events, { toleranceMs: [...tolerances][0]! }), everything);
      isMoved.any ||= cut.note.moved.length > 0;
      return placeAlong(cut.events, stream, everything);
    });
    if (streams.length === 1) return isMoved.any ? streams[0]! : 'same';
    // Streams are merged by the latest time so far: jitter in one of them moves it against the others.
    const isOrderly = streams.every((each) =>
      each.every(({ event, at }) => (event.occurredAt ?? event.recordedAt) === at),
    );
    return isOrderly ? mergeStreams(streams) : null;
  }

  /** Ids of the records of the projection's aggregates with this id. */
  recordsOfKey(key: string): number[] {
    return this.aggregateTypes().flatMap((type) => {
      const id = this.#context.dictionary.aggregateId({ type, id: key });
      return id === null ? [] : this.recordsOf(id);
    });
  }

  /** The committed events with these record ids, as of the cut, in fold order across their streams. */
  byRecords(ids: readonly number[], cut: Cut): PlacedEvent[] {
    return this.#place(
      rowsOfIds(this.#context, ids).map((row) => this.#owned(row)),
      cut,
    );
  }

  #owned(row: RecordRow): OwnedEvent {
    const context = this.#context;
    const body = this.#ahead?.take(row.id);
    const record = body === undefined ? withBytes(context, row) : { ...row, ...body };
    return {
      event: storedEventOf(context, record, decodeStored(context, record)),
      aggregate: row.agg_id,
    };
  }

  #load(rows: Iterable<RecordRow>): OwnedEvent[] {
    const context = this.#context;
    const found: OwnedEvent[] = [];
    for (const row of rows) {
      if (found.length % 1000 === 999) context.throwIfAborted();
      const topic = context.dictionary.placeOf(row.id).topic;
      if (this.#topics?.has(topic) ?? true) found.push(this.#owned(row));
    }
    return found;
  }

  #place(owned: readonly OwnedEvent[], cut: Cut): PlacedEvent[] {
    const streams = [...Map.groupBy(owned, ({ aggregate }) => aggregate)].map(([aggregate, events]) =>
      this.#placeStream(
        events.map(({ event }) => event),
        aggregate === null ? {} : foldContextOf(this.aggregateOf(aggregate)),
        cut,
      ),
    );
    return mergeStreams(streams);
  }

  #placeStream(events: readonly StreamEvent[], stream: FoldContext, cut: Cut): PlacedEvent[] {
    const taken = cutStream(
      orderStream(events, { toleranceMs: this.#context.dictionary.toleranceOf(events.map(({ id }) => id)) }),
      cut,
    );
    this.moved += taken.note.moved.length;
    return placeAlong(taken.events, stream, cut);
  }
}
