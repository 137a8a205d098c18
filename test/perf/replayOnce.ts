// Full replay, as ratios measured in one process: a projection built by the engine against reading the same rows from
// SQLite and parsing them in one thread, and a program in the sandbox against the same function run natively.
//   node test/perf/replayOnce.ts [events] [aggregates]
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { declarativeFolder } from '../../src/core/folder.ts';
import type { Json, StreamEvent } from '../../src/core/model.ts';
import { reducerFor } from '../../src/core/projections/builtin.ts';
import { recordOf } from '../../src/engine/projection/testing/events.ts';
import { openKit } from '../../src/engine/projection/testing/kit.ts';
import { loadSandbox } from '../../src/engine/sandbox/quickjs.ts';
import { scriptFolder } from '../../src/engine/sandbox/scriptFolder.ts';

export interface ReplayFigures {
  events: number;
  aggregates: number;
  /** Seconds of each round. */
  parse: number[];
  build: number[];
  fold: number[];
  script: number[];
  native: number[];
}

const events = Number(process.argv[2] ?? 100_000);
const aggregates = Number(process.argv[3] ?? 5000);
const ROUNDS = 3;
const START = Date.parse('2025-01-01T00:00:00Z');
const SOURCE = `
export const initial = { balance: 0, count: 0, last: null };
export function reduce(state, { type, data, eventId }) {
  switch (type) {
    case 'DepositMade': return { ...state, balance: state.balance + data.cents, count: state.count + 1, last: eventId };
    case 'WithdrawalMade': return { ...state, balance: state.balance - data.cents, count: state.count + 1, last: eventId };
    default: return { ...state, count: state.count + 1, last: eventId };
  }
}`;
interface State {
  balance: number;
  count: number;
  last: string | null;
}
function native(state: State, { type, data, eventId }: StreamEvent): State {
  const { cents } = data as { cents: number };
  switch (type) {
    case 'DepositMade':
      return { ...state, balance: state.balance + cents, count: state.count + 1, last: eventId };
    case 'WithdrawalMade':
      return { ...state, balance: state.balance - cents, count: state.count + 1, last: eventId };
    default:
      return { ...state, count: state.count + 1, last: eventId };
  }
}

const types = ['SavingsAccountOpened', 'DepositMade', 'WithdrawalMade', 'InterestPosted', 'FeeCharged'];
const made = Array.from({ length: events }, (_, n) => {
  const type = n < aggregates ? types[0]! : types[1 + (n % 4)]!;
  const cents = (n * 7919) % 100_000;
  const data = `{"amount":"${(cents / 100).toFixed(2)}","cents":${cents},"currency":"AUD","account_number":"SA${n % aggregates}","reference":"ref-${n}"}`;
  return { aggregate: `acc-${n % aggregates}`, type, data, at: START + n * 1000, id: randomUUID() };
});
const kit = await openKit('replay');
const plain = new Database(join(kit.dataDir, 'plain.db'));
plain.exec('CREATE TABLE event (id INTEGER PRIMARY KEY, aggregate INTEGER, value BLOB)');
const put = plain.prepare('INSERT INTO event (aggregate, value) VALUES (?, ?)');
const time = async (work: () => unknown): Promise<number> => {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
};

const records = made.map((one, n) =>
  recordOf({ ...one, aggregateType: 'SavingsAccount', partition: (n % aggregates) % 4 }),
);
for (let from = 0; from < events; from += 20_000) await kit.append(records.slice(from, from + 20_000));
plain.transaction(() => {
  for (const [n, { value }] of records.entries()) put.run(n % aggregates, value);
})();
plain.exec('CREATE INDEX by_aggregate ON event (aggregate)');

const streams = Array.from({ length: aggregates }, (): StreamEvent[] => []);
for (const [n, { type, data, at, id }] of made.entries()) {
  const place = { topic: 'bench', partition: 0, offset: n, id: n, recordedAt: at, monotonicAt: at };
  const rest = { occurredAt: at, version: null, kind: 'event', verdict: 'committed' } as const;
  streams[n % aggregates]!.push({ ...place, ...rest, type, eventId: id, data: JSON.parse(data) as Json });
}
await loadSandbox();
const script = scriptFolder({ name: 'bench', version: 1, language: 'javascript', source: SOURCE });
const declared = declarativeFolder(reducerFor('SavingsAccount'));
const figures: ReplayFigures = { events, aggregates, parse: [], build: [], fold: [], script: [], native: [] };
for (let round = 0; round < ROUNDS; round += 1) {
  figures.parse.push(
    await time(() => {
      for (const { value } of plain.prepare('SELECT value FROM event').iterate() as Iterable<{
        value: Buffer;
      }>)
        JSON.parse(value.toString());
    }),
  );
  figures.build.push(await time(() => kit.replay('savings_account', true)));
  figures.fold.push(
    await time(() => {
      for (const stream of streams) declared.fold(stream, {});
    }),
  );
  figures.script.push(
    await time(() => {
      for (const stream of streams) script.fold(stream, {});
    }),
  );
  figures.native.push(
    await time(() => {
      for (const stream of streams) {
        let state: State = { balance: 0, count: 0, last: null };
        for (const event of stream) state = native(state, event);
      }
    }),
  );
}
plain.close();
await kit.close();
const best = (list: readonly number[]): number => Math.min(...list);
const rate = (list: readonly number[]): string => Math.round(events / best(list)).toLocaleString('en-US');
for (const name of ['parse', 'build', 'fold', 'script', 'native'] as const)
  process.stderr.write(`${name.padEnd(8)}${rate(figures[name])} events/s\n`);
process.stderr.write(
  `replay against reading and parsing: ${(best(figures.parse) / best(figures.build)).toFixed(2)}; ` +
    `script against native: ${(best(figures.native) / best(figures.script)).toFixed(4)}\n`,
);
process.stdout.write(`${JSON.stringify(figures)}\n`);
