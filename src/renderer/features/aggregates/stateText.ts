import type { aggregates } from '../../../contract/aggregates.ts';
import type { Output } from '../../../contract/contract.ts';
import { LIMITS } from '../../../contract/limits.ts';
import { callEngine } from '../../lib/queries.ts';
import type { Subject } from './timelinePages.ts';

export type TextAnswer = Output<(typeof aggregates)['stateText']>;

/** The question for a part of the text of a state, or of a value in it. */
export const askText = (
  subject: Subject,
  where: { index: number; path: string; from: number },
  signal?: AbortSignal,
): Promise<TextAnswer> =>
  callEngine(['aggregates', 'stateText'], { ...subject, ...where, count: LIMITS.stateText }, signal);

/** The whole text of the value at a path after an event, however long; null when there is nothing there. */
export async function wholeText(subject: Subject, index: number, path: string): Promise<string | null> {
  const parts: string[] = [];
  let length = 0;
  for (;;) {
    const { text, total } = await askText(subject, { index, path, from: length });
    if (text === null) return null;
    parts.push(text);
    length += text.length;
    if (length >= total || text === '') return parts.join('');
  }
}
