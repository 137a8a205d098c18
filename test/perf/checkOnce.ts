// The consistency check of a whole workspace of events as those of the demo, with its own threads as in the window. Prints
// JSON.
//   node test/perf/checkOnce.ts 1000000
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatJson } from '../../src/core/json.ts';
import type { Json } from '../../src/core/model.ts';
import { BUILT_IN_PROJECTIONS } from '../../src/core/projections/builtin.ts';
import { appendRecords } from '../../src/engine/capture/import.ts';
import { runConsistency } from '../../src/engine/check/runConsistency.ts';
import { openWorkspace } from '../../src/engine/store/workspace.ts';
import { generateDemo } from '../fixtures/demo/generate.ts';

export interface CheckFigures {
  /** Records that were looked at. */
  events: number;
  findings: number;
  /** Seconds of each check, its threads started and ended. */
  seconds: number[];
}

/** Records handed over at once. */
const BATCH = 20_000;
const ROUNDS = 3;

const wanted = Number(process.argv[2] ?? 1_000_000);
const folder = mkdtempSync(join(tmpdir(), 'hindcast-check-bench-'));
const file = join(folder, 'demo.hindcast');

async function build(): Promise<void> {
  const workspace = await openWorkspace(file, { mode: 'create', log: () => {} });
  const { records } = generateDemo({ events: wanted });
  for (let from = 0; from < records.length; from += BATCH) {
    const batch = records.slice(from, from + BATCH).map(({ transaction, ...record }) => ({
      ...record,
      verdict: transaction?.outcome === 'abort' ? ('aborted' as const) : ('committed' as const),
    }));
    await appendRecords(workspace, batch, { end: from + BATCH >= records.length });
  }
  await workspace.close();
}

async function measure(): Promise<CheckFigures> {
  const workspace = await openWorkspace(file, { mode: 'read-only', log: () => {} });
  const reducers = Object.fromEntries(
    BUILT_IN_PROJECTIONS.flatMap(({ reducer }) =>
      reducer.aggregateType === undefined
        ? []
        : [[reducer.aggregateType, formatJson(reducer as unknown as Json)]],
    ),
  );
  const figures: CheckFigures = { events: 0, findings: 0, seconds: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    const started = performance.now();
    const { signal } = new AbortController();
    const options = { log: () => {}, report: () => {}, now: Date.now, signal, reducers };
    const { result, findings } = await runConsistency(workspace, { kind: 'workspace' }, options);
    figures.seconds.push((performance.now() - started) / 1000);
    figures.events = result.records;
    figures.findings = findings.length;
  }
  await workspace.close();
  return figures;
}

try {
  await build();
  process.stdout.write(`${JSON.stringify(await measure())}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
