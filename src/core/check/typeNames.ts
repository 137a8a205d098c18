/** Event types that nobody knows: those that look like a slip of the pen of a type that many events have. */

const ENOUGH_EVENTS = 500;
/** The rare type has at most this share of the events of the one it looks like. */
const RARE_SHARE = 0.01;
/** Names shorter than this may differ by one letter and mean another thing. */
const LONG_NAME = 8;

const lettersOf = (name: string): string => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');

/** One letter added, left out or changed, or two neighbours swapped. */
function isSlip(a: string, b: string): boolean {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  if (long.length - short.length > 1) return false;
  let at = 0;
  while (at < short.length && short[at] === long[at]) at += 1;
  if (short.length < long.length) return short.slice(at) === long.slice(at + 1);
  if (short.slice(at + 1) === long.slice(at + 1)) return true;
  return (
    short[at] === long[at + 1] && short[at + 1] === long[at] && short.slice(at + 2) === long.slice(at + 2)
  );
}

export interface UnknownType {
  type: string;
  /** The type that was probably meant. */
  meant: string;
}

/** @param counts events of each type in one topic */
export function unknownTypes(counts: ReadonlyMap<string, number>): UnknownType[] {
  const common = [...counts].filter(([type, count]) => type !== '' && count >= ENOUGH_EVENTS);
  const found: UnknownType[] = [];
  for (const [type, count] of counts) {
    if (type === '') continue;
    const letters = lettersOf(type);
    const meant = common.find(([name, many]) => {
      if (name === type || count > many * RARE_SHARE) return false;
      const known = lettersOf(name);
      return known === letters || (known.length >= LONG_NAME && isSlip(known, letters));
    });
    if (meant !== undefined) found.push({ type, meant: meant[0] });
  }
  return found;
}
