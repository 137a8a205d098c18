import { create } from 'zustand';
import type { aggregates, TimelineRow } from '../../../contract/aggregates.ts';
import type { AggregateRef } from '../../../contract/common.ts';
import type { Output } from '../../../contract/contract.ts';
import type { Cut } from '../../../core/model.ts';
import { callEngine, queryClient } from '../../lib/queries.ts';

/** What is asked about: an aggregate as of a cut, folded with a reducer (null: the usual one). */
export interface Subject {
  ref: AggregateRef;
  cut: Cut;
  reducer: string | null;
}

export type EventsAnswer = Output<(typeof aggregates)['events']>;
export type StateAnswer = Output<(typeof aggregates)['state']>;

/** Rows of a page of a stream; all who ask for rows share the pages. A screen holds about twenty. */
export const PAGE_ROWS = 64;
export const eventsKey = (subject: Subject) => ['aggregates', 'events', subject] as const;
export const askPage = (subject: Subject, page: { from: number; count: number }, signal?: AbortSignal) =>
  callEngine(['aggregates', 'events'], { ...subject, ...page }, signal);

/** The question for the page that holds an event. */
export function pageQuery(subject: Subject, index: number) {
  const range = { from: Math.floor(Math.max(0, index) / PAGE_ROWS) * PAGE_ROWS, count: PAGE_ROWS };
  return {
    queryKey: [...eventsKey(subject), range],
    queryFn: ({ signal }: { signal: AbortSignal }) => askPage(subject, range, signal),
  };
}

/** A row that has been answered already. */
export const knownRow = (subject: Subject, index: number): TimelineRow | undefined =>
  index < 0
    ? undefined
    : queryClient.getQueryData<EventsAnswer>(pageQuery(subject, index).queryKey)?.rows[index % PAGE_ROWS];

/** A state is kept for a quarter of a minute: whoever scrubs passes thousands. */
const KEEP_STATE_MS = 15_000;

/** States that are waited for longer than that, ms, are said to be under way. */
const LONG_WAIT_MS = 200;
export const useLongWaits = create<{ waits: number }>(() => ({ waits: 0 }));

/** When each state that is under way was asked for, by performance.now(); the oldest first. */
const asked = new Set<{ since: number }>();
let looking: ReturnType<typeof setTimeout> | null = null;

/** Counts what is waited for long; one timer looks after all of them, for those who scrub ask for sixty a second. */
function countLongWaits(): void {
  const now = performance.now();
  let waits = 0;
  let next: number | null = null;
  for (const { since } of asked) {
    if (now - since >= LONG_WAIT_MS) waits += 1;
    else next ??= since + LONG_WAIT_MS - now;
  }
  if (useLongWaits.getState().waits !== waits) useLongWaits.setState({ waits });
  if (next !== null)
    looking ??= setTimeout(() => {
      looking = null;
      countLongWaits();
    }, next);
}

/** Waits for an answer that holds a state; one that takes long is counted meanwhile. */
async function counted<Answer>(answer: Promise<Answer>): Promise<Answer> {
  const wait = { since: performance.now() };
  asked.add(wait);
  if (looking === null) countLongWaits();
  try {
    return await answer;
  } finally {
    asked.delete(wait);
    if (useLongWaits.getState().waits > 0) countLongWaits();
  }
}

/** The question for the state after an event. */
export function stateQuery(subject: Subject, index: number) {
  return {
    queryKey: ['aggregates', 'state', { ...subject, index }],
    queryFn: () => counted(callEngine(['aggregates', 'state'], { ...subject, index, brief: true })),
    gcTime: KEEP_STATE_MS,
  };
}

/** The same state folded from the first event, without any keyframe. */
export const proofQuery = (subject: Subject, index: number) => ({
  queryKey: ['aggregates', 'state', { ...subject, index, fromStart: true }],
  queryFn: () => callEngine(['aggregates', 'state'], { ...subject, index, brief: true, fromStart: true }),
  gcTime: KEEP_STATE_MS,
});

/** The place of a moment, with all that the screen shows of it in the same answer: one who drags asks for sixty a second. */
export async function lookAt(subject: Subject, time: number): Promise<number> {
  const { state, events } = await counted(
    callEngine(['aggregates', 'look'], { ...subject, time, page: PAGE_ROWS }),
  );
  const { index } = state;
  // Kept as if each had been asked for by itself.
  await Promise.all([
    queryClient.fetchQuery({ ...stateQuery(subject, index), queryFn: () => state }),
    queryClient.fetchQuery({ ...pageQuery(subject, index), queryFn: () => events }),
  ]);
  return index;
}

/** Asks for all that the screen shows of an event, so that turning to it is one step. */
export async function prepare(subject: Subject, index: number): Promise<void> {
  await Promise.all([
    queryClient.fetchQuery(stateQuery(subject, index)),
    ...(index < 0 ? [] : [queryClient.fetchQuery(pageQuery(subject, index))]),
  ]);
}

/** So many events on, in the direction in which one steps, are asked for before they are stepped to. */
const AHEAD = 6;

/** Asks ahead for what a next step of the same kind shows. A jump says nothing of where the next one goes. */
export function prepareAhead(subject: Subject, from: number, to: number, last: number): void {
  const by = to - from;
  if (by === 0 || Math.abs(by) > AHEAD) return;
  // A state too long to be sent costs too much to be asked for ahead.
  const here = queryClient.getQueryData<StateAnswer>(stateQuery(subject, to).queryKey);
  if (here === undefined || here.state === '') return;
  for (let step = 1; step <= AHEAD; step += 1) {
    const next = to + Math.sign(by) * step;
    if (next < 0 || next > last) return;
    void queryClient.prefetchQuery(stateQuery(subject, next));
    if (knownRow(subject, next) === undefined) void queryClient.prefetchQuery(pageQuery(subject, next));
  }
}
