/**
 * Reducers: what each event does to a state. States are never changed in place; what an operation does not touch is
 * shared with the state before, so a diff can skip it by identity.
 */

import type { Json, JsonObject, Operation, Reducer, StreamEvent } from './model.ts';
import {
  addExact,
  addText,
  combineSmall,
  isDecimalText,
  isJsonObject,
  isNumeric,
  type Numeric,
  numberText,
  subtractExact,
  subtractText,
} from './numbers.ts';
import { setOwn } from './ownKey.ts';
import { formatPath, getPath, PathProblem, type PathStep, parsePath, removePath, setPath } from './path.ts';
import { formatTime } from './time.ts';

/** A reducer that cannot be used; the message names the event type, the operation and the path. */
export class ReducerProblem extends Error {
  /** Where in the definition: `on.InterestPosted[0].path`. */
  readonly at: string;
  constructor(at: string, message: string) {
    super(`${at}: ${message}`);
    this.name = 'ReducerProblem';
    this.at = at;
  }
}

/** What an event does not carry itself but its stream knows. */
export interface FoldContext {
  aggregateType?: string;
  aggregateId?: string;
}

export const foldContextOf = ({ type, id }: { type: string; id: string }): FoldContext => ({
  aggregateType: type,
  aggregateId: id,
});

/** Reads one thing of an event; undefined: the event does not have it. */
export type Source = (event: StreamEvent, context: FoldContext) => Json | undefined;
/** Applies one operation; throws a {@link StepProblem} or {@link PathProblem} and then has changed nothing. */
type Step = (state: Json, event: StreamEvent, context: FoldContext) => Json;

export interface CompiledReducer {
  reducer: Reducer;
  initial: Json;
  steps: Map<string, Step[]>;
  /** Steps of `*`, for types without an entry of their own. */
  otherwise: Step[] | null;
}

export interface Applied {
  state: Json;
  /** What could not be done, in words; the rest of the event was applied. */
  problem?: string;
}

export interface FoldResult {
  state: Json;
  problems: { id: number; message: string }[];
}

class StepProblem extends Error {}

/** What lies beside the payload, by the names that definitions and templates use. */
export const ENVELOPE_SOURCES: Readonly<Record<string, Source>> = {
  $type: (event) => event.type,
  $eventId: (event) => event.eventId ?? undefined,
  $occurredAt: (event) => (event.occurredAt === null ? undefined : formatTime(event.occurredAt)),
  $recordedAt: (event) => formatTime(event.recordedAt),
  $version: (event) => event.version ?? undefined,
  $aggregateId: (_, context) => context.aggregateId,
  $aggregateType: (_, context) => context.aggregateType,
};

function pathAt(text: unknown, at: string): PathStep[] {
  if (typeof text !== 'string') throw new ReducerProblem(at, 'a path as text is missing');
  try {
    return parsePath(text);
  } catch (error) {
    throw new ReducerProblem(at, error instanceof PathProblem ? error.message : String(error));
  }
}

function compileSource(from: unknown, at: string): Source {
  if (typeof from === 'string' && /^\$value(?:$|[.[])/.test(from)) {
    const path = pathAt(from, at).slice(1);
    return (event) => getPath(event.value, path);
  }
  if (typeof from === 'string' && from.startsWith('$')) {
    const source = Object.hasOwn(ENVELOPE_SOURCES, from) ? ENVELOPE_SOURCES[from] : undefined;
    if (source !== undefined) return source;
    throw new ReducerProblem(
      at,
      `“${from}” is not known; use ${Object.keys(ENVELOPE_SOURCES).join(', ')}, $value.… or data.…`,
    );
  }
  const path = pathAt(from, at);
  if (path[0] !== 'data') {
    throw new ReducerProblem(at, `“${from}” must start with “data” (the payload) or “$” (the envelope)`);
  }
  const inside = path.slice(1);
  return (event) => getPath(event.data, inside);
}

/** The operand: a constant, or what the event carries there. */
function compileOperand(operation: Operation, at: string): Source {
  if ('value' in operation) {
    const { value } = operation;
    if (value === undefined) throw new ReducerProblem(at, '“value” is missing');
    return () => value;
  }
  const from = 'from' in operation ? operation.from : undefined;
  if (from === undefined) throw new ReducerProblem(at, '“from” or “value” is missing');
  const read = compileSource(from, `${at}.from`);
  return (event, context) => {
    const value = read(event, context);
    if (value === undefined) throw new StepProblem(`the event has no ${from}`);
    return value;
  };
}

function shown(value: Json): string {
  if (Array.isArray(value)) return 'a list';
  if (isJsonObject(value)) return 'an object';
  return isNumeric(value) ? numberText(value) : JSON.stringify(value);
}

/** Adds or subtracts; decimal text counts as a number and text stays text when the state already holds text. */
function calculate(current: Json | undefined, operand: Json, sign: 1 | -1, where: string): Json {
  const quick = typeof current === 'string' ? null : combineSmall(current ?? 0, operand, sign);
  if (quick !== null) return quick;
  const isText = isDecimalText(operand);
  if (!isText && !isNumeric(operand))
    throw new StepProblem(
      `${shown(operand)} cannot be ${sign === 1 ? 'added to' : 'subtracted from'} ${where}: it is not a number`,
    );
  const base = current ?? 0;
  try {
    if (isDecimalText(base)) {
      const amount = isText ? operand : numberText(operand);
      return sign === 1 ? addText(base, amount) : subtractText(base, amount);
    }
    if (!isNumeric(base)) throw new StepProblem(`${where} is ${shown(base)}, not a number`);
    return sign === 1 ? addExact(base, operand) : subtractExact(base, operand);
  } catch (error) {
    if (error instanceof RangeError) throw new StepProblem(`${where}: ${error.message}`);
    throw error;
  }
}

/** Objects are merged key by key, anything else is replaced. Returns `base` itself when nothing changes. */
export function deepMerge(base: Json | undefined, change: Json): Json {
  if (!isJsonObject(base) || !isJsonObject(change))
    return base !== undefined && sameJson(base, change) ? base : change;
  let result: JsonObject = base;
  for (const key of Object.keys(change)) {
    const before = Object.hasOwn(base, key) ? base[key] : undefined;
    const after = deepMerge(before, change[key]!);
    if (before === after) continue;
    // One copy for all keys: a payload may bring thousands.
    if (result === base) result = { ...base };
    if (key === '__proto__') setOwn(result, key, after);
    else result[key] = after;
  }
  return result;
}

function isSameNumber(a: Numeric, b: Numeric): boolean {
  // What is not even about the same needs no text.
  if (typeof a === 'number' && typeof b !== 'number' && a !== Number(b.value)) return false;
  if (typeof b === 'number' && typeof a !== 'number' && b !== Number(a.value)) return false;
  return numberText(a) === numberText(b);
}

/** Equal in every digit and in the order of lists; the order of keys does not count. */
export function sameJson(a: Json, b: Json): boolean {
  if (a === b) return true;
  const kind = typeof a;
  // Different values of JavaScript's own kinds are different; only a number may equal one kept as text.
  if (kind !== 'object' && kind === typeof b) return false;
  if (kind === 'string' || kind === 'boolean') return false;
  if (isNumeric(a) || isNumeric(b)) return isNumeric(a) && isNumeric(b) && isSameNumber(a, b);
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => sameJson(item, b[index]!));
  }
  if (!isJsonObject(a) || !isJsonObject(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && sameJson(a[key]!, b[key]!))
  );
}

/** The state that the event under way has made: nobody else holds it, so its next steps need no other copy. */
let ownState: JsonObject | null = null;

/** A place in the state. */
interface Target {
  path: PathStep[];
  /** The path is just this key, which no object inherits; null: a longer way. */
  key: string | null;
}

function targetOf(path: PathStep[]): Target {
  const [key] = path;
  const isKey = path.length === 1 && typeof key === 'string' && !(key in Object.prototype);
  return { path, key: isKey ? key : null };
}

const valueAt = (state: Json, { path, key }: Target): Json | undefined =>
  key !== null && state === ownState ? (ownState as JsonObject)[key] : getPath(state, path);

/** @param before what is there */
function replace(state: Json, { path, key }: Target, before: Json | undefined, value: Json): Json {
  if (before !== undefined && sameJson(before, value)) return state;
  if (key === null) return setPath(state, path, value);
  if (state !== ownState || ownState === null) {
    if (!isJsonObject(state)) return setPath(state, path, value);
    ownState = { ...state };
  }
  ownState[key] = value;
  return ownState;
}

function compileOperation(operation: Operation, at: string): Step {
  if (!isJsonObject(operation)) throw new ReducerProblem(at, 'an operation must be an object with “op”');
  if (operation.op === 'merge') {
    const path = operation.path === undefined ? [] : pathAt(operation.path, `${at}.path`);
    const read = compileOperand(operation, at);
    return (state, event, context) => {
      const change = read(event, context)!;
      if (!isJsonObject(change))
        throw new StepProblem(`${operation.from} is ${shown(change)}, not an object to merge`);
      return setPath(state, path, deepMerge(getPath(state, path) ?? {}, change));
    };
  }
  const path = pathAt(operation.path, `${at}.path`);
  if (path.length === 0 && operation.op === 'remove') return () => ({});
  if (path.length === 0)
    throw new ReducerProblem(
      `${at}.path`,
      'the path is empty; only merge and remove may change the whole state',
    );
  const where = formatPath(path);
  const target = targetOf(path);
  switch (operation.op) {
    case 'set': {
      const read = compileOperand(operation, at);
      return (state, event, context) => {
        const value = read(event, context)!;
        return replace(state, target, valueAt(state, target), value);
      };
    }
    case 'add':
    case 'subtract': {
      const read = compileOperand(operation, at);
      const sign = operation.op === 'add' ? 1 : -1;
      return (state, event, context) => {
        const before = valueAt(state, target);
        return replace(state, target, before, calculate(before, read(event, context)!, sign, where));
      };
    }
    case 'append': {
      const read = compileOperand(operation, at);
      return (state, event, context) => {
        const list = getPath(state, path) ?? [];
        const item = read(event, context)!;
        if (!Array.isArray(list))
          throw new StepProblem(`${where} is ${shown(list)}, not a list to append to`);
        return setPath(state, path, [...list, item]);
      };
    }
    case 'remove':
      return (state) => removePath(state, path);
    default:
      throw new ReducerProblem(
        `${at}.op`,
        `“${String((operation as { op?: unknown }).op)}” is not an operation; use set, merge, add, subtract, append or remove`,
      );
  }
}

/** Checks a reducer and makes it ready to run. @throws ReducerProblem naming the operation and path that is wrong. */
export function compileReducer(reducer: Reducer): CompiledReducer {
  if (!isJsonObject(reducer.on))
    throw new ReducerProblem('on', 'an object from event type to operations is missing');
  if (reducer.initial !== undefined && !isJsonObject(reducer.initial)) {
    throw new ReducerProblem('initial', 'the initial state must be an object');
  }
  const steps = new Map<string, Step[]>();
  for (const type of Object.keys(reducer.on)) {
    const at = formatPath(['on', type]);
    const operations = reducer.on[type];
    if (!Array.isArray(operations)) throw new ReducerProblem(at, 'a list of operations is missing');
    steps.set(
      type,
      operations.map((operation, index) => compileOperation(operation, `${at}[${index}]`)),
    );
  }
  return { reducer, initial: reducer.initial ?? {}, steps, otherwise: steps.get('*') ?? null };
}

/** True when the reducer says what this event type does (or has `*`). */
export function handlesType(compiled: CompiledReducer, type: string): boolean {
  return compiled.steps.has(type) || compiled.otherwise !== null;
}

/** The entry of a reducer for records with a null value. */
const TOMBSTONE = '$tombstone';

function withoutPayload(compiled: CompiledReducer, event: StreamEvent): string | null {
  if (event.kind === 'undecodable') return 'Undecodable record: the state stays as it was';
  if (event.kind !== 'tombstone' || compiled.steps.has(TOMBSTONE)) return null;
  return 'Tombstone: the record has no value, the state stays as it was';
}

/**
 * One step: the state after the event. A step that cannot be done (nothing at `from`, not a number) is a problem in
 * words; the other steps of the event are done.
 *
 * `isOwn`: the state is what an earlier step has made and nobody else holds it, so its top level may be changed in place.
 */
export function applyEvent(
  compiled: CompiledReducer,
  state: Json,
  event: StreamEvent,
  context: FoldContext = {},
  isOwn = false,
): Applied {
  if (event.kind === 'control') return { state };
  const problem = withoutPayload(compiled, event);
  if (problem !== null) return { state, problem };
  const type = event.kind === 'tombstone' ? TOMBSTONE : event.type;
  const steps = compiled.steps.get(type) ?? compiled.otherwise;
  if (steps === null) return { state };
  let current = state;
  ownState = isOwn && isJsonObject(state) ? state : null;
  let problems: string[] | null = null;
  for (const step of steps) {
    try {
      current = step(current, event, context);
    } catch (error) {
      if (!(error instanceof StepProblem || error instanceof PathProblem)) throw error;
      problems ??= [];
      problems.push(error.message);
    }
  }
  if (problems === null) return { state: current };
  return { state: current, problem: `${event.type || 'Record'}: ${problems.join('; ')}` };
}

/** Folds events in the order given, from the reducer's initial state or from `start`. */
export function foldStream(
  compiled: CompiledReducer,
  events: readonly StreamEvent[],
  context: FoldContext = {},
  start: Json = compiled.initial,
): FoldResult {
  const problems: FoldResult['problems'] = [];
  let state = start;
  let isOwn = false;
  for (const event of events) {
    const applied = applyEvent(compiled, state, event, context, isOwn);
    // What a step has made is a new object at the top, never one of the event or of the start.
    isOwn ||= applied.state !== state;
    state = applied.state;
    if (applied.problem !== undefined) problems.push({ id: event.id, message: applied.problem });
  }
  return { state, problems };
}

/**
 * The built-in for any aggregate without a reducer of its own: payloads merged key by key, latest wins; a tombstone
 * erases, as it does in a compacted topic.
 */
export const mergeReducer: Reducer = {
  name: 'merge',
  version: 1,
  on: { '*': [{ op: 'merge', from: 'data' }], $tombstone: [{ op: 'remove', path: '' }] },
};
