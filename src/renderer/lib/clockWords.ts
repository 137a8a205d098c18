import { formatTime } from './format.ts';

/** What is to be said of a recorded time that is not the moment at which its record stands in the log; null: it is. */
export function clockWords(recordedAt: number, logAt: number): string | null {
  if (recordedAt === logAt) return null;
  if (logAt < recordedAt)
    return `A transaction marker has the time of the broker; it stands where its neighbours do, at ${formatTime(logAt)}.`;
  return `Its clock ran backwards: a record before it in its partition is of ${formatTime(logAt)}. Lists, ranges and cuts take it at that moment.`;
}
