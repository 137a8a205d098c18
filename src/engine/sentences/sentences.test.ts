import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CallContext } from '../../contract/contract.ts';
import { canonicalJson, sha256Hex } from '../../core/json.ts';
import { createNodeHost } from '../../headless/nodeHost.ts';
import { createEngine, type Engine } from '../app.ts';
import { appendRecords } from '../capture/import.ts';
import { recordOf } from '../projection/testing/events.ts';
import { saveRecording } from '../store/recording.ts';
import { openWorkspace } from '../store/workspace.ts';
import { StoreThread } from '../workers/storeThread.ts';

const call: CallContext = { signal: new AbortController().signal, traceId: 'test' };
const TYPE = 'OrderPlaced';
const EVENTS = Array.from({ length: 60 }, (_, at) =>
  recordOf({
    aggregate: `o-${at % 2}`,
    topic: at % 3 === 0 ? 'shop.late' : 'shop.orders',
    type: at % 5 === 0 ? 'OrderPaid' : TYPE,
    data: `{"amount":${at}.50,"big":9007199254740993,"who":"c-${at}"}`,
    at: 1_750_000_000_000 + at,
  }),
);

let folder: string;
let engine: Engine;

const engineOver = (): Promise<Engine> => {
  const host = {
    dataDir: join(folder, 'data'),
    door: 'test',
    version: '0',
    restarts: 0,
    demoRecording: null,
  } as const;
  return createEngine(createNodeHost({ ...host, log: () => {} }), { openLast: false });
};

/** How all events of the type are said, by both reader threads. */
async function said(type = TYPE): Promise<{ topic: string; listed: string; inTimeline: string }[]> {
  const { events, aggregates } = engine.services;
  const { rows } = await events.query({ filter: { types: [type] }, from: 0, count: 100 }, call);
  const lives = await Promise.all(
    ['o-0', 'o-1'].map((id) =>
      aggregates.events(
        { ref: { type: 'Order', id }, cut: NO_CUT, reducer: null, from: 0, count: 100 },
        call,
      ),
    ),
  );
  const inTimeline = new Map(lives.flatMap((life) => life.rows.map((row) => [row.id, row.sentence])));
  return rows.map(({ id, place, sentence }) => ({
    ...{ topic: place.topic, listed: sentence.replaceAll('\u202f', ' ') },
    inTimeline: inTimeline.get(id)!.replaceAll('\u202f', ' '),
  }));
}
const NO_CUT = { knownOn: null, trueOn: null };
const file = () => join(folder, 'one.hindcast');

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hindcast-sentences-'));
  const workspace = await openWorkspace(file(), { mode: 'create', log: () => {} });
  await appendRecords(workspace, EVENTS);
  await workspace.close();
  engine = await engineOver();
  await engine.openWorkspaceFile(file(), 'open');
});
afterEach(async () => {
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
});

const OWN = { type: TYPE, pattern: '*', template: '{data.who} ordered for {data.amount|money "EUR"}' };
const LATE = {
  type: TYPE,
  pattern: 'shop.late',
  template: 'Late: {data.who} of {$aggregateType} {$aggregateId}',
};

describe('templates of sentences', () => {
  test('say the events of their type everywhere at once, the most specific pattern first', async () => {
    const { sentences } = engine.services;
    const before = await said();
    expect(before[0]!.listed).toMatch(/^Order of \d+\.50 placed$/);
    await sentences.save(OWN, call);
    for (const { listed, inTimeline } of await said()) {
      expect(listed).toMatch(/^c-\d+ ordered for \d+\.50 EUR$/);
      expect(inTimeline).toBe(listed);
    }
    const late = await sentences.save(LATE, call);
    for (const { topic, listed, inTimeline } of await said()) {
      expect(listed).toMatch(topic === 'shop.late' ? /^Late: c-\d+ of Order o-[01]$/ : /EUR$/);
      expect(inTimeline).toBe(listed);
    }
    expect((await said('OrderPaid'))[0]!.listed).toMatch(/^Order of \d+\.50 paid$/);
    expect((await sentences.of({ type: TYPE, topic: 'shop.late' }, call)).saved).toMatchObject(LATE);
    expect((await sentences.of({ type: TYPE, topic: 'shop.orders' }, call)).saved).toMatchObject(OWN);
    await sentences.remove({ id: late.id }, call);
    expect((await said()).every(({ listed }) => listed.endsWith('EUR'))).toBe(true);
    for (const { id } of await sentences.list({}, call)) await sentences.remove({ id }, call);
    expect(await said()).toEqual(before);
  });

  test('are in use as soon as the workspace is open, also in a recording; there they are kept on this machine', async () => {
    const { sentences } = engine.services;
    await sentences.save(OWN, call);
    const workspace = await openWorkspace(file(), { mode: 'read-only', log: () => {} });
    const recording = join(folder, 'saved.hindcast');
    await saveRecording(workspace, recording);
    await workspace.close();
    chmodSync(recording, 0o444);
    await engine.openWorkspaceFile(recording, 'open');
    expect((await said())[0]!.listed).toMatch(/EUR$/);
    const { id } = await sentences.save({ ...OWN, template: 'Here {data.who}' }, call);
    expect(await sentences.list({}, call)).toMatchObject([{ kept: 'machine', template: 'Here {data.who}' }]);
    await engine.close();
    engine = await engineOver();
    await engine.openWorkspaceFile(recording, 'read-only');
    expect((await said())[0]!.listed).toMatch(/^Here c-/);
    await engine.services.sentences.remove({ id }, call);
    expect((await said())[0]!.listed).toMatch(/^Order of/);
    await engine.openWorkspaceFile(file(), 'open');
    expect((await said())[0]!.listed).toMatch(/EUR$/);
  });

  test('are told to live lists, reports and cases', async () => {
    const { sentences, events, check, cases } = engine.services;
    const abort = new AbortController();
    const counts = events.watch({ filter: {} }, { ...call, signal: abort.signal })[Symbol.asyncIterator]();
    await counts.next();
    const told = counts.next();
    const { rows } = await events.query({ filter: { types: [TYPE] }, from: 0, count: 1 }, call);
    await cases.bookmark({ view: '/events', title: rows[0]!.sentence, recordId: rows[0]!.id }, call);
    await sentences.save(OWN, call);
    expect((await told).done).toBe(false);
    abort.abort();
    const ref = { type: 'Order', id: 'o-1' };
    const report = await check.report({ ref, at: [], format: 'md', reducer: null }, call);
    expect(report.text).toMatch(/First event: c-1 ordered for 1\.50 EUR/);
    const [kept] = await cases.list({}, call);
    const { text } = await cases.export({ id: kept!.id, as: 'markdown' }, call);
    expect(text).toContain('- Says: c-');
  });

  test('that cannot be read are refused with the place', async () => {
    const { sentences } = engine.services;
    await expect(sentences.save({ ...OWN, template: 'a {data.who' }, call)).rejects.toMatchObject({
      code: 'sentence.invalid',
      details: { character: 3 },
    });
    await expect(sentences.preview({ ...OWN, template: '{x}' }, call)).rejects.toMatchObject({
      code: 'sentence.invalid',
    });
  });

  test('a preview says real events of the topics, and the default is shown as a template', async () => {
    const { sentences } = engine.services;
    const { rows, events } = await sentences.preview({ ...LATE, template: '{data.big|number}' }, call);
    expect(events).toBe(16);
    expect(rows).toHaveLength(16);
    for (const row of rows) {
      expect(row.text).toBe('9\u202f007\u202f199\u202f254\u202f740\u202f993');
      expect(row.now).toMatch(/^Order of/);
      expect(row.place.topic).toBe('shop.late');
    }
    const { derived, saved } = await sentences.of({ type: TYPE, topic: 'shop.late' }, call);
    expect(saved).toBeNull();
    expect(derived).toEqual({ template: 'Order[ of {data.amount|amount}] placed', same: 16, of: 16 });
  });

  test('come and go as a file, all or none', async () => {
    const { sentences } = engine.services;
    await sentences.save(OWN, call);
    const text = (...all: unknown[]) =>
      JSON.stringify({ format: 'hindcast-sentences', version: 1, sentences: all });
    await expect(
      sentences.import({ text: text(LATE, { ...OWN, template: '{' }) }, call),
    ).rejects.toMatchObject({
      code: 'sentence.file',
    });
    await expect(sentences.import({ text: 'no' }, call)).rejects.toMatchObject({ code: 'sentence.file' });
    expect(await sentences.list({}, call)).toHaveLength(1);
    expect(await sentences.import({ text: text(LATE, { ...OWN, template: 'x {data.who}' }) }, call)).toEqual({
      added: 1,
      replaced: 1,
    });
    expect((await said()).some(({ listed }) => listed.startsWith('x c-'))).toBe(true);
  });
});

test('a reader thread that takes the place of another one knows the words', async () => {
  await engine.close();
  const thread = new StoreThread({
    entry: 'readerWorker',
    workerData: { file: file(), check: false },
    stuckAfterMs: 1000,
    log: () => {},
  });
  thread.tell({ kind: 'say', sentences: [OWN] });
  const reducer = {
    ...{ name: 'mine', version: 1, language: 'javascript' },
    source: 'export const reduce = () => Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1);',
  };
  const hanging = thread.call('aggregates.state', {
    ...{ ref: { type: 'Order', id: 'o-0' }, cut: NO_CUT, index: 0 },
    reducer: { definition: JSON.stringify(reducer), hash: sha256Hex(canonicalJson(reducer)) },
  });
  const asked = { filter: { types: [TYPE] }, from: 0, count: 1 };
  const next = thread.call('events.query', asked);
  await expect(hanging).rejects.toThrow(/its thread was ended/);
  expect(await next).toMatchObject({ rows: [{ sentence: expect.stringContaining('ordered for') }] });
  await thread.close();
});
