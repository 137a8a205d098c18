/** The everyday form of a time, read from its bytes. */
import { occurredMillis } from './time.ts';

function digits(bytes: Uint8Array, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at += 1) {
    const digit = bytes[at]! - 48;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

/** Neighbours share their day. */
let cachedDay = -1;
let cachedDayMs = 0;

/**
 * `YYYY-MM-DDTHH:MM:SS[.fff…]Z` as {@link occurredMillis} reads it, in milliseconds; null: of another form, or no such
 * moment, which is for that function to say.
 */
export function millisOfBytes(bytes: Uint8Array, start: number, end: number): number | null {
  if (end - start < 20 || bytes[end - 1] !== 0x5a || bytes[start + 10] !== 0x54) return null;
  if (bytes[start + 13] !== 0x3a || bytes[start + 16] !== 0x3a) return null;
  if (bytes[start + 4] !== 0x2d || bytes[start + 7] !== 0x2d) return null;
  const year = digits(bytes, start, start + 4);
  const month = digits(bytes, start + 5, start + 7);
  const date = digits(bytes, start + 8, start + 10);
  const day = (year * 100 + month) * 100 + date;
  if (Number.isNaN(day)) return null;
  if (day !== cachedDay) {
    const two = (value: number) => String(value).padStart(2, '0');
    const ms = occurredMillis(`${String(year).padStart(4, '0')}-${two(month)}-${two(date)}`);
    if (ms === null) return null;
    cachedDay = day;
    cachedDayMs = ms;
  }
  const hour = digits(bytes, start + 11, start + 13);
  const minute = digits(bytes, start + 14, start + 16);
  const second = digits(bytes, start + 17, start + 19);
  let fraction = 0;
  if (end - start > 20) {
    if (bytes[start + 19] !== 0x2e || end - start < 22) return null;
    const last = Math.min(end - 1, start + 23);
    fraction = digits(bytes, start + 20, last) * 10 ** (start + 23 - last);
    if (end - start > 24 && Number.isNaN(digits(bytes, start + 23, end - 1))) return null;
  }
  const ms = cachedDayMs + hour * 3_600_000 + minute * 60_000 + second * 1000 + fraction;
  return hour <= 23 && minute <= 59 && second <= 59 && !Number.isNaN(ms) ? ms : null;
}
