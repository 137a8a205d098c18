/** What changes of a definition changed in the results: two of the kept tables, or one of them and the one that answers. */
import type { z } from 'zod';
import type { ProjectionComparison, RowChange } from '../../contract/projections.ts';
import { parseJson } from '../../core/json.ts';
import type { Projection } from '../../core/model.ts';
import { cellOf } from '../console/cells.ts';
import {
  type BuildRow,
  type Derived,
  dataTable,
  findBuild,
  previousBuilds,
  quoted,
  rowCount,
  scalesOf,
} from './derived.ts';
import { seenOf } from './plan.ts';

type Comparison = z.infer<typeof ProjectionComparison>;
type Change = z.infer<typeof RowChange>;

export interface CompareQuestion {
  name: string;
  /** Hashes of the definitions; null: the latest kept one, and the one that answers. */
  before: string | null;
  after: string | null;
  show: Change | null;
  column: string | null;
  from: number;
  count: number;
}

/** A result with what its columns mean. */
interface Side {
  build: BuildRow;
  table: string;
  types: Map<string, string>;
  scales: Map<string, number>;
}

function sideOf(derived: Derived, build: BuildRow): Side {
  const { columns } = parseJson(build.definition) as unknown as Projection;
  return {
    build,
    table: dataTable(build.id),
    types: new Map(columns.map(({ name, type }) => [name, type])),
    scales: scalesOf(derived, build.id),
  };
}

export const buildOut = (derived: Derived, build: BuildRow): Comparison['before'] => ({
  version: build.version,
  hash: build.hash,
  rows: rowCount(derived, build.id),
  processed: build.processed,
  ignored: build.ignored,
  failed: build.failed,
  builtAt: build.built_at ?? 0,
});

/** Null: one of the results is not there (any more). Rows are equal when every column that both have is. */
export function compareBuilds(derived: Derived, question: CompareQuestion): Comparison | null {
  const ready = findBuild(derived, question.name, 'ready');
  const kept = previousBuilds(derived, question.name);
  const find = (hash: string) => [ready, ...kept].find((build) => build?.hash === hash) ?? null;
  const earlier = question.before === null ? (kept[0] ?? null) : find(question.before);
  const later = question.after === null ? ready : find(question.after);
  if (earlier === null || later === null) return null;
  const before = sideOf(derived, earlier);
  const after = sideOf(derived, later);
  const inBoth = [...before.types.keys()].filter((name) => after.types.has(name));
  const counted = count(derived, before, after, inBoth);
  const names = [...new Set([...before.types.keys(), ...after.types.keys()])];
  return {
    before: buildOut(derived, earlier),
    after: buildOut(derived, later),
    sameEvents: sameEvents(derived, earlier.id, later.id),
    counts: counted.counts,
    columns: names.map((name) => ({
      name,
      type: after.types.get(name) ?? before.types.get(name)!,
      change: !before.types.has(name) ? 'added' : after.types.has(name) ? 'kept' : 'removed',
      differs: counted.differs.get(name) ?? 0,
    })),
    ...page(derived, before, after, inBoth, question),
  };
}

const differs = (name: string): string => `a.${quoted(name)} IS NOT b.${quoted(name)}`;
const anyDiffers = (names: readonly string[]): string =>
  names.length === 0 ? '0' : names.map(differs).join(' OR ');

function count({ db }: Derived, before: Side, after: Side, kept: readonly string[]) {
  const sums = kept.map((name) => `, coalesce(sum(${differs(name)}), 0)`).join('');
  const [both, changed, ...each] = db
    .prepare(
      `SELECT count(*), coalesce(sum(${anyDiffers(kept)}), 0)${sums}
       FROM ${before.table} a JOIN ${after.table} b ON b.key = a.key`,
    )
    .raw()
    .get() as number[];
  const only = (one: Side, other: Side): number =>
    db
      .prepare(
        `SELECT count(*) FROM ${one.table} x WHERE NOT EXISTS (SELECT 1 FROM ${other.table} y WHERE y.key = x.key)`,
      )
      .pluck()
      .get() as number;
  return {
    counts: {
      same: both! - changed!,
      changed: changed!,
      added: only(after, before),
      removed: only(before, after),
    },
    differs: new Map(kept.map((name, at) => [name, each[at]!])),
  };
}

/** Whether both took in the same records of every partition. */
function sameEvents(derived: Derived, a: number, b: number): boolean {
  const one = seenOf(derived, a);
  const other = seenOf(derived, b);
  return (
    one.size === other.size &&
    [...one.values()].every(({ no, next, settled }) => {
      const same = other.get(no);
      return same?.next === next && same.settled === settled;
    })
  );
}

function page(
  { db }: Derived,
  before: Side,
  after: Side,
  kept: readonly string[],
  { show, column, from, count: most }: CompareQuestion,
): Pick<Comparison, 'total' | 'rows'> {
  const only = (one: Side, other: Side, change: Change) =>
    `SELECT x.key AS key, '${change}' AS change FROM ${one.table} x
     WHERE NOT EXISTS (SELECT 1 FROM ${other.table} y WHERE y.key = x.key)`;
  const wanted = column === null ? kept : kept.filter((name) => name === column);
  const parts: string[] = [];
  if (show === null || show === 'changed')
    parts.push(
      `SELECT a.key AS key, 'changed' AS change FROM ${before.table} a JOIN ${after.table} b ON b.key = a.key
       WHERE ${anyDiffers(wanted)}`,
    );
  // A row of one side alone differs in no single column.
  if (column === null && (show === null || show === 'added')) parts.push(only(after, before, 'added'));
  if (column === null && (show === null || show === 'removed')) parts.push(only(before, after, 'removed'));
  if (parts.length === 0) return { total: 0, rows: [] };
  const all = parts.join(' UNION ALL ');
  const total = db.prepare(`SELECT count(*) FROM (${all})`).pluck().get() as number;
  const found = db.prepare(`SELECT key, change FROM (${all}) ORDER BY key LIMIT ? OFFSET ?`).all(most, from);
  const read = (side: Side) => db.prepare(`SELECT * FROM ${side.table} WHERE key = ?`).safeIntegers(true);
  const [readBefore, readAfter] = [read(before), read(after)];
  return {
    total,
    rows: (found as { key: string; change: Change }[]).map(({ key, change }) => ({
      key,
      change,
      cells: cellsOf(
        before,
        after,
        readBefore.get(key) as Record<string, unknown> | undefined,
        readAfter.get(key) as Record<string, unknown> | undefined,
      ),
    })),
  };
}

function cellsOf(
  before: Side,
  after: Side,
  old: Record<string, unknown> | undefined,
  now: Record<string, unknown> | undefined,
): Comparison['rows'][number]['cells'] {
  const cells: Comparison['rows'][number]['cells'] = [];
  for (const name of new Set([...before.types.keys(), ...after.types.keys()])) {
    const inBoth = before.types.has(name) && after.types.has(name);
    // Of a row that both have, a column that one has not is told with the columns, not with every row.
    if (!inBoth && old !== undefined && now !== undefined) continue;
    const was = old?.[name] ?? null;
    const is = now?.[name] ?? null;
    if (isSame(was, is)) continue;
    cells.push({ column: name, before: cell(before, name, was), after: cell(after, name, is) });
  }
  return cells;
}

/** As SQLite's IS: a whole number equals the double of the same value. */
function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  const numbers = [a, b].every((each) => typeof each === 'number' || typeof each === 'bigint');
  // biome-ignore lint/suspicious/noDoubleEquals: a bigint and a number of one value are equal only so
  return numbers && a == b;
}

const cell = ({ types, scales }: Side, name: string, value: unknown) =>
  cellOf(value, { type: types.get(name) ?? null, places: scales.get(name) ?? 0 });
