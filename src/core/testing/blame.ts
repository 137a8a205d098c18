/** Which event gave each leaf of a state the value it has. */
import { type FoldContext, sameJson } from '../fold.ts';
import type { Folder } from '../folder.ts';
import type { Blame, Json, StreamEvent } from '../model.ts';
import { isJsonObject } from '../numbers.ts';
import type { PathStep } from '../path.ts';

/** Mirrors the state: an event id at a leaf, a map or list where the state has an object or a list with content. */
type BlameNode = number | Map<string, BlameNode> | BlameNode[];

/** The id given to leaves of the initial state, which no event set. */
export const INITIAL = -1;

function fresh(value: Json, id: number): BlameNode {
  if (Array.isArray(value) && value.length > 0) return value.map((item) => fresh(item, id));
  if (isJsonObject(value)) {
    const keys = Object.keys(value);
    if (keys.length > 0) return new Map(keys.map((key) => [key, fresh(value[key]!, id)]));
  }
  return id;
}

/** The node of `after`, made from that of `before`; maps and lists are changed in place, as only one fold holds them. */
function update(before: Json, after: Json, node: BlameNode, id: number): BlameNode {
  if (before === after) return node;
  if (Array.isArray(before) && Array.isArray(after) && Array.isArray(node) && after.length > 0) {
    for (let at = 0; at < after.length; at += 1) {
      node[at] = at < before.length ? update(before[at]!, after[at]!, node[at]!, id) : fresh(after[at]!, id);
    }
    node.length = after.length;
    return node;
  }
  if (isJsonObject(before) && isJsonObject(after) && node instanceof Map) {
    for (const key of Object.keys(before)) if (!Object.hasOwn(after, key)) node.delete(key);
    const keys = Object.keys(after);
    if (keys.length === 0) return id;
    for (const key of keys) {
      const known = node.get(key);
      if (known === undefined || !Object.hasOwn(before, key)) node.set(key, fresh(after[key]!, id));
      else if (before[key] !== after[key]) node.set(key, update(before[key]!, after[key]!, known, id));
    }
    return node;
  }
  return sameJson(before, after) ? node : fresh(after, id);
}

function collect(state: Json, node: BlameNode, path: PathStep[], out: Blame[]): void {
  if (typeof node === 'number') out.push({ path, eventId: node });
  else if (Array.isArray(node))
    for (let at = 0; at < node.length; at += 1)
      collect((state as Json[])[at]!, node[at]!, [...path, at], out);
  else {
    const object = state as Record<string, Json>;
    for (const key of Object.keys(object)) collect(object[key]!, node.get(key)!, [...path, key], out);
  }
}

export interface BlameResult {
  state: Json;
  /** One entry per leaf (empty objects and lists are leaves), in the order of the state; `eventId` is StreamEvent.id, or INITIAL. */
  blame: Blame[];
  problems: { id: number; message: string }[];
}

/** Folds and remembers, per leaf, the last event that changed it. An event that sets the same value again changes nothing. */
export function foldWithBlame(
  folder: Folder,
  events: readonly StreamEvent[],
  context: FoldContext = {},
): BlameResult {
  let state = folder.initial;
  let node = fresh(state, INITIAL);
  const problems: BlameResult['problems'] = [];
  for (const event of events) {
    const applied = folder.step(state, event, context);
    if (applied.problem !== undefined) problems.push({ id: event.id, message: applied.problem });
    node = update(state, applied.state, node, event.id);
    state = applied.state;
  }
  const blame: Blame[] = [];
  collect(state, node, [], blame);
  return { state, blame, problems };
}
