// A workspace with what nobody here made up: process-mining logs, and a list whose items have an identity.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { appendRecords, type ImportRecord } from '../../src/engine/capture/import.ts';
import { openWorkspace } from '../../src/engine/store/workspace.ts';
import {
  FINE_TYPE,
  fineRows,
  LOG_MAPPING,
  type LogRow,
  logMessages,
  PAYMENTS,
  reviewRows,
} from '../fixtures/processLogs.ts';

const encoder = new TextEncoder();
export const FINES_TOPIC = `logs.${FINE_TYPE}`;
export const BASKETS = 'shop.baskets';

const recordsOf = (topic: string, rows: readonly LogRow[]): ImportRecord[] =>
  logMessages(rows, 0).map(({ key, value, timestamp, partition }) => ({
    ...{ topic, partition, timestamp, headers: [], verdict: 'committed' },
    key: key === null ? null : encoder.encode(key),
    value: encoder.encode(value),
  }));

/** The same basket before and after another item was put at its front. */
const baskets = (): ImportRecord[] =>
  [
    [{ sku: 'pear', quantity: 1 }],
    [
      { sku: 'fig', quantity: 5 },
      { sku: 'pear', quantity: 3 },
    ],
  ].map((items, at) => ({
    ...{ topic: BASKETS, partition: 0, headers: [], verdict: 'committed' },
    timestamp: 1_400_000_000_000 + at * 60_000,
    key: encoder.encode('basket-1'),
    value: encoder.encode(JSON.stringify({ items })),
  }));

/** Makes the workspace and a data folder with a projection of a person; the returned function removes both. */
export async function makeLogs(): Promise<{ workspace: string; dataDir: string; remove: () => void }> {
  const folder = mkdtempSync(join(tmpdir(), 'hindcast-logs-'));
  const dataDir = join(folder, 'data');
  mkdirSync(join(dataDir, 'projections'), { recursive: true });
  writeFileSync(join(dataDir, 'projections', `${PAYMENTS.name}.json`), JSON.stringify(PAYMENTS));
  const workspace = join(folder, 'logs.hindcast');
  const file = await openWorkspace(workspace, { mode: 'create', log: () => {} });
  await appendRecords(file, recordsOf(FINES_TOPIC, fineRows()));
  await appendRecords(file, recordsOf('logs.reviews', reviewRows()));
  await appendRecords(file, baskets());
  for (const topic of [FINES_TOPIC, 'logs.reviews'])
    await file.write('applyMapping', { topic, mapping: LOG_MAPPING, reason: 'a test' });
  await file.close();
  return { workspace, dataDir, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
