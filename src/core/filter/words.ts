/**
 * Words, as the full-text index and `match` understand them: runs of letters, digits and their accents, upper and lower
 * case aside. One definition for both, so that what the index leaves out cannot be a match.
 */

const WORD = /[\p{L}\p{N}\p{M}]+/gu;
const WORD_CHARACTER = /^[\p{L}\p{N}\p{M}]$/u;
const ASCII_WORD = /[A-Za-z0-9]+/g;
const ASCII_ONLY = /^[ -~\s]*$/;

/** Lower case, the same wherever a letter stands: JavaScript writes a last sigma as another letter. */
export function fold(text: string): string {
  const lower = text.toLowerCase();
  return ASCII_ONLY.test(lower) ? lower : lower.replaceAll('ς', 'σ');
}

const split = (folded: string): string[] => folded.match(ASCII_ONLY.test(folded) ? ASCII_WORD : WORD) ?? [];

/** The words of a text in order, folded. */
export const wordsOf = (text: string): string[] => split(fold(text));

/** True when a word could go on beyond the first or last character of a text. */
export function opensInWord(text: string, end: 'first' | 'last'): boolean {
  const folded = fold(text);
  const characters = end === 'first' ? [...folded.slice(0, 2)] : [...folded.slice(-2)];
  const character = end === 'first' ? characters[0] : characters.at(-1);
  return character !== undefined && WORD_CHARACTER.test(character);
}

/** True when the words (folded) stand one after the other in the text. */
export function holdsWords(text: string, words: readonly string[]): boolean {
  const folded = fold(text);
  // Most texts lack a word altogether, which a look at the folded text tells without splitting it.
  for (const word of words) if (!folded.includes(word)) return false;
  const all = split(folded);
  for (let from = 0; from + words.length <= all.length; from += 1) {
    let at = 0;
    while (at < words.length && all[from + at] === words[at]) at += 1;
    if (at === words.length) return true;
  }
  return false;
}
