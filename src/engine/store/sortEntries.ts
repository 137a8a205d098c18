/**
 * Sorts the entries of a run by their code, the upper 44 of their 64 bits (see postings.ts). Entries of one code come in
 * the order of their rows and stay in it, so that all 64 bits are in order then. A radix sort of four passes of eleven
 * bits: half the time of sorting a BigUint64Array.
 */
const DIGIT = 2 ** 11;
const MASK = DIGIT - 1;

/**
 * Where eleven bits of a code lie, from its lowest to its highest: it begins at bit 20 of the low word. As numbers, so that
 * one loop without calls serves all passes.
 */
interface Digit {
  lowShift: number;
  lowMask: number;
  highLeft: number;
  highShift: number;
  highMask: number;
}
const DIGITS: readonly Digit[] = [
  { lowShift: 20, lowMask: MASK, highLeft: 0, highShift: 0, highMask: 0 },
  { lowShift: 31, lowMask: 1, highLeft: 1, highShift: 0, highMask: MASK - 1 },
  { lowShift: 0, lowMask: 0, highLeft: 0, highShift: 10, highMask: MASK },
  { lowShift: 0, lowMask: 0, highLeft: 0, highShift: 21, highMask: MASK },
];

/** @param words low and high word of each entry; used as scratch memory */
export function sortEntries(words: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const places = DIGITS.map(() => new Uint32Array(DIGIT));
  const [first, second, third, fourth] = places as [Uint32Array, Uint32Array, Uint32Array, Uint32Array];
  for (let at = 0; at < words.length; at += 2) {
    const low = words[at]!;
    const high = words[at + 1]!;
    first[(low >>> 20) & MASK]! += 1;
    second[(low >>> 31) | ((high & 1023) << 1)]! += 1;
    third[(high >>> 10) & MASK]! += 1;
    fourth[high >>> 21]! += 1;
  }
  let from = words;
  let into = new Uint32Array(words.length);
  for (const [pass, counts] of places.entries()) {
    countsToPlaces(counts);
    scatter(from, into, counts, DIGITS[pass]!);
    [from, into] = [into, from];
  }
  return from;
}

/** Where the first entry of each digit goes, from how many there are. */
function countsToPlaces(counts: Uint32Array): void {
  let place = 0;
  for (let digit = 0; digit < counts.length; digit++) {
    const count = counts[digit]!;
    counts[digit] = place;
    place += count;
  }
}

function scatter(
  from: Uint32Array,
  into: Uint32Array,
  places: Uint32Array,
  { lowShift, lowMask, highLeft, highShift, highMask }: Digit,
): void {
  for (let at = 0; at < from.length; at += 2) {
    const low = from[at]!;
    const high = from[at + 1]!;
    const digit = ((low >>> lowShift) & lowMask) | (((high << highLeft) >>> highShift) & highMask);
    const place = 2 * places[digit]!;
    places[digit]! += 1;
    into[place] = low;
    into[place + 1] = high;
  }
}
