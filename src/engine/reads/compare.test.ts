import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultDemo, story } from '../../../test/fixtures/demo/stories.ts';
import type { DemoRecord } from '../../../test/fixtures/demo/types.ts';
import type { CompareRow, CompareSide } from '../../contract/compare.ts';
import type { ImportRecord } from '../capture/import.ts';
import { type Kit, NO_CUT, openKit } from '../projection/testing/kit.ts';

let kit: Kit;
const importOf = ({ transaction, ...record }: DemoRecord): ImportRecord => ({
  ...record,
  verdict: transaction?.outcome === 'abort' ? 'aborted' : 'committed',
});
const sideOf = (id: string, rest: Partial<CompareSide> = {}): CompareSide => ({
  ref: { type: 'SavingsAccount', id },
  cut: NO_CUT,
  reducer: null,
  at: 'last',
  ...rest,
});
const rowsOf = async (a: CompareSide, b: CompareSide, show: 'differences' | 'all' = 'differences') =>
  (await kit.aggregates.compareRows({ a, b, show, from: 0, count: 500 }, kit.context)).rows;
const line = (rows: CompareRow[], path: string) => rows.find((row) => row.path === path);
const late = story('backdated-deposit');
const cutAt = Date.parse(late.facts.at!);
const known = sideOf(late.aggregateId, { cut: { knownOn: cutAt, trueOn: null } });
const happened = sideOf(late.aggregateId, { cut: { knownOn: null, trueOn: cutAt } });

beforeAll(async () => {
  kit = await openKit('compare');
  await kit.append(defaultDemo().records.map(importOf));
});
afterAll(() => kit.close());

describe('two points side by side', () => {
  it('known on against true on: the late deposit is all that lies between, and the exact difference', async () => {
    const { a, b, between } = await kit.aggregates.compare({ a: known, b: happened }, kit.context);
    expect([a.order, b.order, a.moved, b.moved]).toEqual(['log', 'occurred', 0, 1]);
    expect(between).toMatchObject({ onlyA: 0, onlyB: 1, moved: 0, furtherTypes: 0 });
    const rows = await rowsOf(known, happened);
    expect(line(rows, 'balance')).toMatchObject({
      kind: 'changed',
      a: { json: late.facts.balanceKnown },
      b: { json: late.facts.balanceTrue },
      delta: late.facts.amount,
    });
    const events = await kit.aggregates.compareEvents(
      { a: known, b: happened, from: 0, count: 10 },
      kit.context,
    );
    expect(events.total).toBe(1);
    expect(events.rows[0]).toMatchObject({
      side: 'b',
      recordedAt: Date.parse(late.facts.recorded!),
      occurredAt: Date.parse(late.facts.occurred!),
    });
  });

  it('swapped, the same differences the other way round', async () => {
    const there = await kit.aggregates.compare({ a: known, b: happened }, kit.context);
    const back = await kit.aggregates.compare({ a: happened, b: known }, kit.context);
    expect([back.added, back.removed, back.changed]).toEqual([there.removed, there.added, there.changed]);
    expect([back.a.hash, back.b.hash]).toEqual([there.b.hash, there.a.hash]);
    expect(back.between).toMatchObject({ onlyA: 1, onlyB: 0 });
  });

  it('one event apart: the changes are those of the event', async () => {
    const twice = story('interest-posted-twice');
    const subject = { ref: { type: 'SavingsAccount', id: twice.aggregateId }, cut: NO_CUT, reducer: null };
    const { index } = await kit.aggregates.locate(
      { ...subject, target: { eventId: twice.eventIds[1]! } },
      kit.context,
    );
    const state = await kit.aggregates.state({ ...subject, index: index! }, kit.context);
    const list = await kit.aggregates.events({ ...subject, from: index!, count: 1 }, kit.context);
    const b = sideOf(twice.aggregateId, { at: list.rows[0]!.id });
    const { b: there } = await kit.aggregates.compare({ a: b, b }, kit.context);
    const a = { ...b, at: there.earlier! };
    const { between, a: sideA, b: sideB } = await kit.aggregates.compare({ a, b }, kit.context);
    expect([sideA.index, sideB.index]).toEqual([index! - 1, index]);
    expect(sideB.hash).toBe(state.hash);
    expect(between).toMatchObject({ onlyA: 0, onlyB: 1 });
    const rows = await rowsOf(a, b);
    for (const change of state.changes)
      expect(line(rows, change.path)).toMatchObject({ kind: change.kind, delta: change.delta });
    expect(line(rows, 'balance')).toMatchObject({
      a: { json: twice.facts.balanceRight },
      b: { json: twice.facts.balanceWrong },
    });
  });

  it('the same point twice differs in nothing; from before the first event everything lies between', async () => {
    const same = await kit.aggregates.compare({ a: known, b: known }, kit.context);
    expect(same).toMatchObject({ added: 0, removed: 0, changed: 0, different: 0 });
    expect(same.a.hash).toBe(same.b.hash);
    expect(await rowsOf(known, known)).toEqual([]);
    expect(await rowsOf(known, known, 'all')).toHaveLength(same.lines);
    const start = { ...known, at: 'start' as const };
    const all = await kit.aggregates.compare({ a: start, b: known }, kit.context);
    expect(all.a).toMatchObject({ index: -1, event: null, earlier: null });
    expect(all.between!.onlyB).toBe(all.b.within);
  });

  it('two reducers over the same events, two aggregates', async () => {
    const merged = { ...happened, reducer: 'merge' };
    const reducers = await kit.aggregates.compare({ a: happened, b: merged }, kit.context);
    expect(reducers.b.reducer.name).toBe('merge');
    expect(reducers.a.reducer.name).not.toBe('merge');
    expect(reducers.between).toMatchObject({ onlyA: 0, onlyB: 0, moved: 0 });
    expect(reducers.added + reducers.removed + reducers.changed).toBeGreaterThan(0);
    const other = sideOf(story('interest-posted-twice').aggregateId);
    const two = await kit.aggregates.compare({ a: known, b: other }, kit.context);
    expect(two.between).toBeNull();
    expect(line(await rowsOf(known, other), 'balance')!.delta).toMatch(/^-?\d+\.\d{2}$/);
  });

  it('keeps pages small where keys are many and values long', async () => {
    const own = await openKit('compare-large');
    try {
      const many = Object.fromEntries(Array.from({ length: 3000 }, (_, at) => [`k${at}`, at]));
      const text = 'x'.repeat(90_000);
      const events = [
        { order_id: 'o-1', ...many, note: text },
        { order_id: 'o-1', ...many, k7: 7.5, note: `${text}y`, [text]: 1 },
      ];
      const bytes = (value: string) => new TextEncoder().encode(value);
      await own.append(
        events.map((value, offset) => ({
          topic: 'orders',
          partition: 0,
          offset,
          timestamp: 1_700_000_000_000 + offset,
          timestampType: 'create' as const,
          key: bytes('o-1'),
          value: bytes(JSON.stringify(value)),
          headers: [],
        })),
      );
      const { rows: found } = await own.aggregates.list(
        { type: null, search: '', sort: 'id', cut: NO_CUT, from: 0, count: 1 },
        own.context,
      );
      const b: CompareSide = { ref: found[0]!.ref, cut: NO_CUT, reducer: 'merge', at: 'last' };
      const { b: there } = await own.aggregates.compare({ a: b, b }, own.context);
      const a = { ...b, at: there.earlier! };
      const answer = await own.aggregates.compare({ a, b }, own.context);
      expect(answer).toMatchObject({ added: 1, removed: 0, changed: 2, different: 3, lines: 3003 });
      const page = await own.aggregates.compareRows(
        { a, b, show: 'differences', from: 0, count: 500 },
        own.context,
      );
      expect(page.rows.map(({ a: before }) => before)).toMatchObject([
        { json: '7' },
        { characters: 90_000 },
        null,
      ]);
      expect(page.rows[2]!.name).toMatch(/^x{300}… \(90000 characters\)$/);
      const all = await own.aggregates.compareRows(
        { a, b, show: 'all', from: 2900, count: 500 },
        own.context,
      );
      expect([all.rows.length, all.total]).toEqual([103, 3003]);
    } finally {
      await own.close();
    }
  });

  it('names what is not there', async () => {
    const ask = (side: CompareSide) => kit.aggregates.compare({ a: known, b: side }, kit.context);
    await expect(ask(sideOf('nobody'))).rejects.toMatchObject({ code: 'aggregate.unknown' });
    await expect(ask({ ...known, at: 3 })).rejects.toMatchObject({ code: 'record.unknown' });
    await expect(ask({ ...known, reducer: 'none' })).rejects.toMatchObject({ code: 'reducer.invalid' });
  });
});
