/** Two values laid side by side, line by line, paired as {@link diffStates} pairs them. */
import { deltaOf, pairByIdentity } from './diff.ts';
import { sameJson } from './fold.ts';
import type { Json } from './model.ts';
import { isJsonObject } from './numbers.ts';
import { formatPath, type PathStep } from './path.ts';

export interface AlignedRow {
  /** Row of the object or list around it; −1 on the outermost level. */
  parent: number;
  depth: number;
  /** The step that leads here in A and in B; null where that side has nothing. */
  stepA: PathStep | null;
  stepB: PathStep | null;
  kind: 'same' | 'changed' | 'added' | 'removed';
  /** A difference of its own; false for what lies inside one or merely holds some. */
  own: boolean;
  a: Json | undefined;
  b: Json | undefined;
  delta: string | null;
  /** Differences inside, where both sides are objects or both are lists; else null. */
  inside: number | null;
}

type Pair = readonly [stepA: PathStep | null, stepB: PathStep | null];

const isBranch = (value: Json | undefined): boolean =>
  value !== undefined && (Array.isArray(value) || isJsonObject(value));

const sameShape = (a: Json | undefined, b: Json | undefined): boolean =>
  Array.isArray(a) ? Array.isArray(b) : isJsonObject(a) && isJsonObject(b);

/** Both orders woven into one: B's, with what only A has after what stood before it in A. */
function weave<Key>(
  ofA: Iterable<Key>,
  ofB: Iterable<Key>,
  inA: (k: Key) => boolean,
  inB: (k: Key) => boolean,
): Key[] {
  const onlyA = new Map<Key | undefined, Key[]>();
  let before: Key | undefined;
  for (const key of ofA) {
    if (inB(key)) before = key;
    else {
      const run = onlyA.get(before);
      if (run === undefined) onlyA.set(before, [key]);
      else run.push(key);
    }
  }
  const woven = onlyA.get(undefined) ?? [];
  for (const key of ofB) {
    woven.push(key);
    if (inA(key)) for (const each of onlyA.get(key) ?? []) woven.push(each);
  }
  return woven;
}

function pairsOf(a: Json | undefined, b: Json | undefined): Pair[] {
  if (Array.isArray(a) && Array.isArray(b)) {
    const pairs = a.length > 0 && b.length > 0 ? pairByIdentity(a, b) : null;
    if (pairs !== null) {
      const { old, now } = pairs;
      const order = weave(
        old.keys(),
        now.keys(),
        (key) => old.has(key),
        (key) => now.has(key),
      );
      return order.map((key): Pair => [old.get(key) ?? null, now.get(key) ?? null]);
    }
    return Array.from(
      { length: Math.max(a.length, b.length) },
      (_, at): Pair => [at < a.length ? at : null, at < b.length ? at : null],
    );
  }
  if (isJsonObject(a) && isJsonObject(b)) {
    const inA = (key: string) => Object.hasOwn(a, key);
    const inB = (key: string) => Object.hasOwn(b, key);
    return weave(Object.keys(a), Object.keys(b), inA, inB).map(
      (key): Pair => [inA(key) ? key : null, inB(key) ? key : null],
    );
  }
  return [...stepsOf(a).map((step): Pair => [step, null]), ...stepsOf(b).map((step): Pair => [null, step])];
}

function stepsOf(value: Json | undefined): PathStep[] {
  if (Array.isArray(value)) return value.map((_, at) => at);
  return isJsonObject(value) ? Object.keys(value) : [];
}

const memberOf = (value: Json | undefined, step: PathStep | null): Json | undefined =>
  step === null ? undefined : (value as Record<PathStep, Json>)[step];

/**
 * The lines of both values in one order: B's, with what only A has where it stood in A. The rows with `own` are the
 * changes of `diffStates(a, b)`. The outermost value has no line when both are objects or both are lists.
 */
export function alignStates(a: Json, b: Json): AlignedRow[] {
  const rows: AlignedRow[] = [];
  /** Returns how many differences were found. `whole`: all of it is inside a difference already counted. */
  const members = (
    a: Json | undefined,
    b: Json | undefined,
    depth: number,
    parent: number,
    whole: boolean,
  ) => {
    let found = 0;
    for (const [stepA, stepB] of pairsOf(a, b))
      found += line(memberOf(a, stepA), memberOf(b, stepB), { depth, parent, stepA, stepB }, whole);
    return found;
  };
  const line = (
    a: Json | undefined,
    b: Json | undefined,
    place: Pick<AlignedRow, 'depth' | 'parent' | 'stepA' | 'stepB'>,
    whole: boolean,
  ): number => {
    const row: AlignedRow = { ...place, kind: 'same', own: false, a, b, delta: null, inside: null };
    const at = rows.push(row) - 1;
    if (sameShape(a, b)) {
      row.inside = members(a, b, row.depth + 1, at, whole);
      if (row.inside > 0) row.kind = 'changed';
      return row.inside;
    }
    if (a === undefined) row.kind = 'added';
    else if (b === undefined) row.kind = 'removed';
    else if (!sameJson(a, b)) {
      row.kind = 'changed';
      row.delta = deltaOf(a, b) ?? null;
    }
    row.own = !whole && row.kind !== 'same';
    if (isBranch(a) || isBranch(b)) members(a, b, row.depth + 1, at, true);
    return row.own ? 1 : 0;
  };
  if (sameShape(a, b)) members(a, b, 0, -1, false);
  else line(a, b, { depth: 0, parent: -1, stepA: null, stepB: null }, false);
  return rows;
}

/** Display path of a row: in B, or where only A has it in A. */
export function alignedPath(rows: readonly AlignedRow[], at: number): string {
  const steps: PathStep[] = [];
  for (let row = rows[at]; row !== undefined; row = rows[row.parent]) {
    const step = row.stepB ?? row.stepA;
    if (step !== null) steps.push(step);
  }
  return formatPath(steps.reverse());
}
