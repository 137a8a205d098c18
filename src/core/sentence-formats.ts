/** How a template says a value. What a format does not fit is said as it is, so that nothing gets lost or is invented. */
import type { Json } from './model.ts';
import { decimalTextOf, isJsonObject, isNumeric, numberText } from './numbers.ts';
import { groupDigits, LINE, lineOf, lowerOf, MOST_DIGITS, monthOf, wordsOf } from './sentence-details.ts';
import { formatTime, occurredMillis } from './time.ts';

/** Characters of a text with the format `long`. */
const LONG = 300;
/** A shorter id is said whole; of a longer one so many characters from each end. */
const WHOLE_ID = 12;
const ID_END = 4;
/** Names of fields that `keys` says. */
const MOST_KEYS = 4;

/** A value as it is, on one line: text without quotes, numbers with every digit that fits. */
export function plainText(value: Json, longest = LINE): string {
  if (typeof value === 'string') return lineOf(value, longest);
  if (isNumeric(value)) return clippedDigits(numberText(value));
  if (Array.isArray(value)) return `list of ${value.length}`;
  if (isJsonObject(value)) return `object of ${Object.keys(value).length}`;
  return String(value);
}

const clippedDigits = (text: string): string =>
  text.length > MOST_DIGITS ? `${text.slice(0, MOST_DIGITS)}…` : text;

const lineIn = (value: Json): string | null =>
  typeof value === 'string' || isNumeric(value) ? plainText(value) : null;

function timeText(value: Json, end: number): string | null {
  const ms = occurredMillis(value);
  if (ms === null) return null;
  const text = formatTime(ms);
  return text.endsWith('Z') ? text.slice(0, end).replace('T', ' ') : text;
}

function shortId(value: Json): string | null {
  const text = typeof value === 'string' ? value.trim() : isNumeric(value) ? numberText(value) : null;
  if (text === null || text.length <= WHOLE_ID) return text === null ? null : lineOf(text);
  const signs = [...text.slice(0, 2 * ID_END), ...text.slice(-2 * ID_END)];
  return `${lineOf(signs.slice(0, ID_END).join(''))}…${lineOf(signs.slice(-ID_END).join(''))}`;
}

/** `a, b, c, d and 1 more`: the names of an object's fields. */
export function keysText(value: Json): string | null {
  if (!isJsonObject(value)) return null;
  const keys = Object.keys(value);
  const more = keys.length > MOST_KEYS ? ` and ${keys.length - MOST_KEYS} more` : '';
  return (
    keys
      .slice(0, MOST_KEYS)
      .map((key) => lineOf(key))
      .join(', ') + more
  );
}

function countText(value: Json): string | null {
  if (Array.isArray(value)) return groupDigits(String(value.length));
  return isJsonObject(value) ? groupDigits(String(Object.keys(value).length)) : null;
}

const digitsOf = (value: Json): string | null => {
  const text = decimalTextOf(value);
  return text === null ? null : groupDigits(text);
};

interface Format {
  /** What it does, for a person who chooses it. */
  about: string;
  /** Null: the format does not fit this value. */
  say: (value: Json) => string | null;
}

const line = (say: (text: string) => string | null) => (value: Json) => {
  const text = lineIn(value);
  return text === null ? null : say(text);
};

/** The formats that take nothing but the value. */
export const FORMATS = {
  number: { about: 'digits in groups: 1 250.00', say: digitsOf },
  amount: {
    about: 'a number without its sign',
    say: (value) => digitsOf(value)?.replace(/^-/, '') ?? null,
  },
  short: { about: 'the ends of a long id: c0a8…11fe', say: shortId },
  time: { about: '2025-12-31 23:59:59.999, UTC', say: (value) => timeText(value, 23) },
  date: { about: '2025-12-31, UTC', say: (value) => timeText(value, 10) },
  month: { about: '2025-12 as December 2025', say: line(monthOf) },
  quoted: { about: '“the text”', say: line((text) => `“${text}”`) },
  lower: { about: 'lower case, _ as spaces', say: line(lowerOf) },
  words: { about: 'as lower, but abbreviations stay', say: line(wordsOf) },
  long: { about: `up to ${LONG} characters of a text`, say: (value) => plainText(value, LONG) },
  count: { about: 'how many a list or an object holds', say: countText },
  keys: { about: 'the names of an object’s fields', say: keysText },
} as const satisfies Record<string, Format>;

export type FormatName = keyof typeof FORMATS;
/** Takes a currency: `money data.currency` or `money "EUR"`. */
export const MONEY = 'money';
export const MONEY_ABOUT = 'a number with its currency';

export const isFormatName = (name: string): name is FormatName => Object.hasOwn(FORMATS, name);

/** A value in a format; as it is where the format does not fit it. */
export const formatted = (value: Json, name: FormatName | null): string =>
  (name === null ? null : FORMATS[name].say(value)) ?? plainText(value);
