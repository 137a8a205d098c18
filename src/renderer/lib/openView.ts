import { go, parseHash } from './address.ts';

/** Opens a view of a link, a file or a bookmark; the address then is what it was when that was made. */
export function openView(view: string): void {
  const { segments, params } = parseHash(view);
  go(segments, { known: null, true: null, reducer: null, ...Object.fromEntries(params) });
}
