import { expect, test } from 'vitest';
import type { PartitionCoverage } from '../../../contract/workspace.ts';
import { rateOf, type Sample, WINDOW_MS, withSample } from './rates.ts';
import {
  capturedByTopic,
  chooseTopics,
  commonProblem,
  explainDifference,
  keptText,
  type ListedTopic,
  retentionText,
  skewOf,
  totalEstimate,
} from './topicRows.ts';

const topic = (name: string, estimated: string | null, more: object = {}): ListedTopic =>
  ({ name, estimated, partitions: 1, captured: null, size: null, lag: null, ...more }) as ListedTopic;
const TOPICS = [topic('bank.fees', '9007199254740993'), topic('bank.interest', '12'), topic('cattle', null)];

test('every word must be in the name', () => {
  expect(chooseTopics(TOPICS, 'BANK fee', 'name', false).map(({ name }) => name)).toEqual(['bank.fees']);
  expect(chooseTopics(TOPICS, '', 'name', true).map(({ name }) => name)).toEqual([
    'cattle',
    'bank.interest',
    'bank.fees',
  ]);
});

test('numbers sort exactly, and what is not known stands last either way', () => {
  expect(chooseTopics(TOPICS, '', 'estimated', true).map(({ name }) => name)).toEqual([
    'bank.fees',
    'bank.interest',
    'cattle',
  ]);
  expect(chooseTopics(TOPICS, '', 'estimated', false).at(-1)?.name).toBe('cattle');
});

test('a problem of several topics is said once, that of one topic is its own', () => {
  const faulty = (...problems: (string | null)[]) =>
    commonProblem(problems.map((problem, at) => topic(`t${at}`, null, { problem })));
  expect(faulty(null, 'no leader', 'no settings', 'no settings')).toEqual({
    problem: 'no settings',
    topics: 2,
  });
  expect(faulty(null, 'no leader', 'no settings')).toBeNull();
});

test('sums stay exact beyond 2^53', () => {
  expect(totalEstimate(TOPICS)).toBe('9007199254741005');
  expect(totalEstimate([topic('x', null)])).toBeNull();
  const part = (stored: string) => ({ topic: 't', stored, keptByKey: '0', aside: null }) as PartitionCoverage;
  const gone = { topic: 't', stored: '5', keptByKey: '0', aside: 'made anew' } as PartitionCoverage;
  expect(capturedByTopic([part('9007199254740993'), gone, part('2')]).get('t')).toBe('9007199254740995');
});

test('retention in words', () => {
  expect(retentionText('604800000')).toBe('7 days');
  expect(retentionText('-1')).toBe('unlimited');
  expect(retentionText(null)).toBe('—');
});

test('sizes and lags sort exactly; topics without stand last', () => {
  const rows = [
    topic('none', '1'),
    topic('small', '1', { size: { leaderBytes: '9007199254740992' }, lag: { mostLag: '0' } }),
    topic('large', '1', { size: { leaderBytes: '9007199254740993' }, lag: { mostLag: '7' } }),
  ];
  for (const sort of ['size', 'lag'] as const)
    expect(chooseTopics(rows, '', sort, true).map(({ name }) => name)).toEqual(['large', 'small', 'none']);
});

test('what the cluster keeps, in words', () => {
  const kept = (cleanupPolicy: string | null, retentionMs: string | null) =>
    keptText({ cleanupPolicy, retentionMs } as ListedTopic);
  expect(kept('delete', '604800000')).toBe('7 days');
  expect(kept('compact', '604800000')).toBe('compacted');
  expect(kept('compact, delete', '604800000')).toBe('7 days, compacted');
  expect(kept(null, null)).toBe('—');
});

test('skew is the largest by the median', () => {
  expect(skewOf([4n, 2n, 2n])).toEqual({ ratio: 2, largest: 0 });
  expect(skewOf([1n, 2n, 3n, 10n])).toEqual({ ratio: 4, largest: 3 });
  expect(skewOf([0n, 5n, 0n])).toEqual({ ratio: null, largest: 1 });
  expect(skewOf([0n, 0n])).toBeNull();
  expect(skewOf([3n])).toBeNull();
});

test('About − Captured is explained to the last offset', () => {
  const cover = (partition: number, numbers: object) =>
    [
      partition,
      {
        stored: '0',
        keptByKey: '0',
        control: '0',
        absent: '0',
        unreadable: '0',
        notRead: '0',
        retention: '0',
        ...numbers,
      },
    ] as [number, PartitionCoverage];
  const held = new Map([
    // asked 10 to 106 but for 6 between: 70 stored, 5 markers, 8 compacted, 4 unreadable, 3 not read; the cluster now keeps 0 to 120.
    cover(0, {
      ...{
        askedFrom: '10',
        askedTo: '106',
        asked: '90',
        stored: '70',
        control: '5',
        absent: '8',
        unreadable: '4',
      },
      notRead: '3',
    }),
    // asked 0 to 50, of which 20 were gone; the cluster has since deleted up to 30.
    cover(1, { askedFrom: '0', askedTo: '50', asked: '50', stored: '30', retention: '20' }),
  ]);
  const partitions = [
    { partition: 0, low: '0', high: '120' },
    { partition: 1, low: '30', high: '50' },
    { partition: 2, low: '1', high: '9' },
    { partition: 3, low: null, high: null },
  ];
  const { about, captured, parts } = explainDifference(partitions, held);
  expect(about).toBe(148n);
  expect(captured).toBe(100n);
  expect(parts.reduce((sum, { count }) => sum + count, 0n)).toBe(about - captured);
  expect(parts.map(({ count }) => Number(count))).toEqual([5, 8, 4, 3, 6, 14, 10, -10, 8]);
});

test('a rate needs two looks and forgets those before the window', () => {
  const look = (at: number, high: bigint | null): Sample => ({ at, highs: new Map([['t', high]]) });
  const one = withSample([], look(0, 100n));
  expect(rateOf(one, 't')).toBeNull();
  const two = withSample(one, look(5000, 150n));
  expect(rateOf(two, 't')).toEqual({ perSecond: 10, overMs: 5000 });
  expect(rateOf(two, 'other')).toBeNull();
  const gap = withSample(two, look(10_000, null));
  expect(rateOf(gap, 't')).toEqual({ perSecond: 10, overMs: 5000 });
  let long = gap;
  for (let at = 15_000; at <= 60_000; at += 5000) long = withSample(long, look(at, 150n));
  expect(rateOf(long, 't')).toEqual({ perSecond: 0, overMs: WINDOW_MS });
  // Made anew: the end fell.
  expect(rateOf([look(0, 100n), look(5000, 3n)], 't')).toBeNull();
});
