/** What must hold before a compensating event may be sent, and what it would do. */
import { CORRECTS_NOTHING, type CompensationDraft, encodeCompensation, payloadOf } from './compensation.ts';
import { soundsPast } from './compensation-type.ts';
import { decodeRecord } from './envelope/decode.ts';
import { streamEventOf } from './envelope/stream-event.ts';
import { type FoldContext, sameJson } from './fold.ts';
import type { Folder } from './folder.ts';
import { isJsonObject } from './json.ts';
import type { Json, StreamEvent } from './model.ts';
import { decimalTextOf } from './numbers.ts';
import { isPastVerb } from './sentence.ts';
import { amountIn } from './sentence-details.ts';
import { formatTime } from './time.ts';

export interface StreamContext {
  aggregateType: string;
  aggregateId: string;
  /** Committed events of the aggregate in log order. */
  stream: readonly StreamEvent[];
  /** Key bytes of the stream's records in the target topic. */
  key: Uint8Array | null;
  corrected?: StreamEvent;
  folder: Folder;
  /** Idempotency keys that were published before. */
  publishedKeys: ReadonlySet<string>;
  /** Milliseconds since 1970. */
  now: number;
  /** The topic's `max.message.bytes`; Kafka's default when not known. */
  maxBytes?: number;
}

export interface CompensationFinding {
  /** Name of a draft field, or `value`, `key`. */
  field: string;
  message: string;
  nextStep: string;
}

export interface CompensationCheck {
  /** Must be put right before it can be sent. */
  errors: CompensationFinding[];
  /** May be right, and is worth a look. */
  warnings: CompensationFinding[];
}

const DEFAULT_MAX_BYTES = 1_048_588;
/** How far a time may lie ahead of this machine's clock. */
const CLOCK_SLACK_MS = 60_000;

function decodeDraft(draft: CompensationDraft, now: number) {
  const { key, value, headers } = encodeCompensation(draft);
  return decodeRecord({ topic: draft.topic, key, value, headers, timestamp: now }, draft.mapping);
}

function sameBytes(a: Uint8Array | null, b: Uint8Array | null): boolean {
  if (a === null || b === null) return a === b;
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

/** Checks a draft as it would be written: it is encoded, decoded again and compared with its stream. */
export function validateCompensation(draft: CompensationDraft, context: StreamContext): CompensationCheck {
  const errors: CompensationFinding[] = [];
  const warnings: CompensationFinding[] = [];
  const fail = (field: string, message: string, nextStep: string): void => {
    errors.push({ field, message, nextStep });
  };
  if (!isJsonObject(draft.value)) {
    fail('value', 'The event is not a JSON object', 'Put the fields back with “Start again”');
    return { errors, warnings };
  }
  const decoded = decodeDraft(draft, context.now);
  const envelope = decoded.envelope;
  const from = (
    field: 'eventType' | 'eventId' | 'aggregateId' | 'aggregateVersion' | 'occurredAt' | 'causationId',
  ) => envelope?.[field]?.from ?? field;
  if (decoded.kind !== 'event' || envelope?.mapping !== draft.mapping.name) {
    const message = `It no longer has the shape of its stream (${draft.mapping.title})`;
    fail('value', message, 'Undo the last change of the JSON, or start again');
    return { errors, warnings };
  }
  for (const problem of decoded.problems) fail('value', problem, 'Correct this field');
  if (draft.eventType.trim() === '')
    fail(from('eventType'), 'The event has no type', 'Choose or type one, in the past tense');
  else if (!soundsPast(draft.eventType, isPastVerb)) {
    const message = `“${draft.eventType}” does not sound like something that has happened`;
    warnings.push({
      field: from('eventType'),
      message,
      nextStep: 'Name it in the past tense, such as FeeReversed',
    });
  }
  if (draft.eventType !== '' && !context.folder.handles(draft.eventType)) {
    const message = `The reducer “${context.folder.name}” does nothing for ${draft.eventType}`;
    warnings.push({
      field: from('eventType'),
      message,
      nextStep: 'Choose a type it knows, or teach the reducer',
    });
  }
  checkIdentity(draft, context, decoded.envelope!, fail, from);
  checkTimes(envelope.occurredAt?.value, context, from('occurredAt'), fail);
  checkPayload(draft, context, fail);
  // What the shape could still derive, such as an aggregate id from the key, must stand where the stream writes it.
  for (const { name, value, editable, hint } of draft.fields) {
    const isMissing = !editable && value === null && hint !== CORRECTS_NOTHING;
    if (isMissing && !errors.some(({ field }) => field === name))
      fail(name, `${name} is missing`, 'Put it back where it stood, or start again');
  }
  if (context.publishedKeys.has(draft.idempotencyKey)) {
    fail('idempotencyKey', 'This compensation was already published', 'Open the receipt of the first one');
  }
  const size = encodeCompensation(draft).value.length;
  if (size > (context.maxBytes ?? DEFAULT_MAX_BYTES)) {
    fail('value', `The event has ${size} bytes, more than the topic takes`, 'Shorten it');
  }
  return { errors, warnings };
}

type Fail = (field: string, message: string, nextStep: string) => void;
type From = (field: 'eventId' | 'aggregateId' | 'aggregateVersion' | 'causationId') => string;

function checkIdentity(
  draft: CompensationDraft,
  context: StreamContext,
  envelope: NonNullable<ReturnType<typeof decodeRecord>['envelope']>,
  fail: Fail,
  from: From,
): void {
  const type = envelope.aggregateType?.value;
  const id = envelope.aggregateId?.value;
  if (
    id !== context.aggregateId ||
    (type !== context.aggregateType && envelope.aggregateType?.source === 'declared')
  ) {
    const message = `It would belong to ${type ?? '?'} ${id ?? '?'}, not to ${context.aggregateType} ${context.aggregateId}`;
    fail(from('aggregateId'), message, 'Put the aggregate back as it was');
  }
  if (!sameBytes(draft.key, context.key)) {
    fail(
      'key',
      'The record key differs from that of the stream, so it could land in another partition',
      'Keep the key',
    );
  }
  const eventId = envelope.eventId?.value;
  if (draft.mapping.fields.eventId !== undefined && eventId === undefined) {
    fail(from('eventId'), 'The event has no id', 'Start again for a new id');
  } else if (context.stream.some((event) => event.eventId !== null && event.eventId === eventId)) {
    fail(from('eventId'), `The id ${eventId} is already used in this stream`, 'Start again for a new id');
  }
  const versions = context.stream.flatMap((event) => (event.version === null ? [] : [event.version]));
  if (versions.length > 0) {
    const expected = versions.reduce((highest, each) => Math.max(highest, each)) + 1;
    const version = envelope.aggregateVersion?.value;
    if (version !== String(expected)) {
      const message = `The version is ${version ?? 'missing'}, but the head of the stream asks for ${expected}`;
      fail(from('aggregateVersion'), message, `Set it to ${expected}, or read the stream again`);
    }
  }
  const cause = context.corrected?.eventId ?? null;
  if (cause !== null && envelope.causationId !== undefined && envelope.causationId.value !== cause) {
    fail(from('causationId'), 'The causation id is not the corrected event', `Set it to ${cause}`);
  }
}

function checkTimes(occurredAt: number | undefined, context: StreamContext, field: string, fail: Fail): void {
  if (occurredAt !== undefined && occurredAt > context.now + CLOCK_SLACK_MS) {
    const message = `It would have occurred in the future, at ${formatTime(occurredAt)}`;
    fail(field, message, `Set a time up to now (${formatTime(context.now)})`);
  }
}

function checkPayload(draft: CompensationDraft, context: StreamContext, fail: Fail): void {
  const data = payloadOf(draft);
  const reason = draft.fields.find((field) => /(?:^|\.)reason$/.test(field.name));
  if (reason !== undefined && (typeof reason.value !== 'string' || reason.value.trim() === '')) {
    fail(reason.name, 'The reason is missing', 'Say in one sentence why this correction is due');
  }
  const before = isJsonObject(context.corrected?.data) ? amountIn(context.corrected.data) : null;
  if (before === null) return;
  const now = isJsonObject(data) && Object.hasOwn(data, before.name) ? data[before.name] : undefined;
  if (decimalTextOf(now) === null) {
    const field = draft.fields.find((each) => each.name.endsWith(before.name))?.name ?? before.name;
    fail(field, 'The amount is not a number', `Give a decimal such as -${before.text.replace(/^-/, '')}`);
  }
}

export interface CompensationPreview {
  /** The state of the stream as it is. */
  now: Json;
  /** The state had the corrected event never been; null when the draft corrects none. */
  shouldBe: Json | null;
  /** The state with the new event at the end. */
  after: Json;
  /** What the reducer could not do for the new event. */
  problem?: string;
}

/** Folds the stream as it is, without the corrected event, and with the draft at its end. Nothing is sent. */
export function previewCompensation(
  draft: CompensationDraft,
  context: StreamContext,
  foldContext: FoldContext = { aggregateType: context.aggregateType, aggregateId: context.aggregateId },
): CompensationPreview {
  const { folder, stream, corrected } = context;
  const now = folder.fold(stream, foldContext).state;
  const last = stream.at(-1);
  const added = streamEventOf(
    {
      id: -1,
      topic: draft.topic,
      partition: last?.partition ?? 0,
      offset: (last?.offset ?? -1) + 1,
      recordedAt: context.now,
      monotonicAt: Math.max(context.now, last?.monotonicAt ?? context.now),
      verdict: 'committed',
    },
    decodeDraft(draft, context.now),
  );
  const step = folder.fold([added], foldContext, now);
  const without = corrected === undefined ? null : stream.filter((event) => event.id !== corrected.id);
  const preview: CompensationPreview = {
    now,
    shouldBe: without === null ? null : folder.fold(without, foldContext).state,
    after: step.state,
  };
  const problem = step.problems[0]?.message;
  return problem === undefined ? preview : { ...preview, problem };
}

/**
 * True when every part of the state that should be is also there after the draft; parts that count events or name the
 * last one, which differ by nature, are named in `except`.
 */
export function restores(preview: CompensationPreview, except: readonly string[] = []): boolean {
  if (!isJsonObject(preview.shouldBe) || !isJsonObject(preview.after)) return false;
  const { shouldBe, after } = preview;
  return Object.keys(shouldBe).every(
    (key) => except.includes(key) || (Object.hasOwn(after, key) && sameJson(shouldBe[key]!, after[key]!)),
  );
}
