/** A snapshot that an event carries against the fold of the events before it. The fold is right; a snapshot is a claim. */
import { sameJson } from '../fold.ts';
import { compareExact, decimalTextOf, exactNumber, isJsonObject } from '../json.ts';
import type { Json, JsonObject } from '../model.ts';

/** Event types that carry a state. */
export const namesSnapshot = (type: string): boolean => /snapshot/i.test(type);

/** The state in the payload of a snapshot event; null: it carries none. */
export function snapshotState(data: Json): JsonObject | null {
  if (!isJsonObject(data)) return null;
  for (const key of ['state', 'snapshot', 'aggregate', 'snapshot_data', 'snapshotData'])
    if (isJsonObject(data[key])) return data[key];
  return null;
}

export interface SnapshotDifference {
  key: string;
  snapshot: Json;
  fold: Json;
}

function isSame(a: Json, b: Json): boolean {
  const [left, right] = [decimalTextOf(a), decimalTextOf(b)];
  if (left !== null && right !== null) return compareExact(exactNumber(left), exactNumber(right)) === 0;
  return sameJson(a, b);
}

/** Keys that both have, by their values. What only one of them has is another question and no difference. */
export function compareSnapshot(
  snapshot: JsonObject,
  fold: Json,
): { compared: number; differences: SnapshotDifference[] } {
  const differences: SnapshotDifference[] = [];
  if (!isJsonObject(fold)) return { compared: 0, differences };
  const shared = Object.keys(snapshot).filter((key) => Object.hasOwn(fold, key));
  for (const key of shared)
    if (!isSame(snapshot[key]!, fold[key]!))
      differences.push({ key, snapshot: snapshot[key]!, fold: fold[key]! });
  return { compared: shared.length, differences };
}
