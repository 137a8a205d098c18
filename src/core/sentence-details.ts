/** The fields of a payload that belong into a sentence, and how they are said. */
import type { Json, JsonObject } from './model.ts';
import { decimalTextOf } from './numbers.ts';

/** Between groups of digits: narrow, and never a place to break the line. */
export const DIGIT_SPACE = '\u202f';

const AMOUNT_KEYS = [
  'amount',
  'total',
  'price',
  'valuation',
  'value',
  'principal',
  'transaction_amount',
  'total_amount',
];
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

/** Names of keys that were met are kept: the same few come again with every event. */
const KEPT_NAMES = 4096;
const LONGEST_KEPT = 100;
const nameOf = new Map<string, string>();

/** `event_type` and `eventType` are the same name. */
function sameName(key: string): string {
  const known = nameOf.get(key);
  if (known !== undefined) return known;
  const name = key.replace(/([a-z\d])([A-Z])/g, '$1_$2').toLowerCase();
  if (nameOf.size >= KEPT_NAMES) nameOf.clear();
  if (key.length <= LONGEST_KEPT) nameOf.set(key, name);
  return name;
}

/** The first key of each name; with `filled`, the first that is not null. */
function keysByName(data: JsonObject, filled: boolean): ReadonlyMap<string, string> {
  const keys = new Map<string, string>();
  for (const key of Object.keys(data)) {
    const name = sameName(key);
    if (!keys.has(name) && !(filled && data[key] === null)) keys.set(name, key);
  }
  return keys;
}

/** A payload's fields by their names. */
class Fields {
  readonly #data: JsonObject;
  readonly #keys: ReadonlyMap<string, string>;

  constructor(data: JsonObject) {
    this.#data = data;
    this.#keys = keysByName(data, true);
  }

  /** The first of these that there is, with the key it has. */
  find(names: readonly string[]): { key: string; value: Json } | null {
    for (const name of names) {
      const key = this.#keys.get(name);
      if (key !== undefined) return { key, value: this.#data[key]! };
    }
    return null;
  }
}

/** The amount that the payload is about, as exact decimal text, with the name it goes by and its key. */
export function amountIn(data: JsonObject): { text: string; key: string; name: string } | null {
  const keys = keysByName(data, false);
  for (const name of AMOUNT_KEYS) {
    const key = keys.get(name);
    const text = key === undefined ? null : decimalTextOf(data[key]);
    if (text !== null) return { text, key: name, name: key! };
  }
  return null;
}

/** More digits than anyone reads; the exact number is in the amount and in the payload. */
export const MOST_DIGITS = 40;

const WHOLE = /^-?\d+$/;

/** Digits, perhaps behind a minus, in groups of three from the right. */
function inThrees(digits: string): string {
  const first = digits.startsWith('-') ? 1 : 0;
  let end = digits.length;
  let grouped = '';
  for (; end - first > 3; end -= 3) grouped = DIGIT_SPACE + digits.slice(end - 3, end) + grouped;
  return digits.slice(0, end) + grouped;
}

/** `1234567.50` → `1 234 567.50` with narrow spaces; a number of more than 40 characters ends in `…`. */
export function groupDigits(text: string): string {
  if (text.length > MOST_DIGITS) return `${text.slice(0, MOST_DIGITS)}…`;
  const [whole = '', ...fraction] = text.split('.');
  const grouped = WHOLE.test(whole) ? inThrees(whole) : whole;
  return fraction.length === 0 ? grouped : [grouped, ...fraction].join('.');
}

/** Characters of a text that a sentence says, unless it is asked for more. */
export const LINE = 60;
/** A text longer than this is looked at no further. Characters. */
const LOOKED_AT = 1000;

/** A text on one line; the rest of a longer one is `…`. */
export function lineOf(text: string, longest = LINE): string {
  const line = text.slice(0, LOOKED_AT).replace(/\s+/g, ' ').trim();
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
}

const PERIOD = /^(\d{4})-(\d\d)$/;

/** `2025-12` → `December 2025`; null: it is no month. */
export function monthOf(text: string): string | null {
  const match = PERIOD.exec(text);
  const month = match === null ? undefined : MONTHS[Number(match[2]) - 1];
  return month === undefined ? null : `${month} ${match![1]}`;
}

/** `PENDING_REVIEW` → `pending review`. */
export const lowerOf = (text: string): string => text.toLowerCase().replaceAll('_', ' ');

/** As {@link lowerOf}, but what has up to three letters is an abbreviation and stays. */
export const wordsOf = (text: string): string => (text.length < 4 ? text : lowerOf(text));

/** How the text of a slot is said; the names are those of the formats of templates. */
type Said = 'plain' | 'month' | 'words' | 'lower';

/** A place in the sentence that the first of some fields fills. */
interface Slot {
  names: readonly string[];
  before: string;
  after?: string;
  said?: Said;
  /** A text that begins so itself is said without that word: `branch: "Branch 114"`. */
  own?: RegExp;
  /** else: the slot before is empty. only: all before are. untold: the type does not say it already. */
  when?: 'else' | 'only' | 'untold';
}

const names = (text: string): readonly string[] => text.split(' ');

/** In reading order. */
const SLOTS: readonly Slot[] = [
  {
    names: names('period posting_period for_period month statement_period'),
    before: ' for ',
    said: 'month',
  },
  { names: names('branch branch_code branch_id'), before: ' at branch ', own: /^branch/i },
  { names: names('place merchant location store'), before: ' at ', own: /^Branch /, when: 'else' },
  { names: names('from_account_number from_account from sender payer debtor'), before: ' from ' },
  { names: names('to_account_number to_account to recipient payee creditor buyer'), before: ' to ' },
  { names: names('client_name account_name customer_name full_name'), before: ' for ' },
  {
    names: names('fee_type suspicion_type alert_type report_type'),
    before: ' (',
    after: ')',
    said: 'words',
  },
  {
    names: names('name title vaccine carrier method channel'),
    before: ' (',
    after: ')',
    when: 'only',
  },
  { names: names('new_status status'), before: ' (', after: ')', said: 'lower', when: 'untold' },
  {
    names: names('reason description reference outcome result note'),
    before: ' – ',
  },
];

/** More would not stay on one line. */
const MOST_DETAILS = 3;

/** A part of a sentence, and the field it is from. */
export interface Detail {
  /** Its place in the reading order. */
  slot: number;
  key: string;
  before: string;
  text: string;
  after: string;
  said: Said;
}

function said(text: string, how: Said): string {
  if (how === 'month') return monthOf(text) ?? text;
  if (how === 'lower') return lowerOf(text);
  return how === 'words' ? wordsOf(text) : text;
}

function detailIn(fields: Fields, slot: number): Detail | null {
  const { names: asked, before, after = '', said: how = 'plain', own } = SLOTS[slot]!;
  const found = fields.find(asked);
  const text = found === null ? null : textOf(found.value);
  if (text === null) return null;
  const isOwn = own?.test(text) === true;
  const { key } = found!;
  if (isOwn) return { slot, key, before: ' at ', text: text.replace(/^B/, 'b'), after, said: 'lower' };
  return { slot, key, before, text: said(text, how), after, said: how };
}

function textOf(value: Json): string | null {
  if (typeof value !== 'string') return decimalTextOf(value);
  const line = lineOf(value);
  return line === '' ? null : line;
}

/** Fields that complete the sentence, in reading order; at most three, so that it stays one line. */
export function detailsOf(data: JsonObject, typeWords: readonly string[]): Detail[] {
  const found: Detail[] = [];
  const fields = new Fields(data);
  let isFilled = false;
  for (const [at, { when }] of SLOTS.entries()) {
    if (found.length === MOST_DETAILS) break;
    const isTaken: boolean = (when === 'else' && isFilled) || (when === 'only' && found.length > 0);
    const detail: Detail | null = isTaken ? null : detailIn(fields, at);
    isFilled = detail !== null;
    if (detail === null || (when === 'untold' && typeWords.includes(detail.text))) continue;
    found.push(detail);
  }
  return found;
}
