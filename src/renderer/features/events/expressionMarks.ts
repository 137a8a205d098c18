/** Colours of an expression of the filter language. */
import { isFieldName, KEYWORDS, type Token, tokenize } from '../../../core/filter/filter.ts';
import type { Mark } from '../../components/ExpressionField.tsx';

const words: ReadonlySet<string> = new Set(KEYWORDS);
const CONSTANTS: ReadonlySet<string> = new Set(['true', 'false', 'null']);

function lookOf(token: Token, before: Token | undefined): Mark['look'] | null {
  if (token.problem !== null) return 'wrong';
  switch (token.kind) {
    case 'string':
      return 'text';
    case 'number':
    case 'time':
      return 'number';
    case 'operator':
      return 'keyword';
    case 'name': {
      if (before?.text === '.' && before.to === token.from) return 'field';
      if (isFieldName(token.text)) return 'field';
      const word = token.text.toLowerCase();
      if (CONSTANTS.has(word)) return 'word';
      return words.has(word) ? 'keyword' : null;
    }
    default:
      return null;
  }
}

export function expressionMarks(text: string): Mark[] {
  const tokens = tokenize(text);
  return tokens.flatMap((token, at) => {
    const look = lookOf(token, tokens[at - 1]);
    return look === null ? [] : [{ from: token.from, to: token.to, look }];
  });
}
