/**
 * Exact numbers: integers of any size and decimals as their text, never as floats.
 * Arithmetic is big.js; the result keeps as many decimal places as the operand with the most (10.00 + 5.00 = 15.00).
 */
import Big from 'big.js';
import { LosslessNumber } from 'lossless-json';
import type { Json, JsonObject } from './model.ts';

export type Numeric = number | LosslessNumber;

/** Beyond this power of ten, exact addition would need more digits than a state should hold. */
const MAX_EXPONENT = 10_000;
const DECIMAL_TEXT = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;
const NUMBER_PARTS = /^-?\d+(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

export function isNumeric(value: unknown): value is Numeric {
  return typeof value === 'number' || value instanceof LosslessNumber;
}

/** An object of JSON keys: not null, not an array, not a number that is kept as text. */
export function isJsonObject(value: unknown): value is JsonObject {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof LosslessNumber)
  );
}

/** The number exactly as it stands in JSON. Refuses NaN and infinities, which JSON cannot say. */
export function numberText(value: Numeric): string {
  if (typeof value !== 'number') return value.value;
  if (!Number.isFinite(value)) throw new RangeError(`${value} is not a number that JSON can hold`);
  return String(value);
}

/**
 * Up to 15 significant digits without an exponent survive a double; what prints otherwise all the same is a fraction
 * that ends in zero, one below 0.00001, and minus zero.
 */
const SURVIVES = /^(?!-0(?:\.0*)?$)(?!-?0\.0000)-?(?=[\d.]{1,15}$)(?:0|[1-9]\d*)(?:\.\d*[1-9])?$/;

/** A JSON number from its text: a JS number when that prints the same text, else a LosslessNumber. */
export function exactNumber(text: string): Numeric {
  if (SURVIVES.test(text)) return Number(text);
  if (text.endsWith('0') && text.includes('.')) return new LosslessNumber(text);
  const number = Number(text);
  return String(number) === text ? number : new LosslessNumber(text);
}

/** True for text such as `61.76` or `-3`: systems that distrust floats send amounts as strings. */
export function isDecimalText(value: unknown): value is string {
  return typeof value === 'string' && (readSmall(value) || DECIMAL_TEXT.test(value));
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

/** Digits that a whole number of JavaScript holds for certain. */
const SAFE_DIGITS = 15;
const ZERO = 48;
const POINT = 46;
const MINUS = 45;

/** What {@link readSmall} has read: a number without its point, and how many digits stood behind that. */
const small = { value: 0, places: 0, digits: 0 };

/** Reads a plain decimal of everyday size into {@link small}; false: the text is not of that kind. */
function readSmall(text: string): boolean {
  const { length } = text;
  const first = text.charCodeAt(0) === MINUS ? 1 : 0;
  let value = 0;
  let digits = 0;
  let point = -1;
  for (let at = first; at < length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === POINT && point === -1) point = at;
    else if (code >= ZERO && code < ZERO + 10) {
      value = value * 10 + (code - ZERO);
      digits += 1;
    } else return false;
  }
  if (digits === 0 || digits > SAFE_DIGITS || point === first || point === length - 1) return false;
  // JSON has no numbers such as 007.
  if (text.charCodeAt(first) === ZERO && length > first + 1 && point !== first + 1) return false;
  small.value = first === 1 ? -value : value;
  small.places = point === -1 ? 0 : length - point - 1;
  small.digits = digits;
  return true;
}

/** More decimal places than these are left to the text: none prints with an exponent. */
const MOST_PLACES = 6;
const POWERS = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000];
const SAFE_LIMIT = 10 ** SAFE_DIGITS;

/**
 * Decimal places of the text that JavaScript prints for a number; −1: they have to be counted there. Of decimals with up
 * to 15 digits no two are the same double, so the first that gives the number back is the one that is printed.
 */
function placesOf(value: number): number {
  for (let places = 0; places <= MOST_PLACES; places += 1) {
    const power = POWERS[places]!;
    const scaled = Math.round(value * power);
    if (scaled >= SAFE_LIMIT || scaled <= -SAFE_LIMIT) return -1;
    if (scaled / power === value) return places;
  }
  return -1;
}

/** Reads a number, or decimal text, into {@link small}; false: the value is neither, or not of everyday size. */
function readNumber(value: Json): boolean {
  if (typeof value === 'string') return readSmall(value);
  if (typeof value !== 'number') return value instanceof LosslessNumber && readSmall(value.value);
  const places = placesOf(value);
  if (places === -1) return false;
  // Never −0, which prints as 0.
  small.value = Math.round(value * POWERS[places]!) + 0;
  small.places = places;
  return true;
}

/** A decimal as JavaScript's number that is nearest to it, and the decimal places that are written. */
export interface SmallDecimal {
  number: number;
  places: number;
}

/** Reads a number, or decimal text, of everyday size; false: the value is neither, or not of that kind. */
export function readSmallDecimal(value: Json, into: SmallDecimal): boolean {
  if (typeof value === 'number') {
    into.number = value + 0;
    into.places = placesOf(value);
    return into.places !== -1;
  }
  if (!readNumber(value) || small.places > MOST_PLACES) return false;
  // Both are exact, so that the quotient is what the text is read as.
  into.number = small.value / POWERS[small.places]! + 0;
  into.places = small.places;
  return true;
}

/**
 * a + b or a − b as {@link addExact} and {@link subtractExact} give it, for numbers and decimal texts of everyday size. Null:
 * one of them is not of that kind.
 */
export function combineSmall(a: Json, b: Json, sign: 1 | -1): Numeric | null {
  if (!readNumber(a)) return null;
  const { value: left, places: leftPlaces } = small;
  if (!readNumber(b)) return null;
  const { value: right, places: rightPlaces } = small;
  const places = Math.max(leftPlaces, rightPlaces);
  if (places > MOST_PLACES) return null;
  const power = POWERS[places]!;
  const [from, to] = [left * POWERS[places - leftPlaces]!, right * POWERS[places - rightPlaces]!];
  if (Math.abs(from) >= SAFE_LIMIT || Math.abs(to) >= SAFE_LIMIT) return null;
  const sum = from + sign * to;
  if (Math.abs(sum) >= SAFE_LIMIT) return null;
  if (places === 0) return sum + 0;
  // JavaScript prints no zero at the end of a fraction.
  return sum % 10 === 0 ? new LosslessNumber(placed(sum, places)) : sum / power;
}

/** The text of a whole number with a point before its last digits. */
function placed(value: number, places: number): string {
  const digits = String(Math.abs(value)).padStart(places + 1, '0');
  const whole = digits.length - places;
  return `${value < 0 ? '-' : ''}${digits.slice(0, whole)}.${digits.slice(whole)}`;
}

/** Amounts of everyday size as text, without big.js. Null: not of that kind. */
function combineSmallTexts(a: string, b: string, sign: 1 | -1): string | null {
  if (!readSmall(a)) return null;
  const { value: left, places: leftPlaces, digits: leftDigits } = small;
  if (!readSmall(b)) return null;
  const { value: right, places: rightPlaces, digits: rightDigits } = small;
  const places = Math.max(leftPlaces, rightPlaces);
  const moreDigits = Math.max(leftDigits + places - leftPlaces, rightDigits + places - rightPlaces);
  if (moreDigits > SAFE_DIGITS) return null;
  const sum = left * 10 ** (places - leftPlaces) + sign * right * 10 ** (places - rightPlaces);
  return places === 0 ? String(sum + 0) : placed(sum, places);
}

function combine(a: string, b: string, sign: 1 | -1): string {
  const small = combineSmallTexts(a, b, sign);
  if (small !== null) return small;
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

/** a + b as a number, exact; either may be decimal text. @throws RangeError for other text, and beyond 10^±10000. */
export function addExact(a: Numeric | string, b: Numeric | string): Numeric {
  return combineSmall(a, b, 1) ?? exactNumber(combine(textOf(a), textOf(b), 1));
}

/** a − b as a number, exact; either may be decimal text. @throws RangeError for other text, and beyond 10^±10000. */
export function subtractExact(a: Numeric | string, b: Numeric | string): Numeric {
  return combineSmall(a, b, -1) ?? exactNumber(combine(textOf(a), textOf(b), -1));
}

const textOf = (value: Numeric | string): string => (typeof value === 'string' ? value : numberText(value));

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
