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

/** What a number becomes in the guest: a number of its own, a BigInt or a Decimal. */
export function numberKind(text: string): 'plain' | 'integer' | 'decimal' {
  if (PLAIN_WHOLE.test(text)) return 'plain';
  return /^-?\d+$/.test(text) && text !== '-0' ? 'integer' : 'decimal';
}

function writeNumber(text: string): string {
  const kind = numberKind(text);
  return kind === 'plain' ? text : JSON.stringify(`${MARK}${kind === 'integer' ? 'i' : 'd'}${text}`);
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

/** A state, or a part of an event. */
export function jsonText(value: Json): Crossing {
  const text = JSON.stringify(value);
  return MAY_NEED_MARKS.test(text) ? { text: writeMarked(value), marked: true } : { text, marked: false };
}

/** The type that a program sees. */
export const typeOf = ({ kind, type }: StreamEvent): string => (kind === 'tombstone' ? '$tombstone' : type);

/** One event as a row; its parts stand in the order that the guest knows. */
export function eventText(event: StreamEvent, withValue: boolean): string {
  const row: Json[] = [typeOf(event), event.eventId, event.version, false, event.data];
  if (withValue) row.push(event.value ?? event.data);
  const text = JSON.stringify(row);
  if (!MAY_NEED_MARKS.test(text)) return text;
  row[3] = true;
  return writeMarked(row);
}
