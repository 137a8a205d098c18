import type { ListingPart } from './topics.ts';

/** Asks for all parts of a list; the answer is the first one with the rows of all. */
export async function allParts<Answer extends { topics: unknown[]; next: ListingPart | null }>(
  ask: (more: ListingPart | undefined) => Promise<Answer>,
): Promise<Answer> {
  const first = await ask(undefined);
  const topics = [...first.topics];
  for (let { next } = first; next !== null; ) {
    const part = await ask(next);
    topics.push(...part.topics);
    next = part.next;
  }
  return { ...first, topics, next: null };
}
