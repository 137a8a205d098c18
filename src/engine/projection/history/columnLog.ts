/**
 * The values that one column has had, of all rows together, in the order of their events: only changes. A value is a
 * number (of a text: its place among the column's texts), and the few that are none stand beside.
 */
import type { ColumnType } from '../../../core/model.ts';
import { formatTime } from '../../../core/time.ts';
import type { Stored } from '../values.ts';
import { type Odd, oddOf, PieceReader, PieceWriter, storedOf } from './pieces.ts';

/** NULL; no column holds an infinite number. */
const NONE = Number.POSITIVE_INFINITY;
/** Texts beyond this many characters of one column are not kept: such a question is folded. */
const MOST_TEXT = 64 * 1024 * 1024;
const FIRST_ROOM = 64;

export const isText = (type: ColumnType): boolean => type === 'text' || type === 'json';

interface Head {
  /** False: the texts were too many, nothing is kept. */
  isKept: boolean;
  /** Decimal places by which the numbers are whole; null: they are as they are. */
  places: number | null;
  texts: string[];
  odd: [index: number, value: Odd][];
}

/** Collects the changes of one column. */
export class ColumnLog {
  readonly type: ColumnType;
  /** Place of the event of each change; ascending once the log is finished. */
  place = new Uint32Array(FIRST_ROOM);
  value = new Float64Array(FIRST_ROOM);
  count = 0;
  readonly #odd = new Map<number, Stored>();
  readonly #codes = new Map<string, number>();
  readonly #texts: string[] = [];
  #textSize = 0;

  constructor(type: ColumnType) {
    this.type = type;
  }

  add(place: number, value: Stored): void {
    if (this.#textSize <= MOST_TEXT) this.addNumber(place, this.#number(value));
  }

  /** @param number of an integer, decimal or time column (a moment, ms), when the value is just that */
  addNumber(place: number, number: number): void {
    if (this.#textSize > MOST_TEXT) return;
    if (this.count === this.place.length) this.#grow();
    this.place[this.count] = place;
    this.value[this.count] = number;
    this.count += 1;
  }

  /** Nothing of the column is kept from here on. */
  giveUp(): void {
    this.#textSize = Number.POSITIVE_INFINITY;
  }

  #number(value: Stored): number {
    if (value === null) return NONE;
    if (typeof value === 'string' && isText(this.type)) return this.#codeOf(value);
    if (typeof value === 'number' && this.type === 'decimal') return value;
    if (typeof value === 'bigint' && (this.type === 'integer' || this.type === 'boolean')) {
      const number = Number(value);
      if (Number.isSafeInteger(number)) return number;
    }
    if (typeof value === 'string' && this.type === 'time') {
      const ms = value.length === 24 ? Date.parse(value) : Number.NaN;
      if (!Number.isNaN(ms) && formatTime(ms) === value) return ms;
    }
    this.#odd.set(this.count, value);
    return Number.NaN;
  }

  #codeOf(text: string): number {
    const known = this.#codes.get(text);
    if (known !== undefined) return known;
    const code = this.#texts.length;
    this.#codes.set(text, code);
    this.#texts.push(text);
    this.#textSize += text.length;
    return code;
  }

  #grow(): void {
    const place = new Uint32Array(this.place.length * 2);
    place.set(this.place);
    this.place = place;
    const value = new Float64Array(place.length);
    value.set(this.value);
    this.value = value;
  }

  /**
   * @param order for places that are renamed: the new one of each; null: they stay
   * @param happened moments of the events by (new) place: most times of a row are near them
   */
  finish(order: Uint32Array | null, happened: Float64Array): Buffer {
    const isKept = this.#textSize <= MOST_TEXT;
    const count = isKept ? this.count : 0;
    let place = this.place.subarray(0, count);
    let value = this.value.subarray(0, count);
    let odd = [...this.#odd];
    if (order !== null) {
      const renamed = place.map((each) => order[each]!);
      // A row's event changes a column once, so places are all different.
      const sorted = sortedIndexes(renamed);
      place = sorted.map((index) => renamed[index]!);
      const values = new Float64Array(count);
      const moved = new Map<number, number>();
      for (let at = 0; at < count; at += 1) {
        values[at] = value[sorted[at]!]!;
        moved.set(sorted[at]!, at);
      }
      value = values;
      odd = odd.map(([index, each]) => [moved.get(index)!, each]);
    }
    const places = this.type === 'decimal' ? wholePlaces(value) : null;
    const head: Head = {
      isKept,
      places,
      texts: isKept ? this.#texts : [],
      odd: isKept ? odd.map(([index, each]) => [index, oddOf(each)]) : [],
    };
    const writer = new PieceWriter().numbers(Float64Array.from(place));
    const [nones, plain] = withoutNones(value, this.type === 'time' ? place : null, happened, places);
    return writer.words(nones).numbers(plain).finish(head);
  }
}

/** Indexes that bring the numbers into ascending order. */
function sortedIndexes(values: Uint32Array): Uint32Array {
  const keys = new Float64Array(values.length);
  // Index and value in one number: a typed sort needs no callback. Both are below 2^26.
  for (let at = 0; at < values.length; at += 1) keys[at] = values[at]! * 2 ** 26 + at;
  keys.sort();
  return Uint32Array.from(keys, (key) => key % 2 ** 26);
}

const MOST_PLACES = 6;

/** The fewest places by which all numbers are whole and small; null: there are none such. */
function wholePlaces(values: Float64Array): number | null {
  let places = 0;
  let power = 1;
  for (let at = 0; at < values.length; at += 1) {
    const value = values[at]!;
    if (!Number.isFinite(value)) continue;
    while (Math.round(value * power) / power !== value) {
      places += 1;
      power = 10 ** places;
      if (places > MOST_PLACES) return null;
    }
    if (Math.abs(value * power) > 2 ** 50 || Object.is(value, -0)) return null;
  }
  return places;
}

/** Which values are NULL or odd (index · 2 + odd), and all as numbers that are near to each other. */
function withoutNones(
  value: Float64Array,
  place: Uint32Array | null,
  happened: Float64Array,
  places: number | null,
): [nones: Uint32Array, plain: Float64Array] {
  const plain = new Float64Array(value.length);
  const nones: number[] = [];
  const power = 10 ** (places ?? 0);
  let before = 0;
  for (let at = 0; at < value.length; at += 1) {
    const each = value[at]!;
    if (!Number.isFinite(each)) {
      nones.push(at * 2 + (Number.isNaN(each) ? 1 : 0));
      plain[at] = before;
      continue;
    }
    before =
      place !== null ? each - happened[place[at]!]! : places !== null ? Math.round(each * power) : each;
    plain[at] = before;
  }
  return [Uint32Array.from(nones), plain];
}

/** The changes of one column as they are read. */
export interface ReadColumn {
  type: ColumnType;
  place: Uint32Array;
  value: Float64Array;
  texts: readonly string[];
  odd: ReadonlyMap<number, Stored>;
}

/** Null: the texts of the column were too many to be kept. */
export function readColumn(type: ColumnType, packed: Uint8Array, happened: Float64Array): ReadColumn | null {
  const reader = new PieceReader<Head>(packed);
  const { isKept, places, texts, odd } = reader.head;
  if (!isKept) return null;
  const place = Uint32Array.from(reader.numbers());
  const nones = reader.words();
  const value = reader.numbers();
  if (type === 'time') for (let at = 0; at < value.length; at += 1) value[at]! += happened[place[at]!]!;
  if (places !== null && places > 0) {
    const power = 10 ** places;
    for (let at = 0; at < value.length; at += 1) value[at] = value[at]! / power;
  }
  for (const none of nones) value[none >>> 1] = none % 2 === 1 ? Number.NaN : NONE;
  return { type, place, value, texts, odd: new Map(odd.map(([index, each]) => [index, storedOf(each)])) };
}

/** The moment of a change of a time column, when its value is just that; null: it is not. */
export function momentAt({ type, value }: ReadColumn, index: number): number | null {
  const ms = value[index]!;
  return type === 'time' && Number.isFinite(ms) ? ms : null;
}

/** The value of a change as a table would hold it. */
export function valueAt({ type, value, texts, odd }: ReadColumn, index: number): Stored {
  const number = value[index]!;
  if (number === NONE) return null;
  if (Number.isNaN(number)) return odd.get(index)!;
  switch (type) {
    case 'text':
    case 'json':
      return texts[number]!;
    case 'decimal':
      return number;
    case 'time':
      return formatTime(number);
    case 'integer':
    case 'boolean':
      return BigInt(number);
  }
}
