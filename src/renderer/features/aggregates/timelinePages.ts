import type { AggregateRef } from '../../../contract/common.ts';
import type { Output } from '../../../contract/contract.ts';
import type { aggregates, TimelineRow } from '../../../contract/events.ts';
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

/** The question for the state after an event. */
export function stateQuery(subject: Subject, index: number) {
  return {
    queryKey: ['aggregates', 'state', { ...subject, index }],
    queryFn: () => callEngine(['aggregates', 'state'], { ...subject, index, brief: true }),
    gcTime: KEEP_STATE_MS,
  };
}

/** The same state folded from the first event, without any keyframe. */
export const proofQuery = (subject: Subject, index: number) => ({
  queryKey: ['aggregates', 'state', { ...subject, index, fromStart: true }],
  queryFn: () => callEngine(['aggregates', 'state'], { ...subject, index, brief: true, fromStart: true }),
  gcTime: KEEP_STATE_MS,
});

/** Asks for all that the screen shows of an event, so that turning to it is one step. */
export async function prepare(subject: Subject, index: number): Promise<void> {
  await Promise.all([
    queryClient.fetchQuery(stateQuery(subject, index)),
    ...(index < 0 ? [] : [queryClient.fetchQuery(pageQuery(subject, index))]),
  ]);
}
