/** The record as it came from Kafka, and how its parts are read as text. */
import type { JsonProblem } from '../json-parser.ts';

export type Headers = readonly (readonly [string, Uint8Array | null])[];

/**
 * A record to be decoded. Key and value may be given as text by a caller that knows the bytes to be valid UTF-8.
 * Headers may be a function, so that a caller on the hot path decodes them only when a mapping asks.
 */
export interface RawRecord {
  topic: string;
  key: Uint8Array | string | null;
  value: Uint8Array | string | null;
  headers: Headers | (() => Headers);
  /** Record timestamp in milliseconds. */
  timestamp: number;
  timestampType?: 'CreateTime' | 'LogAppendTime';
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Text of UTF-8 bytes (without a byte order mark), or null when they are not UTF-8. */
export function textOf(bytes: Uint8Array | string | null): string | null {
  if (bytes === null || typeof bytes === 'string') return bytes;
  try {
    return utf8.decode(bytes);
  } catch {
    return null;
  }
}

export function headersOf(record: RawRecord): Headers {
  return typeof record.headers === 'function' ? record.headers() : record.headers;
}

/** Text of the first header of that name; null when there is none, it is null or not UTF-8. */
export function headerText(record: RawRecord, name: string): string | null {
  for (const [key, value] of headersOf(record)) if (key === name) return textOf(value);
  return null;
}

function hasControlCharacter(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) < 0x20) return true;
  return false;
}

function hex(bytes: Uint8Array, separator: string): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(separator);
}

/** The key as a name for an aggregate: its text, or `0x…` for bytes that are no printable text; null without a key. */
export function keyText(record: RawRecord): string | null {
  const { key } = record;
  if (key === null || key.length === 0) return null;
  const text = textOf(key);
  if (text !== null && (typeof key === 'string' || !hasControlCharacter(text))) return text;
  return `0x${hex(key as Uint8Array, '')}`;
}

function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

function sizeText(count: number): string {
  return count === 1 ? '1 byte' : `${grouped(count)} bytes`;
}

/** A Confluent schema registry value starts with a zero byte and a four-byte schema id, most significant first. */
function registryHint(bytes: Uint8Array): string {
  if (bytes.length < 5 || bytes[0] !== 0) return '';
  const id = bytes[1]! * 2 ** 24 + bytes[2]! * 2 ** 16 + bytes[3]! * 2 ** 8 + bytes[4]!;
  return ` (schema registry id ${id}?)`;
}

/** Why a value is not readable as JSON, in words: its size, how it starts, and what is wrong where. */
export function undecodableReason(value: Uint8Array | string, problem: JsonProblem | null): string {
  const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value;
  if (bytes.length === 0) return 'Not JSON: the value is empty (0 bytes, not null)';
  const text = textOf(value);
  if (text !== null && problem?.reason.startsWith('nested')) {
    return `JSON beyond the limits: ${problem.message}; ${sizeText(bytes.length)}`;
  }
  if (text === null || hasControlCharacter(text.slice(0, 5).replace(/[\t\n\r]/g, ' '))) {
    const start = hex(bytes.subarray(0, 5), ' ').toUpperCase();
    return `Not JSON: ${sizeText(bytes.length)}, starts ${start}${registryHint(bytes)}`;
  }
  const start = text.length > 24 ? `${text.slice(0, 24)}…` : text;
  return `Not JSON: ${sizeText(bytes.length)} of text, starts “${start}”${problem === null ? '' : `: ${problem.message}`}`;
}
