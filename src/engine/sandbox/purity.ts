/** Whether a script is a function of its state and the event. */
import { HindcastError } from '../../contract/errors.ts';
import { sameJson } from '../../core/fold.ts';
import { parseJson } from '../../core/json.ts';
import type { Json, StreamEvent } from '../../core/model.ts';
import { isJsonObject } from '../../core/numbers.ts';
import { type Along, inOne } from './crossing.ts';
import { ScriptStopped, type ScriptVm } from './scriptVm.ts';

/** Events that are folded a second time, and characters of a state up to which that is done. */
const MOST_EVENTS = 200;
const MOST_STATE = 100_000;

/**
 * Folds some events once more in a fresh runtime, step by step through the text of each state with its keys in another
 * order. A script that keeps something outside of its state, or reads the order of keys, gives another result.
 * @throws HindcastError `reducer.invalid`
 */
export function checkPurity(
  name: string,
  makeVm: () => ScriptVm,
  events: readonly StreamEvent[],
  from: Json,
  along: Along,
): void {
  const some = events.slice(0, MOST_EVENTS);
  let state = from;
  const whole = makeVm();
  const single = makeVm();
  try {
    whole.begin(from);
    for (const [at, event] of some.entries()) {
      const start = along.startOf(at);
      const context = along.contextOf(at);
      const held = whole.run(whole.batch([event], 0, inOne(context, start))).state;
      single.begin(reversed(start === null ? state : parseJson(start.text)));
      const { state: text } = single.run(single.batch([event], 0, inOne(context, null)));
      if (text.length > MOST_STATE) return;
      state = parseJson(text);
      if (sameJson(state, parseJson(held))) continue;
      const problem = `its result does not follow from state and event alone (seen at ${event.type}): it keeps something outside of the state, or depends on the order of keys or on whether a number is a Decimal`;
      throw new HindcastError('reducer.invalid', { name, problem });
    }
  } catch (error) {
    // The fold itself has told of it.
    if (!(error instanceof ScriptStopped)) throw error;
  } finally {
    whole.dispose();
    single.dispose();
  }
}

function reversed(value: Json): Json {
  if (Array.isArray(value)) return value.map(reversed);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .reverse()
      .map((key) => [key, reversed(value[key]!)]),
  );
}
