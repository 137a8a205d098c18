/** How a focus names a reducer: `savings_account`, as it is now, or `savings_account@3f2a9b1c0d12`, as it was then. */

/** Hexadecimal digits of the definition's hash that name a version. */
const PIN_LENGTH = 12;
const PINNED = /^(.*)@([0-9a-f]{12})$/s;

/** @param hash of the reducer's definition */
export const pinOf = (hash: string): string => hash.slice(0, PIN_LENGTH);

export const pinnedReducer = (name: string, pin: string): string => `${name}@${pin}`;

/** `pin` null: as it is now. */
export function splitReducer(text: string): { name: string; pin: string | null } {
  const found = PINNED.exec(text);
  return found === null ? { name: text, pin: null } : { name: found[1]!, pin: found[2]! };
}
