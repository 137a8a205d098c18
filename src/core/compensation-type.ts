/** What a compensating event is called: the name the reducer knows for it, else the corrected type with “Reversed”. */
import type { Reducer } from './model.ts';
import { typeWords } from './sentence.ts';

/** Verbs that a reversal's name leaves out: DepositMade → DepositReversed. */
const EMPTY_VERBS: ReadonlySet<string> = new Set(['made', 'done', 'occurred', 'performed']);
const REVERSAL: ReadonlySet<string> = new Set(['reversed', 'reversal']);

/** `posted`, `posting` → `post`; `charged`, `charge` → `charg`; `deducted`, `deduction` → `deduct`. */
function stem(word: string): string {
  return word.replace(/(?:ing|ed|ion|al|er|e|s)$/, '').replace(/(.)\1$/, '$1');
}

/** True when `candidate` is the corrected type's words followed by “reversed”. */
function reverses(candidate: string, type: string): boolean {
  const words = typeWords(candidate);
  if (!REVERSAL.has(words.at(-1) ?? '')) return false;
  const subject = words.slice(0, -1).map(stem);
  const full = typeWords(type);
  const short = full.filter((word) => !EMPTY_VERBS.has(word));
  return [full, short].some(
    (own) => own.length === subject.length && own.every((word, index) => stem(word) === subject[index]),
  );
}

/** In the notation of the type: `FeeCharged` → `FeeChargedReversed`, `FEE_CHARGED` → `FEE_CHARGED_REVERSED`. */
function withSuffix(type: string): string {
  if (/^[^a-z]*[A-Z][^a-z]*$/.test(type)) return `${type}_REVERSED`;
  const separator = /[-._](?=[^-._]*$)/.exec(type)?.[0] ?? '';
  if (separator !== '' && !/[A-Z]/.test(type)) return `${type}${separator}reversed`;
  return `${type}${/^[a-z]+$/.test(type) ? '-reversed' : 'Reversed'}`;
}

/** The type to suggest for the reversal of `type`; the person may choose another. */
export function suggestType(type: string, reducer: Reducer): string {
  if (type === '') return '';
  return Object.keys(reducer.on).find((candidate) => reverses(candidate, type)) ?? withSuffix(type);
}

/** Verbs that were done: the last word (or the one before a particle) ends in -ed or is a known irregular form. */
export function soundsPast(type: string, isPast: (word: string) => boolean): boolean {
  return typeWords(type).slice(-2).some(isPast);
}
