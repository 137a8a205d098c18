/** The part of a filter that the columns of the log index tell, as a test of positions. */
import {
  compileFilter,
  type Expression,
  type FactName,
  type FilterSubject,
} from '../../core/filter/filter.ts';
import type { Json } from '../../core/model.ts';
import { kindAt, type LogIndex, partitionAt, verdictAt } from '../reads/logIndex.ts';
import type { ReadContext } from '../workers/context.ts';
import { columnFact, isColumn } from './columnFacts.ts';

type Test = (at: number) => boolean;

/** Columns of few values, whose answers are kept. */
const KEYED: Partial<Record<FactName, (index: LogIndex, at: number) => number>> = {
  topic: partitionAt,
  partition: partitionAt,
  type: (index, at) => index.type[at]!,
  aggregate: (index, at) => index.aggregate[at]!,
  aggregateType: (index, at) => index.aggregate[at]!,
  verdict: verdictAt,
  kind: kindAt,
};

export function compileColumns(context: ReadContext, index: LogIndex, expression: Expression): Test {
  if (expression.kind === 'and' || expression.kind === 'or') {
    const tests = expression.items.map((item) => compileColumns(context, index, item));
    return expression.kind === 'and'
      ? (at) => tests.every((test) => test(at))
      : (at) => tests.some((test) => test(at));
  }
  if (expression.kind === 'not') {
    const test = compileColumns(context, index, expression.item);
    return (at) => !test(at);
  }
  const subject = new PositionSubject(context, index);
  const fits = compileFilter(expression);
  const keyOf = 'field' in expression ? KEYED[expression.field.name as FactName] : undefined;
  if (keyOf === undefined) return (at) => fits(subject.at(at));
  const known = new Map<number, boolean>();
  return (at) => {
    const key = keyOf(index, at);
    let answer = known.get(key);
    if (answer === undefined) {
      answer = fits(subject.at(at));
      known.set(key, answer);
    }
    return answer;
  };
}

/** A row of the log index; it has no payload, and no condition on columns asks for one. */
class PositionSubject implements FilterSubject {
  readonly #context: ReadContext;
  readonly #index: LogIndex;
  #at = 0;

  constructor(context: ReadContext, index: LogIndex) {
    this.#context = context;
    this.#index = index;
  }

  at(position: number): this {
    this.#at = position;
    return this;
  }

  fact(name: FactName): string | number | null {
    if (!isColumn(name)) throw new RangeError(`the log index has no column for ${name}`);
    return columnFact(this.#context, this.#index, this.#at, name);
  }

  headers = (): readonly Json[] => [];
  value = (): undefined => undefined;
  data = (): undefined => undefined;
  text = (): null => null;
  holds = (): boolean => false;
}
