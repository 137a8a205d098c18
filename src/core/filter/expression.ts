/**
 * A filter as a tree. What each condition means, exactly:
 *
 * - A comparison holds only where there is a value of the same kind: text with text, number with number, true/false with
 *   true/false, a moment with whatever reads as one. Everything else is false, `!=` included: text is never converted
 *   into a number. `number(data.amount)` reads text such as `"61.76"` as the number it spells; `not` turns any answer round.
 * - Numbers compare exactly, whatever their size and however they are written. Text compares by Unicode code points.
 * - `[*]` takes every item of a list (every member of an object): one that fits is enough.
 * - `exists`: it is there, be it null. `is null`: it is there as null, or, of a record's own facts, not there at all.
 */
import type { Numeric } from '../numbers.ts';
import type { FieldName } from './fields.ts';

/** An object key, a list index, or null for `[*]`: every item. */
export type FieldStep = string | number | null;

/** What a condition looks at: a fact of the record, or a path into its headers, payload or whole value. */
export interface FieldRef {
  name: FieldName;
  /** Steps below `data`, `value` and `header`; empty for everything else. */
  path: readonly FieldStep[];
  /** `number(…)`: text that spells a number is read as one. */
  asNumber: boolean;
}

/** A moment, milliseconds since 1970, with its text as it was written. */
export interface TimeLiteral {
  time: number;
  text: string;
}

export type Literal = string | Numeric | boolean | null | TimeLiteral;

export type CompareOperator = '=' | '!=' | '<' | '<=' | '>' | '>=';
/** like: contains, upper and lower case aside; written `~`. */
export type TextOperator = 'contains' | 'starts' | 'ends' | 'like';

export type Expression =
  | { kind: 'and' | 'or'; items: readonly Expression[] }
  | { kind: 'not'; item: Expression }
  | { kind: 'compare'; field: FieldRef; operator: CompareOperator; value: Literal }
  | { kind: 'in'; field: FieldRef; values: readonly Literal[] }
  | { kind: 'text'; field: FieldRef; operator: TextOperator; value: string }
  | { kind: 'exists'; field: FieldRef }
  /** isNull false: a value is there that is not null. */
  | { kind: 'null'; field: FieldRef; isNull: boolean }
  /** These words stand one after the other in the value, upper and lower case aside. */
  | { kind: 'match'; words: string };

export const isTimeLiteral = (value: Literal): value is TimeLiteral =>
  typeof value === 'object' && value !== null && 'time' in value;

/** Every condition of a tree. */
export function* conditionsOf(expression: Expression): Generator<Expression> {
  if (expression.kind === 'and' || expression.kind === 'or')
    for (const item of expression.items) yield* conditionsOf(item);
  else if (expression.kind === 'not') yield* conditionsOf(expression.item);
  else yield expression;
}

/** The field a condition looks at; null: words in the value. */
export const fieldOf = (condition: Expression): FieldRef | null =>
  'field' in condition ? condition.field : null;
