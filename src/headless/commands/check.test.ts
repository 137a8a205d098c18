import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { appendRecords } from '../../engine/capture/import.ts';
import { openWorkspace } from '../../engine/store/workspace.ts';

const folder = mkdtempSync(join(tmpdir(), 'hindcast-check-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A workspace with the events of one order that declare these versions. */
async function workspaceWith(name: string, versions: readonly number[]): Promise<string> {
  const file = join(folder, `${name}.hindcast`);
  const workspace = await openWorkspace(file, { mode: 'create', log: () => {} });
  const encoder = new TextEncoder();
  const records = versions.map((version, nth) => {
    const timestamp = Date.parse('2026-02-01T08:00:00Z') + nth * 3_600_000;
    const time = new Date(timestamp).toISOString();
    const value = `{"metadata":{"event_id":"e-${nth}","event_type":"ORDER_CHANGED","aggregate_id":"o-1","aggregate_type":"Order","version":${version},"timestamp":"${time}","causation_id":null,"correlation_id":"c-1"},"data":{"n":${nth}}}`;
    return {
      ...{ topic: 'orders', partition: 0, headers: [], timestamp, verdict: 'committed' as const },
      key: encoder.encode('o-1'),
      value: encoder.encode(value),
    };
  });
  await appendRecords(workspace, records);
  await workspace.close();
  return file;
}

const run = (...args: string[]) =>
  new Promise<{ status: number; out: string }>((done) => {
    const cli = join(import.meta.dirname, '../cli.ts');
    const env = { ...process.env, HINDCAST_DATA_DIR: join(folder, 'data') };
    execFile(process.execPath, [cli, ...args], { env }, (error, out) =>
      done({ status: error === null ? 0 : Number(error.code), out }),
    );
  });

it('check ends with 0 when nothing is wrong and with 3 when something is; report tells it', async () => {
  const sound = await workspaceWith('sound', [1, 2, 3]);
  expect(await run('check', '--workspace', sound)).toEqual({
    status: 0,
    out: 'Nothing contradicts itself in 3 records of 1 aggregate.\n',
  });
  const gap = await workspaceWith('gap', [1, 2, 4]);
  const found = await run('check', '--workspace', gap, '--aggregate', 'Order/o-1');
  expect(found.status).toBe(3);
  expect(found.out).toContain('orders:0:2: Version gap: version 3 is missing before this event');
  const json = await run('check', '--workspace', gap, '--topic', 'orders', '--json');
  expect(JSON.parse(json.out)).toMatchObject({ errors: 1, findings: [{ rule: 'version-gap' }] });
  const at = ['--at', '2026-02-01T09:30:00Z', '--format', 'json'];
  const report = await run('report', '--workspace', gap, '--aggregate', 'Order/o-1', ...at);
  expect(JSON.parse(report.out)).toMatchObject({
    versions: { first: 1, last: 4 },
    findings: [{ title: 'Version gap' }],
    states: [
      { folded: 2, state: { n: 1 } },
      { at: null, folded: 3, state: { n: 2 } },
    ],
  });
});
