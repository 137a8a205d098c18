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

/** `event_type` and `eventType` are the same name. */
function sameName(key: string): string {
  return key.replace(/([a-z\d])([A-Z])/g, '$1_$2').toLowerCase();
}

function find(data: JsonObject, names: readonly string[]): Json | undefined {
  for (const name of names) {
    for (const key of Object.keys(data)) if (sameName(key) === name && data[key] !== null) return data[key];
  }
  return undefined;
}

/** The amount that the payload is about, as exact decimal text, with the name it goes by and its key. */
export function amountIn(data: JsonObject): { text: string; key: string; name: string } | null {
  for (const name of AMOUNT_KEYS) {
    const key = Object.keys(data).find((each) => sameName(each) === name);
    const text = key === undefined ? null : decimalTextOf(data[key]);
    if (text !== null) return { text, key: name, name: key! };
  }
  return null;
}

/** More digits than anyone reads; the exact number is in the amount and in the payload. */
const MOST_DIGITS = 40;

/** `1234567.50` → `1 234 567.50` with narrow spaces; a number of more than 40 characters ends in `…`. */
export function groupDigits(text: string): string {
  if (text.length > MOST_DIGITS) return `${text.slice(0, MOST_DIGITS)}…`;
  const [whole = '', ...fraction] = text.split('.');
  const grouped = /^-?\d+$/.test(whole) ? whole.replace(/\B(?=(\d{3})+$)/g, DIGIT_SPACE) : whole;
  return [grouped, ...fraction].join('.');
}

function textIn(data: JsonObject, ...names: string[]): string | null {
  const value = find(data, names);
  if (typeof value === 'string') {
    const line = value.slice(0, 1000).replace(/\s+/g, ' ').trim();
    if (line === '') return null;
    return line.length > 60 ? `${line.slice(0, 59)}…` : line;
  }
  return value === undefined ? null : decimalTextOf(value);
}

const PERIOD = /^(\d{4})-(\d\d)$/;

/** `2025-12` → `December 2025`. */
function periodIn(data: JsonObject): string | null {
  const text = textIn(data, 'period', 'posting_period', 'for_period', 'month', 'statement_period');
  const match = text === null ? null : PERIOD.exec(text);
  const month = match === null ? undefined : MONTHS[Number(match[2]) - 1];
  return month === undefined ? text : `${month} ${match![1]}`;
}

/** `branch: "114"` and `place: "Branch 114"` both are said “at branch 114”. */
function placeIn(data: JsonObject): string | null {
  const branch = textIn(data, 'branch', 'branch_code', 'branch_id');
  if (branch !== null) return /^branch/i.test(branch) ? branch.replace(/^B/, 'b') : `branch ${branch}`;
  const place = textIn(data, 'place', 'merchant', 'location', 'store');
  return place?.replace(/^Branch /, 'branch ') ?? null;
}

/** Fields that complete the sentence, in reading order; at most three, so that it stays one line. */
export function detailsOf(data: JsonObject, typeWords: readonly string[]): string {
  const found: string[] = [];
  const say = (lead: string, text: string | null): void => {
    if (text !== null && found.length < 3) found.push(lead === '' ? text : `${lead} ${text}`);
  };
  const told = new Set(typeWords);
  say('for', periodIn(data));
  say('at', placeIn(data));
  say('from', textIn(data, 'from_account_number', 'from_account', 'from', 'sender', 'payer', 'debtor'));
  say('to', textIn(data, 'to_account_number', 'to_account', 'to', 'recipient', 'payee', 'creditor', 'buyer'));
  say('for', textIn(data, 'client_name', 'account_name', 'customer_name', 'full_name'));
  const kind = textIn(data, 'fee_type', 'suspicion_type', 'alert_type', 'report_type');
  say('', kind === null ? null : `(${kind.length < 4 ? kind : kind.toLowerCase().replaceAll('_', ' ')})`);
  const name = textIn(data, 'name', 'title', 'vaccine', 'carrier', 'method', 'channel');
  if (found.length === 0) say('', name === null ? null : `(${name})`);
  const status = textIn(data, 'new_status', 'status');
  if (status !== null && !told.has(status.toLowerCase())) say('', `(${status.toLowerCase()})`);
  const why = textIn(data, 'reason', 'description', 'reference', 'outcome', 'result', 'note');
  const text = found.join(' ');
  if (why === null || found.length >= 3) return text;
  return text === '' ? `– ${why}` : `${text} – ${why}`;
}
