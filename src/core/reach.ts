/** What the steps of a declarative reducer look at in an event, and what of the state they can change, by event type. */
import type { Operation, Reducer } from './model.ts';
import { type PathStep, parsePath } from './path.ts';

/** What beside the payload a step reads is known of every event without reading its value, but for this. */
const NEEDS_VALUE = /^\$(?:eventId$|value(?:$|[.[]))/;

function stepsOf({ on }: Reducer, type: string): readonly Operation[] {
  if (Object.hasOwn(on, type)) return on[type]!;
  return Object.hasOwn(on, '*') ? on['*']! : [];
}

/**
 * Paths of the payload that are read of an event of this type, the empty path being all of it; null: something beside the
 * payload is read that only the whole value tells. @throws PathProblem for a reducer that was not validated
 */
export function payloadPaths(reducer: Reducer, type: string): readonly PathStep[][] | null {
  const paths: PathStep[][] = [];
  for (const operation of stepsOf(reducer, type)) {
    if (!('from' in operation) || operation.from === undefined || 'value' in operation) continue;
    if (NEEDS_VALUE.test(operation.from)) return null;
    if (!operation.from.startsWith('$')) paths.push(parsePath(operation.from).slice(1));
  }
  return paths;
}

/**
 * Keys of the state that an event of this type can change; null: any. @throws PathProblem for a reducer that was not
 * validated
 */
export function touchedKeys(reducer: Reducer, type: string): ReadonlySet<string> | null {
  const keys = new Set<string>();
  for (const { path } of stepsOf(reducer, type)) {
    const [key] = parsePath(path ?? '');
    // Without a path it is the whole state.
    if (key === undefined) return null;
    keys.add(String(key));
  }
  return keys;
}
