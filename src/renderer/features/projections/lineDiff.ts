/** What became of the lines of a text. */
export interface DiffLine {
  kind: 'same' | 'removed' | 'added';
  text: string;
  /** Line numbers from 1 in the text before and after; null on the side that has it not. */
  before: number | null;
  after: number | null;
}

/** Texts with more differing lines than this (product of both sides) are shown as replaced whole. */
const MOST_CELLS = 4_000_000;

/** Lengths of the longest common runs of lines from each pair of places to the ends. */
function commonLengths(a: readonly string[], b: readonly string[]): Uint32Array[] {
  const table = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i -= 1)
    for (let j = b.length - 1; j >= 0; j -= 1)
      table[i]![j] =
        a[i] === b[j] ? table[i + 1]![j + 1]! + 1 : Math.max(table[i + 1]![j]!, table[i]![j + 1]!);
  return table;
}

/** The lines of both texts in one list, removed ones before the added ones that stand in their place. */
export function diffLines(before: string, after: string): DiffLine[] {
  const a = before.split('\n');
  const b = after.split('\n');
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end])
    end += 1;
  const lines: DiffLine[] = [];
  let i = 0;
  let j = 0;
  const same = () => {
    lines.push({ kind: 'same', text: a[i]!, before: i + 1, after: j + 1 });
    i += 1;
    j += 1;
  };
  const removed = () => {
    lines.push({ kind: 'removed', text: a[i]!, before: i + 1, after: null });
    i += 1;
  };
  const added = () => {
    lines.push({ kind: 'added', text: b[j]!, before: null, after: j + 1 });
    j += 1;
  };
  while (i < start) same();
  const endA = a.length - end;
  const endB = b.length - end;
  const isLarge = (endA - start) * (endB - start) > MOST_CELLS;
  const table = isLarge ? null : commonLengths(a.slice(start, endA), b.slice(start, endB));
  while (i < endA || j < endB) {
    if (table !== null && i < endA && j < endB && a[i] === b[j]) same();
    else if (
      i < endA &&
      (j >= endB || table === null || table[i - start + 1]![j - start]! >= table[i - start]![j - start + 1]!)
    )
      removed();
    else added();
  }
  while (i < a.length) same();
  return lines;
}
