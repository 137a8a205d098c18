// The consistency check of a whole workspace of events as those of the demo, as a person asks for it: the command of the
// built product, from its start to its last line. Prints JSON.
//   node test/perf/checkOnce.ts 1000000
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { appendRecords } from '../../src/engine/capture/import.ts';
import { openWorkspace } from '../../src/engine/store/workspace.ts';
import { EXIT } from '../../src/headless/output.ts';
import { generateDemo } from '../fixtures/demo/generate.ts';

export interface CheckFigures {
  /** Records that were looked at. */
  events: number;
  findings: number;
  /** Seconds of each command. */
  seconds: number[];
}

/** Records handed over at once. */
const BATCH = 20_000;
const ROUNDS = 3;
const BUILT = join(import.meta.dirname, '../../out/main/headless.js');

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

/** @throws Error when the command ended otherwise than with findings */
function measure(): CheckFigures {
  const figures: CheckFigures = { events: 0, findings: 0, seconds: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    const started = performance.now();
    const command = spawnSync(process.execPath, [BUILT, 'check', '--workspace', file, '--json'], {
      encoding: 'utf8',
      maxBuffer: 64 * 2 ** 20,
    });
    figures.seconds.push((performance.now() - started) / 1000);
    if (command.status !== EXIT.incomplete) throw new Error(`hindcast check failed: ${command.stderr}`);
    const { records, findings } = JSON.parse(command.stdout) as { records: number; findings: unknown[] };
    figures.events = records;
    figures.findings = findings.length;
  }
  return figures;
}

try {
  await build();
  process.stdout.write(`${JSON.stringify(measure())}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
