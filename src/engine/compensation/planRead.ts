/** What a draft would do: its exact bytes, the states, and everything the captured stream says against it. Runs in a reader thread. */
import type { z } from 'zod';
import type { ChangeOut } from '../../contract/aggregates.ts';
import type { Draft } from '../../contract/compensate.ts';
import { encodeCompensation, IDEMPOTENCY_HEADER } from '../../core/compensation.ts';
import {
  type CompensationCheck,
  previewCompensation,
  restores,
  type StreamContext,
  validateCompensation,
} from '../../core/compensation-check.ts';
import { diffStates } from '../../core/diff.ts';
import { decodeRecord } from '../../core/envelope/decode.ts';
import { formatJson, isJsonObject } from '../../core/json.ts';
import type { Change, Json, Place, Reducer, StreamEvent } from '../../core/model.ts';
import { formatPath } from '../../core/path.ts';
import { decodeHeaders } from '../kafka/headers.ts';
import { folderFor } from '../sandbox/folderFor.ts';
import { recordBytesOf } from '../store/recordBytes.ts';
import { topicMappingOf } from '../store/stream.ts';
import type { ReadContext } from '../workers/context.ts';
import { type FieldOut, fieldsOf } from './draftRead.ts';
import { editedDraft } from './editedDraft.ts';
import { baseDraft, type CompensationSource, loadSource } from './source.ts';

/** A record of the broker that may belong to the aggregate. */
export interface FreshRecord extends Place {
  timestamp: number;
  key: Uint8Array | null;
  value: Uint8Array | null;
  /** Encoded as received. */
  headers: Uint8Array;
  verdict: 'committed' | 'open';
}

export interface FreshEvent extends Place {
  type: string;
  version: number | null;
  open: boolean;
}

/** One partition that holds events of the aggregate, as far as it is captured. */
export interface Lane {
  topic: string;
  partition: number;
  events: number;
  lastOffset: number;
  /** Everything before this offset is captured. */
  captured: number;
  /** Offsets below it that the workspace does not hold, by reason. */
  missing: { reason: string; count: number }[];
  askedFrom: number;
}

export interface Plan {
  key: Uint8Array | null;
  value: Uint8Array;
  headers: { key: string; value: Uint8Array | null }[];
  eventType: string;
  eventId: string | null;
  reason: string;
  idempotencyKey: string;
  fields: FieldOut[];
  check: CompensationCheck;
  states: { now: string; shouldBe: string | null; after: string; problem: string | null };
  changes: z.infer<typeof ChangeOut>[];
  afterEqualsShouldBe: boolean | null;
  head: Place & { recordId: number; version: number | null; type: string };
  corrected: { type: string; version: number | null } | null;
  lanes: Lane[];
  /** Partitions of the target topic that hold events of the aggregate with this key, the latest first. */
  keyPartitions: { partition: number; events: number }[];
  /** Captured records with this idempotency key. */
  duplicates: Place[];
  /** Events of the aggregate's kind that have this type already, and payload fields they have and this has not. */
  sameType: { count: number; lacks: string[] };
  clusterId: string | null;
}

export interface PlanArgs {
  draft: Draft;
  now: number;
  maxBytes: number | null;
}

/** @throws HindcastError `aggregate.unknown`, `compensate.invalid` when it cannot be read as a draft at all */
export function planRead(context: ReadContext, args: PlanArgs): Plan {
  const { draft: asked, now } = args;
  const { ref, correctedId, actor } = asked;
  const source = loadSource(context, ref, correctedId);
  const base = baseDraft(source, { ref, eventId: '', now, actor });
  const { draft, reason } = editedDraft(base, asked);
  const streamContext: StreamContext = {
    aggregateType: ref.type,
    aggregateId: ref.id,
    stream: source.stream,
    key: base.key,
    corrected: source.corrected?.event,
    folder: folderFor(source.reducer),
    publishedKeys: new Set(),
    now,
    maxBytes: args.maxBytes ?? undefined,
  };
  const check = validateCompensation(draft, streamContext);
  const bytes = encodeCompensation(draft);
  const preview = previewCompensation(draft, streamContext);
  const decoded = decodeRecord(
    { ...bytes, topic: draft.topic, timestamp: now, timestampType: 'CreateTime' },
    draft.mapping,
  );
  const { last } = source;
  const { corrected } = source;
  return {
    key: bytes.key,
    value: bytes.value,
    headers: bytes.headers.map(([key, value]) => ({ key, value })),
    eventType: draft.eventType,
    eventId: decoded.envelope?.eventId?.value ?? null,
    reason,
    idempotencyKey: draft.idempotencyKey,
    fields: fieldsOf(draft),
    check,
    states: {
      now: formatJson(preview.now),
      shouldBe: preview.shouldBe === null ? null : formatJson(preview.shouldBe),
      after: formatJson(preview.after),
      problem: preview.problem ?? null,
    },
    changes: diffStates(preview.now, preview.after).map(changeOut),
    afterEqualsShouldBe:
      preview.shouldBe === null ? null : restores(preview, bookkeeping(source.reducer, draft.eventType)),
    head: {
      ...{ recordId: last.id, version: last.version, type: last.type },
      ...{ topic: last.topic, partition: last.partition, offset: last.offset },
    },
    corrected: corrected && { type: corrected.event.type, version: corrected.event.version },
    lanes: lanesOf(context, source.stream),
    keyPartitions: partitionsOf(source.stream, draft.topic),
    duplicates: duplicatesOf(context, source, draft.idempotencyKey),
    sameType: sameType(source, draft.eventType, decoded.data ?? null),
    clusterId: source.clusterId,
  };
}

const changeOut = (change: Change): z.infer<typeof ChangeOut> => ({
  path: formatPath(change.path),
  kind: change.kind,
  before: change.before === undefined ? null : formatJson(change.before),
  after: change.after === undefined ? null : formatJson(change.after),
  delta: change.delta ?? null,
});

/** Parts of the state that count events or name the last one: they differ after any event, whatever it corrects. */
function bookkeeping(reducer: Reducer, type: string): string[] {
  const steps = reducer.on[type] ?? reducer.on['*'] ?? [];
  return steps
    .filter((step) =>
      'value' in step ? step.op === 'add' : 'from' in step && /^\$(?!value)/.test(step.from),
    )
    .flatMap((step) => ('path' in step && step.path !== undefined ? [step.path.split('.')[0]!] : []));
}

function lanesOf(context: ReadContext, stream: readonly StreamEvent[]): Lane[] {
  const lanes = new Map<string, Lane>();
  for (const { topic, partition, offset } of stream) {
    const name = `${topic}/${partition}`;
    const lane = lanes.get(name);
    if (lane === undefined)
      lanes.set(name, { ...laneStanding(context, topic, partition), events: 1, lastOffset: offset });
    else {
      lane.events += 1;
      lane.lastOffset = Math.max(lane.lastOffset, offset);
    }
  }
  return [...lanes.values()];
}

/** Where the capture of one partition stands; zero for one that the workspace does not hold. */
export function laneStanding(context: ReadContext, topic: string, partition: number): Lane {
  // Only what was read in one piece up to its end counts as captured; what lies before a hole was not asked for here.
  const row = context.db
    .prepare(
      `SELECT p.no, min(p.settled_offset, coalesce(r.to_offset, 0)) AS captured,
         coalesce(r.from_offset, 0) AS "from", p.first_log_start AS first
       FROM partition p JOIN topic t ON t.id = p.topic_id
         LEFT JOIN read_range r ON r.partition_no = p.no
       WHERE t.name = ? AND p.partition = ? ORDER BY r.from_offset DESC LIMIT 1`,
    )
    .get(topic, partition) as { no: number; captured: number; from: number; first: number } | undefined;
  if (row === undefined)
    return { topic, partition, events: 0, lastOffset: -1, captured: 0, askedFrom: 0, missing: [] };
  const missing = context.db
    .prepare('SELECT reason, sum(count) AS count FROM missing WHERE partition_no = ? GROUP BY reason')
    .all(row.no) as Lane['missing'];
  return {
    topic,
    partition,
    events: 0,
    lastOffset: -1,
    captured: row.captured,
    askedFrom: row.from > row.first ? row.from : 0,
    missing,
  };
}

function partitionsOf(stream: readonly StreamEvent[], topic: string): Plan['keyPartitions'] {
  const counts = new Map<number, number>();
  for (const event of stream) {
    if (event.topic !== topic) continue;
    const before = counts.get(event.partition) ?? 0;
    // Deleted first, so that the partition of the latest event ends up last.
    counts.delete(event.partition);
    counts.set(event.partition, before + 1);
  }
  return [...counts].reverse().map(([partition, events]) => ({ partition, events }));
}

/** True when the bytes of a record carry this idempotency key in a header or anywhere in the value. */
export const carriesKey = (
  record: { value: Uint8Array | null; headers: Uint8Array | null },
  key: string,
): boolean =>
  (record.headers !== null &&
    record.headers.length > 0 &&
    decodeHeaders(record.headers).some(
      (header) =>
        header.key === IDEMPOTENCY_HEADER && header.value !== null && bytesText(header.value) === key,
    )) ||
  (record.value !== null &&
    Buffer.from(record.value.buffer, record.value.byteOffset, record.value.byteLength).includes(`"${key}"`));

const bytesText = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8');

/** The stream and the records with the same key of the aggregate: a duplicate is one of them. */
function duplicatesOf(context: ReadContext, source: CompensationSource, key: string): Place[] {
  const bytes = recordBytesOf(context);
  const found: Place[] = [];
  for (const { id, topic, partition, offset } of source.stream) {
    if (carriesKey(bytes.body(id), key)) found.push({ topic, partition, offset });
  }
  return found;
}

/** How many events of the stream's topic have this type, and which fields of their payload this one lacks. */
function sameType(source: CompensationSource, type: string, data: Json): Plan['sameType'] {
  const others = source.stream.filter((event) => event.type === type);
  const last = others.at(-1)?.data ?? null;
  const lacks =
    isJsonObject(last) && isJsonObject(data)
      ? Object.keys(last).filter((key) => !Object.hasOwn(data, key))
      : [];
  return { count: others.length, lacks };
}

/** Those of the records that are events of the aggregate. */
export function belongingRead(
  context: ReadContext,
  args: { ref: Draft['ref']; records: FreshRecord[] },
): FreshEvent[] {
  const { ref, records } = args;
  return records.flatMap((record) => {
    const { mapping, hints } = topicMappingOf(context, record.topic);
    const headers = decodeHeaders(record.headers).map(({ key, value }) => [key, value] as const);
    const decoded = decodeRecord({ ...record, headers, timestampType: 'CreateTime' }, mapping, hints);
    const { aggregateType, aggregateId, eventType, aggregateVersion } = decoded.envelope ?? {};
    if (aggregateId?.value !== ref.id || (aggregateType?.value ?? ref.type) !== ref.type) return [];
    const { topic, partition, offset } = record;
    const version = aggregateVersion === undefined ? null : Number(aggregateVersion.value);
    return [
      { topic, partition, offset, type: eventType?.value ?? '', version, open: record.verdict === 'open' },
    ];
  });
}

/** Where the capture stands in these partitions. */
export const standingRead = (
  context: ReadContext,
  { partitions }: { partitions: { topic: string; partition: number }[] },
): Lane[] => partitions.map(({ topic, partition }) => laneStanding(context, topic, partition));
