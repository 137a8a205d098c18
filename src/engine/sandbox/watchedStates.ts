/**
 * What a guest tells of the keys of a state that are looked at: numbers in one piece, and texts only of what is no small
 * number. Most that is watched is a number, and writing and reading the text of a state takes as long as folding an event.
 */
import { parseJson } from '../../core/json.ts';
import type { Json, JsonObject } from '../../core/model.ts';
import { setOwn } from '../../core/ownKey.ts';

/** Numbers up to here (exclusive) cross as they are; beyond, the exact text of JSON.parse may be another kind of number. */
export const MOST_TOLD = 1e15;
/** Stand for a number: the next text says the value; it is what was last told as a text or as missing; there is no such key. */
export const AS_TEXT = Number.NaN;
export const AS_BEFORE = Number.POSITIVE_INFINITY;
export const NO_KEY = Number.NEGATIVE_INFINITY;

/** Room for what is told of the states after so many events: how many were folded, then a number for each key after each. */
export const watchedRoom = (events: number, keys: readonly string[]): Float64Array =>
  new Float64Array(1 + events * keys.length);

/** The states after the events that were folded, of these keys only; one that is as before is the same object. */
export function watchedStates(
  keys: readonly string[],
  told: Float64Array,
  texts: readonly string[],
): JsonObject[] {
  const count = told[0]!;
  const states: JsonObject[] = [];
  const values: (Json | undefined)[] = [];
  /** By key, what was told otherwise than as a number. */
  const others: (Json | undefined)[] = [];
  let state: JsonObject | null = null;
  let place = 1;
  let text = 0;
  for (let at = 0; at < count; at += 1) {
    for (let of = 0; of < keys.length; of += 1) {
      const number = told[place++]!;
      let value: Json | undefined;
      // Minus zero is written as zero.
      if (Number.isFinite(number)) value = number + 0;
      else {
        if (number !== AS_BEFORE) others[of] = number === NO_KEY ? undefined : parseJson(texts[text++]!);
        value = others[of];
      }
      if (value === values[of]) continue;
      values[of] = value;
      state = null;
    }
    state ??= stateOf(keys, values);
    states.push(state);
  }
  return states;
}

function stateOf(keys: readonly string[], values: readonly (Json | undefined)[]): JsonObject {
  const state: { [key: string]: Json } = {};
  for (let of = 0; of < keys.length; of += 1) {
    const key = keys[of]!;
    const value = values[of];
    if (value === undefined) continue;
    if (key === '__proto__') setOwn(state, key, value);
    else state[key] = value;
  }
  return state;
}
