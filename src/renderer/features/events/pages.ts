import type { EventRow } from '../../../contract/common.ts';
import type { Output } from '../../../contract/contract.ts';
import type { EventFilter, events } from '../../../contract/events.ts';
import { callEngine, queryClient } from '../../lib/queries.ts';

/** Rows of a page of the events table: more than a screen, and few enough that a search shows its first in milliseconds. */
export const PAGE_ROWS = 60;
/** Rows recorded at one moment are searched this far for a record before it counts as not found: 2,040 rows. */
const SEARCH_PAGES = 34;

export type EventsAnswer = Output<(typeof events)['query']>;
type Page = { from: number; count: number };

export const eventsKey = (filter: EventFilter): readonly unknown[] => ['events', 'query', filter];
export const askEvents = (filter: EventFilter) => (page: Page, signal?: AbortSignal) =>
  callEngine(['events', 'query'], { filter, ...page }, signal);

/**
 * Index of a record among the rows that fit a filter; null when it is not among them. Rows stand in log order, so the
 * search begins at its moment of the log.
 */
export async function findRow(filter: EventFilter, record: EventRow): Promise<number | null> {
  const { index } = await callEngine(['events', 'locate'], { filter, time: record.logAt });
  const ask = askEvents(filter);
  const first = Math.floor(index / PAGE_ROWS);
  for (let page = first; page < first + SEARCH_PAGES; page += 1) {
    const range = { from: page * PAGE_ROWS, count: PAGE_ROWS };
    const answer = await queryClient.fetchQuery({
      queryKey: [...eventsKey(filter), range],
      queryFn: ({ signal }) => ask(range, signal),
    });
    const at = answer.rows.findIndex((row) => row.id === record.id);
    if (at !== -1) return range.from + at;
    if (range.from + answer.rows.length >= answer.total) return null;
  }
  return null;
}
