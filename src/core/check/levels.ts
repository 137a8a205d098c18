/**
 * Numbers that say how much there is of something and hardly ever fall below zero. Both must hold: the name says a level
 * (`balance_after`, `stock`), and the data agree; then a value below zero breaks a rule of the business.
 */
import { formatCount } from '../count.ts';
import { compareExact, exactNumber } from '../numbers.ts';
import type { Finding, NumberOf } from './findings.ts';

const LEVEL = new Set(
  'balance stock inventory available remaining quantityonhand onhand holdings reserve capacity'.split(' '),
);
const ENOUGH_VALUES = 200;
const ENOUGH_STREAMS = 20;
/** At most this share of values, and of streams, may be below zero for zero to be the limit. */
const MOST_VALUES = 0.01;
const MOST_STREAMS = 0.05;
/** Amounts with up to six decimal places below it have doubles of their own. */
const SURELY_EXACT = 1e9;

/** Whether a key names a level: one of its words does. */
export const namesLevel = (key: string): boolean =>
  key.split(/[_\-\s]+|(?<=\p{Ll})(?=\p{Lu})/u).some((word) => LEVEL.has(word.toLowerCase())) ||
  LEVEL.has(key.replace(/[_-]/g, '').toLowerCase());

/** A level by the key of the payload that holds it, and what it is of: `balance_after` of `SavingsAccount`. */
export interface LevelName {
  key: string;
  of: string;
}

/** One stream's values of one level, in fold order. */
export interface LevelStep {
  id: number;
  /** The nearest double: enough to know what is below zero, not to quote. */
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
  readonly #groups = new Map<LevelName, Group>();

  /** @param group the same object for the same level, each time */
  add(group: LevelName, steps: readonly LevelStep[]): void {
    const known = this.#of(group);
    const below = steps.reduce((count, { value }) => count + (value < 0 ? 1 : 0), 0);
    known.values += steps.length;
    known.below += below;
    known.streams += 1;
    if (below > 0) known.broken.push([...steps]);
  }

  /** The same for a stream with so many values, none of them below zero. */
  addSound(group: LevelName, values: number): void {
    const known = this.#of(group);
    known.values += values;
    known.streams += 1;
  }

  #of(group: LevelName): Group {
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
  { key, of: owner }: LevelName,
  steps: readonly LevelStep[],
  sound: number,
  of: number,
): Generator<Finding> {
  for (let at = 0; at < steps.length; at += 1) {
    if (steps[at]!.value >= 0) continue;
    const from = at;
    while (at + 1 < steps.length && steps[at + 1]!.value < 0) at += 1;
    const healed = steps[at + 1];
    const below = steps.slice(from, at + 1);
    const run = below.map(({ id }) => id);
    const length = run.length === 1 ? 'in one event' : `in ${formatCount(run.length)} events`;
    const end = healed === undefined ? 'it is below zero still' : 'a later event healed it';
    yield {
      rule: 'invariant-broken',
      events: healed === undefined ? run : [...run, healed.id],
      text: (numberOf) =>
        `${key} of ${owner} is below zero ${length}, ${lowestOf(below, key, numberOf)} at the lowest; ${end}. It is not in ${formatCount(sound)} of ${formatCount(of)} events`,
    };
  }
}

/** The lowest of the values as it stands in its event. Doubles that are equal may stand for numbers that are not. */
function lowestOf(steps: readonly LevelStep[], key: string, numberOf: NumberOf): string {
  const nearest = steps.reduce((least, { value }) => Math.min(least, value), 0);
  const isExact = Math.abs(nearest) < SURELY_EXACT;
  const lowest = steps.filter(({ value }) => value === nearest);
  const texts = (isExact ? lowest.slice(0, 1) : lowest).map(({ id }) => numberOf(id, key) ?? String(nearest));
  return texts.reduce((least, text) =>
    compareExact(exactNumber(text), exactNumber(least)) < 0 ? text : least,
  );
}
