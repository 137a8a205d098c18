/** The plane of the two clocks over a real workspace: every dated event is in a cell, late and backdated ones are told apart. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { recordOf } from '../projection/testing/events.ts';
import { type Kit, openKit } from '../projection/testing/kit.ts';

const START = Date.parse('2025-06-01T00:00:00Z');
const HOUR = 3_600_000;
const ref = { type: 'Order', id: 'o-1' };
const EVENTS = 120;
/** Three days behind, and alone in that: nothing has occurred since when the first was recorded. */
const LATE_AT = 0;
/** Two hours behind events that occurred later. */
const BACKDATED_AT = 60;
let kit: Kit;
beforeAll(async () => {
  kit = await openKit('clocks');
  await kit.append(
    Array.from({ length: EVENTS }, (_, n) => {
      const at = START + n * HOUR;
      const behind = n === LATE_AT ? 72 * HOUR : n === BACKDATED_AT ? 2 * HOUR : 0;
      return recordOf({ aggregate: ref.id, at, occurred: at - behind, type: 'Moved', data: `{"n":${n}}` });
    }),
  );
});
afterAll(() => kit.close());

it('counts every event in a cell of the grid', async () => {
  const plane = await kit.aggregates.plane({ ref, columns: 12, rows: 10 }, kit.context);
  expect(plane).toMatchObject({ events: EVENTS, dated: EVENTS, late: 1, backdated: 1, toleranceMs: 5000 });
  expect(plane.recorded).toEqual({ from: START, to: START + (EVENTS - 1) * HOUR });
  expect(plane.occurred).toEqual({ from: START - 72 * HOUR, to: START + (EVENTS - 1) * HOUR });
  const sums = [0, 0, 0];
  for (let at = 0; at < plane.cells.length; at += 5) {
    const [column, row, ...counts] = plane.cells.slice(at, at + 5) as [number, number, ...number[]];
    expect(column).toBeLessThan(12);
    expect(row).toBeLessThan(10);
    for (const [nth, count] of counts.entries()) sums[nth]! += count;
  }
  expect(sums).toEqual([EVENTS, 1, 1]);
  // The last event lies in the last cell of both clocks.
  expect(plane.cells.slice(-5, -3)).toEqual([11, 9]);
});

it('lists what arrived after the fact, page by page', async () => {
  const whole = await kit.aggregates.arrivals({ ref, from: 0, count: 10 }, kit.context);
  expect(whole.total).toBe(2);
  expect(whole.rows.map(({ delayMs, late, backdated }) => ({ delayMs, late, backdated }))).toEqual([
    { delayMs: 72 * HOUR, late: true, backdated: false },
    { delayMs: 2 * HOUR, late: false, backdated: true },
  ]);
  const second = await kit.aggregates.arrivals({ ref, from: 1, count: 1 }, kit.context);
  expect(second.rows).toEqual(whole.rows.slice(1));
});

it('names an aggregate that is not there', async () => {
  const nobody = { type: 'Order', id: 'nobody' };
  await expect(kit.aggregates.plane({ ref: nobody, columns: 2, rows: 2 }, kit.context)).rejects.toThrow(
    /nobody/,
  );
});
