/**
 * One readable sentence per event, from its type's name and the payload fields that matter to a person. No event type
 * is known by name: the words of the type are read (`InterestPosted`, `PAYMENT_REFUNDED`, `fee-charged`).
 */
import type { FoldContext } from './fold.ts';
import type { Json, JsonObject, StreamEvent } from './model.ts';
import { decimalTextOf, isJsonObject, negateText } from './numbers.ts';
import { amountIn, detailsOf, groupDigits, lineOf } from './sentence-details.ts';
import { keysText } from './sentence-formats.ts';
import { renderTemplate, type Template } from './sentence-template.ts';

export type Tone = 'in' | 'out' | 'neutral' | 'warn';

export interface Sentence {
  text: string;
  /** Signed exact decimal text: negative when value leaves. */
  amount?: string;
  tone: Tone;
  /** One letter for an icon. */
  letter: string;
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));

const INWARD = words(
  'deposit deposited received credited credit refunded refund waived repaid returned earned topup inflow released posted posting',
);
const OUTWARD = words(
  'withdrawal withdrawn withdrew sent charged charge deducted debited debit paid spent purchased purchase disbursed levied withheld captured fee tax payout outflow',
);
/** Verbs that speak of an amount without moving it. */
const NO_MOVE = words(
  'reported accrued requested initiated authorised authorized approved planned quoted scheduled',
);
const REVERSING = words('reversed reversal undone revoked annulled cancelled canceled');
const WARNING = words(
  'rejected failed declined fraud suspicion raised overdue arrears defaulted blocked suspended frozen breached expired disputed error overdraft violated lost tampered quarantined',
);
const CALMING = words('cleared resolved unblocked unfrozen lifted');
/** Verbs that say nothing the noun does not say. */
const EMPTY_VERBS = words('made done occurred happened performed');

/** A type is a name; what is longer is an attack on whoever reads it. */
const LONGEST_TYPE = 200;

/** `SavingsAccountOpened`, `ACCOUNT_OPENED`, `account.opened` → lower-case words. Abbreviations stay together. */
export function typeWords(type: string): string[] {
  return type
    .slice(0, LONGEST_TYPE)
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')
    .map((word) => word.toLowerCase());
}

/** The words of a type without the reverse domain name that CloudEvents types start with. */
function sayableWords(type: string): string[] {
  const parts = type.slice(0, LONGEST_TYPE).split('.');
  return typeWords(parts.length > 2 ? parts.slice(-2).join('.') : type);
}

const IRREGULAR = words(
  'made sent paid done withdrawn held lost found given taken sold bought spent fell undone frozen withdrew begun written driven known',
);

export function isPastVerb(word: string): boolean {
  return word.endsWith('ed') || IRREGULAR.has(word);
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function toneOf(all: readonly string[], amount: string | null): Tone {
  const has = (set: ReadonlySet<string>): boolean => all.some((word) => set.has(word));
  if (has(CALMING)) return 'neutral';
  if (has(WARNING)) return 'warn';
  if (amount === null) return has(REVERSING) ? 'warn' : 'neutral';
  // A waived fee comes back although a fee goes out: the verb, which is last, decides.
  let tone = 'neutral' as Tone;
  for (const word of all) {
    if (NO_MOVE.has(word)) tone = 'neutral';
    else if (word.startsWith('post') && tone !== 'neutral') continue;
    else if (INWARD.has(word)) tone = 'in';
    else if (OUTWARD.has(word)) tone = 'out';
  }
  if (has(REVERSING)) return tone === 'in' ? 'out' : tone === 'out' ? 'in' : 'warn';
  return tone;
}

/** Direction by the sign of the amount itself, where the words say one thing and a negative amount another. */
function signed(amount: string, tone: Tone): { amount: string; tone: Tone } {
  if (!amount.startsWith('-')) return { amount: tone === 'out' ? negateText(amount) : amount, tone };
  if (tone === 'out' || tone === 'neutral') return { amount, tone: tone === 'neutral' ? 'out' : tone };
  return { amount, tone: tone === 'in' ? 'out' : tone };
}

/** What a type says without a payload. Of a verb that says nothing the noun does not say there is none. */
export interface Wording {
  all: readonly string[];
  noun: string;
  verb: string;
  rest: string;
}

/** Types that were met are kept: a log has few. */
const KEPT_TYPES = 1024;
const wordings = new Map<string, Wording>();

export function wordingOf(type: string): Wording {
  const known = wordings.get(type);
  if (known !== undefined) return known;
  const all = sayableWords(type);
  const verbAt = all.findLastIndex(isPastVerb);
  const wording = {
    all,
    noun: (verbAt <= 0 ? all : all.slice(0, verbAt)).join(' ') || lineOf(type) || 'Event',
    verb: verbAt <= 0 || EMPTY_VERBS.has(all[verbAt]!) ? '' : all[verbAt]!,
    rest: verbAt <= 0 ? '' : all.slice(verbAt + 1).join(' '),
  };
  if (wordings.size >= KEPT_TYPES) wordings.clear();
  if (type.length <= LONGEST_TYPE) wordings.set(type, wording);
  return wording;
}

function textOf(type: string, data: JsonObject): string {
  const { all, noun, verb, rest } = wordingOf(type);
  const amount = amountIn(data);
  const parts = [capital(noun)];
  const priced = amount?.key === 'price';
  const digits = amount === null ? '' : groupDigits(amount.text.replace(/^-/, ''));
  if (amount !== null && !priced) parts.push(`of ${digits}`);
  if (verb !== '') parts.push(verb);
  if (rest !== '') parts.push(rest);
  if (priced) parts.push(`for ${digits}`);
  let text = parts.join(' ');
  for (const { before, text: said, after } of detailsOf(data, all)) text += before + said + after;
  return text;
}

/** What stands beside the text: it does not change with the words that a person chooses. */
function looksOf(type: string, data: JsonObject): Omit<Sentence, 'text'> {
  const { all, noun } = wordingOf(type);
  const amount = amountIn(data);
  const tone = toneOf(all, amount?.text ?? null);
  const letter = capital(noun.charAt(0) || '?');
  return amount === null ? { tone, letter } : { letter, ...signed(amount.text, tone) };
}

function plainText(data: Json): string {
  if (isJsonObject(data)) {
    const keys = keysText(data);
    return keys === '' ? 'Empty object' : `Value with ${keys}`;
  }
  if (Array.isArray(data)) return `List of ${data.length}`;
  const text = decimalTextOf(data) ?? JSON.stringify(data);
  return `Value ${text.length > 60 ? `${text.slice(0, 60)}…` : text}`;
}

/**
 * One sentence for any event or record, the same for the same input.
 * @param template the words that a person chose for events of this kind; null: those that its name and fields give
 */
export function sentenceOf(
  event: StreamEvent,
  template: Template | null = null,
  context: FoldContext = {},
): Sentence {
  const { kind, type, data } = event;
  switch (kind) {
    case 'tombstone':
      return { text: 'Tombstone: the key was erased', tone: 'warn', letter: '∅' };
    case 'undecodable':
      return { text: 'Record that cannot be decoded', tone: 'warn', letter: '!' };
    case 'control':
      return { text: 'Transaction marker', tone: 'neutral', letter: 'T' };
    default: {
      const fields = isJsonObject(data) ? data : {};
      const own = template === null ? null : renderTemplate(template, event, context);
      if (type === '') return { text: own ?? plainText(data), tone: 'neutral', letter: 'P' };
      return { text: own ?? textOf(type, fields), ...looksOf(type, fields) };
    }
  }
}
