import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StreamEvent } from './model.ts';
import { alignLogs, hypotheticalEvent, type OverlayChange, overlay } from './overlay.ts';

const event = (id: number, type = 'Deposited'): StreamEvent => ({
  id,
  topic: 't',
  partition: 0,
  offset: id,
  recordedAt: id * 1000,
  monotonicAt: id * 1000,
  occurredAt: id * 1000,
  version: id,
  type,
  eventId: `e${id}`,
  kind: 'event',
  verdict: 'committed',
  data: { amount: id },
  value: { data: { amount: id } },
});
const log = [1, 2, 3].map((id) => event(id));
const ids = (changes: OverlayChange[]) => overlay(log, changes).log.map(({ id }) => id);
const events = (changes: OverlayChange[]) =>
  overlay(log, changes).log.map((item) => hypotheticalEvent(item, (each) => each));
const marks = (changes: OverlayChange[]) =>
  alignLogs(log, overlay(log, changes)).map(
    ({ mark, real, hypothetical }) => `${mark} ${real?.id ?? hypothetical!.id}`,
  );

describe('overlay', () => {
  it('without a change gives the very same events', () => {
    expect(events([])).toEqual(log);
    expect(overlay(log, []).problems).toEqual([]);
    expect(marks([])).toEqual(['same 1', 'same 2', 'same 3']);
  });

  it('skips, moves and inserts where it is told', () => {
    expect(ids([{ change: 'skip', id: 2 }])).toEqual([1, 3]);
    expect(ids([{ change: 'move', id: 3, after: null }])).toEqual([3, 1, 2]);
    expect(ids([{ change: 'move', id: 1, after: 3 }])).toEqual([2, 3, 1]);
    expect(ids([{ change: 'insert', after: null, type: 'Opened', data: {} }])).toEqual([-1, 1, 2, 3]);
    expect(ids([{ change: 'insert', after: 3, type: 'Closed', data: {} }])).toEqual([1, 2, 3, -1]);
  });

  it('edits the payload and leaves the log and the envelope alone', () => {
    const [, edited] = events([{ change: 'edit', id: 2, data: { amount: 9 } }]);
    expect(edited).toMatchObject({ id: 2, data: { amount: 9 }, value: { data: { amount: 2 } } });
    expect(log[1]!.data).toEqual({ amount: 2 });
  });

  it('an inserted event has nothing of its neighbour but place and times', () => {
    const [, inserted] = events([{ change: 'insert', after: 1, type: 'Fee', data: { amount: 5 } }]);
    expect(inserted).toMatchObject({ id: -1, recordedAt: 1000, eventId: null, version: null, type: 'Fee' });
    expect(inserted).not.toHaveProperty('value');
  });

  it('reports a change that cannot be made and makes the others', () => {
    const { log: left, problems } = overlay(log, [
      { change: 'skip', id: 2 },
      { change: 'edit', id: 2, data: null },
      { change: 'move', id: 1, after: 77 },
      { change: 'skip', id: 3 },
    ]);
    expect(left.map(({ id }) => id)).toEqual([1]);
    expect(problems.map(({ change }) => change)).toEqual([1, 2]);
    expect(overlay([], [{ change: 'insert', after: null, type: 'A', data: {} }]).problems).toHaveLength(1);
  });
});

describe('alignment', () => {
  it('marks what is only in one of the logs, and both places of what was moved', () => {
    expect(
      marks([
        { change: 'skip', id: 2 },
        { change: 'insert', after: 3, type: 'Fee', data: 1 },
        { change: 'move', id: 1, after: 3 },
      ]),
    ).toEqual(['moved-from 1', 'skipped 2', 'same 3', 'moved-to 1', 'inserted -2']);
  });

  it('keeps both logs whole and in their order, whatever the changes', () => {
    const id = fc.integer({ min: 1, max: 7 });
    const after = fc.option(fc.integer({ min: -3, max: 6 }), { nil: null });
    const change = fc.oneof(
      fc.record({ change: fc.constant('skip' as const), id }),
      fc.record({ change: fc.constant('edit' as const), id, data: fc.integer() }),
      fc.record({ change: fc.constant('move' as const), id, after }),
      fc.record({
        change: fc.constant('insert' as const),
        after,
        type: fc.constant('Fee'),
        data: fc.integer(),
      }),
    );
    const real = [1, 2, 3, 4, 5, 6].map((each) => event(each));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 8 }), (changes) => {
        const overlaid = overlay(real, changes);
        const places = alignLogs(real, overlaid);
        expect(places.flatMap((each) => each.real ?? [])).toEqual(real);
        expect(places.flatMap((each) => each.hypothetical ?? [])).toEqual(overlaid.log);
      }),
    );
  });
});
