// A what-if over the rows of projections by another key: all of it against folding both logs naively.
import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import type { Hypothesis, LogChange } from '../../contract/whatif.ts';
import { readWhere } from '../../contract/where.ts';
import { compileEventFilter } from '../../core/eventFilter.ts';
import type { FoldContext } from '../../core/fold.ts';
import { declarativeFolder } from '../../core/folder.ts';
import { parseJson, stateHash } from '../../core/json.ts';
import type { Cut, Json, JsonObject, Reducer, StreamEvent } from '../../core/model.ts';
import { compareLog, cutStream, orderStream } from '../../core/order.ts';
import { recordOf } from '../projection/testing/events.ts';
import { openKit } from '../projection/testing/kit.ts';
import { loadStream } from '../store/stream.ts';
import { contextOf } from './testing/context.ts';
import { idOf, NOTHING, servicesOver } from './testing/services.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 60_000 });
const START = 1_700_000_000_000;
const AGGREGATES = ['o-1', 'o-2', 'o-3'];
const REAL: Reducer = {
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
const OTHER: Reducer = {
  ...REAL,
  on: { ...REAL.on, Refunded: [{ op: 'subtract', path: 'sum', from: 'data.amount' }] },
};
const KEYS = ['data.customer', 'data.place.day', '$eventId'];

const payload = fc.record({
  customer: fc.constantFrom('"ann"', '"b\\u00f6b"', '7', '7.50', 'null', undefined),
  day: fc.constantFrom('"mon"', '"tue"'),
  amount: fc.integer({ min: -3, max: 3 }),
});
const textOf = (
  { customer, day, amount }: { customer: string | undefined; day: string; amount: number },
  of = 'amount',
) => `{${customer === undefined ? '' : `"customer":${customer},`}"place":{"day":${day}},"${of}":${amount}}`;
const made = fc.record({
  aggregate: fc.constantFrom(...AGGREGATES),
  topic: fc.constantFrom('shop.orders', 'shop.payments'),
  partition: fc.integer({ min: 0, max: 1 }),
  type: fc.constantFrom('Paid', 'Paid', 'Refunded', 'Noted'),
  at: fc.integer({ min: 0, max: 40 }).map((n) => START + n * 4000),
  lag: fc.constantFrom(0, 0, 60_000),
  schema: fc.constantFrom(1, 2),
  verdict: fc.constantFrom('committed', 'committed', 'committed', 'aborted'),
  id: fc.option(fc.constantFrom('e-1', 'e-2'), { nil: undefined }),
  payload,
});
const moment = fc.option(
  fc.integer({ min: 0, max: 40 }).map((n) => START + n * 4000),
  { nil: null },
);
const change = fc.record({
  what: fc.constantFrom('skip', 'edit', 'edit', 'move', 'insert'),
  event: fc.nat(),
  after: fc.option(fc.nat(), { nil: null }),
  payload,
});

interface Item {
  id: number;
  event: StreamEvent;
  time: number;
  isPlaced: boolean;
}
const timeOf = (event: StreamEvent, cut: Cut) =>
  cut.trueOn === null ? event.monotonicAt : (event.occurredAt ?? event.recordedAt);
const inOrder = (events: readonly StreamEvent[], cut: Cut) => cutStream(orderStream(events), cut).events;

/** The changed log, each change made by hand. */
function changedLog(events: readonly StreamEvent[], changes: readonly LogChange[], cut: Cut): Item[] {
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
function merged(lanes: { item: Item; at: number; tie: StreamEvent }[][]): Item[] {
  const list: Item[] = [];
  const left = lanes.map((lane) => [...lane]).filter((lane) => lane.length > 0);
  while (left.some((lane) => lane.length > 0)) {
    const open = left.filter((lane) => lane.length > 0);
    const [lane] = open.sort((a, b) => a[0]!.at - b[0]!.at || compareLog(a[0]!.tie, b[0]!.tie));
    list.push(lane!.shift()!.item);
  }
  return list;
}

function keyed(event: StreamEvent, key: string): string | null {
  if (key === '$eventId') return event.eventId;
  const data = event.data as JsonObject;
  const value = key === 'data.customer' ? data.customer : (data.place as JsonObject | undefined)?.day;
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? null : String((value as { value?: string }).value ?? value);
}

/** Both logs of a row of which nothing but what is left out everywhere differs. */
const plain = (real: readonly Item[], left: readonly Item[]) => {
  const ids = new Set(left.map(({ id }) => id));
  const rows = real.map(({ id }) => ({ id, mark: ids.has(id) ? 'same' : 'skipped', differs: false }));
  return { rows, total: rows.length };
};

const definitionOf = (key: string) => ({
  ...{ name: 'sums', title: 'Sums', source: { aggregateTypes: ['Order'] }, key },
  ...{ columns: [{ name: 'sum', type: 'decimal' }], reducer: REAL },
});

it('says of every row what folding both logs naively says, whatever is changed and as of any cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        events: fc.array(made, { minLength: 1, maxLength: 24 }),
        changes: fc.array(change, { maxLength: 4 }),
        key: fc.constantFrom(...KEYS),
        cut: fc.record({ knownOn: moment, trueOn: moment }),
        isOther: fc.boolean(),
        isWithout: fc.boolean(),
      }),
      async ({ events, changes, key, cut, isOther, isWithout }) => {
        const kit = await openKit('whatif-keyed');
        const over = servicesOver(kit);
        const context = contextOf(kit);
        try {
          await kit.append(
            events.map(({ payload, lag, at, schema, id, ...rest }) =>
              recordOf({
                ...rest,
                ...{ at, occurred: at - lag, schema },
                ...(id === undefined ? {} : { id }),
                data: textOf(payload, rest.type === 'Paid' && schema === 1 ? 'price' : 'amount'),
              } as never),
            ),
          );
          const definition = definitionOf(key);
          await kit.projections.save({ definition: JSON.stringify(definition) }, kit.context);
          const ref = { type: 'Order', id: events[0]!.aggregate };
          const whole = new Map(
            AGGREGATES.map((id) => [
              id,
              loadStream(context, { type: 'Order', id }).filter(({ verdict }) => verdict === 'committed'),
            ]),
          );
          const ofRef = inOrder(whole.get(ref.id)!, cut);
          const idAt = (nth: number) => ofRef[nth % Math.max(ofRef.length, 1)]?.id ?? 0;
          const made = changes.map(({ what, event, after, payload: said }): LogChange => {
            const data = textOf(said);
            const behind = after === null ? null : idAt(after);
            if (what === 'skip') return { change: 'skip', id: idAt(event) };
            if (what === 'move') return { change: 'move', id: idAt(event), after: behind };
            if (what === 'edit') return { change: 'edit', id: idAt(event), data };
            return { change: 'insert', after: behind, type: 'Paid', data };
          });
          const hypothesis: Hypothesis = {
            reducer: isOther ? { language: 'json', text: JSON.stringify(OTHER) } : null,
            without: isWithout ? 'type = "Noted" or data.amount = 2' : null,
            overlay: made.length === 0 ? null : { ref, changes: made },
          };
          const { result, rows } = await over.ask({
            scope: { kind: 'projection', name: 'sums' },
            cut,
            hypothesis,
          });
          expect(result).toMatchObject({ state: 'done', of: 'row', differing: rows.length });
          const isNothing = !isOther && !isWithout && made.length === 0;
          if (isNothing) expect(rows).toEqual([]);

          const log = changedLog(ofRef, made, cut);
          const committed = [...whole.values()].flat();
          const keys = new Set(
            [...committed, ...log.map(({ event }) => event)].map((event) => keyed(event, key)),
          );
          keys.delete(null);
          const known = new Set<string>();
          for (const name of keys as Set<string>) {
            const laneOf = (list: readonly StreamEvent[]) => {
              let at = Number.NEGATIVE_INFINITY;
              return list.map((event) => {
                at = Math.max(at, timeOf(event, cut));
                return { item: { id: event.id, event, time: at, isPlaced: false }, at, tie: event };
              });
            };
            const reals = [...whole].map(([id, list]) => ({
              id,
              lane: laneOf(
                inOrder(
                  list.filter((event) => keyed(event, key) === name),
                  cut,
                ),
              ),
            }));
            const real = merged(reals.map(({ lane }) => lane));
            const hypothetical = merged(
              reals.map(({ id, lane }) => {
                if (id !== ref.id || made.length === 0) return lane;
                const own = log.filter(({ event }) => keyed(event, key) === name);
                const ids = new Set(lane.map(({ item }) => item.id));
                const isSame =
                  own.length === ids.size && own.every((item) => ids.has(item.id) && !item.isPlaced);
                if (isSame)
                  return lane.map((each) => ({
                    ...each,
                    item: own.find((item) => item.id === each.item.id)!,
                  }));
                let at = Number.NEGATIVE_INFINITY;
                return own.map((item) => {
                  at = Math.max(at, item.time);
                  return { item, at, tie: item.event };
                });
              }),
            );
            const test = compileEventFilter(readWhere('type = "Noted" or data.amount = 2'), '');
            const streamOf = ({ event }: Item): FoldContext => {
              const [owner] = [...whole].find(([, list]) =>
                list.some(
                  ({ offset, topic, partition }) =>
                    offset === event.offset && topic === event.topic && partition === event.partition,
                ),
              )!;
              return { aggregateType: 'Order', aggregateId: owner };
            };
            const left = hypothetical.filter((item) => !isWithout || !test(item.event, streamOf(item)));
            const subject = { ref: { projection: 'sums', key: name }, cut, reducer: null, hypothesis };
            const row = rows.find((each) => idOf(each.ref) === name);
            const isTouched = hypothetical.some(
              ({ id, isPlaced, event }, at) => isPlaced || real[at]?.id !== id || real[at]!.event !== event,
            );
            // One that is in no answer is looked for: few of them are asked for here.
            const opened =
              row !== undefined || isTouched || hypothetical.length < real.length
                ? await over.whatif.events({ ...subject, from: 0, count: 100 }, kit.context)
                : plain(real, left);
            const isReal = ({ mark }: { mark: string }) => !['inserted', 'moved-to', 'row-to'].includes(mark);
            const isHere = ({ mark }: { mark: string }) =>
              !['skipped', 'moved-from', 'row-from'].includes(mark);
            expect(opened.rows.filter(isReal).map(({ id }) => id)).toEqual(real.map(({ id }) => id));
            expect(opened.rows.filter(isHere).map(({ id }) => id)).toEqual(left.map(({ id }) => id));
            // Both folded by hand along the aligned list.
            const [a, b] = [declarativeFolder(REAL), declarativeFolder(isOther ? OTHER : REAL)];
            const read = ({ event }: Item) => {
              const { price, ...data } = event.data as JsonObject;
              const isOld = event.type === 'Paid' && event.schemaVersion === '1' && price !== undefined;
              return isOld ? { ...event, data: { ...data, amount: price } } : event;
            };
            let [one, other]: [Json, Json] = [a.initial, b.initial];
            const [nextReal, nextOther] = [[...real], [...left]];
            const differs = opened.rows.map((row) => {
              if (isReal(row)) {
                const item = nextReal.shift()!;
                one = a.step(one, read(item), streamOf(item)).state;
              }
              if (isHere(row)) {
                const item = nextOther.shift()!;
                other = b.step(other, read(item), streamOf(item)).state;
              }
              return stateHash(one) !== stateHash(other);
            });
            if ('firstIndex' in opened) expect(opened.rows.map((each) => each.differs)).toEqual(differs);
            const first = differs.indexOf(true);
            expect(row === undefined).toBe(first === -1);
            if ('firstIndex' in opened) expect(opened.firstIndex).toBe(first === -1 ? null : first);
            if (row === undefined) continue;
            known.add(name);
            expect(row).toMatchObject({ healed: !differs.at(-1), events: real.length });
            const states = await over.whatif.states(
              { ...subject, index: opened.total - 1, show: 'differences', from: 0, count: 50 },
              kit.context,
            );
            expect([states.real.hash, states.hypothetical.hash]).toEqual([stateHash(one), stateHash(other)]);
            if (made.length === 0) {
              const at = opened.rows[first]!;
              expect([row.firstIndex, row.firstId]).toEqual([first, at.id]);
            }
          }
          expect(new Set(rows.map((each) => idOf(each.ref)))).toEqual(known);
        } finally {
          context.close();
          await over.jobs.close();
          await kit.close();
        }
      },
    ),
    { numRuns: 15 },
  );
});

it('a program is compared after every event of its rows, and says what the declarative one says', async () => {
  const kit = await openKit('whatif-keyed-script');
  const over = servicesOver(kit);
  await kit.append(
    Array.from({ length: 600 }, (_, n) =>
      recordOf({
        ...{ aggregate: `o-${n % 40}`, type: n % 50 === 7 ? 'Held' : 'Counted', at: START + n * 1000 },
        data: `{"day":"d${n % 7}","n":${n}}`,
      }),
    ),
  );
  const definition = (name: string, reducer: object) => ({
    ...{ name, title: name, source: { aggregateTypes: ['Order'] }, key: 'data.day' },
    ...{ columns: [{ name: 'count', type: 'integer' }], reducer: { name, version: 1, ...reducer } },
  });
  const body = (more: string) =>
    `export const reduce = (state, { type, aggregateId }) => ({ count: (state.count ?? 0) + 1, last: aggregateId${more} });`;
  const program = { language: 'javascript', source: body('') };
  const count = { op: 'add', path: 'count', value: 1 };
  const last = { op: 'set', path: 'last', from: '$aggregateId' };
  const declared = { on: { '*': [count, last] } };
  for (const each of [definition('program', program), definition('declared', declared)])
    await kit.projections.save({ definition: JSON.stringify(each) }, kit.context);
  const held = { op: 'set', path: 'held', value: true };
  const texts = {
    program: { language: 'javascript', text: body(", ...(type === 'Held' ? { held: true } : {})") } as const,
    declared: {
      language: 'json',
      text: JSON.stringify({
        on: { '*': [count, last, { op: 'remove', path: 'held' }], Held: [count, last, held] },
      }),
    } as const,
  };
  const asked = async (name: 'program' | 'declared') => {
    const scope = { kind: 'projection', name } as const;
    const { result, rows } = await over.ask({ scope, hypothesis: { ...NOTHING, reducer: texts[name] } });
    expect(result).toMatchObject({ state: 'done', of: 'row', aggregates: { done: 7, total: 7 } });
    return rows
      .map(({ ref, ...row }) => ({ ...row, key: idOf(ref) }))
      .sort((a, b) => (a.key < b.key ? -1 : 1));
  };
  const rows = await asked('program');
  expect(rows.length).toBeGreaterThan(0);
  expect(rows.some(({ healed }) => healed)).toBe(true);
  expect(rows).toEqual(await asked('declared'));
  await over.jobs.close();
  await kit.close();
});

it('an edited key takes the event from one row to another, and only these are folded', async () => {
  const kit = await openKit('whatif-keyed-edit');
  const over = servicesOver(kit);
  await kit.append(
    Array.from({ length: 12 }, (_, n) =>
      recordOf({
        ...{ aggregate: `o-${n % 3}`, type: 'Refunded', at: START + n * 1000 },
        data: `{"customer":"c-${n % 4}","amount":${n}}`,
      }),
    ),
  );
  await kit.projections.save({ definition: JSON.stringify(definitionOf('data.customer')) }, kit.context);
  const ref = { type: 'Order', id: 'o-1' };
  const cut = { knownOn: null, trueOn: null };
  const asked = { ref, cut, reducer: null, hypothesis: NOTHING, from: 0, count: 10 };
  const { rows: log } = await over.whatif.events(asked, kit.context);
  // The last of c-3 becomes one of c-1, and a new row gets an event of its own.
  const { id } = log[2]!;
  const hypothesis: Hypothesis = {
    ...NOTHING,
    overlay: {
      ref,
      changes: [
        { change: 'edit', id, data: '{"customer":"c-1","amount":100}' },
        { change: 'insert', after: id, type: 'Refunded', data: '{"customer":"new","amount":5}' },
      ],
    },
  };
  const { result, rows } = await over.ask({ scope: { kind: 'projection', name: 'sums' }, cut, hypothesis });
  expect(result).toMatchObject({ of: 'row', aggregates: { done: 3, total: 3 } });
  expect(result.notes).toEqual([expect.stringMatching(/^Only the rows that the changed log touches/)]);
  expect(rows.map((row) => idOf(row.ref)).sort()).toEqual(['c-1', 'c-3', 'new']);
  const marks = async (key: string) => {
    const of = { ...asked, hypothesis, ref: { projection: 'sums', key } };
    const { rows: events } = await over.whatif.events(of, kit.context);
    return events.map((event) => event.mark);
  };
  expect(await marks('c-3')).toEqual(['same', 'row-from', 'same']);
  expect(await marks('c-1')).toEqual(['same', 'same', 'row-to', 'same']);
  expect(await marks('new')).toEqual(['inserted']);
  // A row that no run has found is looked for.
  expect(await marks('c-0')).toEqual(['same', 'same', 'same']);
  await over.jobs.close();
  await kit.close();
});
