import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { declarativeFolder } from '../../core/folder.ts';
import { formatJson } from '../../core/json.ts';
import type { Reducer, StreamEvent } from '../../core/model.ts';
import { formatPath, parsePath } from '../../core/path.ts';
import { foldWithBlame } from '../../core/testing/blame.ts';
import { leafAt } from './blameTree.ts';
import { blameOf, KEYFRAME_EVERY, ListFold } from './timelineFold.ts';

const reducer: Reducer = {
  name: 'test',
  version: 1,
  initial: { sum: 0 },
  on: {
    Add: [{ op: 'add', path: 'sum', from: 'data.n' }],
    Merge: [{ op: 'merge', from: 'data' }],
    Append: [{ op: 'append', path: 'list', from: 'data' }],
    Remove: [{ op: 'remove', path: 'list[0]' }],
    Clear: [{ op: 'set', path: 'list', value: [] }],
  },
};
const folder = declarativeFolder(reducer);
const asTheyAre = (events: readonly StreamEvent[]) => events;

function eventsOf(types: readonly string[]): StreamEvent[] {
  return types.map((type, offset) => ({
    id: offset,
    topic: 't',
    partition: 0,
    offset,
    recordedAt: offset,
    monotonicAt: offset,
    occurredAt: offset,
    version: null,
    type,
    eventId: `${offset}`,
    kind: 'event',
    verdict: 'committed',
    data: { n: type === 'Merge' ? offset % 3 : offset, keys: { [`k${offset % 4}`]: offset % 5 } },
  }));
}

describe('ListFold', () => {
  it('agrees with a plain fold and its blame at every place, asked in any order', () => {
    const types = fc.array(fc.constantFrom('Add', 'Merge', 'Append', 'Remove', 'Clear', 'Other'), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(types, fc.array(fc.nat(40), { minLength: 1, maxLength: 10 }), (chosen, visits) => {
        const events = eventsOf(chosen);
        const fold = new ListFold(events, folder, {});
        for (const visit of visits) {
          const count = Math.min(visit, events.length);
          const point = fold.at(count, asTheyAre);
          const plain = foldWithBlame(folder, events.slice(0, count));
          expect(formatJson(point.state)).toBe(formatJson(plain.state));
          const expected = plain.blame
            .filter(({ eventId }) => eventId >= 0)
            .map(({ path, eventId }) => ({ path: formatPath(path), index: eventId }));
          const byPath = (a: { path: string }, b: { path: string }) => (a.path < b.path ? -1 : 1);
          expect(blameOf(point).sort(byPath)).toEqual(expected.sort(byPath));
          for (const { path, index } of expected) expect(leafAt(point.blame, parsePath(path))).toBe(index);
          for (const path of ['keys', 'keys.k9', 'n.deeper', 'list[99]'])
            expect(leafAt(point.blame, parsePath(path))).toBe(
              expected.find((leaf) => leaf.path === path)?.index ?? null,
            );
          expect(fold.problems(point, count).map(({ id, message }) => ({ id, message }))).toEqual(
            plain.problems,
          );
        }
      }),
      { numRuns: 60 },
    );
  });

  it('reaches any place of 100,000 events from a keyframe', () => {
    const events = eventsOf(Array.from({ length: 100_000 }, (_, n) => (n % 7 === 0 ? 'Merge' : 'Add')));
    const fold = new ListFold(events, folder, {});
    fold.at(events.length, asTheyAre);
    expect(fold.steps).toBe(events.length);
    for (let visit = 0; visit < 200; visit += 1) {
      const before = fold.steps;
      fold.at((visit * 48_611) % events.length, asTheyAre);
      expect(fold.steps - before).toBeLessThan(KEYFRAME_EVERY);
    }
    const place = 48_611 - (48_611 % KEYFRAME_EVERY) + 3;
    expect(formatJson(fold.at(place, asTheyAre).state)).toBe(
      formatJson(folder.fold(events.slice(0, place), {}).state),
    );
  });
});
