/**
 * Events and states as text for the guest. A number that JavaScript would change (a fraction, an exponent, more than
 * 15 digits) crosses as a marked string and becomes a Decimal or BigInt there.
 */
import type { Json, StreamEvent } from '../../core/model.ts';
import { isJsonObject, isNumeric, numberText } from '../../core/numbers.ts';

const MARK = '\u0001';
/** May match inside strings too; that only costs time. */
const MAY_NEED_MARKS = /isLosslessNumber|[:,[]-?(?:\d{16}|\d+[.eE])|[:,[]-0(?![.\d])/;
const PLAIN_WHOLE = /^(?!-0$)-?\d{1,15}$/;

function writeNumber(text: string): string {
  if (PLAIN_WHOLE.test(text)) return text;
  return JSON.stringify(`${MARK}${/^-?\d+$/.test(text) && text !== '-0' ? 'i' : 'd'}${text}`);
}

function writeMarked(value: Json): string {
  if (typeof value === 'string') return JSON.stringify(value.startsWith(MARK) ? `${MARK}s${value}` : value);
  if (value === null || typeof value === 'boolean') return String(value);
  if (isNumeric(value)) return writeNumber(numberText(value));
  if (Array.isArray(value)) return `[${value.map(writeMarked).join(',')}]`;
  if (!isJsonObject(value)) return 'null';
  return `{${Object.keys(value)
    .map((key) => `${JSON.stringify(key)}:${writeMarked(value[key]!)}`)
    .join(',')}}`;
}

export interface Crossing {
  text: string;
  /** The guest must turn marked strings into numbers. */
  marked: boolean;
}

export function stateText(state: Json): Crossing {
  const text = JSON.stringify(state);
  return MAY_NEED_MARKS.test(text) ? { text: writeMarked(state), marked: true } : { text, marked: false };
}

/** One event as a row; its numbers stand in the order that the guest knows. */
export function eventText(event: StreamEvent, withValue: boolean): string {
  const type = event.kind === 'tombstone' ? '$tombstone' : event.type;
  const row: Json[] = [
    type,
    event.eventId,
    event.occurredAt,
    event.recordedAt,
    event.version,
    false,
    event.data,
  ];
  if (withValue) row.push(event.value ?? event.data);
  const text = JSON.stringify(row);
  if (!MAY_NEED_MARKS.test(text)) return text;
  row[5] = true;
  return writeMarked(row);
}
