import fc from 'fast-check';
import { expect, test } from 'vitest';
import { int64 } from '../../contract/common.ts';
import type { PartitionCoverage } from '../../contract/workspace.ts';
import { classesOf, notesOf } from './coverageClasses.ts';

const count = fc.nat({ max: 1e9 });
const numbers = fc.record({
  beforeWorkspace: count,
  committed: count,
  aborted: count,
  open: count,
  control: count,
  absent: count,
  retention: count,
  unreadable: count,
  notRead: count,
  others: count,
});

function partition(n: typeof numbers extends fc.Arbitrary<infer T> ? T : never): PartitionCoverage {
  const stored = n.committed + n.aborted + n.open;
  const asked = stored + n.control + n.absent + n.retention + n.unreadable + n.notRead;
  const { others: _, ...rest } = n;
  const texts = Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, int64(value)]));
  return {
    ...(texts as unknown as PartitionCoverage),
    ...{ topic: 't', partition: 0, topicId: null, aside: null, keys: [], missing: [], askedRanges: [] },
    ...{ stored: int64(stored), asked: int64(asked), notAsked: int64(n.others), keptByKey: int64(0) },
    end: int64(n.beforeWorkspace + asked + n.others),
    unaccounted: int64(0),
  };
}

test('the parts of a bar are together all offsets of the log', () => {
  fc.assert(
    fc.property(numbers, (n) => {
      const part = partition(n);
      const sum = classesOf(part).reduce((total, each) => total + each.count, 0n);
      expect(sum).toBe(BigInt(part.end));
    }),
  );
});

test('only the first ranges are written out, and how many more there are', () => {
  const missing = Array.from({ length: 7 }, (_, i) => ({
    ...{ from: int64(i * 10), to: int64(i * 10 + 1), reason: 'compaction' as const, note: 'gone' },
  }));
  const none = { beforeWorkspace: 0, committed: 1, aborted: 0, open: 0, control: 0, absent: 0 };
  const part = partition({ ...none, retention: 0, unreadable: 0, notRead: 0, others: 0 });
  const notes = notesOf({ ...part, missing });
  expect(notes.map(({ place, text }) => `${place} ${text}`.trim())).toEqual([
    '0 gone',
    '10 gone',
    '20 gone',
    '30 gone',
    'and 3 more ranges',
  ]);
});
