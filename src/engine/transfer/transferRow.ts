/** A record as it stands in an exported file, and the rules by which a file's fields become one again. */
import { isUtf8 } from 'node:buffer';
import type { Verdict } from '../../core/model.ts';
import { decodeHeaders, encodeHeaders } from '../kafka/headers.ts';
import { OFFSET_SPAN } from '../store/ids.ts';

/** What makes a record; all of it comes back by an import. */
export interface TransferRecord {
  topic: string;
  partition: number;
  offset: number;
  /** Milliseconds since 1970. */
  timestamp: number;
  timestampType: 'create' | 'log-append';
  verdict: Verdict;
  /** Part of a transaction. */
  transactional: boolean;
  /** Decimal; null: none. */
  producerId: string | null;
  key: Uint8Array | null;
  value: Uint8Array | null;
  /** As Kafka encodes them (KIP-82); empty: the record's format has none. */
  headers: Uint8Array;
}

/** With what the envelope said of it: for whoever reads the file, not taken back. */
export interface TransferRow extends TransferRecord {
  kind: string;
  type: string;
  aggregateType: string | null;
  aggregateId: string | null;
  version: number | null;
  occurredAt: number | null;
}

/** Why a line of a file is no record; the sentence stands in the list of bad lines. */
export class BadRow extends Error {}

/** Bytes in a text file: text where they are UTF-8, else `{"base64": …}`. */
export type BytesText = string | { base64: string } | null;

export const bytesText = (bytes: Uint8Array | null): BytesText =>
  bytes === null
    ? null
    : isUtf8(bytes)
      ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
      : { base64: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64') };

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

export function base64Bytes(text: string, field: string): Buffer {
  if (!BASE64.test(text)) throw new BadRow(`${field} is not base64`);
  return Buffer.from(text, 'base64');
}

export function bytesOf(value: unknown, field: string): Uint8Array | null {
  if (value === null) return null;
  if (typeof value === 'string') return utf8Bytes(value, field);
  if (typeof value === 'object' && typeof (value as { base64?: unknown }).base64 === 'string')
    return base64Bytes((value as { base64: string }).base64, field);
  throw new BadRow(`${field} is neither text, nor {"base64": …}, nor null`);
}

function utf8Bytes(text: string, field: string): Buffer {
  if (!text.isWellFormed()) throw new BadRow(`${field} holds half a character`);
  return Buffer.from(text, 'utf8');
}

export type HeadersText = [string, BytesText][] | { base64: string };

/** Headers as pairs in their order; their encoded bytes where the pairs would not give the same bytes again. */
export function headersText(encoded: Uint8Array): HeadersText {
  if (encoded.length === 0) return [];
  const headers = decodeHeaders(encoded);
  const again = encodeHeaders(headers);
  if (Buffer.compare(again, encoded) !== 0) return { base64: Buffer.from(encoded).toString('base64') };
  return headers.map(({ key, value }) => [key, bytesText(value)]);
}

export function headersOf(value: unknown): Uint8Array {
  if (value === null || value === undefined) return encodeHeaders([]);
  if (!Array.isArray(value)) {
    const { base64 } = value as { base64?: unknown };
    if (typeof base64 === 'string') return base64Bytes(base64, 'headers');
    throw new BadRow('headers is no list of [name, value] pairs');
  }
  return encodeHeaders(
    value.map((pair: unknown, at) => {
      if (!Array.isArray(pair) || pair.length !== 2 || typeof pair[0] !== 'string')
        throw new BadRow(`header ${at + 1} is no [name, value] pair`);
      return { key: pair[0], value: bytesOf(pair[1], `header ${at + 1}`) };
    }),
  );
}

/** Kafka's own rule (Topic.LEGAL_CHARS), and the names of topics that were set aside here. */
const TOPIC = /^[A-Za-z0-9._-]{1,249}(?:~\d{1,6})?$/;
const VERDICTS: ReadonlySet<string> = new Set(['committed', 'aborted', 'open', 'control']);
const INT64 = /^-?\d{1,19}$/;
const MAX_PARTITION = 2 ** 31 - 1;
const MAX_MILLIS = 8.64e15;

/** Fields as a file's format gives them: numbers may be bigint or decimal text. */
export type RawFields = Partial<Record<keyof TransferRecord, unknown>>;

function wholeNumber(value: unknown, field: string, least: number, most: number): number {
  const text = typeof value === 'string' && INT64.test(value) ? Number(value) : value;
  const number = typeof text === 'bigint' ? Number(text) : text;
  if (number === undefined || number === null || number === '') throw new BadRow(`${field} is missing`);
  if (typeof number !== 'number' || !Number.isSafeInteger(number) || number < least || number > most)
    throw new BadRow(`${field} ${shortly(value)} is no whole number from ${least} to ${most}`);
  return number;
}

const shortly = (value: unknown): string => {
  const text = typeof value === 'string' ? `“${value}”` : String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
};

/** Checks the fields that are no bytes. @throws BadRow */
export function checkFields(fields: RawFields): Omit<TransferRecord, 'key' | 'value' | 'headers'> {
  const { topic, verdict = 'committed', timestampType = 'create', producerId = null } = fields;
  if (typeof topic !== 'string' || !TOPIC.test(topic))
    throw new BadRow(topic === undefined ? 'topic is missing' : `topic ${shortly(topic)} is no topic name`);
  if (typeof verdict !== 'string' || !VERDICTS.has(verdict))
    throw new BadRow(`verdict ${shortly(verdict)} is not committed, aborted, open or control`);
  if (timestampType !== 'create' && timestampType !== 'log-append')
    throw new BadRow(`timestampType ${shortly(timestampType)} is not create or log-append`);
  const producer = producerId === null ? null : String(producerId);
  if (producer !== null && !INT64.test(producer))
    throw new BadRow(`producerId ${shortly(producerId)} is no whole number`);
  return {
    topic,
    partition: wholeNumber(fields.partition, 'partition', 0, MAX_PARTITION),
    offset: wholeNumber(fields.offset, 'offset', 0, OFFSET_SPAN - 1),
    timestamp: wholeNumber(fields.timestamp, 'timestamp', -MAX_MILLIS, MAX_MILLIS),
    timestampType,
    verdict: verdict as Verdict,
    transactional: fields.transactional === true || fields.transactional === 'true',
    producerId: producer,
  };
}
