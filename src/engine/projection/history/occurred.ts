/**
 * What a row was at every moment of the occurred clock, for rows that are folded in another order there. Event by event
 * along that order; where clocks jitter, so that a moment takes no prefix of it, each moment of that stretch is folded.
 */
import type { Json, JsonObject } from '../../../core/model.ts';
import { isJsonObject } from '../../../core/numbers.ts';
import { getPath } from '../../../core/path.ts';
import type { FoldRun, PlacedEvent } from '../fold.ts';
import { type Stored, toColumn } from '../values.ts';
import { isUnchanged } from './recorder.ts';

/** A stretch that needs more steps than so many times the row's events, and these, is folded when somebody asks. */
const MOST_TIMES = 20;
const SPARE_STEPS = 10_000;

const happenedAt = ({ event }: PlacedEvent): number => event.occurredAt ?? event.recordedAt;

/** Events of which every moment takes all, none, or a part that is no prefix. */
interface Stretch {
  from: number;
  to: number;
  /** Moments at which another event of it is taken, ascending. One: all come at once, or one by one in their order. */
  moments: number[];
}

/** Null: too much would have to be folded. @param events in the order of the occurred clock */
function stretchesOf(events: readonly PlacedEvent[]): Stretch[] | null {
  const times = events.map(happenedAt);
  const least = new Float64Array(times.length + 1).fill(Number.POSITIVE_INFINITY);
  for (let at = times.length - 1; at >= 0; at -= 1) least[at] = Math.min(least[at + 1]!, times[at]!);
  const stretches: Stretch[] = [];
  let steps = 0;
  for (let from = 0; from < times.length; ) {
    let most = times[from]!;
    let to = from + 1;
    while (least[to]! <= most) {
      most = Math.max(most, times[to]!);
      to += 1;
    }
    const moments = [...new Set(times.slice(from, to))].sort((a, b) => a - b);
    steps += (to - from) * moments.length;
    if (steps > MOST_TIMES * times.length + SPARE_STEPS) return null;
    stretches.push({ from, to, moments });
    from = to;
  }
  return stretches;
}

interface Standing {
  state: Json;
  processed: number;
}

interface Change {
  column: number;
  value: Stored;
}

/** A moment: the events that it takes and no earlier one does, and what changes with them. */
interface Entry {
  at: number;
  last: PlacedEvent;
  added: number;
  isBorn: boolean;
  changes: Change[];
}

/**
 * Writes the row down that was recorded last.
 * @param events as the occurred clock folds all of them; null: they cannot be told apart from moment to moment
 */
export function recordOccurred(run: FoldRun, key: string, events: readonly PlacedEvent[] | null): void {
  const recorder = run.recorder!;
  recorder.ownOrder(recorder.lastRow);
  const entries = events === null ? null : entriesOf(run, events);
  if (entries === null) return;
  const { occurred } = recorder;
  const row = occurred.addRow(key);
  for (const { at, last, added, isBorn, changes } of entries) {
    const { id, recordedAt } = last.event;
    let place = 0;
    // One place for each event, so that they are counted; the last one that is folded gives its name.
    for (let nth = 0; nth < added; nth += 1) place = occurred.addEvent(row, at, id, recordedAt, at);
    if (isBorn) occurred.bear(row, place);
    for (const { column, value } of changes) occurred.addChange(column, place, value);
  }
}

function entriesOf(run: FoldRun, events: readonly PlacedEvent[]): Entry[] | null {
  const stretches = stretchesOf(events);
  if (stretches === null) return null;
  const entries: Entry[] = [];
  const values: (Json | undefined)[] = new Array(run.compiled.paths.length).fill(undefined);
  let standing: Standing = { state: run.compiled.folder.initial, processed: 0 };
  let isBorn = false;
  for (const { from, to, moments } of stretches) {
    const start = standing;
    let before = 0;
    for (const at of moments) {
      const taken = events.slice(from, to).filter((event) => happenedAt(event) <= at);
      standing = foldOn(run, start, taken);
      // An event that comes between can spoil the only one that was applied: such a row comes and goes.
      if (isBorn && standing.processed === 0) return null;
      entries.push({
        at,
        last: taken.at(-1)!,
        added: taken.length - before,
        isBorn: !isBorn && standing.processed > 0,
        changes: changesOf(run, standing.state, values),
      });
      isBorn ||= standing.processed > 0;
      before = taken.length;
    }
  }
  return entries;
}

function foldOn(
  { compiled: { folder } }: FoldRun,
  start: Standing,
  events: readonly PlacedEvent[],
): Standing {
  let { state, processed } = start;
  for (const { event, stream } of events) {
    const applied = folder.step(state, event, stream);
    state = applied.state;
    if (applied.problem === undefined && folder.handles(event.type)) processed += 1;
  }
  return { state, processed };
}

/** @param known the values so far, brought up to date */
function changesOf({ compiled, scales }: FoldRun, state: Json, known: (Json | undefined)[]): Change[] {
  const object = isJsonObject(state) ? (state as JsonObject) : null;
  const changes: Change[] = [];
  for (const [column, path] of compiled.paths.entries()) {
    const key = compiled.keys[column]!;
    const value = key !== null && object !== null ? object[key] : getPath(state, path);
    const before = known[column];
    if (value === before || isUnchanged(before, value)) continue;
    known[column] = value;
    const { name, type } = compiled.projection.columns[column]!;
    const { value: stored, scale } = toColumn(type, value);
    if (scale !== undefined && scale > (scales.get(name) ?? -1)) scales.set(name, scale);
    changes.push({ column, value: stored });
  }
  return changes;
}
