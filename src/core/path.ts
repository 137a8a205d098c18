/**
 * Dotted paths into JSON: `data.items[0].id`; a key that is empty or holds a dot, bracket, quote or space is quoted:
 * `rates["a.b"]`. Changes are made on a copy that shares everything that did not change.
 */
import type { Json, JsonObject } from './model.ts';
import { isJsonObject } from './numbers.ts';

export type PathStep = string | number;

/** A path that cannot be read, or a place where it cannot be applied. The message names the path. */
export class PathProblem extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'PathProblem';
  }
}

const PLAIN_KEY = /^[^.[\]"\s]+$/;
const STEP = /(?:^|\.)([^.[\]"\s]+)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/y;

/** Object keys as strings and array indexes as numbers; the empty text is the whole value. @throws PathProblem */
export function parsePath(text: string): PathStep[] {
  const steps: PathStep[] = [];
  let at = 0;
  while (at < text.length) {
    STEP.lastIndex = at;
    const match = STEP.exec(text);
    if (match === null || (at === 0 && text.startsWith('.'))) {
      throw new PathProblem(
        `Path “${text}” cannot be read from character ${at + 1}; write keys with dots, indexes as [0], keys with dots as ["a.b"]`,
      );
    }
    if (match[1] !== undefined) steps.push(match[1]);
    else if (match[2] !== undefined) steps.push(Number(match[2]));
    else steps.push(unquote(match[3]!, text));
    at = STEP.lastIndex;
  }
  return steps;
}

function unquote(quoted: string, path: string): string {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    throw new PathProblem(`Path “${path}” has a quoted key that is not a JSON string: ${quoted}`);
  }
}

/** The text that {@link parsePath} reads back to the same steps. */
export function formatPath(path: readonly PathStep[]): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (PLAIN_KEY.test(step)) text += text === '' ? step : `.${step}`;
    else text += `[${JSON.stringify(step)}]`;
  }
  return text;
}

/** The value there, or undefined when there is none. Only own keys count, never what an object inherits. */
export function getPath(value: Json | undefined, path: readonly PathStep[]): Json | undefined {
  let current: Json | undefined = value;
  for (const step of path) {
    if (Array.isArray(current)) {
      if (typeof step !== 'number') return undefined;
      current = current[step];
    } else if (isJsonObject(current) && typeof step === 'string' && Object.hasOwn(current, step)) {
      current = current[step];
    } else return undefined;
  }
  return current;
}

function describe(value: Json): string {
  if (Array.isArray(value)) return 'a list';
  if (isJsonObject(value)) return 'an object';
  return typeof value === 'object' ? 'a number' : `a ${typeof value}`;
}

function withItem(list: Json[], index: number, item: Json): Json[] {
  const copy = list.slice();
  copy[index] = item;
  return copy;
}

/** `object` with one key set; `__proto__` is an ordinary key. */
export function withKey(object: JsonObject, key: string, value: Json): JsonObject {
  return { ...object, [key]: value };
}

/**
 * A copy of `root` with `value` at `path`; missing objects and lists on the way are made. Returns `root` itself when
 * the very same value is already there.
 * @throws PathProblem when the way leads through a text or number, or would leave a hole in a list.
 */
export function setPath(root: Json | undefined, path: readonly PathStep[], value: Json, depth = 0): Json {
  if (depth === path.length) return value;
  const step = path[depth]!;
  if (typeof step === 'number') {
    const list = root === undefined || root === null ? [] : root;
    if (!Array.isArray(list)) throw blocked(path, depth, list);
    if (step > list.length) {
      throw new PathProblem(
        `Cannot set ${formatPath(path)}: the list ${formatPath(path.slice(0, depth)) || 'at the top'} has only ${list.length} items`,
      );
    }
    const item = setPath(list[step], path, value, depth + 1);
    return list[step] === item && step < list.length ? list : withItem(list, step, item);
  }
  const object = root === undefined || root === null ? {} : root;
  if (!isJsonObject(object)) throw blocked(path, depth, object);
  const before = Object.hasOwn(object, step) ? object[step] : undefined;
  const after = setPath(before, path, value, depth + 1);
  return before === after ? object : withKey(object, step, after);
}

function blocked(path: readonly PathStep[], depth: number, found: Json): PathProblem {
  const where = formatPath(path.slice(0, depth)) || 'the top';
  return new PathProblem(`Cannot set ${formatPath(path)}: ${where} is ${describe(found)}`);
}

/** A copy without what is at `path`; `root` itself when nothing is there. The empty path cannot be removed. */
export function removePath(root: Json, path: readonly PathStep[], depth = 0): Json {
  const step = path[depth];
  if (step === undefined) return root;
  const last = depth === path.length - 1;
  if (Array.isArray(root)) {
    if (typeof step !== 'number' || step >= root.length) return root;
    if (last) return root.filter((_, index) => index !== step);
    const item = removePath(root[step]!, path, depth + 1);
    return item === root[step] ? root : withItem(root, step, item);
  }
  if (!isJsonObject(root) || typeof step !== 'string' || !Object.hasOwn(root, step)) return root;
  if (last) {
    const { [step]: _, ...rest } = root;
    return rest;
  }
  const child = removePath(root[step]!, path, depth + 1);
  return child === root[step] ? root : withKey(root, step, child);
}
