import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PlaceChecker } from '../../core/check/partitions.ts';
import { type Contents, checkStream, type Usual } from '../../core/check/streamRules.ts';
import { cutStream, orderStream } from '../../core/order.ts';
import { mergeLanes } from '../reads/columnOrder.ts';
import { OFFSET_SPAN } from '../store/ids.ts';
import { KIND, VERDICT } from '../store/values.ts';
import type { ReadContext } from '../workers/context.ts';
import { type Columns, groupByAggregate, rowFinder } from './columns.ts';
import { lanesOfRows } from './lanes.ts';
import { payloadColumns, payloadFinds } from './payloadLook.ts';
import { findPlainStreams, LEVEL_BELOW, MIXED_LEVELS, NO_LEVEL } from './plainStreams.ts';
import { headOf } from './streams.ts';

const TYPES = ['', 'Opened', 'Changed', 'Closed', 'Reopened', 'Settled'];
const USUAL: Usual = {
  creationTypes: new Set(['Opened']),
  closingTypes: new Set(['Closed']),
  afterTypes: new Set(['Settled']),
};
const TOLERANCE_MS = 5000;
const HOUR_MS = 3_600_000;
const START = 1_700_000_000_000;
/** Aggregates, numbered from 1; 0 is none. */
const TYPE_OF = ['', 'Account', 'Account', 'Account', 'Order'];

/** By number: topics whose names are in another order than their numbers, one of them with two partitions. */
const PARTITIONS = [
  { topic: 'accounts', partition: 0 },
  { topic: 'accounts', partition: 1 },
  { topic: 'zinc', partition: 0 },
  { topic: 'a', partition: 3 },
].map((place) => ({ ...place, toleranceMs: TOLERANCE_MS, incarnation: Infinity }));

const rarely = <T>(usual: T, ...rare: T[]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 30, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...rare) });

const event = fc.record({
  aggregate: fc.nat({ max: 4 }),
  partition: fc.oneof(
    { weight: 20, arbitrary: fc.constantFrom(0, 0, 2, 3) },
    { weight: 1, arbitrary: fc.constant(1) },
  ),
  isBeside: fc.boolean(),
  type: fc.constantFrom(1, 2, 2, 2, 3, 4, 5),
  kind: rarely<number>(KIND.event, KIND.plain, KIND.tombstone, KIND.undecodable),
  verdict: rarely<number>(VERDICT.committed, VERDICT.aborted, VERDICT.open),
  /** Added to the version that comes next; NaN: none is declared. */
  version: rarely(0, 1, -1, Number.NaN),
  wait: fc.nat({ max: 4000 }),
  setBack: rarely(0, 1000),
  delay: rarely(20, Number.NaN, -10_000, 3000, 6000, 30 * HOUR_MS),
  key: rarely(-1, 7, Number.NaN),
  isRepeated: rarely(0, 1),
  level: fc.constantFrom(Number.NaN, 3, 5, -1),
  levelNo: rarely(0, 1),
});

function columnsOf(events: readonly (typeof event extends fc.Arbitrary<infer E> ? E : never)[]) {
  const count = events.length;
  const numbers = () => new Float64Array(count).fill(Number.NaN);
  const columns: Columns = {
    ...{ count, id: numbers(), ts: numbers(), mono: numbers(), occurred: numbers(), version: numbers() },
    ...{ type: new Uint32Array(count), aggregate: new Uint32Array(count) },
    ...{ kind: new Uint8Array(count), verdict: new Uint8Array(count) },
    ...{ eventHash: numbers(), linkHash: numbers(), correlation: numbers(), causation: numbers() },
    key: numbers(),
  };
  const payloads = { ...payloadColumns(count), ...payloadFinds() };
  payloads.levels.push('balance', 'stock');
  const next = [0, 1, 1, 1, 1];
  let now = START;
  const highest = PARTITIONS.map(() => START);
  const placed = events.map((each) => {
    now += each.wait;
    const version = next[each.aggregate]! + each.version;
    if (!Number.isNaN(each.version)) next[each.aggregate] = version + 1;
    return { ...each, ts: now - each.setBack, version, partition: each.isBeside ? 0 : each.partition };
  });
  for (const [row, each] of placed.toSorted((a, b) => a.partition - b.partition).entries()) {
    const { ts, version, partition } = each;
    highest[partition] = Math.max(highest[partition]!, ts);
    columns.id[row] = partition * OFFSET_SPAN + row;
    columns.ts[row] = ts;
    columns.mono[row] = highest[partition]!;
    columns.occurred[row] = ts - each.delay;
    columns.version[row] = version;
    columns.type[row] = each.type;
    columns.aggregate[row] = each.aggregate;
    columns.kind[row] = each.kind;
    columns.verdict[row] = each.verdict;
    columns.key[row] = each.key;
    payloads.isSigned[row] = each.isRepeated;
    payloads.signature[row] = 5;
    payloads.level[row] = each.level;
    payloads.levelOf[row] = each.levelNo;
  }
  return { columns, payloads };
}

it('in a stream that is passed over no rule finds anything', () => {
  const dictionary = {
    placeOf: (id: number) => PARTITIONS[Math.floor(id / OFFSET_SPAN)]!,
    typeName: (no: number) => TYPES[no]!,
  } as unknown as ReadContext['dictionary'];
  const context = { dictionary } as unknown as ReadContext;
  const usual = new Map(['', 'Account', 'Order'].map((type) => [type, USUAL]));
  let [plainOnes, spreadOnes, all] = [0, 0, 0];
  fc.assert(
    fc.property(fc.array(event, { minLength: 1, maxLength: 24 }), (events) => {
      const { columns, payloads } = columnsOf(events);
      const asked = new Uint8Array(columns.count).fill(1);
      const steps = findPlainStreams({
        ...{ contextOf: () => context, columns, payloads, typeOf: TYPE_OF, usual, asked },
        ...{ groups: groupByAggregate(columns), shared: [], rowOf: rowFinder(columns) },
      });
      let step = steps.next();
      while (step.done !== true) step = steps.next();
      const { isOdd, isSpread, level, levelCount, isAsked } = step.value;
      for (let aggregate = 1; aggregate < TYPE_OF.length; aggregate++) {
        const rows = [...columns.aggregate.keys()].filter((row) => columns.aggregate[row] === aggregate);
        expect(isAsked[aggregate]).toBe(rows.length > 0 ? 1 : 0);
        if (rows.length === 0) continue;
        all += 1;
        const heads = rows.map((row) => headOf(columns, row, dictionary));
        const ordered = orderStream(heads, { toleranceMs: TOLERANCE_MS });
        const own = Uint32Array.from(rows);
        const lanes = lanesOfRows(columns, own, dictionary);
        if (ordered.excluded.length === 0)
          expect(ordered.events.map(({ row }) => row)).toEqual([...mergeLanes(lanes, columns.version)]);
        if (isOdd[aggregate] === 1) continue;
        plainOnes += 1;
        spreadOnes += isSpread[aggregate]!;
        expect(lanes.length > 1).toBe(isSpread[aggregate] === 1);
        const { note } = cutStream(ordered, { knownOn: null, trueOn: 8.64e15 });
        const backdated = new Set(note.moved.map(({ id }) => id));
        const contents: Contents<ReturnType<typeof headOf>> = {
          signature: ({ row }) => (payloads.isSigned[row] === 0 ? null : 5),
          hasSameData: () => true,
          hasSameId: () => true,
        };
        expect(checkStream(ordered, backdated, contents, USUAL)).toEqual([]);
        const places = new PlaceChecker();
        places.add(ordered.events);
        expect(places.findings()).toEqual([]);
        const levels = rows.filter((row) => !Number.isNaN(payloads.level[row]!));
        const names = new Set(levels.map((row) => payloads.levelOf[row]!));
        const [only = NO_LEVEL] = names;
        const isBelow = levels.some((row) => payloads.level[row]! < 0);
        expect(level[aggregate]).toBe(isBelow ? LEVEL_BELOW : names.size > 1 ? MIXED_LEVELS : only);
        expect(levelCount[aggregate]).toBe(levels.length);
      }
    }),
    { numRuns: 2000 },
  );
  // It is of use: a good part of the streams is passed over, and not all.
  expect(plainOnes).toBeGreaterThan(all / 20);
  expect(plainOnes).toBeLessThan(all);
  expect(spreadOnes).toBeGreaterThan(plainOnes / 20);
});
