/** Says whether a record fits a filter. What each condition means stands in expression.ts. */

import type { Json } from '../model.ts';
import {
  compareExact,
  decimalTextOf,
  exactNumber,
  isJsonObject,
  isNumeric,
  type Numeric,
  numberText,
} from '../numbers.ts';
import { getPath } from '../path.ts';
import { occurredMillis } from '../time.ts';
import {
  type CompareOperator,
  type Expression,
  type FieldRef,
  type FieldStep,
  isTimeLiteral,
  type Literal,
} from './expression.ts';
import { type FieldName, factsOf } from './fields.ts';
import { fold, holdsWords, wordsOf } from './words.ts';

/** Facts of a record beside its payload and headers. */
export type FactName = Exclude<FieldName, 'data' | 'value' | 'header' | 'text'>;

/** A record as a filter sees it; each part is read only when a condition asks. */
export interface FilterSubject {
  /** Null: the record has none. An empty list: bytes that are no text. */
  fact(name: FactName): string | Numeric | null | [];
  /** Every header of that name, in order: text, null, or bytes that are no text as an empty list. */
  headers(name: string): readonly Json[];
  /** The decoded value; undefined when it is null or no JSON. */
  value(): Json | undefined;
  /** The payload; undefined when there is none. */
  data(): Json | undefined;
  /** The value as it is written (bytes that are no UTF-8 replaced); null for a null value. */
  text(): string | null;
  /** Whether the value holds the very bytes of this text. */
  holds(text: string): boolean;
}

export type Predicate = (subject: FilterSubject) => boolean;

/** Thrown by an approximate predicate: only the exact one can tell. */
export const UNSURE = Symbol('unsure');

/**
 * Makes a filter ready to be asked many times. Approximate: numbers of the subject's values may be JavaScript's, whose
 * rounding keeps their order; where the answer hangs on what was rounded off, {@link UNSURE} is thrown.
 */
export function compileFilter(expression: Expression, isApproximate = false): Predicate {
  switch (expression.kind) {
    case 'and': {
      const items = expression.items.map((each) => compileFilter(each, isApproximate));
      return (subject) => items.every((item) => item(subject));
    }
    case 'or': {
      const items = expression.items.map((each) => compileFilter(each, isApproximate));
      return (subject) => items.some((item) => item(subject));
    }
    case 'not': {
      const item = compileFilter(expression.item, isApproximate);
      return (subject) => !item(subject);
    }
    case 'match': {
      const words = wordsOf(expression.words);
      return (subject) => {
        const text = subject.text();
        return text !== null && holdsWords(text, words);
      };
    }
    case 'exists':
      return compileThere(expression.field);
    case 'null':
      return compileNull(expression.field, expression.isNull);
    case 'compare': {
      const { field, operator, value } = expression;
      return compileAny(field, testOf(field, operator, value, isApproximate));
    }
    case 'in': {
      const { field, values } = expression;
      const tests = values.map((value) => testOf(field, '=', value, isApproximate));
      return compileAny(field, (found) => tests.some((test) => test(found)));
    }
    case 'text':
      return compileText(expression);
  }
}

/** Whether one value, as a field gives it, fits a condition other than `exists` and `is null`. */
type Test = (value: Json) => boolean;

/** Calls for every value that is there, until one fits. */
function compileAny(field: FieldRef, plain: Test): Predicate {
  const test: Test = field.asNumber ? (value) => plain(spelledNumber(value)) : plain;
  const { name, path } = field;
  if (name === 'header') return (subject) => subject.headers(path[0] as string).some(test);
  if (name === 'data' || name === 'value') {
    if (path.includes(null)) return (subject) => anyAt(subject[name](), path, 0, test);
    return (subject) => {
      const found = getPath(subject[name](), path as (string | number)[]);
      return found !== undefined && test(found);
    };
  }
  if (name === 'text') return (subject) => test(subject.text());
  return (subject) => test(subject.fact(name));
}

/** `number(…)`: what is no number and spells none is nothing that a number equals. */
function spelledNumber(value: Json): Json {
  if (isNumeric(value)) return value;
  const text = decimalTextOf(value);
  return text === null ? [] : exactNumber(text);
}

function anyAt(value: Json | undefined, path: readonly FieldStep[], depth: number, test: Test): boolean {
  if (value === undefined) return false;
  if (depth === path.length) return test(value);
  const step = path[depth]!;
  if (step !== null) return anyAt(getPath(value, [step]), path, depth + 1, test);
  if (Array.isArray(value)) return value.some((item) => anyAt(item, path, depth + 1, test));
  if (!isJsonObject(value)) return false;
  return Object.keys(value).some((key) => anyAt(value[key], path, depth + 1, test));
}

const isFact = ({ name }: FieldRef): boolean => factsOf(name).kind !== 'path';

function compileThere(field: FieldRef): Predicate {
  const isThere: Test = field.asNumber ? isSpelled : isFact(field) ? (value) => value !== null : () => true;
  return compileAny({ ...field, asNumber: false }, isThere);
}

const isSpelled: Test = (value) => isNumeric(value) || decimalTextOf(value) !== null;

function compileNull(field: FieldRef, isNull: boolean): Predicate {
  const plain = { ...field, asNumber: false };
  if (!isNull && field.asNumber) return compileAny(plain, isSpelled);
  return compileAny(plain, (value) => (value === null) === isNull);
}

const holdsFor = (operator: CompareOperator, order: number): boolean => {
  switch (operator) {
    case '=':
      return order === 0;
    case '!=':
      return order !== 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
  }
};

function testOf(field: FieldRef, operator: CompareOperator, literal: Literal, isApproximate: boolean): Test {
  if (literal === null) return (value) => (value === null) === (operator === '=');
  if (typeof literal === 'boolean')
    return (value) => typeof value === 'boolean' && holdsFor(operator, value === literal ? 0 : 1);
  if (typeof literal === 'string') {
    if (operator === '=') return (value) => value === literal;
    return (value) => typeof value === 'string' && holdsFor(operator, compareText(value, literal));
  }
  if (!isTimeLiteral(literal)) {
    if (!isApproximate || isFact(field))
      return (value) => isNumeric(value) && holdsFor(operator, compareExact(value, literal));
    const rounded = Number(numberText(literal));
    return (value) => {
      if (typeof value !== 'number')
        return isNumeric(value) && holdsFor(operator, compareExact(value, literal));
      if (value === rounded) throw UNSURE;
      return holdsFor(operator, value < rounded ? -1 : 1);
    };
  }
  const { time } = literal;
  if (isFact(field)) return (value) => typeof value === 'number' && holdsFor(operator, value - time);
  return (value) => {
    if (isApproximate && typeof value === 'number' && !Number.isSafeInteger(value)) throw UNSURE;
    const ms = occurredMillis(value);
    return ms !== null && holdsFor(operator, ms - time);
  };
}

/** By code points; JavaScript's own order puts U+10000 and above before U+E000. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const end = Math.min(a.length, b.length);
  let at = 0;
  while (at < end && a.charCodeAt(at) === b.charCodeAt(at)) at += 1;
  if (at === end) return a.length - b.length;
  const [left, right] = [a.charCodeAt(at), b.charCodeAt(at)];
  const isSurrogate = (unit: number) => unit >= 0xd800 && unit <= 0xdfff;
  if (isSurrogate(left) !== isSurrogate(right)) return isSurrogate(left) ? 1 : -1;
  return left - right;
}

function compileText({ field, operator, value }: Extract<Expression, { kind: 'text' }>): Predicate {
  if (field.name === 'text' && operator === 'contains') return (subject) => subject.holds(value);
  const folded = operator === 'like' ? fold(value) : '';
  return compileAny(field, (found) => {
    if (typeof found !== 'string') return false;
    switch (operator) {
      case 'contains':
        return found.includes(value);
      case 'starts':
        return found.startsWith(value);
      case 'ends':
        return found.endsWith(value);
      case 'like':
        return fold(found).includes(folded);
    }
  });
}
