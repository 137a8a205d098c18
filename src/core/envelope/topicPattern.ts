/** Patterns of topic names: `*` stands for any part, also an empty one; everything else for itself. */

/** Whether a topic's name fits. Takes time in proportion to name and pattern together, whatever they are. */
export function fitsPattern(pattern: string, topic: string): boolean {
  const [first, ...rest] = pattern.split('*');
  if (rest.length === 0) return pattern === topic;
  const last = rest.pop()!;
  if (topic.length < first!.length + last.length) return false;
  if (!topic.startsWith(first!) || !topic.endsWith(last)) return false;
  const end = topic.length - last.length;
  let at = first!.length;
  for (const part of rest) {
    const found = topic.indexOf(part, at);
    if (found === -1 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}

/** The one with the most of the name written out, of equals the first by name; null: none fits. */
export function closestPattern<T extends { pattern: string }>(all: readonly T[], topic: string): T | null {
  const literal = ({ pattern }: T): number =>
    pattern.includes('*') ? pattern.replaceAll('*', '').length : Number.POSITIVE_INFINITY;
  const fitting = all.filter(({ pattern }) => fitsPattern(pattern, topic));
  fitting.sort((a, b) => literal(b) - literal(a) || (a.pattern < b.pattern ? -1 : 1));
  return fitting[0] ?? null;
}
