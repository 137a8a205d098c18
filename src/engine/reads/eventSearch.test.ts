import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { appendRecords, type ImportRecord } from '../capture/import.ts';
import { openWorkspace, type Workspace } from '../store/workspace.ts';

const dir = mkdtempSync(join(tmpdir(), 'hindcast-search-'));
const NOW = { knownOn: null, trueOn: null };
let workspace: Workspace;

function record(at: number, id: string, data: unknown, verdict?: 'aborted'): ImportRecord {
  const value = {
    event_id: `e-${at}`,
    event_type: 'Opened',
    aggregate_type: 'Account',
    aggregate_id: id,
    event_timestamp: new Date(at).toISOString(),
    event_data: data,
  };
  return {
    topic: 'accounts',
    partition: 0,
    key: Buffer.from(id),
    value: Buffer.from(JSON.stringify(value)),
    headers: [],
    timestamp: at,
    ...(verdict === undefined ? {} : { verdict }),
  };
}

beforeAll(async () => {
  workspace = await openWorkspace(join(dir, 'w.hindcast'), { mode: 'create', log: () => {} });
  await appendRecords(workspace, [
    record(1000, '7f00-a', { account_number: 'SA-1000420017' }),
    record(2000, '7f00-b', { counterparty: 'SA-1000420017' }),
    record(3000, '7f00-c', { account_number: 'SA-2' }),
    record(4000, 'SA-1000420017', {}),
    record(5000, '7f00-d', {}),
    record(6000, '7f00-d', { account_number: 'SA-1000420017' }, 'aborted'),
    ...Array.from({ length: 25_000 }, (_, n) => record(7000 + n, '7f00-e', { n })),
    record(90_000, '7f00-f', { account_number: 'SA-1000420017', name: 'Zoë' }),
  ]);
});
afterAll(async () => {
  await workspace.close();
  rmSync(dir, { recursive: true, force: true });
});

async function find(search: string, cut: { knownOn: number | null; trueOn: number | null } = NOW) {
  const page = { type: null, sort: 'id' as const, from: 0, count: 100 };
  const answer = await workspace.read('aggregates.list', { ...page, search, cut });
  expect(answer.total).toBe(answer.rows.length);
  return {
    found: answer.rows.map(({ ref, foundIn }) => `${ref.id} ${foundIn}`),
    searched: answer.searched,
  };
}

test('an aggregate is found by a text in one of its committed events, and by its id', async () => {
  const whole = { records: 25_007, of: 25_007 };
  expect(await find('SA-1000420017')).toEqual({
    found: ['SA-1000420017 id', '7f00-a event', '7f00-b event', '7f00-f event'],
    searched: whole,
  });
  expect((await find('Zoë"')).found).toEqual(['7f00-f event']);
  // Bytes are searched as they are; ids with upper and lower case alike.
  expect(await find('sa-1000420017')).toEqual({ found: ['SA-1000420017 id'], searched: whole });
  expect(await find('nowhere')).toEqual({ found: [], searched: whole });
});

test('short texts are searched in ids only', async () => {
  expect(await find('SA-')).toEqual({ found: ['SA-1000420017 id'], searched: null });
  expect((await find('')).found.length).toBe(7);
});

test('events after the cut are not searched', async () => {
  const early = await find('SA-1000420017', { knownOn: 1500, trueOn: null });
  expect(early.found).toEqual(['7f00-a event']);
  expect((await find('SA-1000420017', { knownOn: null, trueOn: 2500 })).found).toEqual([
    '7f00-a event',
    '7f00-b event',
  ]);
});

test('new records are searched too', async () => {
  await appendRecords(workspace, [record(99_000, '7f00-e', { account_number: 'SA-1000420017' })]);
  const { found, searched } = await find('SA-1000420017');
  expect(found).toContain('7f00-e event');
  expect(searched).toEqual({ records: 25_008, of: 25_008 });
});

test('the caller can give up', async () => {
  const abort = new AbortController();
  const args = { type: null, sort: 'id' as const, from: 0, count: 10, search: 'other text', cut: NOW };
  const answer = workspace.read('aggregates.list', args, { signal: abort.signal });
  abort.abort();
  await expect(answer).rejects.toMatchObject({ code: 'cancelled' });
  expect((await find('other text')).searched).toEqual({ records: 25_008, of: 25_008 });
});
