import { expect, test } from 'vitest';
import type { TopicRow } from '../../../contract/connections.ts';
import type { PartitionCoverage } from '../../../contract/workspace.ts';
import { capturedByTopic, chooseTopics, retentionText, totalEstimate } from './topicRows.ts';

const topic = (name: string, estimated: string | null): TopicRow =>
  ({ name, estimated, partitions: 1, captured: null }) as TopicRow;
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

test('sums stay exact beyond 2^53', () => {
  expect(totalEstimate(TOPICS)).toBe('9007199254741005');
  expect(totalEstimate([topic('x', null)])).toBeNull();
  const part = (stored: string) => ({ topic: 't', stored }) as PartitionCoverage;
  expect(capturedByTopic([part('9007199254740993'), part('2')]).get('t')).toBe('9007199254740995');
});

test('retention in words', () => {
  expect(retentionText('604800000')).toBe('7 days');
  expect(retentionText('-1')).toBe('unlimited');
  expect(retentionText(null)).toBe('—');
});
