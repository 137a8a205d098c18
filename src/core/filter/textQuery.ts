/** Which words a value must have to fit a filter: what a full-text index can answer. */
import { type Expression, fieldOf } from './expression.ts';
import { opensInWord, wordsOf } from './words.ts';

export type TextQuery =
  | { kind: 'all' | 'any'; items: readonly TextQuery[] }
  /** A folded word; prefix: it may go on. */
  | { kind: 'word'; word: string; prefix: boolean }
  /** Values that are written with a backslash: their words are not those of the text they spell. */
  | { kind: 'escaped' };

/** Shorter beginnings are those of so many words that asking for them costs more than it spares. */
const SHORTEST_PREFIX = 3;

/** Every record that fits the filter fits this as well; null: words say nothing about it. */
export function textQueryOf(expression: Expression): TextQuery | null {
  if (expression.kind === 'and') {
    const items = expression.items.map(textQueryOf).filter((item) => item !== null);
    return items.length === 0 ? null : { kind: 'all', items };
  }
  if (expression.kind === 'or') {
    const items = expression.items.map(textQueryOf);
    return items.includes(null) ? null : { kind: 'any', items: items as TextQuery[] };
  }
  if (expression.kind === 'match') return wordsQuery(expression.words, false, false);
  const field = fieldOf(expression);
  if (field === null || field.asNumber) return null;
  const isText = field.name === 'text';
  if (!isText && field.name !== 'data' && field.name !== 'value') return null;
  const found = literalQuery(expression);
  if (found === null || isText) return found;
  return { kind: 'any', items: [found, { kind: 'escaped' }] };
}

function literalQuery(expression: Expression): TextQuery | null {
  if (expression.kind === 'text') {
    const { operator, value } = expression;
    return wordsQuery(value, operator !== 'starts', operator !== 'ends');
  }
  if (expression.kind === 'compare' && expression.operator === '=')
    return typeof expression.value === 'string' ? wordsQuery(expression.value, false, false) : null;
  if (expression.kind !== 'in') return null;
  const items = expression.values.map((value) =>
    typeof value === 'string' ? wordsQuery(value, false, false) : null,
  );
  return items.includes(null) ? null : { kind: 'any', items: items as TextQuery[] };
}

/** @param openStart, openEnd the text may stand inside of a longer word there */
function wordsQuery(text: string, openStart: boolean, openEnd: boolean): TextQuery | null {
  const words = wordsOf(text);
  const isFirstOpen = openStart && opensInWord(text, 'first');
  const isLastOpen = openEnd && opensInWord(text, 'last');
  const items = words.flatMap((word, at): TextQuery[] => {
    if (at === 0 && isFirstOpen) return [];
    const prefix = at === words.length - 1 && isLastOpen;
    return prefix && word.length < SHORTEST_PREFIX ? [] : [{ kind: 'word', word, prefix }];
  });
  return items.length === 0 ? null : { kind: 'all', items };
}
