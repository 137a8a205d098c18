/**
 * A reducer made ready to run, whatever it is written in. Timelines, projections, what-if and checks fold through this
 * and know nothing of the language behind it.
 */
import {
  type Applied,
  applyEvent,
  compileReducer,
  type FoldContext,
  type FoldResult,
  foldStream,
  handlesType,
} from './fold.ts';
import { canonicalJson, sha256Hex } from './json.ts';
import type { Json, Reducer, ScriptReducer, StreamEvent } from './model.ts';
import type { PathStep } from './path.ts';
import { payloadPaths, touchedKeys } from './reach.ts';

/** The state after an event as JSON text; that of the event before where nothing changed. */
export interface AsText {
  text: string;
}

/** The state after an event as far as it is looked at; where that did not change, mostly the very one of the event before. */
export interface AsParts {
  state: Json;
}

/** What one of many events leads to. */
export type Walked<T = AsText> = T & { problem: string | null };

/** Goes along a log by many events at once. */
export interface Walk<T = AsText> {
  /**
   * The next events, each in its turn; all have to be taken. Both functions go by the index in `events`.
   * @param stateBefore the state before the event; undefined: it goes on from the one before, as all do where this is absent
   */
  go(
    events: readonly StreamEvent[],
    streamOf: (index: number) => FoldContext,
    stateBefore?: (index: number) => Json | undefined,
  ): Iterable<Walked<T>>;
}

export interface Folder {
  readonly name: string;
  readonly version: number;
  /** SHA-256 (hex) of the definition. What was cached under another hash is not used. */
  readonly hash: string;
  /** The state before the first event. */
  readonly initial: Json;
  /** False: events of this type change nothing and are counted as ignored. */
  handles(type: string): boolean;
  /** The state after one event; `state` itself is never changed. */
  step(state: Json, event: StreamEvent, context: FoldContext): Applied;
  /**
   * As {@link step}, for a state that an earlier step has made and nobody else holds: its top level may be changed in
   * place. Absent: there is nothing to gain by it.
   */
  stepOwn?(state: Json, event: StreamEvent, context: FoldContext): Applied;
  /**
   * The state after all of them, from {@link initial} or from `start`. Faster than single steps where the reducer runs
   * elsewhere; the result is the same.
   */
  fold(events: readonly StreamEvent[], context: FoldContext, start?: Json): FoldResult;
  /**
   * What single steps give, made many at once, from `start`. Absent: a step costs no more than its work, and there is
   * nothing to gain by it.
   */
  walk?(start: Json): Walk;
  /** As {@link walk}, where only some keys of the state are looked at; whether there are others in what is told says nothing. */
  watch?(start: Json, keys: ReadonlySet<string>): Walk<AsParts>;
  /**
   * Paths of the payload that a step reads of an event of this type (kind `event`): whatever else of its payload, its value
   * and its event id is not looked at. Null, or absent: it may look at anything.
   */
  reads?(type: string): readonly (readonly PathStep[])[] | null;
  /** Keys of the state that an event of this type (kind `event`) can change. Null, or absent: any. */
  touches?(type: string): ReadonlySet<string> | null;
}

export const isScript = (reducer: Reducer | ScriptReducer): reducer is ScriptReducer => 'source' in reducer;

/** Hash of what a reducer does: spaces and the order of keys of a declarative one do not count. */
export const reducerHash = (reducer: Reducer | ScriptReducer): string =>
  sha256Hex(canonicalJson(reducer as unknown as Json));

/** @throws ReducerProblem naming the operation and path that is wrong */
export function declarativeFolder(reducer: Reducer): Folder {
  const compiled = compileReducer(reducer);
  return {
    name: reducer.name,
    version: reducer.version,
    hash: reducerHash(reducer),
    initial: compiled.initial,
    handles: (type) => handlesType(compiled, type),
    step: (state, event, context) => applyEvent(compiled, state, event, context),
    stepOwn: (state, event, context) => applyEvent(compiled, state, event, context, true),
    fold: (events, context, start) => foldStream(compiled, events, context, start),
    reads: (type) => payloadPaths(reducer, type),
    touches: (type) => touchedKeys(reducer, type),
  };
}
