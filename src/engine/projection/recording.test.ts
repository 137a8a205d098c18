import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { saveRecording } from '../store/recording.ts';
import { openWorkspace } from '../store/workspace.ts';
import { recordOf } from './testing/events.ts';
import { type Kit, kitOver, NO_CUT, openKit } from './testing/kit.ts';

let kit: Kit;
beforeEach(async () => {
  kit = await openKit('recording');
});
afterEach(() => kit.close());

const deposit = (amount: string) =>
  recordOf({
    topic: 'savings',
    aggregate: 'a1',
    aggregateType: 'SavingsAccount',
    type: 'DepositMade',
    data: `{"amount":${amount}}`,
    at: Date.parse('2025-06-01T00:00:00Z'),
  });
const balances = async ({ sql, context }: Kit) =>
  (await sql.query({ sql: 'SELECT balance FROM savings_account', cut: NO_CUT, limit: 9 }, context)).rows;

it('a recording that cannot be written has projections, in a file of its own', async () => {
  await kit.append([deposit('10.50'), deposit('0.25')]);
  const folder = join(kit.dataDir, 'sealed');
  mkdirSync(folder);
  const file = await saveRecording(kit.workspace, join(folder, 'saved.hindcast'));
  chmodSync(file, 0o400);
  chmodSync(folder, 0o500);
  const dataDir = mkdtempSync(join(tmpdir(), 'hindcast-recording-data-'));
  const reader = kitOver(await openWorkspace(file, { mode: 'open', log: () => {} }), dataDir);
  try {
    expect(reader.workspace.readOnly).toBe(true);
    await reader.replay('savings_account');
    expect(await balances(reader)).toEqual([[{ decimal: '10.75' }]]);
    expect(readdirSync(folder)).toEqual(['saved.hindcast']);
  } finally {
    chmodSync(folder, 0o700);
    await reader.close();
  }
});

it('a damaged file of tables is made anew', async () => {
  await kit.append([deposit('1.00')]);
  const folder = join(kit.dataDir, 'derived');
  const file = await kit.workspace.read('projections.file', { folder });
  mkdirSync(folder);
  writeFileSync(file, 'this is no database, and it is longer than a header of one hundred bytes '.repeat(3));
  await kit.replay('savings_account');
  expect(await balances(kit)).toEqual([[{ decimal: '1.00' }]]);
});

it('tables of a workspace that is gone are removed with the next one', async () => {
  await kit.append([deposit('1.00')]);
  const folder = join(kit.dataDir, 'derived');
  const other = await openKit('gone');
  const old = await other.workspace.read('projections.file', { folder });
  await other.workspace.read('projections.states', { folder, definitions: [] });
  expect(existsSync(old)).toBe(true);
  await other.close();
  rmSync(other.dataDir, { recursive: true, force: true });
  await kit.replay('savings_account');
  expect(existsSync(old)).toBe(false);
});
