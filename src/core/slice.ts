/** The part of a reducer that some keys of the state hang on. */
import type { Operation, Reducer } from './model.ts';
import { setOwn } from './ownKey.ts';
import { parsePath } from './path.ts';

/**
 * The reducer without the operations that cannot change any of these keys of the state. Operations read the event, never
 * another part of the state, so that these keys become exactly what the whole reducer makes of them; nothing is said of others.
 * @throws PathProblem for a reducer that was not validated
 */
export function sliceReducer(reducer: Reducer, keys: ReadonlySet<string>): Reducer {
  const touches = (operation: Operation): boolean => {
    const [key] = parsePath(operation.path ?? '');
    // Without a path it is the whole state.
    return key === undefined || keys.has(String(key));
  };
  const on: Reducer['on'] = {};
  for (const type of Object.keys(reducer.on)) setOwn(on, type, reducer.on[type]!.filter(touches));
  return { ...reducer, on };
}

/** False: an event of this type does nothing. */
export function doesSomething({ on }: Reducer, type: string): boolean {
  const own = Object.hasOwn(on, type) ? on[type] : Object.hasOwn(on, '*') ? on['*'] : undefined;
  return own !== undefined && own.length > 0;
}
