/** Splits the text of a filter into tokens; never fails, so that half a filter can be coloured while it is typed. */
import { FilterProblem } from './problem.ts';

export type TokenKind = 'name' | 'string' | 'number' | 'time' | 'operator' | 'bracket' | 'other';

export interface Token {
  kind: TokenKind;
  text: string;
  from: number;
  to: number;
  /** Why it cannot be used: an open string, an unknown character. */
  problem: string | null;
}

const SPACE = /\s+/y;
const STRING = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/y;
const OPEN_STRING = /["'][\s\S]*/y;
const NAME = /[\p{L}_$@][\p{L}\p{M}\p{N}_$@-]*/uy;
/** A date makes it a time, with or without the rest: what is missing is told by the reader of times. */
const TIME = /\d{4}-\d\d-\d\d(?:[Tt][0-9:.,]*(?:[Zz]|[+-]\d\d(?::?\d\d)?)?)?/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\p{L}\p{N}_])/uy;
/** What may follow a dot: a name, or one that begins with a digit. */
const MEMBER = /\.([\p{L}\p{N}_$@][\p{L}\p{M}\p{N}_$@-]*)/uy;
const OPERATOR = /<=|>=|!=|<>|==|&&|\|\||[=<>~!]/y;
const BRACKET = /[()[\],.*]/y;

/** All tokens; white space lies between them. `.name` after a name or bracket is two tokens: `.` and a name. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const take = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0] ?? null;
  };
  const push = (kind: TokenKind, part: string, problem: string | null = null): void => {
    tokens.push({ kind, text: part, from: at, to: at + part.length, problem });
    at += part.length;
  };
  while (at < text.length) {
    const space = take(SPACE);
    if (space !== null) {
      at += space.length;
      continue;
    }
    MEMBER.lastIndex = at;
    const member = MEMBER.exec(text);
    if (member !== null) {
      push('bracket', '.');
      push('name', member[1]!);
      continue;
    }
    let found = false;
    for (const [kind, pattern] of [
      ['string', STRING],
      ['time', TIME],
      ['number', NUMBER],
      ['name', NAME],
      ['operator', OPERATOR],
      ['bracket', BRACKET],
    ] as const) {
      const part = take(pattern);
      if (part === null) continue;
      push(kind, part);
      found = true;
      break;
    }
    if (found) continue;
    const open = take(OPEN_STRING);
    if (open !== null) push('other', open, 'This text has no closing quote');
    else {
      const character = String.fromCodePoint(text.codePointAt(at)!);
      push('other', character, `${JSON.stringify(character)} means nothing in a filter`);
    }
  }
  return tokens;
}

const ESCAPE = /\\(u[0-9a-fA-F]{4}|.)/gs;
const ESCAPED: Record<string, string> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };

/** The text of a string token, in double or single quotes with JSON's escapes. @throws FilterProblem */
export function stringOf(token: Token): string {
  return token.text.slice(1, -1).replace(ESCAPE, (whole, name: string, at: number) => {
    if (name.length === 5) return String.fromCharCode(Number.parseInt(name.slice(1), 16));
    if (Object.hasOwn(ESCAPED, name)) return ESCAPED[name]!;
    if ('"\'\\/'.includes(name)) return name;
    throw new FilterProblem(
      `${whole} is no escape`,
      token.from + 1 + at,
      whole.length,
      'Escapes are \\" \\\\ \\n \\r \\t and \\u with four hexadecimal digits; write \\\\ for a backslash.',
    );
  });
}
