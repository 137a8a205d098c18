import { z } from 'zod';
import { LIMITS } from './limits.ts';

/** A 64-bit integer as decimal text: offsets, Kafka counts, retention. */
export const Int64 = z
  .string()
  .regex(/^-?\d{1,19}$/)
  .brand<'int64'>();
export type Int64 = z.infer<typeof Int64>;
export const int64 = (value: bigint | number): Int64 => String(value) as Int64;

/** Milliseconds since 1970 (UTC). */
export const Millis = z.number().int().min(-8.64e15).max(8.64e15);
/** A record's number in its workspace: partition number · 2^40 + offset. */
export const RecordId = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);
export const Count = z.number().int().nonnegative();
/** Which rows of a list are asked for. */
export const Page = { from: Count, count: z.number().int().min(1).max(LIMITS.pageRows) };
/** Text of a JSON document with every digit kept; parse it with core/json. */
export const JsonText = z.string();
export const Name = z.string().trim().min(1).max(200);
/** Text of JSON or ids that a person or event may choose. */
export const Id = z.string().min(1).max(4096);

export const Verdict = z.enum(['committed', 'aborted', 'open', 'control']);
export const RecordKind = z.enum(['event', 'plain', 'tombstone', 'undecodable', 'control']);
export const Tone = z.enum(['in', 'out', 'neutral', 'warn']);

/** A point in time as a pair; null: no limit. Both limits are inclusive. */
export const Cut = z.object({ knownOn: Millis.nullable(), trueOn: Millis.nullable() }).strict();

export type Cut = z.infer<typeof Cut>;

export const AggregateRef = z.object({ type: z.string().max(500), id: Id }).strict();
export type AggregateRef = z.infer<typeof AggregateRef>;

export const PlaceOut = z.object({ topic: z.string(), partition: Count, offset: Int64 });
export type PlaceOut = z.infer<typeof PlaceOut>;

/** Bytes for the eye: text when they are UTF-8, else base64. `size` is the whole length in bytes. */
export const BytesOut = z.object({
  encoding: z.enum(['utf8', 'base64']),
  text: z.string(),
  size: Count,
  /** The text shows only the first bytes; all of them are to be had by `events.bytes`. */
  cut: z.boolean(),
});

/** A record as a row of a list. */
export const EventRow = z.object({
  id: RecordId,
  place: PlaceOut,
  recordedAt: Millis,
  /**
   * Where it stands in the log: later than recorded where a clock ran backwards, by what is before it in its partition; a
   * transaction marker where its neighbours do.
   */
  logAt: Millis,
  occurredAt: Millis.nullable(),
  kind: RecordKind,
  verdict: Verdict,
  type: z.string(),
  aggregate: AggregateRef.nullable(),
  /** Aggregate version, declared by the event; null when it declares none. */
  version: z.number().nullable(),
  key: z.string().nullable(),
  sentence: z.string(),
  amount: z.string().nullable(),
  tone: Tone,
  letter: z.string(),
  /** Bytes of the value. */
  size: Count,
});
export type EventRow = z.infer<typeof EventRow>;

/** Whether a result rests on everything it should. */
export const CoverageBadge = z.object({
  state: z.enum(['complete', 'partial', 'empty']),
  topics: Count,
  /** One sentence: what is missing and why, or that nothing is. */
  summary: z.string(),
});
export type CoverageBadge = z.infer<typeof CoverageBadge>;

export const OrderNote = z.object({
  order: z.enum(['log', 'occurred']),
  moved: z.array(z.object({ id: RecordId, occurredAt: Millis, recordedAt: Millis })),
  toleranceMs: z.number(),
  versionFaults: z.array(z.object({ id: RecordId, version: z.number(), previousVersion: z.number() })),
  leftOut: Count,
});

/** A reducer; `pin` names its very version, whatever number its definition gives itself (core/reducerPin). */
export const ReducerOut = z.object({ name: z.string(), version: z.number(), pin: z.string() });
