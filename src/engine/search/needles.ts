/** Passes over records, and whole blocks of them, whose bytes tell that they cannot fit. */
import type { NeedleGroup } from '../../core/filter/filter.ts';

const BACKSLASH = 0x5c;

/** Whether bytes can hold a record that fits. */
export type BytesTest = (bytes: Buffer) => boolean;

/** Null: nothing is known that must be there. */
export function compileNeedles(groups: readonly NeedleGroup[]): BytesTest | null {
  if (groups.length === 0) return null;
  const wanted = groups.map(({ texts, inJson }) => ({
    texts: texts.map((text) => Buffer.from(text)),
    inJson,
  }));
  return (bytes) => {
    for (const { texts, inJson } of wanted) {
      let isThere = false;
      for (const text of texts)
        if (bytes.indexOf(text) !== -1) {
          isThere = true;
          break;
        }
      // A backslash may be the beginning of another spelling of the same text.
      if (!isThere && !(inJson && bytes.indexOf(BACKSLASH) !== -1)) return false;
    }
    return true;
  };
}
