/**
 * Conditions on a state, looked at after every event, and the runs in which they hold, do not hold, or cannot be said.
 * Three values, as Kleene has them: what cannot be said stays unknown unless the rest decides.
 */
import type { Expression, FieldStep, Literal } from './filter/expression.ts';
import { conditionsOf, fieldOf, isTimeLiteral } from './filter/expression.ts';
import { compileFilter, type FilterSubject, parseStateCondition } from './filter/filter.ts';
import type { Json } from './model.ts';
import { decimalTextOf, isJsonObject, isNumeric } from './numbers.ts';
import { getPath, type PathStep } from './path.ts';
import { occurredMillis } from './time.ts';

/** null: it cannot be said, because a path is not there or holds a value of another kind. */
export type Holds = boolean | null;

export interface Condition {
  name: string;
  expression: string;
}

export interface CompiledCondition extends Condition {
  holds(state: Json): Holds;
  /** The keys of the state that it looks at; null: they cannot be told beforehand. */
  keys: ReadonlySet<string> | null;
  /** The first value that the condition looks at; undefined: there is none. */
  value(state: Json): Json | undefined;
}

/** @throws FilterProblem with the place, what was expected and a hint */
export function compileCondition({ name, expression }: Condition): CompiledCondition {
  const tree = parseStateCondition(expression);
  const path = firstPath(tree);
  return {
    name,
    expression,
    holds: compile(tree),
    keys: keysOf(tree),
    value(state) {
      for (const value of valuesAt(state, path, 0)) return value;
      return undefined;
    },
  };
}

function keysOf(tree: Expression): ReadonlySet<string> | null {
  const keys = new Set<string>();
  for (const condition of conditionsOf(tree)) {
    const key = fieldOf(condition)?.path[0];
    if (typeof key !== 'string') return null;
    keys.add(key);
  }
  return keys;
}

function firstPath(tree: Expression): readonly FieldStep[] {
  if (tree.kind === 'and' || tree.kind === 'or') return firstPath(tree.items[0]!);
  if (tree.kind === 'not') return firstPath(tree.item);
  return fieldOf(tree)?.path ?? [];
}

type Test = (state: Json) => Holds;

function compile(tree: Expression): Test {
  switch (tree.kind) {
    case 'and':
      return compileList(tree.items, false);
    case 'or':
      return compileList(tree.items, true);
    case 'not': {
      const item = compile(tree.item);
      return (state) => {
        const holds = item(state);
        return holds === null ? null : !holds;
      };
    }
    case 'exists':
    case 'null': {
      const isSo = compileFilter(tree);
      return (state) => isSo(subjectOf(state));
    }
    default:
      return compileLeaf(tree);
  }
}

/** `decisive` true: one that holds is enough (or); false: one that does not is (and). */
function compileList(items: readonly Expression[], decisive: boolean): Test {
  const tests = items.map(compile);
  return (state) => {
    let isUnknown = false;
    for (const test of tests) {
      const holds = test(state);
      if (holds === decisive) return decisive;
      if (holds === null) isUnknown = true;
    }
    return isUnknown ? null : !decisive;
  };
}

/** A comparison: of several values (`[*]`) one that fits is enough; a value of another kind says nothing. */
function compileLeaf(tree: Expression): Test {
  const field = fieldOf(tree);
  if (field === null) return () => null;
  const fits = compileFilter({ ...tree, field: { ...field, path: [] } } as Expression);
  const literals: readonly Literal[] =
    tree.kind === 'compare' ? [tree.value] : tree.kind === 'in' ? tree.values : [''];
  const says = (value: Json) => literals.some((literal) => isComparable(value, literal, field.asNumber));
  // Nearly every condition asks for one value.
  if (field.path.every((step) => step !== null)) {
    const path = field.path as PathStep[];
    return (state) => {
      const value = getPath(state, path);
      return value === undefined || !says(value) ? null : fits(subjectOf(value));
    };
  }
  return (state) => {
    let isUnknown = true;
    for (const value of valuesAt(state, field.path, 0)) {
      if (!says(value)) return null;
      if (fits(subjectOf(value))) return true;
      isUnknown = false;
    }
    return isUnknown ? null : false;
  };
}

function isComparable(value: Json, literal: Literal, asNumber: boolean): boolean {
  if (literal === null) return true;
  if (asNumber) return decimalTextOf(value) !== null || isNumeric(value);
  if (isTimeLiteral(literal)) return occurredMillis(value) !== null;
  if (typeof literal === 'string') return typeof value === 'string';
  if (typeof literal === 'boolean') return typeof value === 'boolean';
  return isNumeric(value);
}

function* valuesAt(value: Json | undefined, path: readonly FieldStep[], depth: number): Generator<Json> {
  if (value === undefined) return;
  if (depth === path.length) {
    yield value;
    return;
  }
  const step = path[depth]!;
  if (step !== null) yield* valuesAt(getPath(value, [step]), path, depth + 1);
  else if (Array.isArray(value)) for (const item of value) yield* valuesAt(item, path, depth + 1);
  else if (isJsonObject(value))
    for (const key of Object.keys(value)) yield* valuesAt(value[key], path, depth + 1);
}

/** A state is asked for its paths only. */
const subjectOf = (state: Json): FilterSubject => ({
  fact: () => null,
  headers: () => [],
  value: () => state,
  data: () => state,
  text: () => null,
  holds: () => false,
});

/** Events `from` to `to` of a stream, both inclusive, after which it is so. */
export interface Run {
  from: number;
  to: number;
  holds: Holds;
}

/** Gathers the runs of one condition over one stream. */
export class Runs {
  readonly runs: Run[] = [];
  readonly #condition: CompiledCondition;
  #last: Json | undefined;

  constructor(condition: CompiledCondition) {
    this.#condition = condition;
  }

  /**
   * The state after the event at `index`; called once for each event, in order. True when a new run begins.
   * @param isTouched false: the state is as it was; true: it may have been changed in place
   */
  add(index: number, state: Json, isTouched = this.#last !== state): boolean {
    const last = this.runs.at(-1);
    // Most events leave most states as they are.
    const holds = last !== undefined && !isTouched ? last.holds : this.#condition.holds(state);
    this.#last = state;
    if (last !== undefined && last.holds === holds) {
      last.to = index;
      return false;
    }
    this.runs.push({ from: index, to: index, holds });
    return true;
  }
}
