/** How a walk of a program tells of the states after each event: as whole texts, or as far as they are looked at. */
import type { AsParts, AsText } from '../../core/folder.ts';
import { parseJson } from '../../core/json.ts';
import type { Json } from '../../core/model.ts';
import type { Batch } from './crossing.ts';
import type { ScriptFault, ScriptVm } from './scriptVm.ts';

export interface Telling<T> {
  /** Of a state in which a stream begins, which is this text. */
  start(state: Json, text: string): T;
  /** Of a state that came back whole. */
  text(text: string): T;
  /** Of the events of a batch that were folded. @throws ScriptStopped HindcastError `cancelled` */
  batch(vm: ScriptVm, batch: Batch): ToldBatch<T>;
}

export interface ToldBatch<T> {
  faults: ScriptFault[];
  /** After each; null: as before. */
  told: (T | null)[];
  /** JSON text of the whole state after the last of them; null: that of before the batch. */
  last: string | null;
}

export const asText: Telling<AsText> = {
  start: (_state, text) => ({ text }),
  text: (text) => ({ text }),
  batch(vm, batch) {
    const { faults, texts } = vm.walk(batch);
    return { faults, told: texts.map((text) => (text === '' ? null : { text })), last: lastOf(batch, texts) };
  },
};

/** The state after the last event. */
function lastOf({ along }: Batch, texts: readonly string[]): string | null {
  for (let at = texts.length - 1; at >= 0; at -= 1) {
    const text = texts[at] === '' ? along.startOf(at)?.text : texts[at];
    if (text !== undefined) return text;
  }
  return null;
}

/** @param keys of the states that are looked at */
export const asParts = (keys: readonly string[]): Telling<AsParts> => ({
  start: (state) => ({ state }),
  text: (text) => ({ state: parseJson(text) }),
  batch(vm, batch) {
    const { faults, states, last } = vm.watch(batch, keys);
    return { faults, told: states.map((state) => ({ state })), last };
  },
});
