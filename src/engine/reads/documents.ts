/** Records in full as lines of JSON, many at once: what `hindcast events --json` writes. */
import { isUtf8 } from 'node:buffer';
import type { EventFilter, ScanState } from '../../contract/events.ts';
import { rowDocument } from '../../contract/rowDocument.ts';
import { formatJson } from '../../core/json.ts';
import type { Json } from '../../core/model.ts';
import { readHeaders } from '../kafka/headers.ts';
import { decodeStored, prepareRows, type RecordRow, type StoredRecord, withBytes } from '../store/stream.ts';
import { KIND } from '../store/values.ts';
import type { ReadContext } from '../workers/context.ts';
import { select } from './filter.ts';
import { rowOf } from './rows.ts';

/** An answer ends with the line that passes this. Characters. */
const ENOUGH = 2_000_000;

export interface Documents {
  /** Each a JSON document with every digit of its record. */
  lines: string[];
  total: number;
  scan: ScanState | null;
}

export function documents(
  context: ReadContext,
  args: { filter: EventFilter; textIndex?: string | null; from: number; count: number },
): Documents {
  const { filter, textIndex = null, from, count } = args;
  const { selection, scan } = select(context, filter, { textIndex });
  const rows = prepareRows(context, 'WHERE id = ?');
  const lines: string[] = [];
  let size = 0;
  const end = Math.min(from + count, selection.count);
  for (const id of selection.ids(Math.min(from, end), end)) {
    if (size >= ENOUGH) break;
    context.throwIfAborted();
    const row = rows.get(id) as RecordRow;
    const line = formatJson(documentOf(context, withBytes(context, row)));
    size += line.length;
    lines.push(line);
  }
  return { lines, total: selection.count, scan };
}

/** Text when the bytes are UTF-8, else `{"base64": …}`. */
function bytesDocument(bytes: Uint8Array | null): Json {
  if (bytes === null) return null;
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return isUtf8(whole) ? whole.toString('utf8') : { base64: whole.toString('base64') };
}

function documentOf(context: ReadContext, record: StoredRecord): Json {
  const isMarker = record.kind === KIND.control;
  const decoded = isMarker ? null : decodeStored(context, record);
  const headers = readHeaders(record.headers ?? new Uint8Array(0));
  const problems = [...(decoded?.problems ?? [])];
  if (headers.problem !== null) problems.push(`Headers: ${headers.problem}`);
  return {
    ...rowDocument(rowOf(context, record, decoded ?? undefined)),
    key: bytesDocument(record.key),
    headers: headers.headers.map(({ key, value }) => ({ key, value: bytesDocument(value) })),
    value: decoded?.value === undefined ? bytesDocument(record.value) : decoded.value,
    reason: isMarker
      ? 'A transaction marker: it takes an offset and carries no event'
      : (decoded?.reason ?? null),
    problems,
  };
}
