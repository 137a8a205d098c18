/** How numbers, times and sizes are written. Every number is exact; the words "about" stand where one is not. */
import { formatCount, groupDigits } from '../../core/count.ts';

export { formatCount, plural } from '../../core/count.ts';

const MINUS = '\u2212';

/** A decimal exactly as its text says, with the whole part grouped: `14 820.55`. Exponents are left as they are. */
export function formatDecimal(text: string): string {
  const parts = /^(-?)(\d+)(\.\d+)?$/.exec(text);
  if (parts === null) return text;
  return `${parts[1] === '-' ? MINUS : ''}${groupDigits(parts[2]!)}${parts[3] ?? ''}`;
}

/** Whole numbers of so many digits are grouped: shorter ones may be years, longer ones are ids and clocks. */
const GROUPED_WHOLE = /^-?\d{5,9}$/;
/** Beyond what any amount has, digits are more often those of a key. */
const GROUPED_FRACTION = /^-?\d{1,15}\.\d+$/;

/** A number of a state or a payload, every digit as it is: amounts are grouped, years and ids are not. */
export function formatNumber(text: string): string {
  if (GROUPED_WHOLE.test(text) || GROUPED_FRACTION.test(text)) return formatDecimal(text);
  return text.replace(/^-/, MINUS);
}

/** A difference or amount with its sign: `+61.76`, `−4.50`. */
export function formatSigned(text: string): string {
  const decimal = formatDecimal(text.replace(/^\+/, ''));
  return decimal.startsWith(MINUS) || /^[0.]+$/.test(text) ? decimal : `+${decimal}`;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (n: number): string => String(n).padStart(2, '0');

/** `02:00:04.117` in UTC; `precision` s leaves the milliseconds out, min the seconds too. */
export function formatClock(ms: number, precision: 'ms' | 's' | 'min' = 'ms'): string {
  const date = new Date(ms);
  const minutes = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;
  if (precision === 'min') return minutes;
  const seconds = `${minutes}:${two(date.getUTCSeconds())}`;
  return precision === 's' ? seconds : `${seconds}.${String(date.getUTCMilliseconds()).padStart(3, '0')}`;
}

/** `31 Dec 2025` in UTC. */
export function formatDay(ms: number): string {
  const date = new Date(ms);
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
}

/** `31 Dec 2025 02:00:04.117` in UTC. */
export function formatTime(ms: number, precision: 'ms' | 's' | 'min' = 'ms'): string {
  return `${formatDay(ms)} ${formatClock(ms, precision)}`;
}

/** `2025-12-31T02:00:04.117Z`: for copying and for the address. */
export function formatIso(ms: number): string {
  return new Date(ms).toISOString();
}

/** A label of a time axis, as short as the span allows. */
export function formatTick(ms: number, spanMs: number): string {
  const date = new Date(ms);
  if (spanMs > 400 * DAY) return `${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
  if (spanMs > 3 * DAY) return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`;
  if (spanMs > 5 * MINUTE) return formatClock(ms, 'min');
  return formatClock(ms, spanMs > 5 * SECOND ? 's' : 'ms');
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const AGES: readonly (readonly [string, number])[] = [
  ['year', 365.25 * DAY],
  ['month', 30.44 * DAY],
  ['day', DAY],
  ['h', HOUR],
  ['min', MINUTE],
  ['s', SECOND],
];

/** A span as help for the eye, in its largest unit: `10 months`, `4 s`; below a second `now`. */
export function formatSpan(ms: number): string {
  const span = Math.abs(ms);
  for (const [unit, size] of AGES) {
    if (span < size) continue;
    const count = Math.floor(span / size);
    const isWord = unit.length > 3 || unit === 'day';
    return isWord && count !== 1 ? `${count} ${unit}s` : `${count} ${unit}`;
  }
  return 'now';
}

/** `4 s ago`, `in 2 days`, `now`. */
export function formatAge(ms: number, now: number): string {
  const span = formatSpan(now - ms);
  if (span === 'now') return span;
  return ms <= now ? `${span} ago` : `in ${span}`;
}

/** How long something took or will take: `0.6 ms`, `41 ms`, `9 s`, `2 min 5 s`, `7 days`. */
export function formatDuration(ms: number): string {
  if (ms < 10) return `${Number(ms.toFixed(1))} ms`;
  if (ms < SECOND) return `${Math.round(ms)} ms`;
  if (ms < 10 * SECOND) return `${Number((ms / SECOND).toFixed(1))} s`;
  const seconds = Math.round(ms / SECOND);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return joined(Math.floor(seconds / 60), 'min', seconds % 60, 's');
  if (seconds < 86_400)
    return joined(Math.floor(seconds / 3600), 'h', Math.floor((seconds % 3600) / 60), 'min');
  const days = Math.floor(seconds / 86_400);
  return joined(days, days === 1 ? 'day' : 'days', Math.floor((seconds % 86_400) / 3600), 'h');
}

/** Remaining time of something that goes on. */
export const formatLeft = (ms: number): string =>
  ms < SECOND ? 'under 1 s left' : `${formatDuration(ms)} left`;

const joined = (large: number, unit: string, small: number, smallUnit: string): string =>
  small === 0 ? `${formatCount(large)} ${unit}` : `${formatCount(large)} ${unit} ${small} ${smallUnit}`;

/** `214 bytes`, `1.2 MB`: decimal units, exact below a kilobyte. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return bytes === 1 ? '1 byte' : `${bytes} bytes`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** `284 310/s`; below ten with one decimal place. */
export function formatRate(perSecond: number): string {
  return `${perSecond < 10 ? Number(perSecond.toFixed(1)) : formatCount(Math.round(perSecond))}/s`;
}
