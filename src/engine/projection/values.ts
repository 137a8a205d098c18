/**
 * How a value of a folded state becomes a value of a SQLite column, without losing a digit.
 *
 * Tables are STRICT with columns of type ANY, because SQLite's affinity would silently turn long decimal text into a
 * double. A decimal is stored as REAL when the shortest text of that double is the decimal itself, as INTEGER when it
 * is whole and beyond 2^53, else as its exact TEXT, which is noted.
 */
import Big from 'big.js';
import { decimalTextOf, formatJson, isNumeric, numberText } from '../../core/json.ts';
import type { ColumnType, Json } from '../../core/model.ts';
import { formatTime, occurredMillis } from '../../core/time.ts';

/** A number is always stored as REAL, a bigint as INTEGER. */
export type Stored = null | string | number | bigint;

export interface ColumnValue {
  value: Stored;
  /** Why the value is not of the column's type, in words. */
  note?: string;
  /** Decimal places of the text, for decimals that are stored as numbers. */
  scale?: number;
}

const MIN_INT64 = -(2n ** 63n);
const MAX_INT64 = 2n ** 63n - 1n;
const WHOLE = /^-?\d+$/;
const NONE: ColumnValue = { value: null };

export const fitsInt64 = (value: bigint): boolean => value >= MIN_INT64 && value <= MAX_INT64;

/** Any JSON as text: strings as they are, everything else as JSON. */
function plainText(value: Json): string {
  return typeof value === 'string' ? value : formatJson(value);
}

function notOfType(value: Json, type: ColumnType): ColumnValue {
  return { value: plainText(value), note: `${shorten(plainText(value))} is no ${type}; kept as text` };
}

const shorten = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}…` : text);

/** Beyond this power of ten nothing fits into 64 bits, and writing it out could take megabytes. */
const MAX_INT64_EXPONENT = 18;

/** Whole number of a text such as `12`, `12.00` or `1.2e1`; null when it is not whole or far too large. */
function wholeNumber(text: string): bigint | null {
  if (WHOLE.test(text)) return BigInt(text);
  const big = new Big(text);
  if (big.e > MAX_INT64_EXPONENT || !big.eq(big.round(0, Big.roundDown))) return null;
  return BigInt(big.toFixed(0));
}

function toInteger(value: Json): ColumnValue {
  const text = decimalTextOf(value);
  if (text === null) return notOfType(value, 'integer');
  const whole = wholeNumber(text);
  if (whole === null) return notOfType(value, 'integer');
  if (fitsInt64(whole)) return { value: whole };
  return { value: String(whole), note: `${shorten(text)} does not fit into 64 bits; kept as text` };
}

/** A plain decimal of up to 15 digits is the shortest text of its double, zeros at its end aside. */
const SMALL_DECIMAL = /^(?=-?[\d.]{1,16}$)-?\d{1,15}(?:\.\d+)?$/;

/** The storage form of exact decimal text; see the head of this file. */
export function storeDecimal(text: string): Stored {
  const number = Number(text);
  if (SMALL_DECIMAL.test(text)) return number === 0 ? 0 : number;
  if (Number.isFinite(number) && new Big(text).eq(new Big(String(number)))) return number === 0 ? 0 : number;
  const whole = wholeNumber(text);
  return whole !== null && fitsInt64(whole) ? whole : text;
}

function toDecimal(value: Json): ColumnValue {
  const text = decimalTextOf(value);
  if (text === null) return notOfType(value, 'decimal');
  const stored = storeDecimal(text);
  if (typeof stored !== 'string') return { value: stored, scale: scaleOf(text) };
  return {
    value: stored,
    note: `${shorten(text)} has more digits than a number in SQLite holds; kept as text, compare it with dec_cmp`,
  };
}

/** Decimal places that are written: 2 for `10.00`, 0 with an exponent. */
function scaleOf(text: string): number {
  const point = text.indexOf('.');
  return point === -1 || /[eE]/.test(text) ? 0 : text.length - point - 1;
}

function toBoolean(value: Json): ColumnValue {
  if (typeof value === 'boolean') return { value: value ? 1n : 0n };
  return notOfType(value, 'boolean');
}

/** ISO 8601 in UTC; digits finer than milliseconds are kept as they were written. */
function toTime(value: Json): ColumnValue {
  const ms = occurredMillis(value);
  if (ms === null) return notOfType(value, 'time');
  const text = formatTime(ms);
  const finer = typeof value === 'string' ? (/[.,](\d{3})(\d+)/.exec(value)?.[2] ?? '') : '';
  return { value: finer === '' ? text : text.replace('Z', `${finer}Z`) };
}

/** The value for a column. Absent and null are NULL; what does not fit the type is kept as text with a note. */
export function toColumn(type: ColumnType, value: Json | undefined): ColumnValue {
  if (value === undefined || value === null) return NONE;
  switch (type) {
    case 'text':
      return { value: isNumeric(value) ? numberText(value) : plainText(value) };
    case 'json':
      return { value: formatJson(value) };
    case 'integer':
      return toInteger(value);
    case 'decimal':
      return toDecimal(value);
    case 'boolean':
      return toBoolean(value);
    case 'time':
      return toTime(value);
  }
}
