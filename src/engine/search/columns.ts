/** The part of a filter that the columns of the log tell, as a test of rows. */
import {
  compileFilter,
  type Expression,
  type FactName,
  type FilterSubject,
} from '../../core/filter/filter.ts';
import type { Json } from '../../core/model.ts';
import { kindAt, type LogRows, partitionAt, verdictAt } from '../reads/logRows.ts';
import type { Test } from '../reads/selection.ts';
import type { ReadContext } from '../workers/context.ts';
import { columnFact, isColumn } from './columnFacts.ts';

/** Columns of few values, whose answers are kept. */
const KEYED: Partial<Record<FactName, (rows: LogRows, at: number) => number>> = {
  topic: partitionAt,
  partition: partitionAt,
  type: (rows, at) => rows.type[at]!,
  aggregate: (rows, at) => rows.aggregate[at]!,
  aggregateType: (rows, at) => rows.aggregate[at]!,
  verdict: verdictAt,
  kind: kindAt,
};

export function compileColumns(context: ReadContext, expression: Expression): Test {
  if (expression.kind === 'and' || expression.kind === 'or') {
    const tests = expression.items.map((item) => compileColumns(context, item));
    return expression.kind === 'and'
      ? (rows, at) => tests.every((test) => test(rows, at))
      : (rows, at) => tests.some((test) => test(rows, at));
  }
  if (expression.kind === 'not') {
    const test = compileColumns(context, expression.item);
    return (rows, at) => !test(rows, at);
  }
  const subject = new PositionSubject(context);
  const fits = compileFilter(expression);
  const keyOf = 'field' in expression ? KEYED[expression.field.name as FactName] : undefined;
  if (keyOf === undefined) return (rows, at) => fits(subject.at(rows, at));
  const known = new Map<number, boolean>();
  return (rows, at) => {
    const key = keyOf(rows, at);
    let answer = known.get(key);
    if (answer === undefined) {
      answer = fits(subject.at(rows, at));
      known.set(key, answer);
    }
    return answer;
  };
}

/** A row of the log; it has no payload, and no condition on columns asks for one. */
class PositionSubject implements FilterSubject {
  readonly #context: ReadContext;
  #rows!: LogRows;
  #at = 0;

  constructor(context: ReadContext) {
    this.#context = context;
  }

  at(rows: LogRows, at: number): this {
    this.#rows = rows;
    this.#at = at;
    return this;
  }

  fact(name: FactName): string | number | null {
    if (!isColumn(name)) throw new RangeError(`the log has no column for ${name}`);
    return columnFact(this.#context, this.#rows, this.#at, name);
  }

  headers = (): readonly Json[] => [];
  value = (): undefined => undefined;
  data = (): undefined => undefined;
  text = (): null => null;
  holds = (): boolean => false;
}
