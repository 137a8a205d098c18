/** One record in full, and its raw bytes in parts. */

import type { z } from 'zod';
import { HindcastError } from '../../contract/errors.ts';
import type { FieldOut, RecordDetail } from '../../contract/events.ts';
import { LIMITS } from '../../contract/limits.ts';
import type { DecodedRecord } from '../../core/envelope/decode.ts';
import { type Claim, verifyIntegrity } from '../../core/envelope/integrity.ts';
import { textOf } from '../../core/envelope/record.ts';
import { formatJson } from '../../core/json.ts';
import type { Envelope, Field } from '../../core/model.ts';
import { getPath } from '../../core/path.ts';
import { formatTime } from '../../core/time.ts';
import { decodeHeaders, readHeaders } from '../kafka/headers.ts';
import { FLAG } from '../kafka/recordColumns.ts';
import { OFFSET_SPAN } from '../store/ids.ts';
import { recordsOfAggregate } from '../store/postingLookups.ts';
import {
  decodeStored,
  prepareRows,
  type RecordRow,
  recordById,
  rowsOfIds,
  type StoredRecord,
  withBytes,
} from '../store/stream.ts';
import { CODECS, KINDS, VERDICT } from '../store/values.ts';
import type { ReadContext } from '../workers/context.ts';
import { bytesOut, rowOf } from './rows.ts';

/** Standard fields in the order in which they are shown. */
const FIELDS = [
  'eventId',
  'eventType',
  'schemaVersion',
  'aggregateType',
  'aggregateId',
  'aggregateVersion',
  'occurredAt',
  'recordedAt',
  'correlationId',
  'causationId',
  'sagaId',
  'sequenceNumber',
  'tenantId',
  'actor',
  'source',
  'idempotencyKey',
] as const satisfies readonly (keyof Envelope)[];
/** Header values are shown up to this size. Bytes. */
const HEADER_BYTES = 16 * 1024;

function recordOrThrow(context: ReadContext, id: number): StoredRecord {
  const record = recordById(context, id);
  if (record !== undefined) return record;
  const partition = context.dictionary.byNumber(Math.floor(id / OFFSET_SPAN));
  const place =
    partition === undefined
      ? `number ${id}`
      : `${partition.topic}/${partition.partition} at offset ${id % OFFSET_SPAN}`;
  throw new HindcastError('record.unknown', { place });
}

/** @throws HindcastError `record.unknown` */
export function recordDetail(context: ReadContext, { id }: { id: number }): RecordDetail {
  const record = recordOrThrow(context, id);
  const isControl = KINDS[record.kind] === 'control';
  const decoded: DecodedRecord | null = isControl ? null : decodeStored(context, record);
  const isShort = (record.value?.length ?? 0) <= LIMITS.decodedText;
  const headers = readHeaders(record.headers ?? new Uint8Array(0));
  const problems = [...(decoded?.problems ?? [])];
  if (headers.problem !== null) problems.push(`Headers: ${headers.problem}`);
  return {
    row: rowOf(context, record, decoded ?? undefined),
    mapping: decoded?.value === undefined ? null : (decoded.envelope?.mapping ?? null),
    reason: isControl
      ? 'A transaction marker: it takes an offset and carries no event'
      : (decoded?.reason ?? null),
    problems,
    fields: fieldsOf(decoded?.envelope),
    value: decoded?.value === undefined || !isShort ? null : formatJson(decoded.value),
    dataPath: decoded?.envelope?.dataPath ?? [],
    valueBytes: record.value === null ? null : bytesOut(record.value),
    keyBytes: record.key === null ? null : bytesOut(record.key),
    headers: headers.headers.map(({ key, value }) => ({
      key,
      value: value === null ? null : bytesOut(value, HEADER_BYTES),
    })),
    timestampType: (record.flags & FLAG.logAppendTime) === 0 ? 'create' : 'log-append',
    codec: CODECS[record.flags & FLAG.codec] ?? 'unknown',
    transactional: (record.flags & FLAG.transactional) !== 0,
    producerId: record.producer_id === null ? null : String(record.producer_id),
    integrity: isShort ? integrityOf(context, record, decoded) : [],
  };
}

function fieldsOf(envelope: Envelope | undefined): z.infer<typeof FieldOut>[] {
  if (envelope === undefined) return [];
  const fields: z.infer<typeof FieldOut>[] = [];
  for (const name of FIELDS) {
    const field = envelope[name] as Field<string | number> | undefined;
    if (field === undefined) continue;
    const { value, source, from } = field;
    fields.push({ name, value: typeof value === 'number' ? formatTime(value) : value, source, from });
  }
  return fields;
}

function integrityOf(context: ReadContext, record: StoredRecord, decoded: DecodedRecord | null) {
  const text = textOf(record.value);
  if (decoded?.value === undefined || text === null) return [];
  const first = verifyIntegrity(text, null);
  const shown = [
    { check: 'payload hash', verdict: first.payloadHash.verdict, note: first.payloadHash.reason },
  ];
  if (first.previousHash.verdict === 'ABSENT')
    return [
      ...shown,
      { check: 'previous hash', verdict: 'ABSENT' as const, note: first.previousHash.reason },
    ];
  let best: Claim = first.previousHash;
  let where = '';
  for (const [scope, previous] of previousRecords(context, record)) {
    const hash = getPath(decodeStored(context, previous).value, ['cryptography', 'payload_hash']);
    if (typeof hash !== 'string') continue;
    const claim = verifyIntegrity(text, hash).previousHash;
    if (claim.verdict === 'PASS' || best.verdict === 'UNVERIFIABLE') {
      best = claim;
      where = ` (tried per ${scope})`;
    }
    if (claim.verdict === 'PASS') break;
  }
  return [...shown, { check: 'previous hash', verdict: best.verdict, note: best.reason + where }];
}

/** The event before a record: of its aggregate, of its partition, of its topic. */
function previousRecords(context: ReadContext, record: StoredRecord): [scope: string, row: StoredRecord][] {
  const found: [string, RecordRow | undefined][] = [];
  const committed = `verdict = ${VERDICT.committed}`;
  if (record.agg_id !== null) found.push(['aggregate', previousOfAggregate(context, record, record.agg_id)]);
  const before = prepareRows(context, `WHERE id >= ? AND id < ? AND ${committed} ORDER BY id DESC LIMIT 1`);
  const base = record.id - (record.id % OFFSET_SPAN);
  found.push(['partition', before.get(base, record.id) as RecordRow | undefined]);
  const place = context.dictionary.placeOf(record.id);
  const siblings = context.dictionary
    .partitions()
    .filter(({ topic, no }) => topic === place.topic && no !== place.no);
  const earlier = prepareRows(
    context,
    `WHERE id >= ? AND id < ? AND mono <= ? AND ${committed} ORDER BY id DESC LIMIT 1`,
  );
  const latest = siblings
    .map(
      ({ no }) => earlier.get(no * OFFSET_SPAN, (no + 1) * OFFSET_SPAN, record.mono) as RecordRow | undefined,
    )
    .concat(found.at(-1)![1])
    .filter((row) => row !== undefined)
    .sort((a, b) => b.mono - a.mono);
  found.push(['topic', latest[0]]);
  return found.flatMap(([scope, row]): [string, StoredRecord][] =>
    row === undefined ? [] : [[scope, withBytes(context, row)]],
  );
}

/** The latest committed record of the aggregate before another one, in the order of monotonic time. */
function previousOfAggregate(
  context: ReadContext,
  { mono, id }: StoredRecord,
  aggregate: number,
): RecordRow | undefined {
  let best: RecordRow | undefined;
  for (const row of rowsOfIds(context, recordsOfAggregate(context.db, aggregate))) {
    if (row.verdict !== VERDICT.committed || (row.mono - mono || row.id - id) >= 0) continue;
    if (best === undefined || (row.mono - best.mono || row.id - best.id) > 0) best = row;
  }
  return best;
}

/** A part of a record's bytes. `size` null: that part is null. @throws HindcastError `record.unknown` */
export function recordBytes(
  context: ReadContext,
  args: { id: number; part: 'key' | 'value' | { header: number }; offset: number; length: number },
): { size: number | null; bytes: Uint8Array } {
  const record = recordOrThrow(context, args.id);
  const { part } = args;
  const bytes =
    part === 'key' || part === 'value'
      ? record[part]
      : (decodeHeaders(record.headers ?? new Uint8Array(0))[part.header]?.value ?? null);
  if (bytes === null) return { size: null, bytes: new Uint8Array(0) };
  return { size: bytes.length, bytes: bytes.slice(args.offset, args.offset + args.length) };
}
