// A workspace of a shape that no built-in mapping knows: what a yard's gates and scales wrote down.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { appendRecords, type ImportRecord } from '../../src/engine/capture/import.ts';
import { openWorkspace } from '../../src/engine/store/workspace.ts';

const encoder = new TextEncoder();
export const YARD = 'yard.gates.log';

/** Twelve lorries, each passing and weighed a few times; every key is the gate, not the lorry. */
function records(count: number): ImportRecord[] {
  return Array.from({ length: count }, (_, at) => ({
    topic: YARD,
    partition: at % 3,
    key: encoder.encode(`gate-${at % 4}`),
    value: encoder.encode(
      JSON.stringify({
        activity: at % 5 === 0 ? 'Lorry weighed' : 'Lorry passed',
        'case:id': `lorry-${String(at % 12).padStart(2, '0')}`,
        step: Math.floor(at / 12) + 1,
        'time:stamp': new Date(1_700_000_000_000 + at * 60_000).toISOString(),
        kilos: 7500 + ((at * 37) % 900),
      }),
    ),
    headers: [['trace', encoder.encode(`t-${at % 9}`)]],
    timestamp: 1_700_000_000_500 + at * 60_000,
    verdict: 'committed',
  }));
}

/** Makes the file; the returned function removes it. */
export async function makeYard(): Promise<{ file: string; remove: () => void }> {
  const folder = mkdtempSync(join(tmpdir(), 'hindcast-yard-'));
  const file = join(folder, 'yard.hindcast');
  const workspace = await openWorkspace(file, { mode: 'create', log: () => {} });
  await appendRecords(workspace, records(600));
  await workspace.close();
  return { file, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
