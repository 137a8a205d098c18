/** A value as the lines of a tree. */
import type { Json } from './model.ts';
import { isJsonObject } from './numbers.ts';
import { formatPath, type PathStep } from './path.ts';

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

/** The last step of a path, such as `.rate`, `[3]` or `["a.b"]`. */
const LAST_STEP = /(?:\.?[^.[\]]+|\[(?:\d+|"(?:[^"\\]|\\.)*")\])$/;

const parentOf = (path: string): string => path.replace(LAST_STEP, '');

/** All that lie around one of these paths. */
function ancestorsOf(paths: Iterable<string>): Set<string> {
  const found = new Set<string>();
  for (const path of paths) {
    let at = path;
    while (at !== '') {
      const parent = parentOf(at);
      if (parent === at || found.has(parent)) break;
      found.add(parent);
      at = parent;
    }
  }
  return found;
}

function formatStep(step: PathStep, isFirst: boolean): string {
  const text = formatPath([step]);
  return isFirst || text.startsWith('[') ? text : `.${text}`;
}

/** How many members an object or list has; 0 for anything else. */
export function memberCount(value: Json | undefined): number {
  if (Array.isArray(value)) return value.length;
  return isJsonObject(value) ? Object.keys(value).length : 0;
}

function* membersOf(value: Json): Iterable<[PathStep, Json]> {
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) yield [index, value[index]!];
  } else if (isJsonObject(value)) {
    for (const key of Object.keys(value)) yield [key, value[key]!];
  }
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
    const parent = parentOf(path);
    const there = removed.get(parent);
    if (there === undefined) removed.set(parent, [path]);
    else there.push(path);
  }
  const changedAround = ancestorsOf(changes.keys());
  const visit = (value: Json, parent: string, depth: number): void => {
    for (const [step, member] of membersOf(value)) {
      const path = parent + formatStep(step, parent === '');
      const inner = memberCount(member);
      const branch = inner > 0;
      const changedInside = branch && changedAround.has(path);
      const usual = inner <= OPEN_MEMBERS && (changedInside || depth < OPEN_DEPTH);
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
      if (open) visit(member, path, depth + 1);
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
  visit(root, '', 0);
  return rows;
}
