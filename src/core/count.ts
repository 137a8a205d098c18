/** How counts are written everywhere: in groups of three, exactly. */

/** A space that neither breaks a line nor is as wide as a word space. */
const THIN = '\u202f';
const MINUS = '\u2212';

/** Digits in groups: `1 203 114`. */
export const groupDigits = (digits: string): string => digits.replace(/\B(?=(\d{3})+$)/g, THIN);

/** A count: `1 203 114`. Takes decimal text of any length as well (offsets); other text is left as it is. */
export function formatCount(value: number | bigint | string): string {
  const text = String(value);
  if (!/^-?\d+$/.test(text)) return text;
  return text.startsWith('-') ? MINUS + groupDigits(text.slice(1)) : groupDigits(text);
}

/** `1 event`, `412 events`. */
export function plural(count: number | bigint | string, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${String(count) === '1' ? one : many}`;
}
