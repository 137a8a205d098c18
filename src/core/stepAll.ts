/** Single steps over many events, made together where the reducer runs elsewhere. */
import { type Applied, type FoldContext, sameJson } from './fold.ts';
import type { Folder } from './folder.ts';
import { parseJson } from './json.ts';
import type { Json, StreamEvent } from './model.ts';
import { isJsonObject } from './numbers.ts';
import { setOwn } from './ownKey.ts';

/**
 * What each event leads to, from `start`, as {@link Folder.step} gives it: equal parts of a state are those of the state before. One
 * is made when it is asked for; few are held at once, however large they are.
 * @param streamOf by index in `events`
 */
export function* stepAll(
  folder: Folder,
  events: readonly StreamEvent[],
  streamOf: (index: number) => FoldContext,
  start: Json,
): Generator<Applied> {
  let state = start;
  if (folder.walk === undefined) {
    for (const [at, event] of events.entries()) {
      const applied = folder.step(state, event, streamOf(at));
      state = applied.state;
      yield applied;
    }
    return;
  }
  let last: string | null = null;
  for (const { text, problem } of folder.walk(start).go(events, streamOf)) {
    if (text !== last) state = shared(state, parseJson(text));
    last = text;
    yield problem === null ? { state } : { state, problem };
  }
}

/** Equal parts of the new state are those of the old one, so that comparing them costs nothing. `after` is changed. */
export function shared(before: Json, after: Json): Json {
  if (before === after) return before;
  if (Array.isArray(before) && Array.isArray(after)) {
    for (let at = 0; at < after.length; at += 1)
      if (at < before.length) after[at] = shared(before[at]!, after[at]!);
    const isSame = before.length === after.length && after.every((item, at) => item === before[at]);
    return isSame ? before : after;
  }
  if (isJsonObject(before) && isJsonObject(after)) {
    const keys = Object.keys(after);
    let same = keys.length === Object.keys(before).length;
    for (const key of keys) {
      if (!Object.hasOwn(before, key)) {
        same = false;
        continue;
      }
      const value = shared(before[key]!, after[key]!);
      if (value !== after[key]) setOwn(after, key, value);
      if (value !== before[key]) same = false;
    }
    return same ? before : after;
  }
  return sameJson(before, after) ? before : after;
}
