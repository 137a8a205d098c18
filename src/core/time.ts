/**
 * Times as milliseconds since 1970 (UTC). Text is read by a strict reader of ISO 8601, never by Date.parse, whose
 * laxness differs between machines and assumes the local zone.
 */
import { isLosslessNumber } from 'lossless-json';
import type { Json } from './model.ts';

/** A time that cannot be read; `hint` says how to write it. */
export class TimeProblem extends Error {
  readonly hint: string;
  constructor(message: string, hint: string) {
    super(`${message}. ${hint}`);
    this.name = 'TimeProblem';
    this.hint = hint;
  }
}

const FORM_HINT =
  'Write it as 2025-12-31T23:59:59Z, with a zone such as Z or +02:00, or as milliseconds since 1970';
/** The last millisecond that a JavaScript date can hold. */
const MAX_TIME = 8.64e15;
const ISO =
  /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?(?: ?([Zz]|[+-]\d\d(?::?\d\d)?))?)?$/;

interface Instant {
  ms: number;
  zoned: boolean;
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Minutes east of UTC, or null for a zone that does not exist. */
function zoneMinutes(zone: string): number | null {
  if (zone === 'Z' || zone === 'z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = zone.length > 3 ? Number(zone.slice(-2)) : 0;
  if (hours > 23 || minutes > 59) return null;
  return (zone.charAt(0) === '-' ? -1 : 1) * (hours * 60 + minutes);
}

/** Reads ISO 8601; a fraction finer than milliseconds is cut, not rounded. Null: not ISO or no such moment. */
function readIso(text: string): Instant | null {
  const match = ISO.exec(text);
  if (match === null) return null;
  const year = Number(match[1]);
  const month = Number(match[2]);
  const day = Number(match[3]);
  const hour = Number(match[4] ?? 0);
  const minute = Number(match[5] ?? 0);
  const second = Number(match[6] ?? 0);
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return null;
  if (hour > 23 || minute > 59 || second > 59) return null;
  const fraction = match[7] === undefined ? 0 : Number(match[7].slice(0, 3).padEnd(3, '0'));
  const zone = match[8] === undefined ? 0 : zoneMinutes(match[8]);
  if (zone === null) return null;
  const date = new Date(0);
  // Date.UTC reads years below 100 as 19xx.
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second, fraction);
  return { ms: date.getTime() - zone * 60_000, zoned: match[8] !== undefined };
}

const INTEGER = /^-?\d{1,17}$/;

/**
 * Reads a time a person typed: ISO 8601 with a zone, or whole milliseconds since 1970.
 * @throws TimeProblem with a hint; a time without zone is refused, because it means another moment on every machine.
 */
export function parseTime(text: string): number {
  const trimmed = text.trim();
  if (INTEGER.test(trimmed)) {
    const ms = Number(trimmed);
    if (Math.abs(ms) <= MAX_TIME) return ms;
    throw new TimeProblem(`“${trimmed}” is beyond the last time that can be shown`, FORM_HINT);
  }
  const instant = readIso(trimmed);
  if (instant === null) throw new TimeProblem(`“${trimmed.slice(0, 60)}” is not a time`, FORM_HINT);
  if (!instant.zoned) {
    const withTime = trimmed.includes(':') ? trimmed : `${trimmed}T00:00:00`;
    throw new TimeProblem(
      `“${trimmed}” has no zone, so it is not one moment`,
      `Add Z for UTC (${withTime}Z) or an offset (${withTime}+02:00)`,
    );
  }
  return instant.ms;
}

const DIGITS = (text: string, from: number, to: number): number => {
  let value = 0;
  for (let at = from; at < to; at += 1) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
};

let cachedDay = '';
let cachedDayMs = 0;

/** `YYYY-MM-DDTHH:MM:SS[.fff…]Z` without a regular expression; the day is remembered, as neighbours share it. */
function readCommonIso(text: string): number | null {
  if (text.length < 20 || text.charCodeAt(text.length - 1) !== 0x5a || text.charCodeAt(10) !== 0x54)
    return null;
  if (text.charCodeAt(13) !== 0x3a || text.charCodeAt(16) !== 0x3a) return null;
  const day = text.slice(0, 10);
  if (day !== cachedDay) {
    const instant = readIso(day);
    if (instant === null) return null;
    cachedDay = day;
    cachedDayMs = instant.ms;
  }
  const hour = DIGITS(text, 11, 13);
  const minute = DIGITS(text, 14, 16);
  const second = DIGITS(text, 17, 19);
  let fraction = 0;
  if (text.length > 20) {
    if (text.charCodeAt(19) !== 0x2e || text.length < 22) return null;
    const end = Math.min(text.length - 1, 23);
    fraction = DIGITS(text, 20, end) * 10 ** (23 - end);
    if (text.length > 24 && Number.isNaN(DIGITS(text, 23, text.length - 1))) return null;
  }
  const ms = cachedDayMs + hour * 3_600_000 + minute * 60_000 + second * 1000 + fraction;
  return hour <= 23 && minute <= 59 && second <= 59 && !Number.isNaN(ms) ? ms : null;
}

const NUMBER_TEXT = /^(-?\d+)(?:\.(\d+))?$/;

/** Epoch number by its magnitude: seconds below 1e11, milliseconds below 1e14, microseconds below 1e17, else nanoseconds. */
function readEpoch(text: string): number | null {
  const match = NUMBER_TEXT.exec(text);
  if (match === null || match[1]!.length > 20) return null;
  const whole = BigInt(match[1]!);
  const size = whole < 0n ? -whole : whole;
  let ms: number;
  if (size < 100_000_000_000n) {
    const fraction = Number((match[2] ?? '').slice(0, 3).padEnd(3, '0'));
    ms = Number(whole) * 1000 + (match[1]!.startsWith('-') ? -fraction : fraction);
  } else if (size < 100_000_000_000_000n) ms = Number(whole);
  else if (size < 100_000_000_000_000_000n) ms = Number(whole / 1000n);
  else ms = Number(whole / 1_000_000n);
  return Math.abs(ms) <= MAX_TIME ? ms : null;
}

/**
 * The moment an event field says, or null when it says none: ISO 8601 with any fraction, or an epoch number (also as
 * text) in seconds, milliseconds, microseconds or nanoseconds by magnitude. Finer than milliseconds is cut. A text
 * without zone is read as UTC; {@link lacksZone} tells, so that the assumption can be shown.
 */
export function occurredMillis(value: Json | undefined): number | null {
  if (typeof value === 'string') return readCommonIso(value) ?? readIso(value)?.ms ?? readEpoch(value);
  if (typeof value === 'number') {
    if (Number.isInteger(value) && value >= 1e11 && value < 1e14) return value;
    return readEpoch(String(value));
  }
  if (!isLosslessNumber(value)) return null;
  // With an exponent it says the same moment as without.
  return readEpoch(/[eE]/.test(value.value) ? String(Number(value.value)) : value.value);
}

/** True for an ISO text that names no zone. */
export function lacksZone(value: Json | undefined): boolean {
  return typeof value === 'string' && readIso(value)?.zoned === false;
}

/** What was written last: the time of an event is often asked for several times in a row, and the next is near. */
const latest = { ms: Number.NaN, text: '', day: Number.NaN, date: '' };
const DAY_MS = 86_400_000;
const two = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'));

function isoText(ms: number): string {
  const day = Math.floor(ms / DAY_MS);
  if (day !== latest.day) {
    const whole = new Date(day * DAY_MS).toISOString();
    latest.date = whole.slice(0, whole.indexOf('T') + 1);
    latest.day = day;
  }
  const inDay = ms - day * DAY_MS;
  const second = Math.floor(inDay / 1000);
  const fraction = String(inDay % 1000).padStart(3, '0');
  return `${latest.date}${two[Math.floor(second / 3600)]}:${two[Math.floor(second / 60) % 60]}:${two[second % 60]}.${fraction}Z`;
}

/** ISO 8601 in UTC with milliseconds; a number no date can hold is shown as such. */
export function formatTime(ms: number): string {
  if (ms !== latest.ms) {
    const isShown = Math.abs(ms) <= MAX_TIME;
    latest.text = !isShown
      ? `${ms} ms since 1970`
      : Number.isInteger(ms) && ms > -MAX_TIME + DAY_MS
        ? isoText(ms)
        : new Date(ms).toISOString();
    latest.ms = ms;
  }
  return latest.text;
}
