/** What may be written at a place of a filter, for suggestions while typing. */
import { type FieldName, factsOf, isFieldName } from './fields.ts';
import { type Token, tokenize } from './tokens.ts';

export type Expected =
  | { what: 'condition' }
  | { what: 'operator'; field: FieldName }
  | { what: 'value'; field: FieldName; path: string }
  | { what: 'join' };

export interface Completion {
  expected: Expected;
  /** What the suggestion replaces. */
  from: number;
  to: number;
  /** What is typed of it. */
  typed: string;
}

const JOINS = ['and', 'or'];
const TEXT_OPERATORS = ['contains', 'starts with', 'ends with', '~'];

/** Operators that make sense for a field. */
export function operatorsOf(field: FieldName): readonly string[] {
  const { kind } = factsOf(field);
  if (kind === 'bytes') return ['contains', '~'];
  if (kind === 'number' || kind === 'time')
    return ['=', '!=', '<', '<=', '>', '>=', 'in', 'exists', 'is null'];
  const words = ['=', '!=', 'in', 'not in'];
  if (kind === 'word') return words;
  const order = kind === 'path' ? ['<', '<=', '>', '>='] : [];
  return [
    ...words.slice(0, 2),
    ...order,
    ...words.slice(2),
    ...TEXT_OPERATORS,
    'exists',
    'is null',
    'is not null',
  ];
}

/** The token that the cursor is in or at the end of, and those before it. */
export function completionAt(text: string, cursor: number): Completion {
  const tokens = tokenize(text);
  const count = tokens.findIndex(({ to }) => to >= cursor);
  const current = count === -1 ? null : tokens[count]!;
  const isInside =
    current !== null && current.from < cursor && (current.kind !== 'bracket' || current.text === '.');
  const before = tokens.slice(
    0,
    count === -1 ? tokens.length : isInside ? count : count + Number(current!.to <= cursor),
  );
  if (isInside && current.kind === 'name') return atName(text, tokens, count, cursor);
  if (isInside && current.kind === 'bracket') return atName(text, tokens, count, cursor);
  const expected = after(before);
  if (isInside && (current.kind === 'string' || current.kind === 'other' || current.kind === 'number')) {
    const typed = text.slice(current.from, cursor);
    return { expected, from: current.from, to: current.to, typed: typed.replace(/^["']/, '') };
  }
  return { expected: isInside ? after([...before, current]) : expected, from: cursor, to: cursor, typed: '' };
}

/** The cursor is in a name or a path, whose beginning is looked up: `data.acc` is one thing to complete. */
function atName(text: string, tokens: readonly Token[], at: number, cursor: number): Completion {
  let first = at;
  while (first > 0 && tokens[first - 1]!.to === tokens[first]!.from && isOfPath(tokens[first - 1]!))
    first -= 1;
  const from = tokens[first]!.from;
  const expected = after(tokens.slice(0, first));
  return { expected, from, to: tokens[at]!.to, typed: text.slice(from, cursor) };
}

const isOfPath = ({ kind, text }: Token): boolean =>
  kind === 'name' || text === '.' || text === ']' || text === '[' || text === '*';

/** What may follow these tokens. */
function after(tokens: readonly Token[]): Expected {
  let at = 0;
  let expected: Expected = { what: 'condition' };
  let field: { name: FieldName; path: string } | null = null;
  let inList = false;
  const word = (token: Token | undefined): string => (token?.kind === 'name' ? token.text.toLowerCase() : '');
  while (at < tokens.length) {
    const token = tokens[at]!;
    const name = word(token);
    at += 1;
    if (expected.what === 'condition') {
      if (name === 'not' || token.text === '(') continue;
      if (name === 'number' && tokens[at]?.text === '(') continue;
      if (name === 'match') {
        expected = { what: 'value', field: 'text', path: 'text' };
        continue;
      }
      if (token.kind !== 'name' || !isFieldName(token.text)) continue;
      let path = token.text;
      while (
        at < tokens.length &&
        tokens[at]!.from === tokens[at - 1]!.to &&
        (isOfPath(tokens[at]!) || tokens[at - 1]!.text === '[')
      ) {
        path += tokens[at]!.text;
        at += 1;
      }
      if (tokens[at]?.text === ')') at += 1;
      field = { name: token.text, path };
      expected = { what: 'operator', field: token.text };
    } else if (expected.what === 'operator') {
      const value: Expected = { what: 'value', field: field!.name, path: field!.path };
      if (name === 'exists' || name === 'null') expected = { what: 'join' };
      else if (name === 'in') {
        inList = true;
        if (tokens[at]?.text === '(') at += 1;
        expected = value;
      } else if (token.kind === 'operator' || name === 'contains' || name === 'with') expected = value;
    } else if (expected.what === 'value') {
      if (!inList) expected = { what: 'join' };
      else if (token.text === ')') {
        inList = false;
        expected = { what: 'join' };
      }
    } else if (JOINS.includes(name)) expected = { what: 'condition' };
  }
  return expected;
}
