// A what-if over the rows of projections by another key: all of it against folding both logs naively.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Hypothesis, LogChange } from '../../contract/whatif.ts';
import { readWhere } from '../../contract/where.ts';
import { compileEventFilter } from '../../core/eventFilter.ts';
import type { FoldContext } from '../../core/fold.ts';
import { declarativeFolder } from '../../core/folder.ts';
import { stateHash } from '../../core/json.ts';
import type { Json, JsonObject, Reducer, StreamEvent } from '../../core/model.ts';
import { recordOf } from '../projection/testing/events.ts';
import { openKit } from '../projection/testing/kit.ts';
import { loadStream } from '../store/stream.ts';
import { contextOf } from './testing/context.ts';
import {
  changedLog,
  definitionOf,
  type Item,
  inOrder,
  keyed,
  merged,
  OTHER,
  REAL,
  timeOf,
} from './testing/naiveRows.ts';
import { idOf, servicesOver } from './testing/services.ts';

const START = 1_700_000_000_000;
const AGGREGATES = ['o-1', 'o-2', 'o-3'];
const KEYS = ['data.customer', 'data.place.day', '$eventId'];
/** What of an event they ask for can be told from its head, lies on a path, or takes the whole event. */
const WITHOUT = [
  'type = "Noted" or data.amount = 2',
  'data.place.day = "mon" and data.customer exists',
  'eventId = "e-1" or data.amount < 0',
];
/** Only parts of payloads are read for a reducer that has none. */
const withoutUpcasters = ({ upcasters: _, ...reducer }: Reducer): Reducer => reducer;

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

/** Both logs of a row of which nothing but what is left out everywhere differs. */
const plain = (real: readonly Item[], left: readonly Item[]) => {
  const ids = new Set(left.map(({ id }) => id));
  const rows = real.map(({ id }) => ({ id, mark: ids.has(id) ? 'same' : 'skipped', differs: false }));
  return { rows, total: rows.length };
};

it('says of every row what folding both logs naively says, whatever is changed and as of any cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        events: fc.array(made, { minLength: 1, maxLength: 24 }),
        changes: fc.array(change, { maxLength: 4 }),
        key: fc.constantFrom(...KEYS),
        cut: fc.record({ knownOn: moment, trueOn: moment }),
        isOther: fc.boolean(),
        without: fc.constantFrom(null, ...WITHOUT),
        hasUpcasters: fc.boolean(),
      }),
      async ({ events, changes, key, cut, isOther, without, hasUpcasters }) => {
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
          const [reducer, changed] = hasUpcasters ? [REAL, OTHER] : [REAL, OTHER].map(withoutUpcasters);
          const definition = definitionOf(key, reducer);
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
            reducer: isOther ? { language: 'json', text: JSON.stringify(changed) } : null,
            without,
            overlay: made.length === 0 ? null : { ref, changes: made },
          };
          const { result, rows } = await over.ask({
            scope: { kind: 'projection', name: 'sums' },
            cut,
            hypothesis,
          });
          expect(result).toMatchObject({ state: 'done', of: 'row', differing: rows.length });
          const isNothing = !isOther && without === null && made.length === 0;
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
            const test = without === null ? null : compileEventFilter(readWhere(without), '');
            const streamOf = ({ event }: Item): FoldContext => {
              const [owner] = [...whole].find(([, list]) =>
                list.some(
                  ({ offset, topic, partition }) =>
                    offset === event.offset && topic === event.topic && partition === event.partition,
                ),
              )!;
              return { aggregateType: 'Order', aggregateId: owner };
            };
            const left = hypothetical.filter((item) => test?.(item.event, streamOf(item)) !== true);
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
            const [a, b] = [declarativeFolder(reducer!), declarativeFolder(isOther ? changed! : reducer!)];
            const read = ({ event }: Item) => {
              const { price, ...data } = event.data as JsonObject;
              const isOld =
                hasUpcasters && event.type === 'Paid' && event.schemaVersion === '1' && price !== undefined;
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
    { numRuns: 20 },
  );
});
