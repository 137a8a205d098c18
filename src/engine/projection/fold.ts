/** One row of a projection: the fold of its events, the columns, and what could not be done. */
import type { Folder } from '../../core/folder.ts';
import type { Json, Projection } from '../../core/model.ts';
import { getPath, type PathStep, parsePath } from '../../core/path.ts';
import { formatTime } from '../../core/time.ts';
import { folderFor } from '../sandbox/folderFor.ts';
import type { PlacedEvent } from './groups.ts';
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
  failures: Failure[];
  /** Decimal places seen, by column. */
  scales: Map<string, number>;
}

export interface CompiledProjection {
  projection: Projection;
  folder: Folder;
  paths: PathStep[][];
}

/** @throws ReducerProblem or PathProblem for a definition that was not validated */
export function compileProjection(projection: Projection): CompiledProjection {
  return {
    projection,
    folder: folderFor(projection.reducer),
    paths: projection.columns.map((column) => parsePath(column.path ?? column.name)),
  };
}

/** Folds the events of one row in the order given. */
export function foldRow(compiled: CompiledProjection, events: readonly PlacedEvent[]): FoldedRow {
  const { folder } = compiled;
  const failures: Failure[] = [];
  let state = folder.initial;
  let processed = 0;
  let ignored = 0;
  for (const { event, stream } of events) {
    const applied = folder.step(state, event, stream);
    state = applied.state;
    if (applied.problem !== undefined)
      failures.push({ recordId: event.id, type: event.type, message: applied.problem });
    else if (folder.handles(event.type)) processed += 1;
    else ignored += 1;
  }
  const scales = new Map<string, number>();
  const last = events.at(-1);
  if (last === undefined || processed === 0) return { values: null, processed, ignored, failures, scales };
  const notes: string[] = [];
  const values = columnsOf(compiled, state, scales, notes);
  values.push(BigInt(events.length), BigInt(last.event.id), formatTime(last.event.recordedAt));
  if (notes.length > 0) addNotes(failures, last, notes);
  return { values, processed, ignored, failures, scales };
}

function columnsOf(
  { projection, paths }: CompiledProjection,
  state: Json,
  scales: Map<string, number>,
  notes: string[],
): Stored[] {
  return projection.columns.map((column, at) => {
    const { value, note, scale } = toColumn(column.type, getPath(state, paths[at]!));
    if (note !== undefined) notes.push(`column ${column.name}: ${note}`);
    if (scale !== undefined) scales.set(column.name, scale);
    return value;
  });
}

/** What a column could not hold is told at the row's last event; one entry per record. */
function addNotes(failures: Failure[], { event }: PlacedEvent, notes: readonly string[]): void {
  const known = failures.find(({ recordId }) => recordId === event.id);
  if (known !== undefined) known.message = [known.message, ...notes].join('; ');
  else failures.push({ recordId: event.id, type: event.type, message: notes.join('; ') });
}
