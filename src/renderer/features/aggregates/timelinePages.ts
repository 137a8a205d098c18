import type { AggregateRef } from '../../../contract/common.ts';
import type { Output } from '../../../contract/contract.ts';
import type { aggregates } from '../../../contract/events.ts';
import type { Cut } from '../../../core/model.ts';
import { callEngine } from '../../lib/queries.ts';

/** What is asked about: an aggregate as of a cut, folded with a reducer (null: the usual one). */
export interface Subject {
  ref: AggregateRef;
  cut: Cut;
  reducer: string | null;
}

export type EventsAnswer = Output<(typeof aggregates)['events']>;
export type StateAnswer = Output<(typeof aggregates)['state']>;

/** Rows of a page of a stream; all who ask for rows share the pages. */
export const PAGE_ROWS = 200;
export const eventsKey = (subject: Subject) => ['aggregates', 'events', subject] as const;
export const askPage = (subject: Subject, page: { from: number; count: number }, signal?: AbortSignal) =>
  callEngine(['aggregates', 'events'], { ...subject, ...page }, signal);
