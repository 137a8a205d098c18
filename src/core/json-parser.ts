/** The exact JSON parser: RFC 8259, bounded depth, every number kept, repeated keys reported. */
import type { Json, JsonObject } from './model.ts';
import { exactNumber } from './numbers.ts';
import { setOwn } from './ownKey.ts';
import { formatPath } from './path.ts';

/** Levels of nesting that are accepted; more is an attack or a mistake, and would overflow later recursion. */
export const MAX_DEPTH = 500;

/** Why a text is not acceptable JSON. `reason` is a sentence part; `position` counts UTF-16 units from 0. */
export class JsonProblem extends Error {
  readonly reason: string;
  readonly position: number;
  constructor(reason: string, position: number) {
    super(`${reason} (character ${position + 1})`);
    this.name = 'JsonProblem';
    this.reason = reason;
    this.position = position;
  }
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const SPACE = /[ \t\n\r]*/y;
// Every character a JSON string may hold unescaped: not the quote, not the backslash, no control character.
const PLAIN_TEXT = /[ !#-[\]-\uffff]*/y;
const HEX4 = /[0-9a-fA-F]{4}/y;
const ESCAPES: Record<string, string> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** Parses exactly; paths of repeated keys are added to `duplicates`. @throws JsonProblem */
export function parseSlowly(text: string, duplicates?: string[]): Json {
  const path: (string | number)[] = [];
  let at = 0;

  const fail = (expected: string): never => {
    if (at >= text.length) {
      throw new JsonProblem(
        text.length === 0 ? 'the text is empty' : `the text ends where ${expected} should be`,
        at,
      );
    }
    throw new JsonProblem(`${expected} expected, found ${JSON.stringify(text.charAt(at))}`, at);
  };
  const skipSpace = (): void => {
    const code = text.charCodeAt(at);
    if (code > 0x20 || Number.isNaN(code)) return;
    SPACE.lastIndex = at;
    SPACE.test(text);
    at = SPACE.lastIndex;
  };
  const readEscape = (): string => {
    const letter = text.charAt(at + 1);
    if (letter === 'u') {
      HEX4.lastIndex = at + 2;
      if (!HEX4.test(text)) throw new JsonProblem('an escape \\u needs four hexadecimal digits', at);
      const unit = String.fromCharCode(Number.parseInt(text.slice(at + 2, at + 6), 16));
      at += 6;
      return unit;
    }
    const plain = letter === '' || !Object.hasOwn(ESCAPES, letter) ? undefined : ESCAPES[letter];
    if (plain === undefined) throw new JsonProblem(`unknown escape “\\${letter}” in a string`, at);
    at += 2;
    return plain;
  };
  const readString = (): string => {
    const start = at;
    at += 1;
    let result = '';
    for (;;) {
      PLAIN_TEXT.lastIndex = at;
      PLAIN_TEXT.test(text);
      result += text.slice(at, PLAIN_TEXT.lastIndex);
      at = PLAIN_TEXT.lastIndex;
      if (at >= text.length) throw new JsonProblem('a string has no closing quote', start);
      const next = text.charCodeAt(at);
      if (next === 0x22) {
        at += 1;
        return result;
      }
      if (next !== 0x5c) throw new JsonProblem('a control character stands unescaped in a string', at);
      result += readEscape();
    }
  };
  const readWord = (word: string, value: Json): Json => {
    if (!text.startsWith(word, at)) return fail('a value');
    at += word.length;
    return value;
  };
  const readNumber = (): Json => {
    NUMBER.lastIndex = at;
    if (!NUMBER.test(text)) return fail('a value');
    const source = text.slice(at, NUMBER.lastIndex);
    at = NUMBER.lastIndex;
    return exactNumber(source);
  };
  const enter = (): void => {
    if (path.length >= MAX_DEPTH) {
      throw new JsonProblem(`nested deeper than ${MAX_DEPTH} levels`, at);
    }
    at += 1;
    skipSpace();
  };
  /** After a member or item: true to go on, false at the end. */
  const goOn = (close: string): boolean => {
    skipSpace();
    const next = text.charAt(at);
    if (next !== ',' && next !== close) fail(`“,” or “${close}”`);
    at += 1;
    if (next === close) return false;
    skipSpace();
    return true;
  };
  const readObject = (): JsonObject => {
    enter();
    const object: JsonObject = {};
    if (text.charAt(at) === '}') {
      at += 1;
      return object;
    }
    do {
      if (text.charAt(at) !== '"') fail('a key in quotes');
      const key = readString();
      path.push(key);
      skipSpace();
      if (text.charAt(at) !== ':') fail('“:”');
      at += 1;
      const value = readValue();
      if (duplicates !== undefined && Object.hasOwn(object, key)) duplicates.push(formatPath(path));
      path.pop();
      if (key === '__proto__') setOwn(object, key, value);
      else object[key] = value;
    } while (goOn('}'));
    return object;
  };
  const readArray = (): Json[] => {
    enter();
    const items: Json[] = [];
    if (text.charAt(at) === ']') {
      at += 1;
      return items;
    }
    do {
      path.push(items.length);
      items.push(readValue());
      path.pop();
    } while (goOn(']'));
    return items;
  };
  const readValue = (): Json => {
    skipSpace();
    switch (text.charAt(at)) {
      case '"':
        return readString();
      case '{':
        return readObject();
      case '[':
        return readArray();
      case 't':
        return readWord('true', true);
      case 'f':
        return readWord('false', false);
      case 'n':
        return readWord('null', null);
      default:
        return readNumber();
    }
  };

  const value = readValue();
  skipSpace();
  if (at < text.length) fail('the end of the text');
  return value;
}
