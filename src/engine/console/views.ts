/** The tables a console query sees: the records as `events`, and one table per projection, as of the cut. */
import { existsSync } from 'node:fs';
import type { Database } from 'better-sqlite3';
import { parseJson } from '../../core/json.ts';
import type { Cut, Projection } from '../../core/model.ts';
import { formatTime } from '../../core/time.ts';
import { stepBuild } from '../projection/build.ts';
import {
  type BuildRow,
  type Derived,
  dataTable,
  findBuild,
  openDerivedForReading,
  quoted,
  scalesOf,
  temporaryDerived,
} from '../projection/derived.ts';
import { type Definition, planBuild } from '../projection/plan.ts';
import { countBehind, type DefinitionText } from '../projection/reads.ts';
import { KINDS, VERDICTS } from '../store/values.ts';
import type { ReadContext } from '../workers/context.ts';
import { asOfTable } from './asOf.ts';

export interface TableColumn {
  name: string;
  type: string;
}

/** Columns that every projection's table has around the declared ones. */
export const columnsOf = ({ columns }: Projection): TableColumn[] => [
  { name: 'key', type: 'text' },
  ...columns.map(({ name, type }) => ({ name, type })),
  { name: '_events', type: 'integer' },
  { name: '_last_event', type: 'integer' },
  { name: '_last_at', type: 'time' },
];

const TIME = (column: string) => `strftime('%Y-%m-%dT%H:%M:%fZ', ${column} / 1000.0, 'unixepoch')`;
const wordOf = (column: string, words: readonly string[]) =>
  `CASE ${column} ${words.map((word, number) => `WHEN ${number} THEN '${word}'`).join(' ')} END`;

/** Name, type and SQL of the columns of `events`. */
const EVENT_COLUMNS: readonly [name: string, type: string, sql: string][] = [
  ['topic', 'text', 't.name'],
  ['partition', 'integer', 'p.partition'],
  ['offset', 'integer', 'r.id & 1099511627775'],
  ['recorded_at', 'time', TIME('r.ts')],
  ['occurred_at', 'time', TIME('r.occurred')],
  ['type', 'text', 'e.name'],
  ['aggregate_type', 'text', 'a.type'],
  ['aggregate_id', 'text', 'a.key'],
  ['version', 'integer', 'r.version'],
  ['verdict', 'text', wordOf('r.verdict', VERDICTS)],
  ['kind', 'text', wordOf('r.kind', KINDS)],
  ['key', 'text', 'record_key(r.id)'],
  ['value', 'text', `CASE WHEN r.kind <> ${KINDS.indexOf('undecodable')} THEN record_text(r.id) END`],
  ['value_bytes', 'blob', 'record_value(r.id)'],
  ['recorded_ms', 'integer', 'r.ts'],
  ['occurred_ms', 'integer', 'r.occurred'],
  ['record_id', 'integer', 'r.id'],
];

export const EVENTS_TABLE: { columns: TableColumn[]; note: string } = {
  columns: EVENT_COLUMNS.map(([name, type]) => ({ name, type })),
  note: "All captured records. value -> '$.path' keeps every digit of a number, ->> does not.",
};

function makeEvents(db: Database, cut: Cut): void {
  const columns = EVENT_COLUMNS.map(([name, , sql]) => `${sql} AS ${quoted(name)}`);
  const limits: string[] = [];
  if (cut.knownOn !== null) limits.push(`r.mono <= ${cut.knownOn}`);
  if (cut.trueOn !== null) limits.push(`coalesce(r.occurred, r.ts) <= ${cut.trueOn}`);
  db.exec(
    `CREATE TEMP VIEW events AS SELECT ${columns.join(', ')} FROM main.record r
     LEFT JOIN main.partition p ON p.no = r.id >> 40 LEFT JOIN main.topic t ON t.id = p.topic_id
     LEFT JOIN main.event_type e ON e.id = r.type_id LEFT JOIN main.aggregate a ON a.id = r.agg_id
     ${limits.length === 0 ? '' : `WHERE ${limits.join(' AND ')}`}`,
  );
}

/** A table that the query may read: where its rows are and what its columns mean. */
export interface ShownTable {
  /** Schema in this connection: two schemas can have tables of one name. */
  database: string;
  table: string;
  columns: Map<string, { type: string; places: number }>;
}

export interface Shown {
  tables: ShownTable[];
  /** Which moment the answer is for, in words. */
  asOf: string;
}

/** Names that the statement could mean; a name in a text or comment costs only time. */
const mentions = (sql: string, name: string): boolean => new RegExp(`\\b${name}\\b`, 'i').test(sql);

/** Makes `events` and the projections that the statement names; one that was never replayed is folded here. */
export function makeTables(
  context: ReadContext,
  query: { derived: string; sql: string; cut: Cut; projections: readonly DefinitionText[] },
): Shown {
  const { db } = context;
  const { cut } = query;
  makeEvents(db, cut);
  const wanted = query.projections
    .map(
      ({ definition, hash }): Definition => ({
        projection: parseJson(definition) as unknown as Projection,
        hash,
      }),
    )
    .filter(({ projection }) => mentions(query.sql, projection.name));
  if (cut.knownOn === null && cut.trueOn === null) return showReady(context, query.derived, wanted);
  return showAsOf(context, query.derived, wanted, { cut, sql: query.sql });
}

function showReady(context: ReadContext, file: string, wanted: readonly Definition[]): Shown {
  const { db } = context;
  const notes: string[] = [];
  const missing: Definition[] = [];
  const tables: ShownTable[] = [];
  const reader = wanted.length === 0 ? null : openReader(file);
  try {
    if (reader !== null) db.prepare('ATTACH ? AS derived').run(file);
    for (const { projection, hash } of wanted) {
      const { name } = projection;
      const derived: Derived | null = reader === null ? null : { db: reader, schema: 'main' };
      const build = derived === null ? null : findBuild(derived, name, 'ready');
      if (derived === null || build === null) {
        missing.push({ projection, hash });
        notes.push(`${name} was folded for this question; replay it and the next one is quicker`);
        continue;
      }
      db.exec(`CREATE TEMP VIEW ${quoted(name)} AS SELECT * FROM derived.${dataTable(build.id)}`);
      tables.push({ ...shownTable(derived, build, projection), database: 'derived' });
      if (build.hash !== hash) notes.push(`${name} is of an older definition; replay it`);
      const behind = countBehind(context, derived, build, projection);
      if (behind > 0) notes.push(`${name} does not take in ${behind} captured records yet; replay it`);
    }
  } finally {
    reader?.close();
  }
  for (const { table } of foldAll(context, missing, { knownOn: null, trueOn: null })) tables.push(table);
  return { tables, asOf: ['Everything captured', ...notes].join('; ') };
}

const openReader = (file: string): Database | null => (existsSync(file) ? openDerivedForReading(file) : null);

function shownTable(derived: Derived, build: BuildRow, projection: Projection): ShownTable {
  const places = scalesOf(derived, build.id);
  return {
    database: derived.schema,
    table: dataTable(build.id),
    columns: new Map(
      columnsOf(projection).map(({ name, type }) => [name, { type, places: places.get(name) ?? 0 }]),
    ),
  };
}

/** From what the projections keep of their history; one that keeps none is folded to the moment. */
function showAsOf(
  context: ReadContext,
  file: string,
  wanted: readonly Definition[],
  { cut, sql }: { cut: Cut; sql: string },
): Shown {
  const reader = wanted.length === 0 ? null : openReader(file);
  const tables: ShownTable[] = [];
  const missing: Definition[] = [];
  let moved = 0;
  try {
    // One state of tables and history, although a replay may be going on.
    reader?.exec('BEGIN');
    for (const definition of wanted) {
      const own: Derived | null = reader === null ? null : { db: reader, schema: 'main' };
      const build = own === null ? null : findBuild(own, definition.projection.name, 'ready');
      const shown =
        own === null || build === null ? null : asOfTable(context, { own, build, definition, cut, sql });
      if (shown === null) missing.push(definition);
      else {
        const table = shownTable(own!, build!, definition.projection);
        tables.push({ ...table, database: 'main', table: shown.table });
        moved += shown.moved;
      }
    }
  } finally {
    reader?.close();
  }
  for (const each of foldAll(context, missing, cut)) {
    tables.push(each.table);
    moved += each.moved;
  }
  return { tables, asOf: describeCut(cut, wanted.length > 0 ? moved : null) };
}

/** Folds projections into temporary tables. */
function foldAll(
  context: ReadContext,
  wanted: readonly Definition[],
  cut: Cut,
): { table: ShownTable; moved: number }[] {
  if (wanted.length === 0) return [];
  const derived = temporaryDerived(context.db);
  return wanted.map((definition) => {
    const { name } = definition.projection;
    const { build } = planBuild(context, derived, definition, false);
    // One step: nobody else waits for this process, and it is killed when it takes too long.
    const options = { build, budgetMs: Number.POSITIVE_INFINITY, cut, at: 0 };
    const { moved } = stepBuild(context, derived, definition, options);
    const row = findBuild(derived, name, 'ready')!;
    context.db.exec(`CREATE TEMP VIEW ${quoted(name)} AS SELECT * FROM temp.${dataTable(row.id)}`);
    return { table: shownTable(derived, row, definition.projection), moved };
  });
}

function describeCut({ knownOn, trueOn }: Cut, moved: number | null): string {
  if (trueOn === null)
    return `What was known on ${formatTime(knownOn!)}: the events recorded until then, in log order`;
  const known = knownOn === null ? 'as known now' : `as known on ${formatTime(knownOn)}`;
  const order =
    moved === null
      ? ''
      : `, in occurred order (${moved} backdated ${moved === 1 ? 'event' : 'events'} moved)`;
  return `What was true on ${formatTime(trueOn)}, ${known}: the events that occurred until then${order}`;
}
