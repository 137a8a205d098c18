import type { TopicRow } from '../../../contract/connections.ts';
import type { PartitionCoverage } from '../../../contract/workspace.ts';
import { formatDuration } from '../../lib/format.ts';

export type TopicSort = 'name' | 'partitions' | 'estimated' | 'captured';

/** True when both clusters are known and differ. */
export const isOtherCluster = (held: string | null | undefined, here: string | null | undefined): boolean =>
  held != null && here != null && held !== here;

/** Records stored of each topic in the open workspace, as decimal text. */
export function capturedByTopic(partitions: readonly PartitionCoverage[]): Map<string, string> {
  const sums = new Map<string, bigint>();
  for (const { topic, stored } of partitions) sums.set(topic, (sums.get(topic) ?? 0n) + BigInt(stored));
  return new Map([...sums].map(([topic, sum]) => [topic, String(sum)]));
}

/** Topics whose name holds every word, sorted; rows without a number stand last. */
export function chooseTopics(
  topics: readonly TopicRow[],
  search: string,
  sort: TopicSort,
  descending: boolean,
): TopicRow[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const chosen = topics.filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)));
  const sign = descending ? -1 : 1;
  return chosen.sort((a, b) => {
    if (sort === 'name') return sign * compareText(a.name, b.name);
    const left = numberOf(a, sort);
    const right = numberOf(b, sort);
    if (left === null || right === null) return Number(left === null) - Number(right === null);
    return left === right ? compareText(a.name, b.name) : sign * (left < right ? -1 : 1);
  });
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function numberOf(row: TopicRow, sort: Exclude<TopicSort, 'name'>): bigint | null {
  const value = row[sort];
  return value === null ? null : BigInt(value);
}

/** `7 days`, `unlimited` for −1, `—` when it could not be read. */
export function retentionText(retentionMs: string | null): string {
  if (retentionMs === null) return '—';
  return retentionMs.startsWith('-') ? 'unlimited' : formatDuration(Number(retentionMs));
}

/** Sum of what is estimated, as decimal text; null when not one topic has an estimate. */
export function totalEstimate(topics: readonly TopicRow[]): string | null {
  const known = topics.flatMap(({ estimated }) => (estimated === null ? [] : [BigInt(estimated)]));
  return known.length === 0 ? null : String(known.reduce((sum, one) => sum + one, 0n));
}
