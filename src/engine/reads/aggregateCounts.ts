/**
 * How many committed events each aggregate has as of any moment, when the first and the last were recorded, and the type
 * of the last. Counts stand along the log after every so many records, so that a moment costs a copy and the records
 * since; a new revision goes on where the log is as it was. What is kept is bounded by the aggregates, not by the log.
 */
import type { Cut } from '../../core/model.ts';
import { VERDICT } from '../store/values.ts';
import type { ReadContext } from '../workers/context.ts';
import { type LogOrder, logOrderOf } from './logOrder.ts';
import { happenedAt, type LogRows, verdictAt } from './logRows.ts';

/** By aggregate number; only the number of events means something where there are none. Milliseconds since 1970. */
export interface Counts {
  events: Uint32Array;
  firstAt: Float64Array;
  lastAt: Float64Array;
  lastType: Uint32Array;
}

/** What holds of the records before a place of the log. */
interface Stand extends Omit<Counts, 'firstAt'> {
  before: number;
  /** Moment of the record before that place. */
  time: number;
}

/** The earliest and the latest moment at which an event of a stretch of the log happened. */
interface Stretches {
  least: Float64Array;
  most: Float64Array;
}

interface Kept {
  generation: number;
  /** Room for aggregate numbers below it. */
  size: number;
  /** Of the first event of all; Infinity: there is none. */
  firstAt: Float64Array;
  stands: Stand[];
  /** Records between two stands. */
  step: number;
  stretches: Stretches;
  /** Counted up to here, and what holds there. */
  end: Stand;
}

const KEY = 'aggregate counts';
/** Records of a stretch. */
const STRETCH = 4096;
/** Records between two stands, at first: some times the aggregates, each of which has numbers in a stand. */
const STEP_TIMES = 2;
const LEAST_STEP = 1 << 15;
/** Beyond so many bytes every other stand goes. */
const STAND_BYTES = 48 * 1024 * 1024;
const BYTES_PER_NUMBER = 16;
const FEWEST_STANDS = 4;

/** Counts as of a cut. The answer belongs to the caller. */
export function countsAsOf(context: ReadContext, { knownOn, trueOn }: Cut): Counts {
  const order = logOrderOf(context);
  const kept = keptOf(context, order);
  const end = knownOn === null ? order.count : order.placeOfTime(knownOn + 1);
  const start = end === kept.end.before && trueOn === null ? kept.end : standBefore(kept, end, trueOn);
  const counted: Counts = {
    events: start.events.slice(),
    firstAt: kept.firstAt.slice(),
    lastAt: start.lastAt.slice(),
    lastType: start.lastType.slice(),
  };
  const { least, most } = kept.stretches;
  for (let from = start.before; from < end; ) {
    const stretch = Math.floor(from / STRETCH);
    const to = Math.min(end, (stretch + 1) * STRETCH);
    const isWhole = trueOn === null || most[stretch]! <= trueOn;
    if (isWhole || least[stretch]! <= trueOn)
      for (const { rows } of order.pages(from, to))
        add(counted, rows, isWhole ? Number.POSITIVE_INFINITY : trueOn);
    from = to;
  }
  return counted;
}

/** @param limit events that happened later are left out */
function add({ events, firstAt, lastAt, lastType }: Counts, rows: LogRows, limit: number): void {
  const { count, aggregate: aggregates, mono, type } = rows;
  for (let at = 0; at < count; at += 1) {
    const aggregate = aggregates[at]!;
    if (aggregate === 0 || verdictAt(rows, at) !== VERDICT.committed) continue;
    if (limit !== Number.POSITIVE_INFINITY && happenedAt(rows, at) > limit) continue;
    // Of all events the first is known; here it may have been left out.
    if (events[aggregate] === 0) firstAt[aggregate] = mono[at]!;
    events[aggregate]! += 1;
    lastAt[aggregate] = mono[at]!;
    lastType[aggregate] = type[at]!;
  }
}

/** The last stand before the end up to which every event had happened. */
function standBefore({ stands, stretches: { most } }: Kept, end: number, trueOn: number | null): Stand {
  let best = stands[0]!;
  for (const stand of stands) {
    if (stand.before > end) break;
    if (trueOn !== null)
      for (let at = best.before / STRETCH; at < stand.before / STRETCH; at += 1)
        if (most[at]! > trueOn) return best;
    best = stand;
  }
  return best;
}

function keptOf(context: ReadContext, order: LogOrder): Kept {
  const { lasting, db } = context;
  const known = lasting.get(KEY) as Kept | undefined;
  if (known?.generation === order.generation) return known;
  const size = db.prepare('SELECT coalesce(max(id), 0) + 1 FROM aggregate').pluck().get() as number;
  const kept =
    known === undefined || size > known.size
      ? newKept(size)
      : goBack(known, order.unchangedBefore(known.generation));
  order.prepare(kept.end.before, order.count);
  // Not kept while it is half done: a person may give up in between.
  lasting.delete(KEY);
  goOn(kept, order);
  kept.generation = order.generation;
  lasting.set(KEY, kept);
  return kept;
}

const emptyStand = (room: number): Stand => ({
  ...{ before: 0, time: Number.NEGATIVE_INFINITY, events: new Uint32Array(room) },
  ...{ lastAt: new Float64Array(room), lastType: new Uint32Array(room) },
});

const copyOf = ({ before, time, events, lastAt, lastType }: Stand): Stand => ({
  ...{ before, time, events: events.slice(), lastAt: lastAt.slice(), lastType: lastType.slice() },
});

function newKept(size: number): Kept {
  // Aggregates come while topics are followed; without room for them all would be counted anew each time.
  const room = Math.ceil(size * 1.25) + 64;
  const step = Math.ceil(Math.max(LEAST_STEP, STEP_TIMES * room) / STRETCH) * STRETCH;
  return {
    ...{ generation: 0, size: room, firstAt: new Float64Array(room).fill(Number.POSITIVE_INFINITY), step },
    ...{ stands: [emptyStand(room)], end: emptyStand(room) },
    stretches: { least: new Float64Array(0), most: new Float64Array(0) },
  };
}

/** What of it is still so. @param moment before which the log is as it was */
function goBack(known: Kept, moment: number): Kept {
  if (known.end.time < moment) return known;
  const stands = known.stands.filter(({ time }) => time < moment);
  if (stands.length === 0) stands.push(emptyStand(known.size));
  const { firstAt } = known;
  for (let aggregate = 0; aggregate < firstAt.length; aggregate += 1)
    if (firstAt[aggregate]! >= moment) firstAt[aggregate] = Number.POSITIVE_INFINITY;
  return { ...known, stands, end: copyOf(stands.at(-1)!) };
}

/** Counts on to the end of the log. */
function goOn(kept: Kept, order: LogOrder): void {
  const { firstAt, end } = kept;
  kept.stretches = roomFor(kept.stretches, Math.ceil(order.count / STRETCH));
  const { least, most } = kept.stretches;
  for (let from = end.before; from < order.count; ) {
    const stretch = Math.floor(from / STRETCH);
    const to = Math.min(order.count, (stretch + 1) * STRETCH);
    if (from % STRETCH === 0) {
      addStand(kept, from);
      least[stretch] = Number.POSITIVE_INFINITY;
      most[stretch] = Number.NEGATIVE_INFINITY;
    }
    for (const { rows } of order.pages(from, to)) {
      for (let at = 0; at < rows.count; at += 1) {
        const aggregate = rows.aggregate[at]!;
        if (aggregate === 0 || verdictAt(rows, at) !== VERDICT.committed) continue;
        const happened = happenedAt(rows, at);
        if (happened < least[stretch]!) least[stretch] = happened;
        if (happened > most[stretch]!) most[stretch] = happened;
        if (firstAt[aggregate] === Number.POSITIVE_INFINITY) firstAt[aggregate] = rows.mono[at]!;
        end.events[aggregate]! += 1;
        end.lastAt[aggregate] = rows.mono[at]!;
        end.lastType[aggregate] = rows.type[at]!;
      }
      if (rows.count > 0) end.time = rows.mono[rows.count - 1]!;
    }
    from = to;
    end.before = to;
  }
}

function addStand(kept: Kept, place: number): void {
  const { stands, end, size } = kept;
  if (place < stands.at(-1)!.before + kept.step) return;
  stands.push(copyOf(end));
  const most = Math.max(FEWEST_STANDS, Math.floor(STAND_BYTES / (size * BYTES_PER_NUMBER)));
  if (stands.length <= most) return;
  kept.stands = stands.filter((_, nth) => nth % 2 === 0);
  kept.step *= 2;
}

function roomFor({ least, most }: Stretches, count: number): Stretches {
  if (count <= least.length) return { least, most };
  const larger = (values: Float64Array): Float64Array => {
    const room = new Float64Array(Math.ceil(count * 1.25) + 16);
    room.set(values);
    return room;
  };
  return { least: larger(least), most: larger(most) };
}
