// Searching as the window does: full-text indexes of a topic as jobs that say how far they are and can be stopped and
// gone on with, filters that are kept, scans that say what they looked at.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Api } from '../../../src/contract/contract.ts';
import type { JobState } from '../../../src/contract/system.ts';
import { appendRecords, type ImportRecord } from '../../../src/engine/capture/import.ts';
import { openWorkspace } from '../../../src/engine/store/workspace.ts';
import { startEngine, type TestEngine, temporaryFolder } from './support.ts';

const TOPIC = 'bank.notes';
const OTHER = 'bank.other';
const COUNT = 60_000;
const OTHER_COUNT = 500;
const encoder = new TextEncoder();

/** Every thousandth note has a word of its own. */
const noteOf = (n: number): string =>
  n % 1000 === 7 ? `needle${n} in a stack` : `plain note of straw ${n % 97}`;
const record = (topic: string, n: number): ImportRecord => ({
  topic,
  partition: n % 3,
  key: encoder.encode(`SA-${n % 100}`),
  value: encoder.encode(
    JSON.stringify({
      ...{ event_id: `${topic}-${n}`, event_type: 'Noted', event_timestamp: '2025-01-01T00:00:00Z' },
      ...{ aggregate_type: 'Account', aggregate_id: `SA-${n % 100}` },
      event_data: { n, note: noteOf(n) },
    }),
  ),
  headers: [],
  timestamp: 1_700_000_000_000 + n,
});

let folder: ReturnType<typeof temporaryFolder>;
let engine: TestEngine;
let api: Api;

beforeAll(async () => {
  folder = temporaryFolder();
  engine = await startEngine(folder.path);
  await engine.api.workspace.create({ name: 'notes' });
  const { file } = (await engine.api.workspace.current({}))!;
  await engine.close();
  const workspace = await openWorkspace(file, { mode: 'open', log: () => {} });
  await appendRecords(workspace, [
    ...Array.from({ length: COUNT }, (_, n) => record(TOPIC, n)),
    ...Array.from({ length: OTHER_COUNT }, (_, n) => record(OTHER, n)),
  ]);
  await workspace.close();
  await restart();
});
afterAll(async () => {
  await engine?.close();
  folder?.remove();
});

async function restart(): Promise<void> {
  engine = await startEngine(folder.path);
  ({ api } = engine);
  await api.workspace.open({ name: 'notes' });
}

/** What the job said of itself until it ended; `onProgress` once it is on its way. */
async function followed(jobId: string, onProgress: (state: JobState) => void): Promise<JobState[]> {
  const states: JobState[] = [];
  const abort = new AbortController();
  for await (const jobs of api.jobs.watch({}, { signal: abort.signal })) {
    const state = jobs.find(({ id }) => id === jobId);
    if (state === undefined) continue;
    states.push(state);
    if (state.status !== 'running') break;
    if (state.done > 0) onProgress(state);
  }
  abort.abort();
  return states;
}

/** Asks until the scan is at its end, as a page does. */
async function searched(where: string) {
  let looked = -1;
  for (;;) {
    const { scan, total } = await api.events.query({ filter: { where }, from: 0, count: 10 });
    if (scan === null || scan.done) return { scan, total };
    expect(scan.of).toBe(COUNT + OTHER_COUNT);
    expect(scan.looked).toBeGreaterThanOrEqual(looked);
    looked = scan.looked;
    await api.events.scan({ filter: { where } });
  }
}

test('without an index a search looks at every value, says so, and how far it is', async () => {
  const { scan, total } = await searched('data.note contains "needle"');
  expect(total).toBe(COUNT / 1000 + 1);
  expect(scan).toEqual({
    looked: COUNT + OTHER_COUNT,
    of: COUNT + OTHER_COUNT,
    matched: total,
    done: true,
    spared: 0,
  });
});

test('an index of one topic says how far it is; stopped half way it keeps what it has, and goes on there', async () => {
  const { jobId } = await api.search.index({ topic: TOPIC });
  expect((await api.search.index({ topic: TOPIC })).jobId).toBe(jobId);
  let stopped: Promise<unknown> | null = null;
  const first = await followed(jobId, () => {
    stopped ??= api.jobs.cancel({ id: jobId });
  });
  await stopped;
  expect(first.at(-1)).toMatchObject({ kind: 'index', status: 'cancelled', unit: 'records' });
  const [half] = await api.search.indexes({});
  expect(half).toMatchObject({ topic: TOPIC, jobId: null });
  expect(half!.indexed).toBeGreaterThan(0);
  expect(half!.indexed + half!.behind).toBe(COUNT);

  const again = await followed((await api.search.index({ topic: TOPIC })).jobId, () => {});
  expect(again.at(-1)).toMatchObject({ status: 'done', error: null });
  const shares = [...first, ...again].filter(({ status, total }) => status === 'running' && total !== null);
  for (const { done, total } of shares) expect(done).toBeLessThanOrEqual(total!);
  expect(await api.search.indexes({})).toMatchObject([{ topic: TOPIC, indexed: COUNT, behind: 0 }]);
  // Words of the topic with an index are looked up, the values of the other are read.
  const { scan, total } = await searched('match "needle7007"');
  expect(total).toBe(1);
  expect(scan).toMatchObject({ looked: OTHER_COUNT + 1, of: OTHER_COUNT + 1, spared: COUNT - 1 });
});

test('filters are kept: listed by name after a restart, one name once, renamed and removed', async () => {
  const filter = { topics: [TOPIC], where: 'data.n > 9007199254740993' };
  const { id } = await api.search.save({ name: 'Large', filter });
  await api.search.save({ name: 'All notes', filter: { topics: [TOPIC] } });
  await expect(api.search.rename({ id, name: 'All notes' })).rejects.toMatchObject({ code: 'filter.exists' });
  await expect(api.search.save({ name: 'Wrong', filter: { where: 'data.n >' } })).rejects.toMatchObject({
    code: 'filter.invalid',
  });
  await engine.close();
  await restart();
  expect((await api.search.saved({})).map(({ name }) => name)).toEqual(['All notes', 'Large']);
  expect((await api.search.saved({})).find((each) => each.id === id)!.filter).toEqual(filter);
  await api.search.rename({ id, name: 'Beyond 2^53' });
  expect((await api.search.saved({})).map(({ name }) => name)).toEqual(['All notes', 'Beyond 2^53']);
  await api.search.remove({ id });
  expect((await api.search.saved({})).map(({ name }) => name)).toEqual(['All notes']);
});

test('an index is removed, and a search reads again', async () => {
  await api.search.removeIndex({ topic: TOPIC });
  expect(await api.search.indexes({})).toEqual([]);
  expect((await searched('match "needle7007" ')).scan).toMatchObject({ spared: 0 });
});
