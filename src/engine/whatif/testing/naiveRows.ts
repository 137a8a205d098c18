/** What the rows of a projection by another key hold, worked out naively: logs changed by hand, and always the earliest head of all. */
import type { LogChange } from '../../../contract/whatif.ts';
import { parseJson } from '../../../core/json.ts';
import type { Cut, JsonObject, Reducer, StreamEvent } from '../../../core/model.ts';
import { compareLog, cutStream, orderStream } from '../../../core/order.ts';

export const REAL: Reducer = {
  name: 'sums',
  version: 1,
  initial: { sum: 0 },
  upcasters: [
    {
      topic: '*',
      type: 'Paid',
      from: '1',
      to: '2',
      steps: [{ step: 'rename', from: 'data.price', to: 'data.amount' }],
    },
  ],
  on: {
    Paid: [
      { op: 'add', path: 'sum', from: 'data.amount' },
      { op: 'set', path: 'last', from: '$aggregateId' },
    ],
    Refunded: [{ op: 'set', path: 'sum', from: 'data.amount' }],
  },
};
export const OTHER: Reducer = {
  ...REAL,
  on: { ...REAL.on, Refunded: [{ op: 'subtract', path: 'sum', from: 'data.amount' }] },
};
export interface Item {
  id: number;
  event: StreamEvent;
  time: number;
  isPlaced: boolean;
}
export const timeOf = (event: StreamEvent, cut: Cut) =>
  cut.trueOn === null ? event.monotonicAt : (event.occurredAt ?? event.recordedAt);
export const inOrder = (events: readonly StreamEvent[], cut: Cut) =>
  cutStream(orderStream(events), cut).events;

/** The changed log, each change made by hand. */
export function changedLog(events: readonly StreamEvent[], changes: readonly LogChange[], cut: Cut): Item[] {
  let log = events.map((event): Item => ({ id: event.id, event, time: 0, isPlaced: false }));
  for (const [at, each] of changes.entries()) {
    const place = (id: number) => log.findIndex((item) => item.id === id);
    const behind = 'after' in each && each.after !== null ? place(each.after) : -1;
    if ('after' in each && each.after !== null && behind === -1) continue;
    if (each.change === 'insert') {
      const neighbour = log[Math.max(behind, 0)];
      if (neighbour === undefined) continue;
      const { value: _, ...rest } = neighbour.event;
      const own = {
        type: each.type,
        data: parseJson(each.data),
        id: -(at + 1),
        eventId: null,
        version: null,
      };
      const event: StreamEvent = { ...rest, ...own, kind: 'event', verdict: 'committed' };
      log.splice(behind + 1, 0, { id: event.id, event, time: 0, isPlaced: true });
      continue;
    }
    const from = place(each.id);
    if (from === -1) continue;
    const item = log[from]!;
    if (each.change === 'skip') log = log.filter(({ id }) => id !== each.id);
    else if (each.change === 'edit')
      log[from] = {
        ...item,
        event: { ...item.event, data: parseJson(each.data), type: each.type ?? item.event.type },
      };
    else if (each.after !== each.id) {
      log.splice(from, 1);
      const to = each.after === null ? 0 : place(each.after) + 1;
      log.splice(to, 0, { ...item, isPlaced: true });
    }
  }
  const first = log.find(({ isPlaced }) => !isPlaced) ?? log[0];
  let time = first === undefined ? 0 : timeOf(events.find(({ id }) => id === first.id) ?? first.event, cut);
  for (const item of log) {
    if (!item.isPlaced) time = timeOf(item.event, cut);
    item.time = time;
  }
  return log;
}

/** Always the earliest head of all. */
export function merged(lanes: { item: Item; at: number; tie: StreamEvent }[][]): Item[] {
  const list: Item[] = [];
  const left = lanes.map((lane) => [...lane]).filter((lane) => lane.length > 0);
  while (left.some((lane) => lane.length > 0)) {
    const open = left.filter((lane) => lane.length > 0);
    const [lane] = open.sort((a, b) => a[0]!.at - b[0]!.at || compareLog(a[0]!.tie, b[0]!.tie));
    list.push(lane!.shift()!.item);
  }
  return list;
}

/** The key of an event. */
export function keyed(event: StreamEvent, key: string): string | null {
  if (key === '$eventId') return event.eventId;
  const data = event.data as JsonObject;
  const value = key === 'data.customer' ? data.customer : (data.place as JsonObject | undefined)?.day;
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? null : String((value as { value?: string }).value ?? value);
}

export const definitionOf = (key: string, reducer = REAL) => ({
  ...{ name: 'sums', title: 'Sums', source: { aggregateTypes: ['Order'] }, key },
  ...{ columns: [{ name: 'sum', type: 'decimal' }], reducer },
});
