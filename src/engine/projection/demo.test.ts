import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultDemo, story } from '../../../test/fixtures/demo/stories.ts';
import type { DemoRecord } from '../../../test/fixtures/demo/types.ts';
import type { Cell } from '../../contract/projections.ts';
import type { ImportRecord } from '../capture/import.ts';
import { type Kit, NO_CUT, openKit } from './testing/kit.ts';

const demo = defaultDemo();
/** The stream that holds the record that is no JSON: one committed record more than the events the bank wrote. */
const foreign = story('not-json').aggregateId;
let kit: Kit;

/** A record of the demo as the store takes it; its one transaction is aborted. */
const importOf = ({ transaction, ...record }: DemoRecord): ImportRecord => ({
  ...record,
  verdict: transaction?.outcome === 'abort' ? 'aborted' : 'committed',
});

async function ask(sql: string, cut: { knownOn: number | null; trueOn: number | null } = NO_CUT) {
  return kit.sql.query({ sql, cut, limit: 5000 }, kit.context);
}
const decimal = (text: string): Cell => ({ decimal: text });

beforeAll(async () => {
  kit = await openKit('demo');
  await kit.append(demo.records.map(importOf));
  await kit.replay('savings_account');
  await kit.replay('golden_record');
});
afterAll(() => kit.close());

describe('the replayed projections', () => {
  it('have the balance and status of every savings account, exactly', async () => {
    const { rows, columns } = await ask(
      'SELECT key, account_number, status, balance, interest_posted_total, tax_withheld_total, fees_charged_total, fees_waived_total, _events FROM savings_account ORDER BY key',
    );
    expect(columns[3]).toEqual({ name: 'balance', type: 'decimal' });
    const expected = demo.summary.accounts
      .filter((account) => account.events > 0)
      .sort((a, b) => (a.aggregateId < b.aggregateId ? -1 : 1))
      .map((account): Cell[] => [
        account.aggregateId,
        account.accountNumber,
        account.status,
        decimal(account.balance),
        decimal(account.interestPosted),
        decimal(account.taxWithheld),
        decimal(account.feesCharged),
        decimal(account.feesWaived),
        account.events + (account.aggregateId === foreign ? 1 : 0),
      ]);
    expect(rows).toEqual(expected);
  });

  it('have the golden record of every animal', async () => {
    const { rows } = await ask(
      'SELECT id, nlis_id, client_id, current_valuation, status, risk_level, _events FROM golden_record ORDER BY id',
    );
    const expected = demo.summary.cattle
      .toSorted((a, b) => a.cattleId - b.cattleId)
      .map((animal) => [
        animal.cattleId,
        animal.nlisId,
        animal.clientId,
        animal.currentValuation === null ? null : decimal(animal.currentValuation),
        animal.status,
        animal.riskLevel,
        animal.events,
      ]);
    expect(rows).toEqual(expected);
  });

  it('say what was processed and are not behind', async () => {
    const { projections } = await kit.projections.list({}, kit.context);
    const savings = projections.find(({ name }) => name === 'savings_account')!;
    const events = demo.summary.accounts.reduce((sum, account) => sum + account.events, 1);
    expect(savings).toMatchObject({ state: 'ready', behind: 0, problem: null, failed: 1 });
    expect(savings.processed + savings.ignored + savings.failed).toBe(events);
    expect(savings.rows).toBe(demo.summary.accounts.filter((account) => account.events > 0).length);
    const { total, rows } = await kit.projections.failures(
      { name: 'savings_account', from: 0, count: 10 },
      kit.context,
    );
    expect(total).toBe(1);
    expect(rows[0]).toMatchObject({ message: 'Undecodable record: the state stays as it was' });
    expect(rows[0]!.place.topic).toBe(story('not-json').topic);
  });

  it('sum exactly', async () => {
    const cents = demo.summary.accounts.reduce(
      (sum, { balance }) => sum + BigInt(balance.replace('.', '')),
      0n,
    );
    const { rows } = await ask('SELECT sum(balance), count(*) FROM savings_account');
    expect(BigInt(Math.round((rows[0]![0] as number) * 100))).toBe(cents);
    expect(String(rows[0]![0])).toBe(String(Number(cents) / 100));
  });
});

describe('as of an earlier moment', () => {
  it('known on and true on differ for the backdated deposit', async () => {
    const { aggregateId, facts } = story('backdated-deposit');
    const at = Date.parse(facts.at!);
    const sql = `SELECT balance FROM savings_account WHERE key = '${aggregateId}'`;
    const known = await ask(sql, { knownOn: at, trueOn: null });
    const right = await ask(sql, { knownOn: null, trueOn: at });
    expect(known.rows).toEqual([[decimal(facts.balanceKnown!)]]);
    expect(right.rows).toEqual([[decimal(facts.balanceTrue!)]]);
    expect(known.asOf).toContain(`known on ${facts.at}`);
    expect(right.asOf).toMatch(/occurred order \(\d+ backdated/);
    const both = await ask(sql, { knownOn: at, trueOn: at });
    expect(both.rows).toEqual([[decimal(facts.balanceKnown!)]]);
  });

  it('equals a naive fold of the generated events for every account', async () => {
    const at = Date.parse('2025-09-15T12:00:00Z');
    const { rows } = await ask('SELECT key, balance FROM savings_account ORDER BY key', {
      knownOn: at,
      trueOn: null,
    });
    expect(rows).toEqual(naiveBalances(at));
    const events = await ask('SELECT count(*) FROM events', { knownOn: at, trueOn: null });
    expect(events.rows[0]![0]).toBe(demo.records.filter((record) => record.timestamp <= at).length);
  });
});

const SIGN: Record<string, bigint> = {
  DepositMade: 1n,
  TransferReceived: 1n,
  InterestPosted: 1n,
  FeeWaived: 1n,
  WithdrawalMade: -1n,
  TransferSent: -1n,
  FeeCharged: -1n,
  WithholdingTaxDeducted: -1n,
};

/** Balances in cents from the text of the events, with none of the product's code. */
function naiveBalances(at: number): Cell[][] {
  const cents = new Map<string, bigint>();
  for (const record of demo.records) {
    if (record.timestamp > at || record.transaction?.outcome === 'abort' || record.value === null) continue;
    if (!record.topic.startsWith('ultracore.savings')) continue;
    const text = new TextDecoder().decode(record.value);
    if (!text.startsWith('{')) continue;
    const event = JSON.parse(text) as { aggregate_id: string; event_type: string };
    const amount = /"amount":(-?\d+)\.(\d\d)/.exec(text);
    const change = amount === null ? 0n : BigInt(amount[1]! + amount[2]!) * (SIGN[event.event_type] ?? 0n);
    cents.set(event.aggregate_id, (cents.get(event.aggregate_id) ?? 0n) + change);
  }
  return [...cents]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, sum]) => {
      const digits = String(sum < 0n ? -sum : sum).padStart(3, '0');
      return [key, decimal(`${sum < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`)];
    });
}

describe('the timeline', () => {
  const subject = (aggregateId: string, cut = NO_CUT) => ({
    ref: { type: 'SavingsAccount', id: aggregateId },
    cut,
    reducer: null,
  });

  it('shows a moment in one answer: its place, the state and the page of the list, as each is answered alone', async () => {
    const { firstAt, lastAt } = await kit.aggregates.timeline(
      subject(story('interest-posted-twice').aggregateId),
      kit.context,
    );
    for (const time of [firstAt! - 1, firstAt!, Math.round((firstAt! + lastAt!) / 2), lastAt! + 1]) {
      const asked = subject(story('interest-posted-twice').aggregateId);
      const { state, events } = await kit.aggregates.look({ ...asked, time, page: 64 }, kit.context);
      const { index } = state;
      const located = await kit.aggregates.locate({ ...asked, target: { time } }, kit.context);
      expect(index).toBe(located.index);
      const { tookMs, replayed, ...alone } = await kit.aggregates.state(
        { ...asked, index, brief: true },
        kit.context,
      );
      expect(state).toMatchObject(alone);
      const from = events.rows[0]!.index;
      expect(from).toBe(Math.floor(Math.max(0, index) / 64) * 64);
      expect(events).toEqual(await kit.aggregates.events({ ...asked, from, count: 64 }, kit.context));
      expect(events.rows.length).toBeGreaterThan(0);
    }
  });

  it('shows interest posted twice, with the balance before and after', async () => {
    const told = story('interest-posted-twice');
    const args = subject(told.aggregateId);
    const info = await kit.aggregates.timeline(args, kit.context);
    expect(info).toMatchObject({ title: 'SA-1000420017', total: 412, within: 412, status: 'Active' });
    expect(info.topics.length).toBe(4);
    expect(info.reducer.name).toBe('savings_account');
    expect(info.reducers.map(({ name }) => name)).toEqual(['savings_account', 'merge']);
    const locate = (eventId: string) => kit.aggregates.locate({ ...args, target: { eventId } }, kit.context);
    const [first, second] = await Promise.all(told.eventIds.map(locate));
    expect(second!.index).toBe(first!.index! + 1);
    const { rows } = await kit.aggregates.events({ ...args, from: second!.index!, count: 1 }, kit.context);
    expect(rows[0]!.faults).toEqual([
      `Same content as v${first!.index! + 1}, 4.0 s earlier, with another event id`,
    ]);
    expect(rows[0]!.sentence).toContain(told.facts.amount);
    const after = await kit.aggregates.state({ ...args, index: second!.index! }, kit.context);
    const balance = after.changes.find(({ path }) => path === 'balance');
    expect(balance).toMatchObject({
      before: told.facts.balanceRight,
      after: told.facts.balanceWrong,
      delta: told.facts.amount,
    });
    expect(after.blame.find(({ path }) => path === 'balance')!.index).toBe(second!.index);
    expect(after.blame.find(({ path }) => path === 'account_number')!.index).toBe(0);
    expect(after.folded).toBe(second!.index! + 1);
  });

  it('has the balance that went below zero and healed in its history', async () => {
    const told = story('below-zero-healed');
    const { steps } = await kit.aggregates.history(
      { ...subject(told.aggregateId), path: 'balance' },
      kit.context,
    );
    const below = steps.filter(({ value }) => value!.startsWith('-'));
    expect(below.length).toBeGreaterThan(0);
    expect(below.map(({ value }) => value)).toContain('-37.40');
    expect(steps.at(-1)!.value!.startsWith('-')).toBe(false);
  });

  it('cuts by both clocks and goes on behind the cut', async () => {
    const { aggregateId, eventIds, facts } = story('backdated-deposit');
    const at = Date.parse(facts.at!);
    const balanceAt = async (cut: typeof NO_CUT | { knownOn: number | null; trueOn: number | null }) => {
      const args = { ...subject(aggregateId), cut };
      const info = await kit.aggregates.timeline(args, kit.context);
      const state = await kit.aggregates.state({ ...args, index: info.within - 1 }, kit.context);
      return { info, balance: (JSON.parse(state.state) as { balance: number }).balance, args };
    };
    const known = await balanceAt({ knownOn: at, trueOn: null });
    const right = await balanceAt({ knownOn: null, trueOn: at });
    expect(known.balance).toBe(Number(facts.balanceKnown));
    expect(right.balance).toBe(Number(facts.balanceTrue));
    expect(known.info.order.order).toBe('log');
    expect(right.info.order.order).toBe('occurred');
    expect(right.info.order.moved.length).toBeGreaterThan(0);
    const deposit = await kit.aggregates.locate(
      { ...known.args, target: { eventId: eventIds[0]! } },
      kit.context,
    );
    expect(deposit.index!).toBeGreaterThanOrEqual(known.info.within);
    const { rows } = await kit.aggregates.events(
      { ...known.args, from: deposit.index!, count: 1 },
      kit.context,
    );
    expect(rows[0]).toMatchObject({ afterCut: true });
    expect(rows[0]!.faults.join()).toMatch(/Backdated: recorded \d+\.\d days after it occurred/);
    const end = await kit.aggregates.state({ ...known.args, index: known.info.total - 1 }, kit.context);
    const now = await kit.aggregates.state(
      { ...subject(aggregateId), index: known.info.total - 1 },
      kit.context,
    );
    expect(end.hash).toBe(now.hash);
    const strip = await kit.aggregates.strip(
      { ref: known.args.ref, cut: known.args.cut, buckets: 50 },
      kit.context,
    );
    expect(strip.counts.reduce((sum, count) => sum + count, 0)).toBe(known.info.total);
    expect(strip.late.map(({ index }) => index)).toContain(deposit.index);
  });

  it('finds the version gap and the tombstone', async () => {
    const gap = story('version-gap');
    const args = { ref: { type: 'Payment', id: gap.aggregateId }, cut: NO_CUT, reducer: null };
    const { rows } = await kit.aggregates.events({ ...args, from: 0, count: 50 }, kit.context);
    expect(rows.map(({ faults }) => faults.join())).toContain(
      'Version gap: version 4 is missing before this event',
    );
    const info = await kit.aggregates.timeline(args, kit.context);
    expect(info).toMatchObject({ firstVersion: 1 });
    const at5 = await kit.aggregates.locate({ ...args, target: { version: 5 } }, kit.context);
    expect(at5.index).toBe(3);
    const tomb = story('tombstone');
    const types = await kit.aggregates.list(
      { type: null, search: tomb.aggregateId, sort: 'id', cut: NO_CUT, from: 0, count: 10 },
      kit.context,
    );
    const faults = await Promise.all(
      types.rows.map(async ({ ref }) => {
        const page = await kit.aggregates.events(
          { ref, cut: NO_CUT, reducer: null, from: 0, count: 500 },
          kit.context,
        );
        return page.rows.flatMap((row) => row.faults).join();
      }),
    );
    expect(faults.join()).toContain('Tombstone inside the stream');
  });

  it('names the aggregate that is not there', async () => {
    await expect(kit.aggregates.timeline(subject('nobody'), kit.context)).rejects.toMatchObject({
      code: 'aggregate.unknown',
    });
    await expect(
      kit.aggregates.state({ ...subject('nobody'), reducer: 'no_such', index: 0 }, kit.context),
    ).rejects.toMatchObject({ code: 'reducer.invalid' });
  });
});
