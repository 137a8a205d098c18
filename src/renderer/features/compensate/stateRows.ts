import { canonicalJson, isJsonObject, parseJson } from '../../../core/json.ts';
import type { Json } from '../../../core/model.ts';
import { formatPath, type PathStep } from '../../../core/path.ts';

/** One leaf of the three states, as JSON values; undefined: it is not there. */
export interface StateRow {
  path: string;
  now: Json | undefined;
  shouldBe: Json | undefined;
  after: Json | undefined;
  /** Should be differs from now. */
  wrong: boolean;
  /** After the event it differs from now. */
  changes: boolean;
}

/** Leaves of a state by display path; empty lists and objects are leaves. */
function leaves(state: Json): Map<string, Json> {
  const found = new Map<string, Json>();
  const visit = (value: Json, steps: PathStep[]): void => {
    const members: [PathStep, Json][] = Array.isArray(value)
      ? value.map((item, index) => [index, item])
      : isJsonObject(value)
        ? Object.entries(value)
        : [];
    if (members.length === 0) found.set(formatPath(steps), value);
    for (const [step, member] of members) visit(member, [...steps, step]);
  };
  visit(state, []);
  return found;
}

const same = (a: Json | undefined, b: Json | undefined): boolean =>
  a === undefined || b === undefined ? a === b : canonicalJson(a) === canonicalJson(b);

/**
 * The three states side by side, the rows that differ first, each group in the order of the state.
 * @param shouldBe null when nothing is corrected
 */
export function stateRows(now: string, shouldBe: string | null, after: string): StateRow[] {
  const present = leaves(parseJson(now));
  const wanted = shouldBe === null ? null : leaves(parseJson(shouldBe));
  const next = leaves(parseJson(after));
  const paths = new Set([...present.keys(), ...(wanted?.keys() ?? []), ...next.keys()]);
  const rows = [...paths].map((path): StateRow => {
    const row = { path, now: present.get(path), shouldBe: wanted?.get(path), after: next.get(path) };
    return {
      ...row,
      wrong: wanted !== null && !same(row.now, row.shouldBe),
      changes: !same(row.now, row.after),
    };
  });
  const rank = (row: StateRow): number =>
    row.wrong && row.changes ? 0 : row.wrong ? 1 : row.changes ? 2 : 3;
  return rows
    .map((row, at) => ({ row, at }))
    .sort((a, b) => rank(a.row) - rank(b.row) || a.at - b.at)
    .map(({ row }) => row);
}
