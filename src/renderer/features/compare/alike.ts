/** Characters that may be alike before they are left out, and how many of them stay before the place where texts part. */
const MOST_ALIKE = 8;
const KEPT = 3;

/** How many characters of two texts need not be shown to see how they differ; 0: they do not, or they begin differently. */
export function alikeUntil(a: string, b: string): number {
  if (a === b) return 0;
  let alike = 0;
  while (alike < a.length && a.charCodeAt(alike) === b.charCodeAt(alike)) alike += 1;
  // Half a pair of surrogates is no character.
  if (alike > KEPT && /[\udc00-\udfff]/.test(a.charAt(alike - KEPT))) alike -= 1;
  return alike > MOST_ALIKE ? alike - KEPT : 0;
}
