/** The order of a stream and its cuts, as core/order.ts defines them, over columns instead of an object per event. */
import type { Cut, OrderNote } from '../../core/model.ts';
import type { Dictionary } from '../store/dictionary.ts';
import { OFFSET_SPAN } from '../store/ids.ts';
import { partitionRuns, type StreamColumns } from '../store/streamColumns.ts';
import { KIND, VERDICT } from '../store/values.ts';

/** A stream in log order. Rows are places in its columns. */
export interface OrderedColumns {
  columns: StreamColumns;
  /** The committed events in log order. */
  rows: Uint32Array;
  /** Effective recorded time of each of them: never falls. */
  effectiveAt: Float64Array;
  versionFaults: OrderNote['versionFaults'];
  /** Rows left out because of their verdict, in log order. */
  excluded: Uint32Array;
  toleranceMs: number;
}

export interface CutRows {
  /** The events before the cut, in the order they are folded. */
  rows: Uint32Array;
  /** Those of them that occurred order has moved, in fold order. */
  moved: Uint32Array;
}

/** The rows of a stream in one partition. */
export interface Lane {
  topic: string;
  partition: number;
  rows: Uint32Array;
  /** Recorded time made monotonic, by place in `rows`. */
  times: Float64Array;
  /** The first that is not merged yet. */
  head: number;
}

/** The committed rows of each partition, by topic and partition; `excluded` takes the others, markers aside. */
function lanesOf(columns: StreamColumns, dictionary: Dictionary, excluded: number[]): Lane[] {
  const { id, kind, verdict, monotonicAt } = columns;
  const lanes: Lane[] = [];
  for (const { no, from, to } of partitionRuns(id)) {
    const rows = new Uint32Array(to - from);
    const times = new Float64Array(to - from);
    let count = 0;
    let highest = Number.NEGATIVE_INFINITY;
    for (let row = from; row < to; row++) {
      if (kind[row] === KIND.control || verdict[row] === VERDICT.control) continue;
      if (verdict[row] !== VERDICT.committed) {
        excluded.push(row);
        continue;
      }
      highest = Math.max(highest, monotonicAt[row]!);
      rows[count] = row;
      times[count++] = highest;
    }
    if (count === 0) continue;
    const { topic, partition } = dictionary.placeOf(no * OFFSET_SPAN);
    lanes.push({ topic, partition, rows: rows.subarray(0, count), times: times.subarray(0, count), head: 0 });
  }
  return lanes.sort(comparePlace);
}

type PlaceOf = { topic: string; partition: number };
/** How the log orders records of one moment. */
export const comparePlace = (a: PlaceOf, b: PlaceOf): number =>
  (a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : 0) || a.partition - b.partition;

/** See `mergeLanes` of core/order.ts: the rule is the same. @param lanes by topic and partition; they are used up */
export function mergeLanes(lanes: readonly Lane[], version: Float64Array): Uint32Array {
  if (lanes.length === 1) return lanes[0]!.rows;
  const merged = new Uint32Array(lanes.reduce((sum, { rows }) => sum + rows.length, 0));
  let count = 0;
  let open = lanes;
  const timeOf = (lane: Lane) => lane.times[lane.head]!;
  const versionOf = (lane: Lane) => version[lane.rows[lane.head]!]!;
  while (open.length > 1) {
    let choice = open[0]!;
    // Lanes are sorted by topic and partition: a strict comparison keeps the first of equals.
    for (const lane of open) if (timeOf(lane) < timeOf(choice)) choice = lane;
    let lowest = versionOf(choice);
    if (!Number.isNaN(lowest)) {
      const earliest = choice;
      for (const lane of open) {
        const declared = versionOf(lane);
        if (Number.isNaN(declared) || declared > lowest) continue;
        if (declared === lowest && (choice === earliest || timeOf(lane) >= timeOf(choice))) continue;
        choice = lane;
        lowest = declared;
      }
    }
    const chosen = choice;
    merged[count++] = chosen.rows[chosen.head]!;
    chosen.head += 1;
    if (chosen.head === chosen.rows.length) open = open.filter((lane) => lane !== chosen);
  }
  const rest = open[0];
  if (rest !== undefined) merged.set(rest.rows.subarray(rest.head), count);
  return merged;
}

function versionFaultsOf(lanes: readonly Lane[], { id, version }: StreamColumns) {
  const faults: OrderNote['versionFaults'] = [];
  for (const { rows } of lanes) {
    let previousVersion = Number.NEGATIVE_INFINITY;
    for (const row of rows) {
      const declared = version[row]!;
      if (Number.isNaN(declared)) continue;
      if (declared < previousVersion) faults.push({ id: id[row]!, version: declared, previousVersion });
      else previousVersion = declared;
    }
  }
  return faults;
}

/** The same order as `orderStream` of core gives. */
export function orderColumns(columns: StreamColumns, dictionary: Dictionary): OrderedColumns {
  const left: number[] = [];
  const lanes = lanesOf(columns, dictionary, left);
  const versionFaults = versionFaultsOf(lanes, columns);
  const rows = lanes.length === 0 ? new Uint32Array(0) : mergeLanes(lanes, columns.version);
  const effectiveAt = new Float64Array(rows.length);
  let highest = Number.NEGATIVE_INFINITY;
  for (let at = 0; at < rows.length; at++) {
    highest = Math.max(highest, columns.monotonicAt[rows[at]!]!);
    effectiveAt[at] = highest;
  }
  const places = (row: number) => dictionary.placeOf(columns.id[row]!);
  left.sort(
    (a, b) =>
      columns.monotonicAt[a]! - columns.monotonicAt[b]! || comparePlace(places(a), places(b)) || a - b,
  );
  const excluded = Uint32Array.from(left);
  const toleranceMs = dictionary.toleranceOf(columns.id);
  return { columns, rows, effectiveAt, versionFaults, excluded, toleranceMs };
}

/** How many of the ascending `values` are at most `limit`. */
export function countUpTo(values: Float64Array, limit: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle]! <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

const NO_ROWS = new Uint32Array(0);

/** Rows in occurred order, and which were moved. See `occurredOrder` of core/order.ts: the rule is the same. */
function occurredOrder(known: Uint32Array, occurredAt: Float64Array, toleranceMs: number): CutRows {
  const moved: number[] = [];
  let latest = Number.NEGATIVE_INFINITY;
  for (const row of known) {
    const at = occurredAt[row]!;
    if (at < latest - toleranceMs) moved.push(row);
    else if (at > latest) latest = at;
  }
  if (moved.length === 0) return { rows: known, moved: NO_ROWS };
  // Stable: events moved to the same moment keep their log order.
  moved.sort((a, b) => occurredAt[a]! - occurredAt[b]!);
  const rows = new Uint32Array(known.length);
  let count = 0;
  let next = 0;
  latest = Number.NEGATIVE_INFINITY;
  for (const row of known) {
    const at = occurredAt[row]!;
    if (at < latest - toleranceMs) continue;
    if (at > latest) latest = at;
    while (next < moved.length && occurredAt[moved[next]!]! < latest) rows[count++] = moved[next++]!;
    rows[count++] = row;
  }
  while (next < moved.length) rows[count++] = moved[next++]!;
  return { rows, moved: Uint32Array.from(moved) };
}

/** The same events as `cutStream` of core takes, in the same order. */
export function cutColumns({ columns, rows, effectiveAt, toleranceMs }: OrderedColumns, cut: Cut): CutRows {
  const known = cut.knownOn === null ? rows : rows.subarray(0, countUpTo(effectiveAt, cut.knownOn));
  const limit = cut.trueOn;
  if (limit === null) return { rows: known, moved: NO_ROWS };
  const { occurredAt, recordedAt } = columns;
  const placed = occurredOrder(known, occurredAt, toleranceMs);
  const happened = (all: Uint32Array): Uint32Array => {
    const kept = new Uint32Array(all.length);
    let count = 0;
    for (let place = 0; place < all.length; place++) {
      const row = all[place]!;
      const at = occurredAt[row]!;
      if ((Number.isNaN(at) ? recordedAt[row]! : at) <= limit) kept[count++] = row;
    }
    return count === all.length ? all : kept.subarray(0, count);
  };
  return { rows: happened(placed.rows), moved: happened(placed.moved) };
}
