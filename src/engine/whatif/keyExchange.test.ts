// Threads that read the keys of rows together come to the rows that one alone comes to, whatever each of them sees.
import { expect, it, vi } from 'vitest';
import type { Projection } from '../../core/model.ts';
import { recordOf } from '../projection/testing/events.ts';
import { type Kit, NO_CUT, openKit } from '../projection/testing/kit.ts';
import { KeyExchange, type KeyShare, keyTogether } from './keyExchange.ts';
import { byKey } from './keyedRows.ts';
import { StreamScan } from './streamScan.ts';
import { contextOf } from './testing/context.ts';

vi.setConfig({ testTimeout: 120_000 });
const START = 1_700_000_000_000;
/** More than are taken at once, so that there is something to share. */
const EVENTS = 40_000;
const PROJECTION: Projection = {
  ...{ name: 'customers', title: 'Customers', source: { aggregateTypes: ['Order'] }, key: 'data.customer' },
  ...{ columns: [], reducer: { name: 'customers', version: 1, on: {} } },
};
const keys = ['ann', 'b\u00f6b', '\\ud800', '7', 'a "quoted" one', '\u{1f600}'];
const made = (n: number) =>
  recordOf({
    ...{ aggregate: `o-${n % 300}`, type: 'Paid', at: START + n * 1000, partition: n % 3 },
    ...{ verdict: n % 11 === 0 ? ('aborted' as const) : ('committed' as const) },
    data: `{"customer":${n % 5 === 0 ? 'null' : `"${keys[n % keys.length]!.replaceAll('"', '\\"')}-${n % 1000}"`},"amount":${n}}`,
  });

class Thread {
  readonly rows = new Map<string, number[]>();
  readonly exchange: KeyExchange | null;
  share: KeyShare | null = null;
  isDone = false;
  readonly #steps: Generator<unknown>;

  constructor(kit: Kit, part: number, parts: number, together = parts === 1 ? null : keyTogether()) {
    const context = contextOf(kit);
    this.exchange = together === null ? null : new KeyExchange(together);
    const scan = new StreamScan(() => context, {
      grouping: byKey({
        ...{ projection: PROJECTION, cut: NO_CUT, part, parts, first: null },
        exchange: this.exchange,
      }),
      reading: { folders: null, concerns: () => true },
    });
    const { rows } = this;
    this.#steps = (function* () {
      for (const stream of scan.streams()) {
        if (stream !== null) rows.set(stream.ref.key, [...stream.records()]);
        yield;
      }
      context.close();
    })();
  }

  step(): void {
    if (!this.isDone) this.isDone = this.#steps.next().done === true;
    this.share ??= this.exchange?.passOn() ?? null;
  }
}

/** Both to their end, one step of this, then so many of the other. */
function finish(threads: readonly Thread[], pace: number): Map<string, number[]> {
  for (let turn = 0; threads.some(({ isDone }) => !isDone); turn += 1) {
    const thread = threads[turn % pace === 0 ? 0 : 1]!;
    if (thread.exchange?.isWaiting !== true) thread.step();
    if (threads.every(({ share, exchange }) => share !== null && exchange!.isWaiting))
      for (const each of threads)
        each.exchange!.receive(threads.filter((other) => other !== each).map(({ share }) => share!));
  }
  const [one, other] = threads.map(({ rows }) => rows);
  for (const key of one!.keys()) expect(other!.has(key)).toBe(false);
  return new Map([...one!, ...other!]);
}

const sorted = (rows: Map<string, number[]>) => [...rows].sort(([a], [b]) => (a < b ? -1 : 1));

it('together as alone, at any pace, and also when one of them sees a longer log', async () => {
  const kit = await openKit('whatif-exchange');
  await kit.append(Array.from({ length: EVENTS }, (_, n) => made(n)));
  const alone = new Thread(kit, 0, 1);
  while (!alone.isDone) alone.step();
  expect(alone.rows.size).toBeGreaterThan(1000);
  for (const pace of [2, 5]) {
    const together = keyTogether();
    const threads = [0, 1].map((part) => new Thread(kit, part, 2, together));
    expect(sorted(finish(threads, pace))).toEqual(sorted(alone.rows));
    // At the slower pace one of them may have come too late for any.
    if (pace === 2) for (const { share } of threads) expect(share!.chunks.length).toBeGreaterThan(0);
  }

  // Records that come between: who has begun may not see them, and neither can use what the other says.
  const together = keyTogether();
  const early = new Thread(kit, 0, 2, together);
  for (let turn = 0; turn < 10; turn += 1) early.step();
  await kit.append(Array.from({ length: 3000 }, (_, n) => made(EVENTS + n)));
  const late = new Thread(kit, 1, 2, together);
  const found = finish([early, late], 2);
  const now = new Thread(kit, 0, 1);
  while (!now.isDone) now.step();
  for (const [key, records] of late.rows) expect(records).toEqual(now.rows.get(key));
  for (const [key, records] of early.rows)
    expect([alone.rows.get(key), now.rows.get(key)]).toContainEqual(records);
  expect(found.size).toBe(now.rows.size);
  await kit.close();
});
