/** What changed between two states. Parts that are the very same object are skipped, so a fold's diff is cheap. */
import { sameJson } from './fold.ts';
import type { Change, Json, JsonObject } from './model.ts';
import { isJsonObject, isNumeric, numberText, subtractText } from './numbers.ts';
import type { PathStep } from './path.ts';

/** Keys that name an item of a list, the most usual first. */
const IDENTITY_KEYS = ['id', 'uuid', 'key', 'event_id', 'eventId', 'code', 'sku', 'name'] as const;

/** `after` − `before` as exact text; undefined where one is no number or beyond exact arithmetic. */
export function deltaOf(before: Json, after: Json): string | undefined {
  if (!isNumeric(before) || !isNumeric(after)) return undefined;
  try {
    return subtractText(numberText(after), numberText(before));
  } catch {
    // Beyond exact arithmetic: before and after are shown, the difference is not.
    return undefined;
  }
}

function changed(path: PathStep[], before: Json, after: Json): Change {
  const delta = deltaOf(before, after);
  return { path, kind: 'changed', before, after, ...(delta === undefined ? {} : { delta }) };
}

function identityText(item: Json, key: string): string | null {
  if (!isJsonObject(item) || !Object.hasOwn(item, key)) return null;
  const value = item[key]!;
  if (typeof value === 'string') return `s${value}`;
  return isNumeric(value) ? `n${numberText(value)}` : null;
}

/** Index by identity for a list whose items are all objects with distinct values of `key`; else null. */
function indexBy(list: Json[], key: string): Map<string, number> | null {
  const index = new Map<string, number>();
  for (let at = 0; at < list.length; at += 1) {
    const identity = identityText(list[at]!, key);
    if (identity === null || index.has(identity)) return null;
    index.set(identity, at);
  }
  return index;
}

/** Pairs of items with the same identity; null when the lists have none or common items changed places. */
export function pairByIdentity(
  before: Json[],
  after: Json[],
): { old: Map<string, number>; now: Map<string, number> } | null {
  for (const key of IDENTITY_KEYS) {
    const old = indexBy(before, key);
    const now = old === null ? null : indexBy(after, key);
    if (old === null || now === null) continue;
    let last = -1;
    for (const identity of now.keys()) {
      const at = old.get(identity);
      if (at === undefined) continue;
      if (at < last) return null;
      last = at;
    }
    return { old, now };
  }
  return null;
}

function diffLists(before: Json[], after: Json[], path: PathStep[], out: Change[]): void {
  const pairs = before.length > 0 && after.length > 0 ? pairByIdentity(before, after) : null;
  if (pairs === null) {
    const shared = Math.min(before.length, after.length);
    for (let at = 0; at < shared; at += 1) diff(before[at]!, after[at]!, [...path, at], out);
    for (let at = shared; at < before.length; at += 1)
      out.push({ path: [...path, at], kind: 'removed', before: before[at]! });
    for (let at = shared; at < after.length; at += 1)
      out.push({ path: [...path, at], kind: 'added', after: after[at]! });
    return;
  }
  for (const [identity, at] of pairs.old) {
    if (!pairs.now.has(identity)) out.push({ path: [...path, at], kind: 'removed', before: before[at]! });
  }
  for (const [identity, at] of pairs.now) {
    const old = pairs.old.get(identity);
    if (old === undefined) out.push({ path: [...path, at], kind: 'added', after: after[at]! });
    else diff(before[old]!, after[at]!, [...path, at], out);
  }
}

function diffObjects(before: JsonObject, after: JsonObject, path: PathStep[], out: Change[]): void {
  for (const key of Object.keys(before)) {
    if (!Object.hasOwn(after, key)) out.push({ path: [...path, key], kind: 'removed', before: before[key]! });
  }
  for (const key of Object.keys(after)) {
    if (!Object.hasOwn(before, key)) out.push({ path: [...path, key], kind: 'added', after: after[key]! });
    else diff(before[key]!, after[key]!, [...path, key], out);
  }
}

function diff(before: Json, after: Json, path: PathStep[], out: Change[]): void {
  if (before === after) return;
  if (isJsonObject(before) && isJsonObject(after)) diffObjects(before, after, path, out);
  else if (Array.isArray(before) && Array.isArray(after)) diffLists(before, after, path, out);
  else if (!sameJson(before, after)) out.push(changed(path, before, after));
}

/**
 * Changes from `before` to `after`: removed keys first, then added and changed in the order of the new state. Items of
 * lists are paired by an id where all have one, else by index; the path of a removed item is its old index. A number
 * written differently (1250 and 1250.00) is a change with a delta of zero.
 */
export function diffStates(before: Json, after: Json): Change[] {
  const out: Change[] = [];
  diff(before, after, [], out);
  return out;
}
