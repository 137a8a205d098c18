/** The text of a filter; {@link parseFilter} reads it back to the same tree. */
import { numberText } from '../numbers.ts';
import {
  type CompareOperator,
  type Expression,
  type FieldRef,
  isTimeLiteral,
  type Literal,
} from './expression.ts';

const PLAIN_STEP = /^[\p{L}\p{N}_$@][\p{L}\p{M}\p{N}_$@-]*$/u;

/** `data.items[*].sku`, `header["a b"]`, `number(data.amount)`. */
export function printField({ name, path, asNumber }: FieldRef): string {
  let text: string = name;
  for (const step of path) {
    if (step === null) text += '[*]';
    else if (typeof step === 'number') text += `[${step}]`;
    else text += PLAIN_STEP.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
  }
  return asNumber ? `number(${text})` : text;
}

export function printLiteral(value: Literal): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return JSON.stringify(value);
  return isTimeLiteral(value) ? value.text : numberText(value);
}

const TEXT_WORDS = { contains: 'contains', starts: 'starts with', ends: 'ends with', like: '~' } as const;

const inList = (item: Extract<Expression, { kind: 'in' }>, not: string): string =>
  `${printField(item.field)} ${not}in (${item.values.map(printLiteral).join(', ')})`;

export function printFilter(expression: Expression): string {
  switch (expression.kind) {
    case 'and':
    case 'or':
      return expression.items
        .map((item) => {
          const needsBrackets =
            item.kind === expression.kind || (item.kind === 'or' && expression.kind === 'and');
          return needsBrackets ? `(${printFilter(item)})` : printFilter(item);
        })
        .join(` ${expression.kind} `);
    case 'not': {
      const { item } = expression;
      if (item.kind === 'in') return inList(item, 'not ');
      return item.kind === 'and' || item.kind === 'or'
        ? `not (${printFilter(item)})`
        : `not ${printFilter(item)}`;
    }
    case 'compare': {
      const operator: CompareOperator = expression.operator;
      return `${printField(expression.field)} ${operator} ${printLiteral(expression.value)}`;
    }
    case 'in':
      return inList(expression, '');
    case 'text':
      return `${printField(expression.field)} ${TEXT_WORDS[expression.operator]} ${JSON.stringify(expression.value)}`;
    case 'exists':
      return `${printField(expression.field)} exists`;
    case 'null':
      return `${printField(expression.field)} is ${expression.isNull ? '' : 'not '}null`;
    case 'match':
      return `match ${JSON.stringify(expression.words)}`;
  }
}
