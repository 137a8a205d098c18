import type { Json } from '../../core/model.ts';
import { isJsonObject } from '../../core/numbers.ts';
import { formatPath, type PathStep } from '../../core/path.ts';

/** A change as the tree shows it: JSON texts, null where there is none. */
export interface TreeChange {
  kind: 'added' | 'removed' | 'changed';
  before: string | null;
  after: string | null;
  delta: string | null;
}

/** A line of the tree. */
export interface JsonRow {
  /** Display path, such as `interest.posted_total`. */
  path: string;
  name: string;
  depth: number;
  value: Json | undefined;
  /** Objects and lists with something in them. */
  branch: boolean;
  open: boolean;
  change: TreeChange | null;
  /** Something inside this closed branch has changed. */
  changedInside: boolean;
}

/** Branches deeper than this start closed, and so do lists and objects with more members than {@link OPEN_MEMBERS}. */
const OPEN_DEPTH = 3;
const OPEN_MEMBERS = 200;

const isInside = (path: string, branch: string): boolean =>
  branch === '' || (path.startsWith(branch) && (path[branch.length] === '.' || path[branch.length] === '['));

function membersOf(value: Json): [PathStep, Json][] {
  if (Array.isArray(value)) return value.map((item, index) => [index, item]);
  return isJsonObject(value) ? Object.entries(value) : [];
}

/**
 * The lines of a tree as they are now: open branches unfolded, removed members in their place at the end of their parent.
 * @param toggled paths whose state a person turned around
 */
export function jsonRows(
  root: Json,
  changes: ReadonlyMap<string, TreeChange> = new Map(),
  toggled: ReadonlySet<string> = new Set(),
): JsonRow[] {
  const rows: JsonRow[] = [];
  const removed = new Map<string, string[]>();
  for (const [path, change] of changes) {
    if (change.kind !== 'removed') continue;
    const parent = path.replace(/(?:\.?[^.[\]]+|\[(?:\d+|"(?:[^"\\]|\\.)*")\])$/, '');
    removed.set(parent, [...(removed.get(parent) ?? []), path]);
  }
  const changedPaths = [...changes.keys()];
  const visit = (value: Json, steps: PathStep[], depth: number): void => {
    const members = membersOf(value);
    const parent = formatPath(steps);
    for (const [step, member] of members) {
      const memberSteps = [...steps, step];
      const path = formatPath(memberSteps);
      const inner = membersOf(member);
      const branch = inner.length > 0;
      const changedInside = branch && changedPaths.some((changed) => isInside(changed, path));
      const usual = changedInside
        ? inner.length <= OPEN_MEMBERS
        : depth < OPEN_DEPTH && inner.length <= OPEN_MEMBERS;
      const open = branch && usual !== toggled.has(path);
      rows.push({
        path,
        name: String(step),
        depth,
        value: member,
        branch,
        open,
        change: changes.get(path) ?? null,
        changedInside: changedInside && !open,
      });
      if (open) visit(member, memberSteps, depth + 1);
    }
    for (const path of removed.get(parent) ?? []) {
      const name = path.slice(parent.length).replace(/^\./, '');
      rows.push({
        path,
        name,
        depth,
        value: undefined,
        branch: false,
        open: false,
        change: changes.get(path)!,
        changedInside: false,
      });
    }
  };
  visit(root, [], 0);
  return rows;
}
