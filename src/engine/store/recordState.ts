/** The one number that holds what is small of a record: kind, verdict, flags and event type. */

export const KIND_BITS = 3;
export const KIND_MASK = 0b111;
export const VERDICT_MASK = 0b11;
const FLAGS_SHIFT = 5;
/** Bits below the number of the event type. */
export const TYPE_SHIFT = 21;
const TYPE_SCALE = 2 ** TYPE_SHIFT;

/** @param type number of the event type, 0: none, below 2^31. @param flags 16 bits */
export const packState = (kind: number, verdict: number, flags: number, type: number): number =>
  type * TYPE_SCALE + ((flags << FLAGS_SHIFT) | (verdict << KIND_BITS) | kind);

export const kindOfState = (state: number): number => state & KIND_MASK;
export const verdictOfState = (state: number): number => (state >>> KIND_BITS) & VERDICT_MASK;
export const flagsOfState = (state: number): number => (state >>> FLAGS_SHIFT) & 0xffff;
/** Number of the event type, 0: none. */
export const typeOfState = (state: number): number => Math.floor(state / TYPE_SCALE);
