/**
 * Exact numbers: integers of any size and decimals as their text, never as floats.
 * Arithmetic is big.js; the result keeps as many decimal places as the operand with the most (10.00 + 5.00 = 15.00).
 */
import Big from 'big.js';
import { isLosslessNumber, LosslessNumber } from 'lossless-json';
import type { Json, JsonObject } from './model.ts';

export type Numeric = number | LosslessNumber;

/** Beyond this power of ten, exact addition would need more digits than a state should hold. */
const MAX_EXPONENT = 10_000;
const DECIMAL_TEXT = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;
const NUMBER_PARTS = /^-?\d+(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

export function isNumeric(value: unknown): value is Numeric {
  return typeof value === 'number' || isLosslessNumber(value);
}

/** An object of JSON keys: not null, not an array, not a number that is kept as text. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isLosslessNumber(value);
}

/** The number exactly as it stands in JSON. Refuses NaN and infinities, which JSON cannot say. */
export function numberText(value: Numeric): string {
  if (typeof value !== 'number') return value.value;
  if (!Number.isFinite(value)) throw new RangeError(`${value} is not a number that JSON can hold`);
  return String(value);
}

/** A JSON number from its text: a JS number when that prints the same text, else a LosslessNumber. */
export function exactNumber(text: string): Numeric {
  const number = Number(text);
  return String(number) === text ? number : new LosslessNumber(text);
}

/** True for text such as `61.76` or `-3`: systems that distrust floats send amounts as strings. */
export function isDecimalText(value: unknown): value is string {
  return typeof value === 'string' && DECIMAL_TEXT.test(value);
}

/** The decimal text of a number or of a string that holds one; null for anything else. */
export function decimalTextOf(value: Json | undefined): string | null {
  if (isNumeric(value)) return numberText(value);
  return isDecimalText(value) ? value : null;
}

function exponentOf(text: string): { scale: number; exponent: number } {
  const parts = NUMBER_PARTS.exec(text);
  if (parts === null) throw new RangeError(`“${text.slice(0, 40)}” is not a decimal number`);
  return { scale: parts[1]?.length ?? 0, exponent: parts[2] === undefined ? 0 : Number(parts[2]) };
}

/** Decimal places of a number's text; an exponent shifts them and never makes them negative. */
function decimalPlaces(text: string): number {
  const { scale, exponent } = exponentOf(text);
  if (Math.abs(exponent) > MAX_EXPONENT) {
    throw new RangeError(`${text.slice(0, 40)} is too large or too small for exact arithmetic`);
  }
  return Math.max(0, scale - exponent);
}

function combine(a: string, b: string, sign: 1 | -1): string {
  const places = Math.max(decimalPlaces(a), decimalPlaces(b));
  const left = new Big(a);
  const right = new Big(b);
  return (sign === 1 ? left.plus(right) : left.minus(right)).toFixed(places);
}

/** a + b as decimal text. @throws RangeError for text that is no number or beyond 10^±10000. */
export function addText(a: string, b: string): string {
  return combine(a, b, 1);
}

/** a − b as decimal text. @throws RangeError for text that is no number or beyond 10^±10000. */
export function subtractText(a: string, b: string): string {
  return combine(a, b, -1);
}

/** −a as text: the same digits, the other sign; zero has no sign. */
export function negateText(text: string): string {
  if (/^-?[0.]+$/.test(text)) return text.replace(/^-/, '');
  return text.startsWith('-') ? text.slice(1) : `-${text}`;
}

function fastInteger(value: number): number | null {
  return Number.isSafeInteger(value) ? value : null;
}

/** a + b, exact. @throws RangeError beyond 10^±10000. */
export function addExact(a: Numeric, b: Numeric): Numeric {
  if (typeof a === 'number' && typeof b === 'number' && Number.isSafeInteger(a) && Number.isSafeInteger(b)) {
    const sum = fastInteger(a + b);
    if (sum !== null) return sum;
  }
  return exactNumber(combine(numberText(a), numberText(b), 1));
}

/** a − b, exact. @throws RangeError beyond 10^±10000. */
export function subtractExact(a: Numeric, b: Numeric): Numeric {
  if (typeof a === 'number' && typeof b === 'number' && Number.isSafeInteger(a) && Number.isSafeInteger(b)) {
    const difference = fastInteger(a - b);
    if (difference !== null) return difference;
  }
  return exactNumber(combine(numberText(a), numberText(b), -1));
}

/** −1, 0 or 1 by value: 1250.00 and 1250 are equal. */
export function compareExact(a: Numeric, b: Numeric): -1 | 0 | 1 {
  if (typeof a === 'number' && typeof b === 'number') return a < b ? -1 : a > b ? 1 : 0;
  return new Big(numberText(a)).cmp(numberText(b));
}

/**
 * One text for all spellings of a number: no trailing zeros, exponent only from 1e21 and below 1e-6, as JavaScript
 * prints; so 1250.00, 1250 and 1.25e3 are the same in a hash.
 */
export function canonicalNumber(value: Numeric): string {
  if (typeof value === 'number') return numberText(value);
  const { exponent } = exponentOf(value.value);
  if (!Number.isSafeInteger(exponent)) return value.value.toLowerCase();
  return new Big(value.value).toString();
}
