import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import type { EventFilter } from '../../contract/events.ts';
import { appendRecords, type ImportRecord } from '../capture/import.ts';
import { openWorkspace } from '../store/workspace.ts';

const dir = mkdtempSync(join(tmpdir(), 'hindcast-paging-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const encoder = new TextEncoder();
const VERDICTS = ['committed', 'committed', 'aborted', 'open', 'control'] as const;
const TYPES = ['Opened', 'Deposited', 'Closed'];

interface Spec {
  topic: string;
  partition: number;
  skip: number;
  /** Times collide and run backwards on purpose. */
  time: number;
  verdict: (typeof VERDICTS)[number];
  type: string;
  aggregate: string;
}

interface Expected extends Spec {
  offset: number;
  mono: number;
}

const spec: fc.Arbitrary<Spec> = fc.record({
  // Not in the order of their names, so that partition numbers and names disagree.
  topic: fc.constantFrom('zebra', 'apple', 'mango'),
  partition: fc.integer({ min: 0, max: 2 }),
  skip: fc.constantFrom(0, 0, 0, 1, 5),
  time: fc.integer({ min: 1000, max: 1020 }),
  verdict: fc.constantFrom(...VERDICTS),
  type: fc.constantFrom(...TYPES),
  aggregate: fc.constantFrom('a-1', 'a-2', 'b-3'),
});

/** What each partition should hold, by the rules in words. */
function place(specs: readonly Spec[], known: Map<string, { next: number; mono: number }>): Expected[] {
  return specs.map((each, at) => {
    const key = `${each.topic}/${each.partition}`;
    const before = known.get(key) ?? { next: 0, mono: -Infinity };
    const offset = before.next + each.skip;
    if (each.verdict !== 'control') {
      const mono = Math.max(before.mono, each.time);
      known.set(key, { next: offset + 1, mono });
      return { ...each, offset, mono };
    }
    // A marker never moves what follows; one that begins a partition lies beside the first record that came with it.
    known.set(key, { next: offset + 1, mono: before.mono });
    const first = specs.find(
      ({ topic, partition, verdict }, i) =>
        i > at && topic === each.topic && partition === each.partition && verdict !== 'control',
    );
    const mono = before.mono === -Infinity ? (first ?? each).time : before.mono;
    return { ...each, offset, mono };
  });
}

const toRecord = (each: Expected): ImportRecord => ({
  topic: each.topic,
  partition: each.partition,
  offset: each.offset,
  key: encoder.encode(each.aggregate),
  value: encoder.encode(
    JSON.stringify({
      event_id: `${each.topic}-${each.partition}-${each.offset}`,
      event_type: each.type,
      aggregate_type: 'Account',
      aggregate_id: each.aggregate,
      event_data: {},
      correlation_id: `c-${each.offset % 3}`,
      event_timestamp: '2025-01-01T00:00:00Z',
    }),
  ),
  headers: [],
  timestamp: each.time,
  verdict: each.verdict,
});

const compare = (a: Expected, b: Expected) =>
  a.mono - b.mono ||
  (a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : 0) ||
  a.partition - b.partition ||
  a.offset - b.offset;

const isKept = (each: Expected, filter: EventFilter) => {
  const isControl = each.verdict === 'control';
  return (
    (filter.topics === undefined || filter.topics.includes(each.topic)) &&
    (filter.types === undefined || (!isControl && filter.types.includes(each.type))) &&
    (filter.verdicts === undefined || filter.verdicts.includes(each.verdict)) &&
    (filter.aggregate === undefined || (!isControl && filter.aggregate.id === each.aggregate)) &&
    (filter.correlationId === undefined || (!isControl && filter.correlationId === `c-${each.offset % 3}`)) &&
    (filter.key === undefined || (!isControl && filter.key === each.aggregate)) &&
    (filter.from === undefined || each.mono >= filter.from) &&
    (filter.to === undefined || each.mono <= filter.to)
  );
};

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const filters: fc.Arbitrary<EventFilter> = fc.record({
  topics: maybe(fc.subarray(['zebra', 'apple', 'mango', 'none'])),
  types: maybe(fc.subarray([...TYPES, 'Unknown'])),
  verdicts: maybe(fc.subarray(['committed', 'aborted', 'open', 'control'])),
  aggregate: maybe(fc.constantFrom('a-1', 'b-3', 'x').map((id) => ({ type: 'Account', id }))),
  correlationId: maybe(fc.constantFrom('c-0', 'c-2')),
  key: maybe(fc.constantFrom('a-1', 'a-2')),
  from: maybe(fc.integer({ min: 995, max: 1022 })),
  to: maybe(fc.integer({ min: 995, max: 1022 })),
}) as fc.Arbitrary<EventFilter>;

let number = 0;

test('any page of any filter is the slice of a plain sort, also after more has come, and coverage adds up', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(spec, { minLength: 1, maxLength: 60 }), { minLength: 1, maxLength: 3 }),
      fc.array(fc.tuple(filters, fc.nat(80), fc.integer({ min: 1, max: 50 })), {
        minLength: 3,
        maxLength: 6,
      }),
      async (parts, questions) => {
        number += 1;
        const workspace = await openWorkspace(join(dir, `${number}.hindcast`), {
          mode: 'create',
          log: () => {},
        });
        try {
          const known = new Map<string, { next: number; mono: number }>();
          const all: Expected[] = [];
          for (const part of parts) {
            const placed = place(part, known);
            all.push(...placed);
            await appendRecords(workspace, placed.map(toRecord));
            const sorted = [...all].sort(compare);
            for (const [raw, from, count] of [[{}, 0, 500] as const, ...questions]) {
              const filter = Object.fromEntries(
                Object.entries(raw).filter(([, value]) => value !== undefined),
              ) as EventFilter;
              const fitting = sorted.filter((each) => isKept(each, filter));
              const page = await workspace.read('events.query', { filter, from, count });
              expect(page.total).toBe(fitting.length);
              expect(page.of).toBe(all.length);
              expect(
                page.rows.map(({ place: { topic, partition, offset } }) => `${topic}/${partition}/${offset}`),
              ).toEqual(
                fitting
                  .slice(from, from + count)
                  .map((each) => `${each.topic}/${each.partition}/${each.offset}`),
              );
              const { index } = await workspace.read('events.locate', { filter, time: 1010 });
              const first = fitting.findIndex(({ mono }) => mono >= 1010);
              expect(index).toBe(first === -1 ? fitting.length : first);
              const { all: counts, matching } = await workspace.read('events.histogram', {
                filter,
                buckets: 7,
                from: null,
                to: null,
              });
              expect(counts.reduce((sum, n) => sum + n, 0)).toBe(all.length);
              const timeless = sorted.filter((each) =>
                isKept(each, { ...filter, from: undefined, to: undefined }),
              );
              expect(matching.reduce((sum, n) => sum + n, 0)).toBe(timeless.length);
              const { topics } = await workspace.read('events.facets', { filter });
              const { topics: _topics, ...others } = filter;
              const counted = Object.fromEntries(topics.map(({ topic, count: n }) => [topic, n]));
              expect(counted).toEqual(
                Object.fromEntries(
                  Object.entries(
                    Object.groupBy(
                      sorted.filter((each) => isKept(each, others)),
                      ({ topic }) => topic,
                    ),
                  ).map(([topic, rows]) => [topic, rows!.length]),
                ),
              );
            }
          }
          await checkAggregates(workspace, all);
          const { partitions } = await workspace.read('workspace.coverage', { topics: null });
          for (const each of partitions) {
            const mine = all.filter(
              ({ topic, partition }) => topic === each.topic && partition === each.partition,
            );
            const n = (field: keyof typeof each) => Number(each[field]);
            expect(n('asked')).toBe(
              n('stored') + n('control') + n('absent') + n('retention') + n('unreadable') + n('notRead'),
            );
            expect(n('stored') + n('control')).toBe(mine.length);
            expect(n('control')).toBe(mine.filter(({ verdict }) => verdict === 'control').length);
            expect(n('aborted')).toBe(mine.filter(({ verdict }) => verdict === 'aborted').length);
            expect(n('open')).toBe(mine.filter(({ verdict }) => verdict === 'open').length);
            expect(n('absent')).toBe(mine.reduce((sum, { skip }) => sum + skip, 0));
          }
        } finally {
          await workspace.close();
        }
      },
    ),
    { numRuns: 12, endOnFailure: true, interruptAfterTimeLimit: 60_000 },
  );
});

async function checkAggregates(
  workspace: Awaited<ReturnType<typeof openWorkspace>>,
  all: readonly Expected[],
) {
  for (const knownOn of [null, 1008]) {
    const { rows } = await workspace.read('aggregates.list', {
      type: null,
      search: '',
      sort: 'id',
      cut: { knownOn, trueOn: null },
      from: 0,
      count: 500,
    });
    const counted = all.filter(
      ({ verdict, mono }) => verdict === 'committed' && (knownOn === null || mono <= knownOn),
    );
    const groups = Object.groupBy(counted, ({ aggregate }) => aggregate);
    expect(
      rows.map(({ ref, events, topics, firstLogAt, lastLogAt }) => ({
        id: ref.id,
        events,
        topics,
        firstLogAt,
        lastLogAt,
      })),
    ).toEqual(
      Object.keys(groups)
        .sort()
        .map((id) => ({
          id,
          events: groups[id]!.length,
          topics: new Set(groups[id]!.map(({ topic }) => topic)).size,
          firstLogAt: Math.min(...groups[id]!.map(({ mono }) => mono)),
          lastLogAt: Math.max(...groups[id]!.map(({ mono }) => mono)),
        })),
    );
  }
}
