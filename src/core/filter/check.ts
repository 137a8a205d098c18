/** What cannot hold for a field whose kind is known beforehand is refused when it is typed, not answered with nothing. */
import { isNumeric } from '../numbers.ts';
import { type FieldRef, isTimeLiteral, type Literal, type TextOperator } from './expression.ts';
import { factsOf } from './fields.ts';
import { nearest } from './nearest.ts';
import { FilterProblem } from './problem.ts';
import type { Token } from './tokens.ts';

const describe = (value: Literal): string => {
  if (typeof value === 'string') return 'text';
  if (typeof value === 'boolean') return 'true or false';
  return isTimeLiteral(value) ? 'a time' : 'a number';
};

/** @throws FilterProblem for a value that the field can never have */
export function checkLiteral(field: FieldRef, value: Literal, token: Pick<Token, 'from' | 'text'>): void {
  const { kind, words } = factsOf(field.name);
  const refuse = (message: string, hint: string): never => {
    throw new FilterProblem(message, token.from, token.text.length, hint);
  };
  if (kind === 'bytes') refuse('text is searched, not compared', 'Write text contains "…" or match "…".');
  if (value === null) return;
  if (field.asNumber) {
    if (!isNumeric(value)) refuse(`number(…) is a number, this is ${describe(value)}`, 'Write a number.');
    return;
  }
  if (kind === 'path') {
    if (field.name === 'header' && isNumeric(value))
      refuse('A header is text, this is a number', `Write ${JSON.stringify(token.text)} or number(header…).`);
    return;
  }
  if (kind === 'number' && !isNumeric(value))
    refuse(`${field.name} is a number, this is ${describe(value)}`, 'Write it without quotes.');
  if (kind === 'time' && !isTimeLiteral(value) && !isNumeric(value))
    refuse(
      `${field.name} is a time, this is ${describe(value)}`,
      'Write it without quotes, as 2026-03-01T00:00:00Z.',
    );
  if ((kind === 'text' || kind === 'word') && typeof value !== 'string')
    refuse(`${field.name} is text, this is ${describe(value)}`, `Write ${JSON.stringify(token.text)}.`);
  if (words !== undefined && !words.includes(value as string)) {
    const meant = nearest(value as string, words);
    const list = `${field.name} is one of ${words.join(', ')}.`;
    refuse(
      `${JSON.stringify(value)} is no ${field.name}`,
      meant === null ? list : `Did you mean ${meant}? ${list}`,
    );
  }
}

/** @throws FilterProblem where the field is no text */
export function checkTextOperator(
  field: FieldRef,
  operator: TextOperator,
  token: Pick<Token, 'from' | 'text'>,
): void {
  const { kind } = factsOf(field.name);
  const problem = field.asNumber
    ? 'number(…) is a number'
    : kind === 'number' || kind === 'time'
      ? `${field.name} is a ${kind}`
      : null;
  if (problem !== null)
    throw new FilterProblem(
      `${problem} and has no text to search`,
      token.from,
      token.text.length,
      'Compare it: = != < <= > >=.',
    );
  if (kind === 'bytes' && operator !== 'contains' && operator !== 'like')
    throw new FilterProblem(
      'text is the whole value',
      token.from,
      token.text.length,
      'Write text contains "…" or text ~ "…".',
    );
}
