/** A projection's columns beside the aggregates of a list: the cells, a condition on them, and an order by one of them. */
import Big from 'big.js';
import type { ListColumns, ListColumnsState } from '../../contract/aggregateColumns.ts';
import type { Cell } from '../../contract/cell.ts';
import { HindcastError } from '../../contract/errors.ts';
import type { Cut, JsonObject, Projection, ProjectionColumn } from '../../core/model.ts';
import type { Holds } from '../../core/runs.ts';
import { cellOf } from '../console/cells.ts';
import { compileConditions } from '../whatif/conditions.ts';
import type { ReadContext } from '../workers/context.ts';
import { type ColumnsAsOf, columnsAsOf, jsonOf } from './columnsAsOf.ts';
import { type Derived, findBuild } from './derived.ts';
import { countBehind, type DefinitionText, definitionOf, derivedOf } from './reads.ts';
import type { Stored } from './values.ts';

/** With the definition as it is now. */
export interface ColumnsQuestion extends ListColumns, DefinitionText {
  folder: string;
}

export interface ProjectedList {
  /** What `where` and the order rest on: another stamp, another answer. */
  stamp: string;
  told: Omit<ListColumnsState, 'unsaid'>;
  /** Null: there is no row for the aggregate. */
  cells(aggregate: number): Cell[] | null;
  /** Null: all fit. @throws HindcastError `filter.invalid` */
  condition(where: string): ((aggregate: number) => Holds) | null;
  /** Equal ones stay as they stand; those without a value come last. */
  sorted(ids: readonly number[], by: { column: string; descending: boolean }): number[];
}

/** Both see one state of the tables, although a replay may be going on. */
export function inTables<T>(
  context: ReadContext,
  { folder }: ColumnsQuestion,
  work: (derived: Derived) => T,
): T {
  const derived = derivedOf(context, folder);
  return derived.db.transaction(() => work(derived))();
}

export function projectedList(
  context: ReadContext,
  derived: Derived,
  question: ColumnsQuestion,
  cut: Cut,
): ProjectedList {
  const { projection } = definitionOf(context, question);
  const { name, key } = projection;
  if (key !== 'aggregateId') throw new HindcastError('projection.not-by-aggregate', { name, key });
  const build = findBuild(derived, name, 'ready');
  const stamp = build === null ? 'none' : `${build.id} ${build.hash} ${build.stamp}`;
  const values =
    build === null
      ? null
      : context.cache.get(`columns ${name} ${stamp} ${JSON.stringify(cut)}`, () =>
          columnsAsOf(context, derived, build, cut),
        );
  if (build === null || values === null) return withoutValues(projection, stamp);
  const { columns } = values.projection;
  const shown = question.show.map((each) => columns.findIndex((column) => column.name === each));
  const isThere = (column: number): boolean => column !== -1 && values.isKept(column);
  return {
    stamp,
    told: {
      projection: name,
      version: build.version,
      state: build.hash === question.hash ? 'ready' : 'stale',
      columns: columns.map((column) => ({ name: column.name, type: column.type })),
      withheld: shown
        .filter((column) => column !== -1 && !values.isKept(column))
        .map((column) => columns[column]!.name),
      behind: context.cache.get(`behind ${build.hash} ${build.id} ${build.stamp}`, () =>
        countBehind(context, derived, build, values.projection),
      ),
      folded: values.folded,
    },
    cells: (aggregate) =>
      values.isThere(aggregate)
        ? shown.map((column) =>
            isThere(column)
              ? cellOf(values.value(column, aggregate), {
                  type: columns[column]!.type,
                  places: values.places.get(columns[column]!.name) ?? 0,
                })
              : null,
          )
        : null,
    condition: (where) => conditionOf(values, columns, where),
    sorted(ids, { column, descending }) {
      const at = columns.findIndex((each) => each.name === column);
      if (!isThere(at)) return [...ids];
      const isNumeric = columns[at]!.type === 'decimal' || columns[at]!.type === 'integer';
      return sortedBy(ids, (id) => values.value(at, id), { isNumeric, descending });
    },
  };
}

const withoutValues = (projection: Projection, stamp: string): ProjectedList => ({
  stamp,
  told: {
    projection: projection.name,
    version: projection.reducer.version,
    state: 'none',
    columns: projection.columns.map(({ name, type }) => ({ name, type })),
    ...{ withheld: [], behind: 0, folded: 0 },
  },
  cells: () => null,
  condition: () => null,
  sorted: (ids) => [...ids],
});

function conditionOf(
  values: ColumnsAsOf,
  columns: readonly ProjectionColumn[],
  where: string,
): ((aggregate: number) => Holds) | null {
  if (where.trim() === '') return null;
  const [condition] = compileConditions([{ name: 'columns', expression: where }]);
  const asked = condition!.keys === null ? null : [...condition!.keys];
  for (const name of asked ?? [])
    if (!columns.some((column) => column.name === name)) throw noColumn(where, name, columns);
  const looked = columns
    .map(({ name, type }, at) => ({ name, type, at }))
    .filter(({ name, at }) => (asked === null || asked.includes(name)) && values.isKept(at));
  return (aggregate) => {
    if (!values.isThere(aggregate)) return false;
    const row: JsonObject = {};
    for (const { name, type, at } of looked) {
      const value = jsonOf(type, values.value(at, aggregate));
      if (value !== undefined) row[name] = value;
    }
    return condition!.holds(row);
  };
}

function noColumn(text: string, name: string, columns: readonly ProjectionColumn[]): HindcastError {
  const position = Math.max(0, text.indexOf(name));
  return new HindcastError('filter.invalid', {
    text,
    position,
    length: name.length,
    character: position + 1,
    problem: `there is no column ${name}`,
    hint: `The columns are ${columns.map((column) => column.name).join(', ')}.`,
  });
}

/** In ascending order; equal ones stay as they stand. */
export function byNumber(ids: readonly number[], of: (id: number) => number): number[] {
  const values = Float64Array.from(ids, of);
  const order = Uint32Array.from(ids, (_, at) => at);
  order.sort((a, b) => values[a]! - values[b]! || a - b);
  return Array.from(order, (at) => ids[at]!);
}

/** Numbers before texts; what is not there comes last either way. */
function sortedBy(
  ids: readonly number[],
  of: (id: number) => Stored,
  { isNumeric, descending }: { isNumeric: boolean; descending: boolean },
): number[] {
  const ranks = ranksOf(ids.map(of), isNumeric);
  const sign = descending ? -1 : 1;
  const keys = new Map(ids.map((id, at) => [id, ranks[at]!]));
  return byNumber(ids, (id) => {
    const rank = keys.get(id)!;
    return Number.isNaN(rank) ? Number.MAX_VALUE : sign * rank;
  });
}

/**
 * A number for each value that compares as it does; NaN: none. Whole numbers beyond 2^53 and decimals that are kept as
 * text have their place among the others.
 */
function ranksOf(values: readonly Stored[], isNumeric: boolean): Float64Array {
  const isSimple = values.every((value) => value === null || typeof value === 'number' || isSmall(value));
  if (isSimple) return Float64Array.from(values, (value) => (value === null ? Number.NaN : Number(value)));
  const compare = isNumeric ? compareNumbers : compareStored;
  const distinct = [...new Set(values)].filter((value) => value !== null).sort(compare);
  const ranks = new Map(distinct.map((value, rank) => [value, rank]));
  return Float64Array.from(values, (value) => (value === null ? Number.NaN : ranks.get(value)!));
}

const isSmall = (value: Stored): boolean => typeof value === 'bigint' && Number.isSafeInteger(Number(value));

type Value = NonNullable<Stored>;
const SPELLS_NUMBER = /^-?\d+(?:\.\d+)?$/;

function compareStored(a: Value, b: Value): number {
  const [isTextA, isTextB] = [typeof a === 'string', typeof b === 'string'];
  if (isTextA !== isTextB) return isTextA ? 1 : -1;
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareNumbers(a: Value, b: Value): number {
  const [isNumberA, isNumberB] = [a, b].map((each) => typeof each !== 'string' || SPELLS_NUMBER.test(each));
  if (!isNumberA || !isNumberB) return isNumberA ? -1 : isNumberB ? 1 : compareStored(a, b);
  return new Big(String(a)).cmp(new Big(String(b)));
}
