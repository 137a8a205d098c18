import { z } from 'zod';
import { FILTER_LIMITS } from '../core/filter/limits.ts';
import {
  AggregateRef,
  BytesOut,
  Count,
  CoverageBadge,
  EventRow,
  Id,
  JsonText,
  Millis,
  Page,
  RecordId,
  RecordKind,
  Verdict,
} from './common.ts';
import { LIMITS } from './limits.ts';
import { bytesQuery, nothing, query, stream } from './procedure.ts';

/** All given conditions must hold. An absent field does not restrict. */
export const EventFilter = z
  .object({
    topics: z.array(z.string()).max(5000).optional(),
    types: z.array(z.string()).max(5000).optional(),
    aggregate: AggregateRef.optional(),
    /** Part of an aggregate id. */
    aggregateText: z.string().max(4096).optional(),
    /** The whole record key, as UTF-8 text. */
    key: z.string().max(100_000).optional(),
    eventId: Id.optional(),
    correlationId: Id.optional(),
    /** Recorded time, both inclusive. */
    from: Millis.optional(),
    to: Millis.optional(),
    kinds: z.array(RecordKind).optional(),
    verdicts: z.array(Verdict).optional(),
    /** An expression of the filter language (core/filter). */
    where: z.string().max(FILTER_LIMITS.text).optional(),
  })
  .strict();
export type EventFilter = z.infer<typeof EventFilter>;

/**
 * How far the bytes were searched, or first the rows of a very large log. Counts of a filter that is not searched to its end
 * are those so far; `spared` records need not be looked at because the full-text index tells that they do not fit.
 */
export const ScanState = z.object({
  looked: Count,
  of: Count,
  matched: Count,
  done: z.boolean(),
  spared: Count,
});
export type ScanState = z.infer<typeof ScanState>;

/** Colours for event types. */
export const TYPE_COLOURS = 9;
/** `colour` is below {@link TYPE_COLOURS}. */
export const TypeColour = z.object({ type: z.string(), colour: Count });
export type TypeColour = z.infer<typeof TypeColour>;

export const FieldOut = z.object({
  name: z.string(),
  value: z.string(),
  source: z.enum(['declared', 'derived']),
  from: z.string(),
});

export const RecordDetail = z.object({
  row: EventRow,
  mapping: z.string().nullable(),
  /** Why it is not an event, in words. */
  reason: z.string().nullable(),
  problems: z.array(z.string()),
  fields: z.array(FieldOut),
  /** The decoded value, exact; null when it is no JSON or too long to show at once. */
  value: JsonText.nullable(),
  dataPath: z.array(z.string()),
  valueBytes: BytesOut.nullable(),
  keyBytes: BytesOut.nullable(),
  headers: z.array(z.object({ key: z.string(), value: BytesOut.nullable() })),
  timestampType: z.enum(['create', 'log-append']),
  codec: z.enum(['none', 'gzip', 'snappy', 'lz4', 'zstd', 'unknown']),
  transactional: z.boolean(),
  producerId: z.string().nullable(),
  integrity: z.array(
    z.object({
      check: z.string(),
      verdict: z.enum(['PASS', 'FAIL', 'UNVERIFIABLE', 'ABSENT']),
      note: z.string(),
    }),
  ),
});
export type RecordDetail = z.infer<typeof RecordDetail>;

export const events = {
  /** Rows in log order: recorded time made monotonic per partition, topic, partition, offset. */
  query: query(
    z.object({ filter: EventFilter, ...Page }).strict(),
    z.object({
      rows: z.array(EventRow),
      /** Rows that fit the filter, and records in the workspace. */
      total: Count,
      of: Count,
      revision: Count,
      tookMs: z.number(),
      coverage: CoverageBadge,
      /** Null: the columns answered, nothing is left to be read. */
      scan: ScanState.nullable(),
    }),
  ),
  /** Searches on for a fraction of a second. @throws `filter.invalid` */
  scan: query(z.object({ filter: EventFilter }).strict(), ScanState),
  /** The counts of `query`, now and whenever the captured data change, a dozen times a second at most. */
  watch: stream(
    z.object({ filter: EventFilter }).strict(),
    z.object({ total: Count, of: Count, revision: Count }),
  ),
  /** Index of the first row recorded at or after a moment. */
  locate: query(z.object({ filter: EventFilter, time: Millis }).strict(), z.object({ index: Count })),
  histogram: query(
    z
      .object({
        filter: EventFilter,
        buckets: z.number().int().min(1).max(2000),
        from: Millis.nullable(),
        to: Millis.nullable(),
      })
      .strict(),
    z.object({
      from: Millis.nullable(),
      to: Millis.nullable(),
      /**
       * Records per bucket: all of the workspace, and those that fit the filter – its time range aside, unless bytes
       * have to be searched, which is done within the range and counted as far as it is.
       */
      all: z.array(Count),
      matching: z.array(Count),
    }),
  ),
  /**
   * How many of the records are read that questions about all of them need, in a very large log; equal: they are answered
   * in a moment.
   */
  walked: query(nothing, z.object({ ready: Count, of: Count })),
  /** The colour of each type, the same everywhere in the workspace: types that are seen together differ if they can. */
  typeColours: query(nothing, z.array(TypeColour)),
  /** Counts by type and topic of what fits the filter with that field left out. */
  facets: query(
    z.object({ filter: EventFilter }).strict(),
    z.object({
      types: z.array(z.object({ type: z.string(), count: Count })),
      topics: z.array(z.object({ topic: z.string(), count: Count })),
      /** The bytes are not searched to the end: these are the counts so far. */
      partial: z.boolean(),
    }),
  ),
  /**
   * Records in full, each a line of JSON: at most `count`, fewer when they are long. For callers inside the engine's
   * process: an answer may be larger than a frame.
   */
  documents: query(
    z.object({ filter: EventFilter, from: Count, count: z.number().int().min(1).max(10_000) }).strict(),
    z.object({ lines: z.array(z.string()), total: Count, scan: ScanState.nullable() }),
  ),
  get: query(z.object({ id: RecordId }).strict(), RecordDetail),
  /** A part of the raw bytes of a record; header parts are numbered from 0. */
  bytes: bytesQuery(
    z
      .object({
        id: RecordId,
        part: z.union([z.enum(['key', 'value']), z.object({ header: Count })]),
        offset: Count,
        length: z.number().int().min(1).max(LIMITS.bytesChunk),
      })
      .strict(),
    z.object({ size: Count.nullable() }),
  ),
};
