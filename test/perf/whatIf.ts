// A what-if and invariants over many aggregates, and over the rows of a projection by another key, in one process with the
// engine's own threads: seconds to the first difference and to the end, and seconds to look at an invariant after every event.
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
await kit.projections.save(
  {
    definition: formatJson({
      ...{ name: 'by_customer', title: 'Savings by customer', key: 'data.customer' },
      source: { aggregateTypes: ['SavingsAccount'] },
      columns: [{ name: 'balance', type: 'decimal' }],
      reducer: { ...savings, name: 'by_customer', version: 1 },
    } as unknown as Json),
  },
  kit.context,
);
const changed = { ...savings, on: { ...savings.on, FeeCharged: [{ op: 'add', path: 'events', value: 1 }] } };
const hypothesis = {
  ...NOTHING,
  reducer: { language: 'json' as const, text: formatJson(changed as unknown as Json) },
};
const { ask, watch, jobs } = servicesOver(kit);
const noRuns = (): Runs => ({ differing: 0, violations: 0, first: [], all: [], invariants: [] });
const figures: WhatIfFigures = { events, aggregates, byAggregate: noRuns(), byCustomer: noRuns() };
for (let round = 0; round < ROUNDS; round += 1)
  for (const [name, runs] of [
    ['savings_account', figures.byAggregate],
    ['by_customer', figures.byCustomer],
  ] as const) {
    const asked = await ask({ scope: { kind: 'projection', name }, hypothesis });
    const watched = await watch(name, [{ name: 'balance', expression: 'balance >= 0' }]);
    runs.differing = asked.result.differing;
    runs.violations = watched.result.violations;
    runs.first.push((asked.result.firstMs ?? 0) / 1000);
    runs.all.push(asked.result.tookMs / 1000);
    runs.invariants.push(watched.result.tookMs / 1000);
  }
await jobs.close();
await kit.close();
const told = ({ first, all, invariants, differing }: Runs): string =>
  `first difference ${Math.min(...first).toFixed(2)} s, all ${differing} in ${Math.min(...all).toFixed(2)} s; invariant ${Math.min(...invariants).toFixed(2)} s`;
process.stderr.write(
  `what-if over ${events} events: ${told(figures.byAggregate)}; by customer ${told(figures.byCustomer)}\n`,
);
process.stdout.write(`${JSON.stringify(figures)}\n`);
