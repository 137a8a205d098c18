/** The row at a place of the log, without the rows before it. */
import type { Lane } from './lanes.ts';

/** Rows for each lane. */
export type PlaceInLanes = Float64Array;

/** How many rows of each lane are among the first `place` rows of all. */
export function cutAt(lanes: readonly Lane[], place: number, count: number): PlaceInLanes {
  const least = new Float64Array(lanes.length);
  if (place <= 0) return least;
  const most = Float64Array.from(lanes, (lane) => lane.count);
  if (place >= count) return most;
  // The latest moment before which there are no more than so many rows: the row at the place has it.
  const used = lanes.filter((lane) => lane.count > 0);
  let low = Math.min(...used.map((lane) => lane.timeAt(0)));
  let high = after(Math.max(...used.map((lane) => lane.timeAt(lane.count - 1))));
  const found = new Float64Array(lanes.length);
  for (;;) {
    const middle = low + Math.floor((high - low) / 2);
    if (middle <= low || middle >= high) break;
    const about = boundsOf(lanes, middle);
    if (about.least > place) {
      high = middle;
      continue;
    }
    if (about.most <= place) {
      low = middle;
      continue;
    }
    let sum = 0;
    for (const [no, lane] of lanes.entries()) {
      found[no] = lane.countBefore(middle, least[no], most[no]);
      sum += found[no]!;
    }
    if (sum <= place) {
      low = middle;
      least.set(found);
    } else {
      high = middle;
      most.set(found);
    }
  }
  // Of the rows of that moment, lane after lane as many as are missing.
  for (const [no, lane] of lanes.entries()) found[no] = lane.countBefore(low, least[no], most[no]);
  let missing = place - found.reduce((sum, rows) => sum + rows, 0);
  for (const [no, lane] of lanes.entries()) {
    if (missing === 0) break;
    const same = lane.countBefore(high, found[no], most[no]) - found[no]!;
    const taken = Math.min(missing, same);
    found[no]! += taken;
    missing -= taken;
  }
  return found;
}

/** A moment after this one, and no other between them that a record can have. */
const after = (time: number): number => time + Math.max(1, Math.abs(time) * Number.EPSILON * 2);

function boundsOf(lanes: readonly Lane[], time: number): { least: number; most: number } {
  let least = 0;
  let most = 0;
  for (const lane of lanes) {
    const bounds = lane.bounds(time);
    least += bounds.least;
    most += bounds.most;
  }
  return { least, most };
}
