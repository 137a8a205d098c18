/** What a definition that is being written makes of the events of one row, beside what the saved one makes of them. */

import type { Cell } from '../../contract/cell.ts';
import { int64 } from '../../contract/common.ts';
import type { TriedFailure, TriedRow } from '../../contract/definitionTry.ts';
import { plural } from '../../core/count.ts';
import { diffStates } from '../../core/diff.ts';
import { decimalTextOf, formatJson, parseJson } from '../../core/json.ts';
import type { ColumnType, Cut, Json, Projection } from '../../core/model.ts';
import { formatPath, getPath } from '../../core/path.ts';
import { offsetOf } from '../store/ids.ts';
import type { ReadContext } from '../workers/context.ts';
import { type CompiledProjection, compileProjection, type PlacedEvent } from './fold.ts';
import { Groups } from './groups.ts';
import { placeInProgram } from './programPlace.ts';
import { toColumn } from './values.ts';

export interface TryArgs {
  /** The definitions as JSON text; `saved` null: there is none, or it is the same. */
  definition: string;
  saved: string | null;
  /** Key of the row; null: the first that has events. */
  on: string | null;
  cut: Cut;
}

export interface Tried {
  row: TriedRow | null;
  /** In words, why there is no row. */
  note: string | null;
}

/** Events folded for one answer: it comes after every pause in typing. */
const MOST_EVENTS = 20_000;
/** Records looked at for the events of a row whose key lies in the event. */
const MOST_LOOKED = 5_000;
const MOST_FAILURES = 100;
const MOST_CHANGES = 300;
/** Characters of a state that is shown. */
const MOST_STATE = 400_000;

interface Found {
  key: string;
  events: PlacedEvent[];
  partial: string | null;
}

/** @throws HindcastError `reducer.invalid` for a program that cannot be used */
export function tryDefinition(context: ReadContext, { definition, saved, on, cut }: TryArgs): Tried {
  const compiled = compileProjection(parseJson(definition) as unknown as Projection);
  const groups = new Groups(context, compiled.projection);
  const found = groups.byAggregate ? byAggregate(context, groups, on, cut) : byKey(context, groups, on, cut);
  if ('note' in found) return { row: null, note: found.note };
  const now = foldFound(context, compiled, found);
  const before = saved === null ? null : compileProjection(parseJson(saved) as unknown as Projection);
  const same = { ...found, events: found.events.slice(0, now.row.folded) };
  return {
    row: { ...now.row, saved: before === null ? null : against(context, before, same, now.state) },
    note: null,
  };
}

function byAggregate(
  context: ReadContext,
  groups: Groups,
  on: string | null,
  cut: Cut,
): Found | { note: string } {
  const key = on ?? firstKey(context, groups);
  if (key === null) return { note: 'Nothing is captured of what it reads.' };
  const ids = groups.recordsOfKey(key);
  if (ids.length === 0) return { note: `There is no ${groups.aggregateTypes().join(' or ')} ${key} here.` };
  const taken = ids.slice(0, MOST_EVENTS);
  const events = groups.byRecords(taken, cut);
  if (events.length === 0) return { note: `${key} has no event as of the chosen time.` };
  const partial =
    taken.length === ids.length
      ? null
      : `the first ${plural(taken.length, 'record')} of ${plural(ids.length, 'record')}`;
  return { key, events, partial };
}

function firstKey({ db }: ReadContext, groups: Groups): string | null {
  const types = JSON.stringify(groups.aggregateTypes());
  const key = db
    .prepare('SELECT key FROM aggregate WHERE type IN (SELECT value FROM json_each(?)) ORDER BY id LIMIT 1')
    .pluck()
    .get(types);
  return (key as string | undefined) ?? null;
}

/** Where the key lies in the event only a build knows all events of a row: here some records are looked at. */
function byKey(context: ReadContext, groups: Groups, on: string | null, cut: Cut): Found | { note: string } {
  const looked = someEvents(context, groups);
  const committed = looked.events.filter(
    ({ verdict, kind }) => verdict === 'committed' && kind !== 'control',
  );
  if (committed.length === 0) return { note: 'Nothing is captured of what it reads.' };
  const keys = Map.groupBy(committed, (event) => groups.keyOf(event));
  const without = keys.get(null)?.length ?? 0;
  keys.delete(null);
  const scope = looked.all ? 'all' : 'the first';
  const records = `${scope} ${plural(committed.length, 'record')} that it reads`;
  const key =
    on ??
    [...keys].reduce((most, each) => (each[1].length > most[1].length ? each : most), ['', []] as [
      string | null,
      unknown[],
    ])[0];
  const own = keys.get(key ?? '');
  if (own === undefined)
    return {
      note: on === null ? `None of ${records} has the key.` : `${on} is not the key of any of ${records}.`,
    };
  const events = groups.byRecords(
    own.map(({ id }) => id),
    cut,
  );
  if (events.length === 0) return { note: `${key} has no event as of the chosen time.` };
  const missing = without === 0 ? '' : `; ${plural(without, 'record')} of these have no key`;
  const partial = looked.all && without === 0 ? null : `found in ${records}${missing}`;
  return { key: key!, events, partial };
}

function someEvents(context: ReadContext, groups: Groups) {
  const events: ReturnType<Groups['eventsOfAggregate']> = [];
  const ofType = context.db.prepare('SELECT id FROM aggregate WHERE type = ? ORDER BY id').pluck();
  for (const type of groups.aggregateTypes()) {
    for (const id of ofType.iterate(type) as IterableIterator<number>) {
      context.throwIfAborted();
      if (events.length >= MOST_LOOKED) return { events: events.slice(0, MOST_LOOKED), all: false };
      events.push(...groups.eventsOfAggregate(id));
    }
  }
  if (groups.takesLoose)
    for (const partition of groups.partitions()) {
      if (events.length >= MOST_LOOKED) return { events: events.slice(0, MOST_LOOKED), all: false };
      events.push(...groups.looseEvents(partition, MOST_LOOKED - events.length + 1));
    }
  return { events: events.slice(0, MOST_LOOKED), all: events.length <= MOST_LOOKED };
}

interface Folded {
  state: Json;
  failures: { index: number; message: string }[];
  /** Events that were folded; fewer than there are when the program had to be stopped or is slow. */
  done: number;
  /** Why it ended early. */
  ended: string | null;
}

/** What the sandbox says of an event at which a program had to be stopped: trying on costs that again at each event. */
const STOPPED = /it was stopped|MB of memory/;
/** A test that takes longer than this gives what it has. */
const TRY_MS = 4_000;

/** Folds runs of events of one stream at once, few first: a program that loops is stopped once, not at every event. */
function foldAll(
  context: ReadContext,
  { folder }: CompiledProjection,
  events: readonly PlacedEvent[],
): Folded {
  const failures: Folded['failures'] = [];
  const end = performance.now() + TRY_MS;
  let state = folder.initial;
  let most = 1;
  for (let from = 0; from < events.length; most *= 8) {
    context.throwIfAborted();
    const { stream } = events[from]!;
    let to = from + 1;
    while (to < events.length && to - from < most && events[to]!.stream === stream) to += 1;
    const run = events.slice(from, to).map(({ event }) => event);
    const result = folder.fold(run, stream, state);
    state = result.state;
    const places = new Map(run.map(({ id }, at) => [id, from + at]));
    for (const { id, message } of result.problems) failures.push({ index: places.get(id)!, message });
    from = to;
    const stopped = result.problems.some(({ message }) => STOPPED.test(message));
    const left = events.length - from;
    if (left > 0 && stopped)
      return {
        state,
        failures,
        done: from,
        ended: `the program had to be stopped, ${plural(left, 'event')} left out`,
      };
    if (left > 0 && performance.now() > end)
      return { state, failures, done: from, ended: `it is slow, ${plural(left, 'event')} left out` };
  }
  return { state, failures, done: events.length, ended: null };
}

function foldFound(
  context: ReadContext,
  compiled: CompiledProjection,
  { key, events: all, partial }: Found,
): { row: TriedRow; state: Json } {
  const { folder, projection } = compiled;
  const { state, failures, done, ended } = foldAll(context, compiled, all);
  const events = all.slice(0, done);
  const failed = new Set(failures.map(({ index }) => index));
  const processed = events.filter(({ event }, at) => !failed.has(at) && folder.handles(event.type)).length;
  const text = formatJson(state);
  const [first] = events;
  const { aggregateType, aggregateId } = first!.stream;
  const isAggregate = projection.key === 'aggregateId' && aggregateType !== undefined;
  const row: TriedRow = {
    key,
    aggregate: isAggregate ? { type: aggregateType, id: aggregateId ?? key } : null,
    folded: events.length,
    partial: [partial, ended].filter((each) => each !== null).join('; ') || null,
    processed,
    ignored: events.length - failed.size - processed,
    state: text.length > MOST_STATE ? null : text,
    stateBytes: Buffer.byteLength(text),
    failed: failures.length,
    failures: failures.slice(0, MOST_FAILURES).map((each) => failureOf(context, each, events[each.index]!)),
    columns: processed === 0 ? null : columnsOf(compiled, state),
    saved: null,
  };
  return { row, state };
}

function failureOf(
  context: ReadContext,
  { index, message }: Folded['failures'][number],
  { event }: PlacedEvent,
): TriedFailure {
  const { topic, partition } = context.dictionary.placeOf(event.id);
  const place = { topic, partition, offset: int64(offsetOf(event.id)) };
  return { id: event.id, place, index, type: event.type, ...placeInProgram(message) };
}

function columnsOf({ projection, paths }: CompiledProjection, state: Json) {
  return projection.columns.map(({ name, type }, at) => {
    const value = getPath(state, paths[at]!);
    const { note = null } = toColumn(type, value);
    return { name, type, value: cellOf(type, value), note };
  });
}

/** As the console shows the column's value. */
function cellOf(type: ColumnType, value: Json | undefined): Cell {
  const stored = toColumn(type, value).value;
  if (typeof stored === 'bigint')
    return Number.isSafeInteger(Number(stored)) ? Number(stored) : { integer: String(stored) };
  if (type !== 'decimal' || stored === null || value === undefined) return stored;
  const exact = decimalTextOf(value);
  return exact === null ? stored : { decimal: exact };
}

function against(
  context: ReadContext,
  saved: CompiledProjection,
  { events }: Found,
  state: Json,
): TriedRow['saved'] {
  const before = foldAll(context, saved, events);
  const changes = diffStates(before.state, state);
  const text = (value: Json | undefined) => (value === undefined ? null : formatJson(value));
  return {
    version: saved.projection.reducer.version,
    columns: columnsOf(saved, before.state).map(({ name, value }) => ({ name, value })),
    changes: changes.slice(0, MOST_CHANGES).map((change) => ({
      path: formatPath(change.path),
      kind: change.kind,
      before: text(change.before),
      after: text(change.after),
      delta: change.delta ?? null,
    })),
    changed: changes.length,
  };
}

export const tryReads = { 'projections.try': tryDefinition };
