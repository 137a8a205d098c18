import type { z } from 'zod';
import type { TopicPartition, TopicRow } from '../../../contract/connections.ts';
import type { TopicLag, TopicSize } from '../../../contract/topics.ts';
import type { PartitionCoverage } from '../../../contract/workspace.ts';
import { formatDuration } from '../../lib/format.ts';

export type TopicSort = 'name' | 'partitions' | 'estimated' | 'captured' | 'size' | 'lag';

export type Partition = z.infer<typeof TopicPartition>;

/** A topic with what is asked for after the list is there. */
export interface ListedTopic extends TopicRow {
  size: TopicSize | null;
  lag: TopicLag | null;
}

/** True when both clusters are known and differ. */
export const isOtherCluster = (held: string | null | undefined, here: string | null | undefined): boolean =>
  held != null && here != null && held !== here;

/** What is wrong with several topics alike, most of all: to be said once. Null: nothing is. */
export function commonProblem(topics: readonly TopicRow[]): { problem: string; topics: number } | null {
  const counts = new Map<string, number>();
  for (const { problem } of topics) if (problem !== null) counts.set(problem, (counts.get(problem) ?? 0) + 1);
  const [most] = [...counts].sort(([, a], [, b]) => b - a);
  return most === undefined || most[1] < 2 ? null : { problem: most[0], topics: most[1] };
}

/** Records stored of each topic in the open workspace, as decimal text; not of a log that the name had before. */
export function capturedByTopic(partitions: readonly PartitionCoverage[]): Map<string, string> {
  const sums = new Map<string, bigint>();
  for (const { topic, stored, keptByKey, aside } of partitions)
    if (aside === null) sums.set(topic, (sums.get(topic) ?? 0n) + BigInt(stored) + BigInt(keptByKey));
  return new Map([...sums].map(([topic, sum]) => [topic, String(sum)]));
}

/** Topics whose name holds every word, sorted; rows without a number stand last. */
export function chooseTopics(
  topics: readonly ListedTopic[],
  search: string,
  sort: TopicSort,
  descending: boolean,
): ListedTopic[] {
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

function numberOf(row: ListedTopic, sort: Exclude<TopicSort, 'name'>): bigint | null {
  const value =
    sort === 'size'
      ? (row.size?.leaderBytes ?? null)
      : sort === 'lag'
        ? (row.lag?.mostLag ?? null)
        : row[sort];
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

/** `7 days`, `compacted`, `7 days, compacted`: what the cluster does with old records. */
export function keptText({
  cleanupPolicy,
  retentionMs,
}: Pick<TopicRow, 'cleanupPolicy' | 'retentionMs'>): string {
  const policies = cleanupPolicy?.split(',').map((policy) => policy.trim()) ?? [];
  const compacted = policies.includes('compact');
  if (compacted && !policies.includes('delete')) return 'compacted';
  return compacted ? `${retentionText(retentionMs)}, compacted` : retentionText(retentionMs);
}

export interface Skew {
  /** Largest share by the median; null when the median is 0. */
  ratio: number | null;
  /** Index of the largest. */
  largest: number;
}

/** How unevenly things lie; null when nothing lies there or there is one place only. */
export function skewOf(values: readonly bigint[]): Skew | null {
  if (values.length < 2) return null;
  const sorted = values
    .map((value, index) => ({ value, index }))
    .sort((a, b) => (a.value < b.value ? -1 : 1));
  const { value: most, index: largest } = sorted.at(-1)!;
  if (most === 0n) return null;
  const middle = sorted.length / 2;
  const twice =
    sorted.length % 2 === 0
      ? sorted[middle - 1]!.value + sorted[middle]!.value
      : sorted[Math.floor(middle)]!.value * 2n;
  return { ratio: twice === 0n ? null : (Number(most) * 2) / Number(twice), largest };
}

export interface DifferencePart {
  /** Added up, the parts are About − Captured. */
  count: bigint;
  text: string;
}

/**
 * Why High − Low differs from the number of captured records, part by part; they add up exactly.
 * @param partitions offsets of the cluster; those that cannot be read are left out on both sides
 */
export function explainDifference(
  partitions: readonly { partition: number; low: string | null; high: string | null }[],
  held: ReadonlyMap<number, PartitionCoverage>,
): { about: bigint; captured: bigint; parts: DifferencePart[] } {
  const sums = new Map<string, bigint>();
  const add = (text: string, count: bigint) => sums.set(text, (sums.get(text) ?? 0n) + count);
  let about = 0n;
  let captured = 0n;
  for (const { partition, low, high } of partitions) {
    if (low === null || high === null) continue;
    const [from, to] = [BigInt(low), BigInt(high)];
    about += to - from;
    const cover = held.get(partition);
    if (cover === undefined) {
      add('in partitions that are not captured', to - from);
      continue;
    }
    captured += BigInt(cover.stored) + BigInt(cover.keptByKey);
    add('kept for their key, beside what was asked for', -BigInt(cover.keptByKey));
    add('transaction markers: offsets that hold no record', BigInt(cover.control));
    add('compacted away before the capture', BigInt(cover.absent));
    add('in batches that cannot be decoded', BigInt(cover.unreadable));
    add('asked for and not read yet', BigInt(cover.notRead));
    const span = BigInt(cover.askedTo) - BigInt(cover.askedFrom);
    add('between the ranges that were asked for', span - BigInt(cover.asked));
    const grown = to - BigInt(cover.askedTo);
    add(
      grown < 0n
        ? 'captured beyond the end: the topic was cut off or made anew'
        : 'recorded since the capture',
      grown,
    );
    const before = BigInt(cover.askedFrom) - from + BigInt(cover.retention);
    add(before < 0n ? 'deleted on the cluster since, kept here' : 'before the start that was chosen', before);
  }
  const parts = [...sums].flatMap(([text, count]) => (count === 0n ? [] : [{ text, count }]));
  return { about, captured, parts };
}
