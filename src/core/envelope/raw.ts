/**
 * Text of a part of a JSON document exactly as it was written. The document must be valid JSON. Scanned by hand: a
 * regular expression for strings runs out of stack on values of some megabytes.
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;
}

/** The position after the string that starts at `at`. */
function afterString(text: string, at: number): number {
  let end = text.indexOf('"', at + 1);
  while (end !== -1) {
    let escapes = 0;
    while (text.charCodeAt(end - 1 - escapes) === BACKSLASH) escapes += 1;
    if (escapes % 2 === 0) return end + 1;
    end = text.indexOf('"', end + 1);
  }
  return text.length;
}

function skipSpace(text: string, at: number): number {
  let next = at;
  while (isSpace(text.charCodeAt(next))) next += 1;
  return next;
}

/** The position after the value that starts at `at`, without white space that follows it. */
function afterValue(text: string, at: number): number {
  let depth = 0;
  let next = at;
  while (next < text.length) {
    const code = text.charCodeAt(next);
    if (code === QUOTE) next = afterString(text, next);
    else if (code === 0x7b || code === 0x5b) {
      depth += 1;
      next += 1;
    } else if (code === 0x7d || code === 0x5d) {
      if (depth === 0) return next;
      depth -= 1;
      next += 1;
    } else if (depth === 0 && (code === 0x2c || isSpace(code))) return next;
    else {
      next += 1;
      continue;
    }
    if (depth === 0) return next;
  }
  return next;
}

/** The text of the value of a top-level key (the last one, should it be repeated); null when there is none. */
export function rawMember(text: string, key: string): string | null {
  let at = skipSpace(text, 0);
  if (text.charAt(at) !== '{') return null;
  let found: string | null = null;
  at = skipSpace(text, at + 1);
  while (text.charCodeAt(at) === QUOTE) {
    const keyEnd = afterString(text, at);
    const name = JSON.parse(text.slice(at, keyEnd)) as string;
    const start = skipSpace(text, skipSpace(text, keyEnd) + 1);
    const end = afterValue(text, start);
    if (name === key) found = text.slice(start, end);
    at = skipSpace(text, skipSpace(text, end) + 1);
  }
  return found;
}

/** The same tokens in the same order without the white space between them. */
export function compactText(text: string): string {
  const parts: string[] = [];
  let start = 0;
  let at = 0;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = afterString(text, at);
    else if (isSpace(code)) {
      parts.push(text.slice(start, at));
      at = skipSpace(text, at);
      start = at;
    } else at += 1;
  }
  parts.push(text.slice(start));
  return parts.join('');
}
