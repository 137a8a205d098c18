import { LIMITS } from '../../../contract/limits.ts';
import { queryClient } from '../../lib/queries.ts';
import { askPage, eventsKey, type Subject } from './timelinePages.ts';

/** A stream is searched up to this many pages; the answer says how far. */
const MOST_PAGES = 40;
const FIND_ROWS = LIMITS.pageRows;

/** Places of the events whose sentence, type, topic, amount or key holds a text, upper and lower case aside. */
export async function findEvents(
  subject: Subject,
  text: string,
): Promise<{ matches: number[]; searched: number }> {
  const wanted = text.trim().toLowerCase();
  const matches: number[] = [];
  let searched = 0;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const range = { from: page * FIND_ROWS, count: FIND_ROWS };
    const { rows, total } = await queryClient.fetchQuery({
      queryKey: [...eventsKey(subject), range],
      queryFn: ({ signal }) => askPage(subject, range, signal),
    });
    for (const row of rows) {
      const words = [row.sentence, row.type, row.place.topic, row.amount ?? '', row.key ?? ''];
      if (words.some((each) => each.toLowerCase().includes(wanted))) matches.push(row.index);
    }
    searched += rows.length;
    if (rows.length === 0 || searched >= total) break;
  }
  return { matches, searched };
}
