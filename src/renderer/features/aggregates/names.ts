import type { TimelineRow } from '../../../contract/aggregates.ts';

/** `SavingsAccount`, `SAVINGS_ACCOUNT`, `savings-account` → `Savings account`. */
export function typeTitle(type: string): string {
  const words = type
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean)
    .map((word) => (/^[A-Z]+$/.test(word) && word.length <= 3 ? word : word.toLowerCase()));
  if (words.length === 0) return 'Aggregate';
  const text = words.join(' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** How an event is called in short: its declared version, else (derived) its place in the list from 1. */
export const eventMark = (row: Pick<TimelineRow, 'version' | 'index'>): string =>
  `v${row.version ?? row.index + 1}`;

/** Faults that mean wrong content; the others (gaps, late, out of order) ask for a look. */
export const isSevere = (fault: string): boolean => /^(Same content|Duplicate|Undecodable)/.test(fault);

/** Who set a path: its own entry, or the latest among what lies inside it. */
export function latestInside<Entry extends { path: string; index: number }>(
  blame: readonly Entry[],
  path: string,
): Entry | null {
  let latest: Entry | null = null;
  for (const entry of blame) {
    if (entry.path === path) return entry;
    const inside = entry.path.startsWith(path) && /^[.[]/.test(entry.path.slice(path.length));
    if (inside && (latest === null || entry.index > latest.index)) latest = entry;
  }
  return latest;
}

/** Index of the event that set a path. */
export const setterOf = (blame: readonly { path: string; index: number }[], path: string): number | null =>
  latestInside(blame, path)?.index ?? null;
