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

  find(names: readonly string[]): Json | undefined {
    for (const name of names) {
      const key = this.#keys.get(name);
      if (key !== undefined) return this.#data[key];
    }
    return undefined;
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
const MOST_DIGITS = 40;

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

function textIn(fields: Fields, ...names: string[]): string | null {
  const value = fields.find(names);
  if (typeof value === 'string') {
    const line = value.slice(0, 1000).replace(/\s+/g, ' ').trim();
    if (line === '') return null;
    return line.length > 60 ? `${line.slice(0, 59)}…` : line;
  }
  return value === undefined ? null : decimalTextOf(value);
}

const PERIOD = /^(\d{4})-(\d\d)$/;

/** `2025-12` → `December 2025`. */
function periodIn(fields: Fields): string | null {
  const text = textIn(fields, 'period', 'posting_period', 'for_period', 'month', 'statement_period');
  const match = text === null ? null : PERIOD.exec(text);
  const month = match === null ? undefined : MONTHS[Number(match[2]) - 1];
  return month === undefined ? text : `${month} ${match![1]}`;
}

/** `branch: "114"` and `place: "Branch 114"` both are said “at branch 114”. */
function placeIn(fields: Fields): string | null {
  const branch = textIn(fields, 'branch', 'branch_code', 'branch_id');
  if (branch !== null) return /^branch/i.test(branch) ? branch.replace(/^B/, 'b') : `branch ${branch}`;
  const place = textIn(fields, 'place', 'merchant', 'location', 'store');
  return place?.replace(/^Branch /, 'branch ') ?? null;
}

/** Fields that complete the sentence, in reading order; at most three, so that it stays one line. */
export function detailsOf(data: JsonObject, typeWords: readonly string[]): string {
  const found: string[] = [];
  const say = (lead: string, text: string | null): void => {
    if (text !== null && found.length < 3) found.push(lead === '' ? text : `${lead} ${text}`);
  };
  const fields = new Fields(data);
  const told = new Set(typeWords);
  say('for', periodIn(fields));
  say('at', placeIn(fields));
  say('from', textIn(fields, 'from_account_number', 'from_account', 'from', 'sender', 'payer', 'debtor'));
  say(
    'to',
    textIn(fields, 'to_account_number', 'to_account', 'to', 'recipient', 'payee', 'creditor', 'buyer'),
  );
  say('for', textIn(fields, 'client_name', 'account_name', 'customer_name', 'full_name'));
  const kind = textIn(fields, 'fee_type', 'suspicion_type', 'alert_type', 'report_type');
  say('', kind === null ? null : `(${kind.length < 4 ? kind : kind.toLowerCase().replaceAll('_', ' ')})`);
  const name = textIn(fields, 'name', 'title', 'vaccine', 'carrier', 'method', 'channel');
  if (found.length === 0) say('', name === null ? null : `(${name})`);
  const status = textIn(fields, 'new_status', 'status');
  if (status !== null && !told.has(status.toLowerCase())) say('', `(${status.toLowerCase()})`);
  const why = textIn(fields, 'reason', 'description', 'reference', 'outcome', 'result', 'note');
  const text = found.join(' ');
  if (why === null || found.length >= 3) return text;
  return text === '' ? `– ${why}` : `${text} – ${why}`;
}
