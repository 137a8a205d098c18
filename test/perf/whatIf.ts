// A what-if and invariants over many aggregates, in one process with the engine's own threads: seconds to the first
// difference and to the end, and seconds to look at an invariant after every event.
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
  /** Aggregates that differ under the changed reducer, and violations found. */
  differing: number;
  violations: number;
  /** Seconds of each round. */
  first: number[];
  all: number[];
  invariants: number[];
}

const events = Number(process.argv[2] ?? 1_000_000);
const aggregates = Number(process.argv[3] ?? 50_000);
const ROUNDS = 3;
const START = Date.parse('2025-01-01T00:00:00Z');
const AT_ONCE = 20_000;

const types = ['SavingsAccountOpened', 'DepositMade', 'WithdrawalMade', 'InterestPosted', 'FeeCharged'];
const recordAt = (n: number) => {
  const aggregate = n % aggregates;
  const type = n < aggregates ? types[0]! : types[1 + ((n + Math.floor(n / aggregates)) % 4)]!;
  const cents = (n * 7919) % 100_000;
  const data = `{"amount":"${(cents / 100).toFixed(2)}","cents":${cents},"currency":"AUD","account_number":"SA${aggregate}","reference":"ref-${n}"}`;
  return recordOf({
    ...{ aggregate: `acc-${aggregate}`, type, data, at: START + n * 1000, id: randomUUID() },
    ...{ aggregateType: 'SavingsAccount', partition: aggregate % 4 },
  });
};
const kit = await openKit('whatif-perf');
for (let from = 0; from < events; from += AT_ONCE)
  await kit.append(Array.from({ length: Math.min(AT_ONCE, events - from) }, (_, n) => recordAt(from + n)));

const savings = reducerFor('SavingsAccount');
const changed = { ...savings, on: { ...savings.on, FeeCharged: [{ op: 'add', path: 'events', value: 1 }] } };
const hypothesis = {
  ...NOTHING,
  reducer: { language: 'json' as const, text: formatJson(changed as unknown as Json) },
};
const { ask, watch, jobs } = servicesOver(kit);
const figures: WhatIfFigures = {
  ...{ events, aggregates, differing: 0, violations: 0 },
  ...{ first: [], all: [], invariants: [] },
};
for (let round = 0; round < ROUNDS; round += 1) {
  const asked = await ask({ scope: { kind: 'projection', name: 'savings_account' }, hypothesis });
  const watched = await watch('savings_account', [{ name: 'balance', expression: 'balance >= 0' }]);
  figures.differing = asked.result.differing;
  figures.violations = watched.result.violations;
  figures.first.push((asked.result.firstMs ?? 0) / 1000);
  figures.all.push(asked.result.tookMs / 1000);
  figures.invariants.push(watched.result.tookMs / 1000);
}
await jobs.close();
await kit.close();
process.stderr.write(
  `what-if over ${events} events: first difference ${Math.min(...figures.first).toFixed(2)} s, ` +
    `all ${figures.differing} in ${Math.min(...figures.all).toFixed(2)} s; invariant ${Math.min(...figures.invariants).toFixed(2)} s\n`,
);
process.stdout.write(`${JSON.stringify(figures)}\n`);
