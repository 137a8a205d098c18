/** Whether a stored record is, byte for byte, the one that a broker sends now. */
import { FLAG, type RecordColumns, rowHeaders, rowKey, rowValue } from '../kafka/recordColumns.ts';
import type { Body } from '../store/blocks.ts';

/** A record as it is stored, with the time and the flags of its row. */
export interface StoredWhole extends Body {
  timestamp: number;
  flags: number;
}

/** What of a record can differ. */
export type Difference = 'key' | 'value' | 'headers' | 'timestamp' | 'timestamp type';

/** The parts that differ; none: it is the same record. Compression is no part of a record. */
export function differencesOf(stored: StoredWhole, columns: RecordColumns, row: number): Difference[] {
  const found: Difference[] = [];
  if (!isSame(stored.key, rowKey(columns, row))) found.push('key');
  if (!isSame(stored.value, rowValue(columns, row))) found.push('value');
  if (!isSame(withoutNone(stored.headers), withoutNone(rowHeaders(columns, row)))) found.push('headers');
  if (stored.timestamp !== columns.timestamp[row]) found.push('timestamp');
  if (((stored.flags ^ columns.flags[row]!) & FLAG.logAppendTime) !== 0) found.push('timestamp type');
  return found;
}

/** No headers are one byte, a count of 0, in today's format and no byte in those before it. */
const withoutNone = (headers: Uint8Array | null): Uint8Array | null =>
  headers === null || headers.length === 0 || (headers.length === 1 && headers[0] === 0) ? null : headers;

const isSame = (a: Uint8Array | null, b: Uint8Array | null): boolean =>
  a === null || b === null ? a === b : Buffer.compare(a, b) === 0;
