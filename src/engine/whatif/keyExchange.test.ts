// Threads that read the keys of rows together come to the rows that one alone comes to, whatever each of them sees.
import { expect, it } from 'vitest';
import { declarativeFolder } from '../../core/folder.ts';
import { formatJson } from '../../core/json.ts';
import type { JsonObject, Projection, Reducer } from '../../core/model.ts';
import { recordOf } from '../projection/testing/events.ts';
import { type Kit, NO_CUT, openKit } from '../projection/testing/kit.ts';
import { boundsOf } from './keyChunks.ts';
import { KeyExchange, type KeyTogether, keyTogether } from './keyExchange.ts';
import { KeyedLog } from './keyedLog.ts';
import { byKey } from './keyedRows.ts';
import { type Reading, StreamScan } from './streamScan.ts';
import { contextOf } from './testing/context.ts';

const START = 1_700_000_000_000;
/** More than are taken at once, so that there is something to share. */
const EVENTS = 40_000;
const REDUCER: Reducer = {
  ...{ name: 'customers', version: 1 },
  on: { Paid: [{ op: 'set', path: 'last', from: 'data.amount' }] },
};
const PROJECTION: Projection = {
  ...{ name: 'customers', title: 'Customers', source: { aggregateTypes: ['Order'] }, key: 'data.customer' },
  ...{ columns: [], reducer: REDUCER },
};
const keys = ['ann', 'b\u00f6b', '\\ud800', '7', 'a "quoted" one', '\u{1f600}'];
const made = (n: number) =>
  recordOf({
    ...{ aggregate: `o-${n % 300}`, type: 'Paid', at: START + n * 1000, partition: n % 3 },
    ...{ verdict: n % 11 === 0 ? ('aborted' as const) : ('committed' as const) },
    data: `{"customer":${n % 5 === 0 ? 'null' : `"${keys[n % keys.length]!.replaceAll('"', '\\"')}-${n % 1000}"`},"amount":${n}}`,
  });

/** What a thread is asked for: whole events, or what a reducer reads. */
const WHOLE: Reading = { folders: null, concerns: () => true };
const PARTS: Reading = { folders: [declarativeFolder(PROJECTION.reducer as Reducer)], concerns: () => true };

class Thread {
  /** By key, the ids of its records; and of its events, in their order, the amounts. */
  readonly rows = new Map<string, { records: number[]; amounts: string[] }>();
  readonly exchange: KeyExchange;
  isDone = false;
  chunks = 0;
  readonly #steps: Generator<unknown>;

  constructor(kit: Kit, part: number, together: KeyTogether, reading: Reading) {
    const context = contextOf(kit);
    const exchange = new KeyExchange(together);
    this.exchange = exchange;
    const scope = { projection: PROJECTION, cut: NO_CUT, part, parts: together.parts };
    const log = new KeyedLog(() => context, { ...scope, together, exchange, reading });
    const scan = new StreamScan(() => context, { grouping: byKey(log), reading });
    const { rows } = this;
    this.#steps = (function* () {
      for (const stream of scan.streams()) {
        if (stream !== null)
          rows.set(stream.ref.key, {
            records: [...stream.records()],
            amounts: stream.heads.map((_, index) => {
              const { data } = stream.event(index);
              return formatJson((data as JsonObject).amount ?? null);
            }),
          });
        yield;
      }
      context.close();
    })();
  }

  step(others: readonly Thread[]): void {
    if (!this.isDone && !this.exchange.isWaiting) this.isDone = this.#steps.next().done === true;
    const { shares } = this.exchange.passOn();
    for (const share of shares) this.chunks += share.chunks.length;
    for (const other of others) if (other !== this) other.exchange.receive(shares);
  }
}

const together = (kit: Kit, parts: number): KeyTogether => {
  const context = contextOf(kit);
  const bounds = boundsOf(context, { topics: null });
  context.close();
  return keyTogether(parts, bounds);
};

/** All to their ends, one step of the first, then so many of each other. */
function finish(threads: readonly Thread[], pace: number) {
  for (let turn = 0; threads.some(({ isDone }) => !isDone); turn += 1)
    threads[turn % pace === 0 ? 0 : 1 + (turn % (threads.length - 1))]!.step(threads);
  const all = threads.flatMap(({ rows }) => [...rows]);
  expect(new Set(all.map(([key]) => key)).size).toBe(all.length);
  return sorted(new Map(all));
}

const sorted = (rows: Thread['rows']) => [...rows].sort(([a], [b]) => (a < b ? -1 : 1));

function aloneOver(kit: Kit) {
  const alone = new Thread(kit, 0, together(kit, 1), WHOLE);
  while (!alone.isDone) alone.step([]);
  return sorted(alone.rows);
}

it('together as alone, at any pace, and with what reducers read passed on', async () => {
  const kit = await openKit('whatif-exchange');
  await kit.append(Array.from({ length: EVENTS }, (_, n) => made(n)));
  const alone = aloneOver(kit);
  expect(alone.length).toBeGreaterThan(1000);
  for (const [parts, pace, reading] of [
    [2, 2, PARTS],
    [2, 5, PARTS],
    [3, 3, PARTS],
    [2, 2, WHOLE],
  ] as const) {
    const common = together(kit, parts);
    const threads = Array.from({ length: parts }, (_, part) => new Thread(kit, part, common, reading));
    expect(finish(threads, pace)).toEqual(alone);
    // At the slower pace one of them may have come too late for any.
    if (pace === parts) for (const { chunks } of threads) expect(chunks).toBeGreaterThan(0);
  }
  await kit.close();
});

it('records that come while it goes on are left for the next run, whoever begins when', async () => {
  const kit = await openKit('whatif-exchange');
  await kit.append(Array.from({ length: EVENTS }, (_, n) => made(n)));
  const before = aloneOver(kit);
  const common = together(kit, 2);
  const early = new Thread(kit, 0, common, PARTS);
  const late = new Thread(kit, 1, common, PARTS);
  for (let turn = 0; turn < 3; turn += 1) early.step([late]);
  await kit.append(Array.from({ length: 3000 }, (_, n) => made(EVENTS + n)));
  expect(finish([early, late], 2)).toEqual(before);
  expect(aloneOver(kit)).not.toEqual(before);
  await kit.close();
});
