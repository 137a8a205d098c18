/** An answer about a state with what is too long for a page taken out of it. */
import type { z } from 'zod';
import type { aggregates, ChangeOut, SetBy } from '../../contract/aggregates.ts';
import { LIMITS } from '../../contract/limits.ts';
import type { Json } from '../../core/model.ts';
import type { ReadContext } from '../workers/context.ts';
import { cutKey, refKey, type SubjectArgs } from './timelineView.ts';

type State = z.infer<(typeof aggregates)['state']['output']>;

/** Characters of a value on a line. */
const LONGEST_VALUE = 2000;
/** Changes of an answer in brief. */
const MOST_CHANGES = 300;
/** Leaves whose setters one answer in brief names. */
const MOST_LEAVES = 5000;

/** Takes out of an answer what is too long for a page. */
export function briefState(answer: State): State {
  const { changes, state, blame } = answer;
  const isLong = state.length > LIMITS.stateText || blame.length > MOST_LEAVES;
  return {
    ...answer,
    state: isLong ? '' : state,
    blame: isLong ? [] : blame,
    changes: changes.slice(0, MOST_CHANGES).map(shortChange),
    changesOmitted: Math.max(0, changes.length - MOST_CHANGES),
  };
}

/** A value's JSON text, or the beginning of it as one. */
export const shortText = (text: string | null): string | null => {
  if (text === null || text.length <= LONGEST_VALUE) return text;
  // Still a JSON text, so that it is shown as any other.
  return JSON.stringify(`${text.slice(0, LONGEST_VALUE)}…`);
};

export const shortChange = (change: z.infer<typeof ChangeOut>): z.infer<typeof ChangeOut> => ({
  ...change,
  before: shortText(change.before),
  after: shortText(change.after),
});

/** All that the lines of a state are made of. */
export interface LineSource {
  state: Json;
  changes: readonly z.infer<typeof ChangeOut>[];
  /** Which event set the leaf at a path. */
  setBy: (path: string) => SetBy | null;
}

/** The state itself belongs to the fold. */
const BYTES_PER_CHANGE = 300;

/** The lines of a state after an event of the list, kept for whoever looks through it. */
export const keptLines = (
  { cache }: ReadContext,
  { ref, cut, reducer, index }: SubjectArgs & { index: number },
  build: () => LineSource,
): LineSource =>
  cache.get(
    `state lines ${refKey(ref)} ${cutKey(cut)} ${reducer.hash} ${index}`,
    build,
    ({ changes }) => changes.length * BYTES_PER_CHANGE,
  );
