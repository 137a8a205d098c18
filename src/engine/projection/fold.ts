/** One row of a projection: the fold of its events, the columns, and what could not be done. */
import type { Applied } from '../../core/fold.ts';
import type { Folder } from '../../core/folder.ts';
import type { ColumnType, Json, JsonObject, Projection, StreamEvent } from '../../core/model.ts';
import { isJsonObject, readSmallDecimal, type SmallDecimal } from '../../core/numbers.ts';
import { getPath, type PathStep, parsePath } from '../../core/path.ts';
import { formatTime } from '../../core/time.ts';
import { folderFor } from '../sandbox/folderFor.ts';
import { type HistoryRecorder, isUnchanged } from './history/recorder.ts';
import type { Placed } from './placed.ts';
import { type Stored, toColumn } from './values.ts';

export interface Failure {
  recordId: number;
  type: string;
  message: string;
}

export interface FoldedRow {
  /** Values of the declared columns, then `_events`, `_last_event`, `_last_at`; null when no event is about the row. */
  values: Stored[] | null;
  processed: number;
  ignored: number;
  failures: readonly Failure[];
}

export type PlacedEvent = Placed<StreamEvent>;

export interface CompiledProjection {
  projection: Projection;
  folder: Folder;
  paths: PathStep[][];
  /** Names of the columns that are just a key of the state; null: a longer way, or a key that objects inherit. */
  keys: (string | null)[];
  columns: readonly number[];
  /** Columns that an event of this type (kind `event`) can change. */
  columnsOf(type: string): readonly number[];
}

/** @throws ReducerProblem or PathProblem for a definition that was not validated */
export function compileProjection(projection: Projection): CompiledProjection {
  const paths = projection.columns.map((column) => parsePath(column.path ?? column.name));
  const folder = folderFor(projection.reducer);
  const columns = paths.map((_, column) => column);
  const known = new Map<string, readonly number[]>();
  return {
    projection,
    folder,
    paths,
    columns,
    columnsOf(type) {
      let changed = known.get(type);
      if (changed === undefined) {
        const touched = folder.touches?.(type) ?? null;
        // A column of the empty path is the whole state.
        const isTouched = ([key]: PathStep[]) => key === undefined || touched?.has(String(key)) !== false;
        changed = columns.filter((column) => isTouched(paths[column]!));
        known.set(type, changed);
      }
      return changed;
    },
    keys: paths.map(([key, ...rest]) =>
      rest.length === 0 && typeof key === 'string' && !(key in Object.prototype) ? key : null,
    ),
  };
}

/** What the rows of one fold share. */
export interface FoldRun {
  compiled: CompiledProjection;
  /** Null: only the last values are wanted. */
  recorder: HistoryRecorder | null;
  /** Most decimal places seen, by column. */
  scales: Map<string, number>;
}

const NO_FAILURES: readonly Failure[] = [];

/** What was read last. */
const decimal: SmallDecimal = { number: 0, places: 0 };

/** One row while its events come. */
export class RowFold {
  readonly #run: FoldRun;
  readonly #row: number;
  readonly #values: (Json | undefined)[] | null;
  #state: Json;
  /** The state was made by a step, and nobody else holds it. */
  #isOwn = false;
  #events = 0;
  #processed = 0;
  #ignored = 0;
  #failures: Failure[] | null = null;
  #lastId = 0;
  #lastType = '';
  #lastAt = 0;

  constructor(run: FoldRun, key: string) {
    this.#run = run;
    this.#state = run.compiled.folder.initial;
    this.#row = run.recorder?.addRow(key) ?? 0;
    this.#values = run.recorder === null ? null : new Array(run.compiled.paths.length).fill(undefined);
  }

  /** The next event of the row. */
  add({ event, stream, at }: PlacedEvent): void {
    const { folder } = this.#run.compiled;
    const state = this.#state;
    const applied =
      this.#isOwn && folder.stepOwn !== undefined
        ? folder.stepOwn(state, event, stream)
        : folder.step(state, event, stream);
    this.take(event, at, applied);
  }

  get state(): Json {
    return this.#state;
  }

  /** What the next event of the row leads to, when it was folded elsewhere. */
  take(event: StreamEvent, at: number, applied: Applied): void {
    const { folder } = this.#run.compiled;
    const state = this.#state;
    const processed = this.#processed;
    if (applied.state !== state) {
      this.#isOwn = true;
      this.#state = applied.state;
    }
    this.#events += 1;
    this.#lastId = event.id;
    this.#lastType = event.type;
    this.#lastAt = event.recordedAt;
    if (applied.problem !== undefined) {
      this.#failures ??= [];
      this.#failures.push({ recordId: event.id, type: event.type, message: applied.problem });
    } else if (folder.handles(event.type)) this.#processed += 1;
    else this.#ignored += 1;
    if (this.#values !== null) this.#record(event, at, processed === 0 && this.#processed === 1);
  }

  #record(event: StreamEvent, at: number, isFirst: boolean): void {
    const { recorder, compiled } = this.#run;
    const state = this.#state;
    const happened = event.occurredAt ?? event.recordedAt;
    const place = recorder!.addEvent(this.#row, at, event.id, event.recordedAt, happened);
    if (isFirst) recorder!.bear(this.#row, place);
    const object = isJsonObject(state) ? (state as JsonObject) : null;
    const { paths, keys, projection } = compiled;
    const known = this.#values!;
    // What the reducer begins with is told with the first event, whatever that changes.
    const columns =
      this.#events > 1 && event.kind === 'event' ? compiled.columnsOf(event.type) : compiled.columns;
    for (const column of columns) {
      const key = keys[column]!;
      const value = key !== null && object !== null ? object[key] : getPath(state, paths[column]!);
      const before = known[column];
      if (value === before || isUnchanged(before, value)) continue;
      known[column] = value;
      const { name, type } = projection.columns[column]!;
      if (type === 'decimal' && value !== undefined && readSmallDecimal(value, decimal)) {
        recorder!.addNumber(column, place, decimal.number);
        this.#scale(name, decimal.places);
        continue;
      }
      const number = plainNumber(type, value, event);
      if (number !== null) {
        recorder!.addNumber(column, place, number);
        continue;
      }
      if (type === 'text' && typeof value === 'string') {
        recorder!.addChange(column, place, value);
        continue;
      }
      const { value: stored, scale } = toColumn(type, value);
      if (scale !== undefined) this.#scale(name, scale);
      recorder!.addChange(column, place, stored);
    }
  }

  #scale(column: string, places: number): void {
    const { scales } = this.#run;
    if (places > (scales.get(column) ?? -1)) scales.set(column, places);
  }

  /** The row after all events. */
  finish(): FoldedRow {
    const counts = { processed: this.#processed, ignored: this.#ignored };
    const failures = this.#failures ?? NO_FAILURES;
    if (this.#processed === 0) return { values: null, ...counts, failures };
    const notes: string[] = [];
    const values = columnsOf(this.#run, this.#state, notes);
    values.push(BigInt(this.#events), BigInt(this.#lastId), formatTime(this.#lastAt));
    return { values, ...counts, failures: notes.length === 0 ? failures : this.#withNotes(notes) };
  }

  /** What a column could not hold is told at the row's last event; one entry per record. */
  #withNotes(notes: readonly string[]): Failure[] {
    const failures = [...(this.#failures ?? NO_FAILURES)];
    const at = failures.findIndex(({ recordId }) => recordId === this.#lastId);
    const known = failures[at];
    if (known !== undefined) failures[at] = { ...known, message: [known.message, ...notes].join('; ') };
    else failures.push({ recordId: this.#lastId, type: this.#lastType, message: notes.join('; ') });
    return failures;
  }
}

/** The number by which a history keeps the value; null: it takes more than that (see `ColumnLog`). */
function plainNumber(type: ColumnType, value: Json | undefined, event: StreamEvent): number | null {
  if (type === 'integer') return typeof value === 'number' && Number.isSafeInteger(value) ? value + 0 : null;
  if (type !== 'time' || typeof value !== 'string') return null;
  // Mostly a moment of the event itself, as text.
  if (value === formatTime(event.recordedAt)) return event.recordedAt;
  const { occurredAt } = event;
  return occurredAt !== null && value === formatTime(occurredAt) ? occurredAt : null;
}

function columnsOf({ compiled, scales }: FoldRun, state: Json, notes: string[]): Stored[] {
  return compiled.projection.columns.map((column, at) => {
    const { value, note, scale } = toColumn(column.type, getPath(state, compiled.paths[at]!));
    if (note !== undefined) notes.push(`column ${column.name}: ${note}`);
    if (scale !== undefined && scale > (scales.get(column.name) ?? -1)) scales.set(column.name, scale);
    return value;
  });
}
