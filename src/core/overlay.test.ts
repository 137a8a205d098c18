import { describe, expect, it } from 'vitest';
import type { StreamEvent } from './model.ts';
import { overlay } from './overlay.ts';

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
const ids = (changes: Parameters<typeof overlay>[1]) => overlay(log, changes).events.map(({ id }) => id);

describe('overlay', () => {
  it('without a change gives the very same events', () => {
    const { events, hypothetical, problems } = overlay(log, []);
    expect(events).toEqual(log);
    expect(hypothetical.size + problems.length).toBe(0);
  });

  it('skips, moves and inserts where it is told', () => {
    expect(ids([{ change: 'skip', id: 2 }])).toEqual([1, 3]);
    expect(ids([{ change: 'move', id: 3, after: null }])).toEqual([3, 1, 2]);
    expect(ids([{ change: 'move', id: 1, after: 3 }])).toEqual([2, 3, 1]);
    expect(ids([{ change: 'insert', after: null, type: 'Opened', data: {} }])).toEqual([-1, 1, 2, 3]);
    expect(ids([{ change: 'insert', after: 3, type: 'Closed', data: {} }])).toEqual([1, 2, 3, -1]);
  });

  it('edits the payload and leaves the log and the envelope alone', () => {
    const { events, hypothetical } = overlay(log, [{ change: 'edit', id: 2, data: { amount: 9 } }]);
    expect(events[1]).toMatchObject({ id: 2, data: { amount: 9 }, value: { data: { amount: 2 } } });
    expect([...hypothetical]).toEqual([2]);
    expect(log[1]!.data).toEqual({ amount: 2 });
  });

  it('an inserted event has nothing of its neighbour but place and times', () => {
    const [, inserted] = overlay(log, [
      { change: 'insert', after: 1, type: 'Fee', data: { amount: 5 } },
    ]).events;
    expect(inserted).toMatchObject({ id: -1, recordedAt: 1000, eventId: null, version: null, type: 'Fee' });
    expect(inserted).not.toHaveProperty('value');
  });

  it('reports a change that cannot be made and makes the others', () => {
    const { events, problems } = overlay(log, [
      { change: 'skip', id: 2 },
      { change: 'edit', id: 2, data: null },
      { change: 'move', id: 1, after: 77 },
      { change: 'skip', id: 3 },
    ]);
    expect(events.map(({ id }) => id)).toEqual([1]);
    expect(problems.map(({ change }) => change)).toEqual([1, 2]);
    expect(overlay([], [{ change: 'insert', after: null, type: 'A', data: {} }]).problems).toHaveLength(1);
  });
});
