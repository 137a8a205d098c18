/** What differs between two states at the end of a stream, and by how much; and such paths counted over many streams. */
import type { DifferingPath, DifferingRow } from '../../contract/whatif.ts';
import { diffStates } from '../../core/diff.ts';
import { compareExact, decimalTextOf, exactNumber, formatJson } from '../../core/json.ts';
import type { Change, Json } from '../../core/model.ts';
import { addText, subtractText } from '../../core/numbers.ts';
import { formatPath } from '../../core/path.ts';
import type { FoldedStream } from './streamScan.ts';

/** Paths that a row lists, and characters of a value in it. */
const MOST_CHANGES = 12;
const LONGEST_VALUE = 120;

/** Two states, and whether they are equal. */
export interface States {
  real: Json;
  hypothetical: Json;
  isSame: boolean;
}

/** What differs at the end of a stream, all of it; and the row that tells of it. */
export interface Difference {
  row: DifferingRow;
  /** Of a row of a projection by another key: its records. */
  records?: Float64Array;
  paths: { path: string; delta: string | null }[];
}

export function differenceOf(
  { ref }: Pick<FoldedStream, 'ref'>,
  events: number,
  first: { index: number; id: number; type: string; recordedAt: number },
  { real, hypothetical, isSame }: States,
): Difference {
  const found = (isSame ? [] : diffStates(real, hypothetical)).map((change) => ({
    change,
    delta: deltaOf(change),
  }));
  // The largest first: a row lists only so many.
  const changes = found.sort((a, b) => compareSizes(sizeOf(a.delta), sizeOf(b.delta)));
  const paths = changes.map(({ change, delta }) => ({ path: patternOf(change), delta }));
  return {
    paths,
    row: {
      ref,
      events,
      firstId: first.id,
      firstType: first.type,
      firstAt: first.recordedAt,
      firstIndex: first.index,
      healed: isSame,
      paths: changes.length,
      changes: changes.slice(0, MOST_CHANGES).map(({ change, delta }) => ({
        path: clipped(formatPath(change.path)),
        real: valueText(change.before),
        hypothetical: valueText(change.after),
        delta,
      })),
      size: sizeOf(changes[0]?.delta ?? null),
      isPreliminary: false,
    },
  };
}

/** The path with `[*]` for the places of lists: what differs in many aggregates is counted together. */
const patternOf = ({ path }: Change): string =>
  clipped(formatPath(path.map((step) => (typeof step === 'number' ? '*' : step)))).replaceAll(
    /(^|\.)\*/g,
    '[*]',
  );

/** hypothetical − real; amounts that are kept as text count as numbers. A value that is on one side only is no number. */
function deltaOf({ before, after }: Change): string | null {
  const [from, to] = [decimalTextOf(before), decimalTextOf(after)];
  if (from === null || to === null) return null;
  try {
    return subtractText(to, from);
  } catch {
    // Beyond exact arithmetic: both values are shown, their difference is not.
    return null;
  }
}

/** |delta| */
export const sizeOf = (delta: string | null): string | null =>
  delta?.startsWith('-') === true ? delta.slice(1) : delta;

/** The larger first; what is no number comes last. */
export function compareSizes(a: string | null, b: string | null): number {
  if (a === b) return 0;
  if (a === null || b === null) return a === null ? 1 : -1;
  return compareExact(exactNumber(b), exactNumber(a));
}

const clipped = (text: string): string => (text.length > 300 ? `${text.slice(0, 300)}…` : text);

function valueText(value: Json | undefined): DifferingPath['real'] {
  if (value === undefined) return null;
  const text = formatJson(value);
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text;
}

/** Sums up over many streams which paths differ at the end, and by how much. */
export class PathBook {
  readonly #paths = new Map<string, { aggregates: number; sum: string | null }>();

  add(paths: Difference['paths']): void {
    const seen = new Set<string>();
    for (const { path, delta } of paths) {
      const known = this.#paths.get(path) ?? { aggregates: 0, sum: '0' };
      if (!seen.has(path)) known.aggregates += 1;
      seen.add(path);
      known.sum = plus(known.sum, delta);
      if (this.#paths.size < MOST_PATHS || this.#paths.has(path)) this.#paths.set(path, known);
    }
  }

  /** Adds the counts of another thread. */
  merge(list: readonly PathCount[]): void {
    for (const { path, aggregates, sum } of list) {
      const known = this.#paths.get(path) ?? { aggregates: 0, sum: '0' };
      this.#paths.set(path, { aggregates: known.aggregates + aggregates, sum: plus(known.sum, sum) });
    }
  }

  /** Those of most aggregates first. */
  list(): PathCount[] {
    return [...this.#paths]
      .map(([path, { aggregates, sum }]) => ({ path, aggregates, sum }))
      .sort((a, b) => b.aggregates - a.aggregates || (a.path < b.path ? -1 : 1));
  }
}

export interface PathCount {
  path: string;
  aggregates: number;
  sum: string | null;
}

/** Different paths that are counted; states with ids for keys would have no end of them. */
const MOST_PATHS = 2000;

function plus(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return null;
  try {
    return addText(a, b);
  } catch {
    return null;
  }
}
