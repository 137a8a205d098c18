// A what-if and invariants over many aggregates, over the rows of a projection by another key, and over a program, in one
// process with the engine's own threads: seconds to the first difference and to the end, and seconds to look at an invariant
// after every event; and the first replay of the program.
//   node test/perf/whatIf.ts [events] [aggregates]
import { randomUUID } from 'node:crypto';
import { formatJson } from '../../src/core/json.ts';
import type { Json } from '../../src/core/model.ts';
import { reducerFor } from '../../src/core/projections/builtin.ts';
import { recordOf } from '../../src/engine/projection/testing/events.ts';
import { openKit } from '../../src/engine/projection/testing/kit.ts';
import { NOTHING, servicesOver } from '../../src/engine/whatif/testing/services.ts';

export interface WhatIfFigures {
  events: number;
  aggregates: number;
  byAggregate: Runs;
  /** By a field of the payload that many aggregates share. */
  byCustomer: Runs;
  /** Between two programs, by the aggregate. */
  byProgram: Runs;
  /** Seconds of each round: the table of a program, from the first event. */
  replay: number[];
}

interface Runs {
  /** Aggregates or rows that differ under the changed reducer, and violations found. */
  differing: number;
  violations: number;
  /** Seconds of each round. */
  first: number[];
  all: number[];
  invariants: number[];
}

const events = Number(process.argv[2] ?? 1_000_000);
const aggregates = Number(process.argv[3] ?? 50_000);
const CUSTOMERS = 2_000;
const ROUNDS = 3;
const START = Date.parse('2025-01-01T00:00:00Z');
const AT_ONCE = 20_000;

const types = ['SavingsAccountOpened', 'DepositMade', 'WithdrawalMade', 'InterestPosted', 'FeeCharged'];
const recordAt = (n: number) => {
  const aggregate = n % aggregates;
  const type = n < aggregates ? types[0]! : types[1 + ((n + Math.floor(n / aggregates)) % 4)]!;
  const cents = (n * 7919) % 100_000;
  const data = `{"amount":"${(cents / 100).toFixed(2)}","cents":${cents},"currency":"AUD","account_number":"SA${aggregate}","customer":"c-${aggregate % CUSTOMERS}","reference":"ref-${n}"}`;
  return recordOf({
    ...{ aggregate: `acc-${aggregate}`, type, data, at: START + n * 1000, id: randomUUID() },
    ...{ aggregateType: 'SavingsAccount', partition: aggregate % 4 },
  });
};
const kit = await openKit('whatif-perf');
for (let from = 0; from < events; from += AT_ONCE)
  await kit.append(Array.from({ length: Math.min(AT_ONCE, events - from) }, (_, n) => recordAt(from + n)));

const savings = reducerFor('SavingsAccount');
const program = (onFee: string) => `
export const initial = { balance: 0, events: 0 };
export function reduce(state, { type, data }) {
  switch (type) {
    case 'DepositMade': return { ...state, balance: state.balance + data.cents, events: state.events + 1 };
    case 'WithdrawalMade': return { ...state, balance: state.balance - data.cents, events: state.events + 1 };
    case 'FeeCharged': return { ...state, ${onFee} };
    default: return { ...state, events: state.events + 1 };
  }
}`;
const language = 'javascript' as const;
const source = program('balance: state.balance - data.cents, events: state.events + 1');
const save = (name: string, key: string, reducer: object) =>
  kit.projections.save(
    {
      definition: formatJson({
        ...{ name, title: name, key, source: { aggregateTypes: ['SavingsAccount'] } },
        columns: [{ name: 'balance', type: 'decimal' }],
        reducer: { ...reducer, name, version: 1 },
      } as unknown as Json),
    },
    kit.context,
  );
await save('by_customer', 'data.customer', savings);
await save('by_program', 'aggregateId', { language, source });
const changed = { ...savings, on: { ...savings.on, FeeCharged: [{ op: 'add', path: 'events', value: 1 }] } };
const hypothesis = {
  ...NOTHING,
  reducer: { language: 'json' as const, text: formatJson(changed as unknown as Json) },
};
const otherProgram = { ...NOTHING, reducer: { language, text: program('events: state.events + 1') } };
const { ask, watch, jobs } = servicesOver(kit);
const noRuns = (): Runs => ({ differing: 0, violations: 0, first: [], all: [], invariants: [] });
const figures: WhatIfFigures = {
  ...{ events, aggregates, byAggregate: noRuns(), byCustomer: noRuns(), byProgram: noRuns(), replay: [] },
};
for (let round = 0; round < ROUNDS; round += 1) {
  for (const [name, runs, each] of [
    ['savings_account', figures.byAggregate, hypothesis],
    ['by_customer', figures.byCustomer, hypothesis],
    ['by_program', figures.byProgram, otherProgram],
  ] as const) {
    const asked = await ask({ scope: { kind: 'projection', name }, hypothesis: each });
    const watched = await watch(name, [{ name: 'balance', expression: 'balance >= 0' }]);
    runs.differing = asked.result.differing;
    runs.violations = watched.result.violations;
    runs.first.push((asked.result.firstMs ?? 0) / 1000);
    runs.all.push(asked.result.tookMs / 1000);
    runs.invariants.push(watched.result.tookMs / 1000);
  }
  const started = performance.now();
  await kit.replay('by_program', true);
  figures.replay.push((performance.now() - started) / 1000);
}
await jobs.close();
await kit.close();
const told = ({ first, all, invariants, differing }: Runs): string =>
  `first difference ${Math.min(...first).toFixed(2)} s, all ${differing} in ${Math.min(...all).toFixed(2)} s; invariant ${Math.min(...invariants).toFixed(2)} s`;
process.stderr.write(
  `what-if over ${events} events: ${told(figures.byAggregate)}; by customer ${told(figures.byCustomer)}; between programs ${told(figures.byProgram)}; replay of a program ${Math.min(...figures.replay).toFixed(2)} s\n`,
);
process.stdout.write(`${JSON.stringify(figures)}\n`);
