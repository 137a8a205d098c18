/**
 * Numbers that say how much there is of something and hardly ever fall below zero. Both must hold: the name says a level
 * (`balance_after`, `stock`), and the data agree; then a value below zero breaks a rule of the business.
 */
import type { Finding } from './findings.ts';

const LEVEL = new Set(
  'balance stock inventory available remaining quantityonhand onhand holdings reserve capacity'.split(' '),
);
const ENOUGH_VALUES = 200;
const ENOUGH_STREAMS = 20;
/** At most this share of values, and of streams, may be below zero for zero to be the limit. */
const MOST_VALUES = 0.01;
const MOST_STREAMS = 0.05;

/** Whether a key names a level: one of its words does. */
export const namesLevel = (key: string): boolean =>
  key.split(/[_\-\s]+|(?<=\p{Ll})(?=\p{Lu})/u).some((word) => LEVEL.has(word.toLowerCase())) ||
  LEVEL.has(key.replace(/[_-]/g, '').toLowerCase());

/** One stream's values of one level, in fold order. */
export interface LevelStep {
  id: number;
  value: number;
}

interface Group {
  values: number;
  below: number;
  streams: number;
  /** Streams that fell below zero. */
  broken: LevelStep[][];
}

/** Feed the values of each level of each stream once, then ask for what breaks the rule. */
export class LevelLearner {
  readonly #groups = new Map<string, Group>();

  /** @param group what the level is of, for a person: `balance_after of SavingsAccount` */
  add(group: string, steps: readonly LevelStep[]): void {
    const known = this.#of(group);
    const below = steps.reduce((count, { value }) => count + (value < 0 ? 1 : 0), 0);
    known.values += steps.length;
    known.below += below;
    known.streams += 1;
    if (below > 0) known.broken.push([...steps]);
  }

  /** The same for a stream with so many values, none of them below zero. */
  addSound(group: string, values: number): void {
    const known = this.#of(group);
    known.values += values;
    known.streams += 1;
  }

  #of(group: string): Group {
    let known = this.#groups.get(group);
    if (known === undefined) {
      known = { values: 0, below: 0, streams: 0, broken: [] };
      this.#groups.set(group, known);
    }
    return known;
  }

  findings(): Finding[] {
    const found: Finding[] = [];
    for (const [group, { values, below, streams, broken }] of this.#groups) {
      if (values < ENOUGH_VALUES || streams < ENOUGH_STREAMS) continue;
      if (below > values * MOST_VALUES || broken.length > Math.max(1, streams * MOST_STREAMS)) continue;
      for (const steps of broken) found.push(...runsBelow(group, steps, values - below, values));
    }
    return found;
  }
}

/** One finding for each run below zero: where it began, where it ended, and where it healed. */
function* runsBelow(
  group: string,
  steps: readonly LevelStep[],
  sound: number,
  of: number,
): Generator<Finding> {
  for (let at = 0; at < steps.length; at += 1) {
    if (steps[at]!.value >= 0) continue;
    const from = at;
    let lowest = steps[at]!.value;
    while (at + 1 < steps.length && steps[at + 1]!.value < 0) {
      at += 1;
      lowest = Math.min(lowest, steps[at]!.value);
    }
    const healed = steps[at + 1];
    const run = steps.slice(from, at + 1).map(({ id }) => id);
    const length = run.length === 1 ? 'in one event' : `in ${run.length} events`;
    const end = healed === undefined ? 'it is below zero still' : 'a later event healed it';
    yield {
      rule: 'invariant-broken',
      events: healed === undefined ? run : [...run, healed.id],
      text: `${group} is below zero ${length}, ${lowest} at the lowest; ${end}. It is not in ${sound} of ${of} events`,
    };
  }
}
