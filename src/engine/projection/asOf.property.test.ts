// Every moment of both clocks: what a projection keeps of its history says the same as folding to that moment.
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recordOf } from './testing/events.ts';
import { type Kit, openKit } from './testing/kit.ts';

const START = Date.parse('2025-06-01T00:00:00Z');
let kit: Kit;
beforeEach(async () => {
  kit = await openKit('as-of');
});
afterEach(() => kit.close());

const columns = [
  { name: 'total', type: 'decimal' },
  { name: 'items', type: 'integer' },
  { name: 'customer', type: 'text' },
  { name: 'placed_at', type: 'time' },
  { name: 'notes', type: 'json' },
  { name: 'paid', type: 'boolean' },
  { name: 'big', type: 'integer' },
  { name: 'mixed', type: 'integer' },
];
const on = {
  Placed: [
    { op: 'merge', from: 'data' },
    { op: 'set', path: 'placed_at', from: '$occurredAt' },
  ],
  Added: [
    { op: 'add', path: 'total', from: 'data.price' },
    { op: 'add', path: 'items', value: 1 },
  ],
  Noted: [{ op: 'append', path: 'notes', from: 'data.note' }],
  Paid: [{ op: 'set', path: 'paid', value: true }],
  Erased: [{ op: 'remove', path: 'customer' }],
  Mixed: [{ op: 'set', path: 'mixed', from: 'data.mixed' }],
};
const definition = (name: string, key: string) => ({
  ...{ name, title: name, key, columns },
  source: { aggregateTypes: ['Order'] },
  reducer: { name, version: 1, initial: { items: 0, total: '0.00' }, on },
});
/** By the id of the aggregate, and by a field of the events. The second of each is never replayed: it is folded. */
const pairs = [
  ['by_order', 'aggregateId'],
  ['by_customer', 'data.customer'],
] as const;

const payloads: Record<string, (n: number) => string> = {
  Placed: (n) => `{"customer":"c-${n % 3}","big":${9007199254740993n + BigInt(n)},"total":${n % 50}.10}`,
  Added: (n) => `{"customer":"c-${n % 3}","price":"${(n % 90) / 10 + 0.05}"}`,
  Noted: (n) => `{"customer":"c-${n % 4}","note":"é${n}"}`,
  Paid: (n) => `{"customer":"c-${n % 2}"}`,
  Erased: (n) => `{"customer":"c-${n % 3}"}`,
  Mixed: (n) => `{"customer":"c-${n % 3}","mixed":${n % 2 === 0 ? `"text ${n}"` : n}}`,
  Unheard: () => '{"x":1}',
};

const made = fc.record({
  aggregate: fc.nat(5),
  topic: fc.constantFrom('shop.orders', 'shop.items'),
  partition: fc.nat(2),
  type: fc.constantFrom(...Object.keys(payloads)),
  n: fc.nat(1000),
  /** Seconds; partitions are captured in any order, so times run backwards between them. */
  at: fc.nat(120),
  /** Seconds before it was recorded: within the tolerance, late, or not yet. */
  late: fc.constantFrom(0, 0, 0, 1, 3, 20, 60, -2),
  verdict: fc.constantFrom('committed', 'committed', 'committed', 'aborted'),
});
type Made = typeof made extends fc.Arbitrary<infer M> ? M : never;

const records = (batch: readonly Made[]) =>
  batch.map(({ aggregate, topic, partition, type, n, at, late, verdict }) =>
    recordOf({
      aggregate: `order-${aggregate}`,
      ...{ topic, partition, type },
      data: payloads[type]!(n),
      at: START + at * 1000,
      occurred: START + (at - late) * 1000,
      verdict: verdict as 'committed' | 'aborted',
    }),
  );

const cutsOf = (seconds: readonly number[]) =>
  seconds.flatMap((second) => {
    const at = START + second * 1000;
    return [
      { knownOn: at, trueOn: null },
      { knownOn: null, trueOn: at },
      { knownOn: START + 70_000, trueOn: at },
    ];
  });

/** Captured as it was recorded, and every other aggregate without late events: its rows need no fold. */
const orderly = (batch: readonly Made[], nth: number): Made[] =>
  batch
    .map((one) => ({
      ...one,
      at: one.at + nth * 120,
      late: one.aggregate % 2 === 0 ? 0 : one.late,
    }))
    .sort((a, b) => a.at - b.at);

/** The same number written with other zeros at its end is the same. */
const plain = (rows: unknown) =>
  JSON.parse(JSON.stringify(rows), (key, value) => (key === 'decimal' ? Number(value) : value)) as unknown;

const names = columns.map(({ name }) => name);

/** The list of aggregates says the same: counts from the log, columns from the history. */
async function compareLists(cut: ReturnType<typeof cutsOf>[number]) {
  const asked = { projection: 'by_order', show: names, where: '', sort: null };
  const ask = { type: 'Order', search: '', sort: 'id', cut, from: 0, count: 100 } as const;
  const { rows, columns: told } = await kit.aggregates.list({ ...ask, columns: asked }, kit.context);
  const sql = `SELECT key, ${names.join(', ')}, _events FROM by_order_folded ORDER BY key`;
  const folded = await kit.sql.query({ sql, cut, limit: 5000 }, kit.context);
  // What the table does not take in is said, not folded.
  if (told!.behind > 0) return;
  const listed = rows.filter(({ cells }) => cells !== null);
  expect(
    plain(listed.map(({ ref, cells, events }) => [ref.id, ...cells!, events])),
    JSON.stringify(cut),
  ).toEqual(plain(folded.rows));
  const where = 'total >= 20';
  const sorted = { ...asked, where, sort: { column: 'total', descending: true } };
  const fitting = await kit.aggregates.list({ ...ask, columns: sorted }, kit.context);
  const totals = (found: typeof rows) =>
    found.map(({ cells }) => Number((cells![0] as { decimal: string }).decimal));
  expect(totals(fitting.rows)).toEqual(
    totals(listed)
      .filter((total) => total >= 20)
      .sort((a, b) => b - a),
  );
}

async function compareAll(cuts: ReturnType<typeof cutsOf>) {
  for (const [name] of pairs)
    for (const cut of cuts) {
      const ask = async (table: string) =>
        plain(
          (await kit.sql.query({ sql: `SELECT * FROM ${table} ORDER BY key`, cut, limit: 5000 }, kit.context))
            .rows,
        );
      expect(await ask(name), `${name} ${JSON.stringify(cut)}`).toEqual(await ask(`${name}_folded`));
    }
  for (const cut of cuts) await compareLists(cut);
}

async function grow(
  seconds: readonly number[],
  arrange: (batch: readonly Made[], nth: number) => readonly Made[],
) {
  for (const [name, key] of pairs)
    for (const each of [name, `${name}_folded`])
      await kit.projections.save({ definition: JSON.stringify(definition(each, key)) }, kit.context);
  const batches = fc.sample(fc.array(made, { minLength: 40, maxLength: 90 }), { numRuns: 6, seed: 5 });
  for (const [nth, batch] of batches.entries()) {
    await kit.append(records(arrange(batch, nth)));
    // Every third batch is not taken in: rows that it touches are folded.
    if (nth % 3 !== 2) for (const [name] of pairs) await kit.replay(name);
    await compareAll(cutsOf(seconds));
  }
  const status = (await kit.projections.list({}, kit.context)).projections;
  expect(status.find(({ name }) => name === 'by_order')!.history!.changes).toBeGreaterThan(100);
}

describe('the history of a projection says what a fold to the moment says', () => {
  it('of records that were captured in any order, with late ones everywhere', () =>
    grow([10, 45, 46, 60, 90, 200], (batch) => batch));

  it('of records in the order of their times', () => grow([30, 119, 240, 241, 350, 600, 900], orderly));
});
