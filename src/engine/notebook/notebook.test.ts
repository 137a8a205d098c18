import { fork } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CallContext } from '../../contract/contract.ts';
import { appendRecords } from '../capture/import.ts';
import type { EngineHost } from '../host.ts';
import { recordOf } from '../projection/testing/events.ts';
import { createCaseService, createQueryService } from '../services/cases.ts';
import { createChangedHub } from '../services/changedHub.ts';
import type { ServiceDeps } from '../services/deps.ts';
import { saveRecording } from '../store/recording.ts';
import { openWorkspace, type Workspace } from '../store/workspace.ts';
import { Notebook } from './notebook.ts';

let folder: string;
let open: Workspace[] = [];
const call: CallContext = { signal: new AbortController().signal, traceId: 'test' };
const quiet = () => {};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hindcast-notebook-'));
});
afterEach(async () => {
  for (const each of open) await each.close();
  open = [];
  rmSync(folder, { recursive: true, force: true });
});

async function opened(name: string, mode: 'create' | 'open' | 'read-only'): Promise<Workspace> {
  const workspace = await openWorkspace(join(folder, name), { mode, log: quiet });
  open.push(workspace);
  return workspace;
}

function over(workspace: Workspace) {
  const host = { dataDir: folder, log: quiet } as unknown as EngineHost;
  const workspaces = { current: () => workspace, peek: () => workspace, onSwitch: () => quiet };
  const deps = { host, workspaces, changed: createChangedHub(), log: quiet } as unknown as ServiceDeps;
  const notebook = new Notebook(deps);
  return {
    cases: createCaseService(deps, notebook, () => 'Test'),
    queries: createQueryService(notebook),
  };
}

const EVENTS = Array.from({ length: 20 }, (_, at) =>
  recordOf({ aggregate: `o-${at % 2}`, type: 'OrderPlaced', data: `{"n":${at}}`, at: 1000 + at }),
);

async function withEvents(name: string): Promise<Workspace> {
  const workspace = await opened(name, 'create');
  await appendRecords(workspace, EVENTS);
  return workspace;
}

describe('cases', () => {
  test('bookmarks go into the active case, once, and make one where there is none', async () => {
    const workspace = await withEvents('one.hindcast');
    const { cases } = over(workspace);
    expect(await cases.list({}, call)).toEqual([]);
    const view = '/aggregates/Order/o-1?known=1970-01-01T00:00:01.005Z&event=5&at=2';
    const first = await cases.bookmark({ view, title: 'Placed', recordId: 5 }, call);
    expect(first).toMatchObject({ caseName: 'Bookmarks', known: false });
    expect(await cases.bookmark({ view, title: 'Placed', recordId: 5 }, call)).toMatchObject({
      bookmarkId: first.bookmarkId,
      known: true,
    });
    const { id } = await cases.create({ name: 'Why?', question: 'Why 5?', view: null }, call);
    const second = await cases.bookmark({ view, title: 'Placed', recordId: 5 }, call);
    expect(second).toMatchObject({ caseId: id, known: false });
    await cases.bookmark({ view: '/events?where=x', title: 'Events', recordId: null }, call);
    await cases.changeBookmark({ caseId: id, id: second.bookmarkId, note: 'Here it broke' }, call);
    const found = await cases.get({ id }, call);
    expect(found.bookmarks).toMatchObject([
      {
        view,
        note: 'Here it broke',
        aggregate: { type: 'Order', id: 'o-1' },
        record: { id: 5, type: 'OrderPlaced' },
      },
      { view: '/events?where=x', event: null, record: null },
    ]);
    expect(
      (await cases.list({}, call)).map(({ name, active, bookmarks }) => [name, active, bookmarks]),
    ).toEqual([
      ['Why?', true, 2],
      ['Bookmarks', false, 1],
    ]);
    const marks = await cases.marks({ aggregate: { type: 'Order', id: 'o-1' } }, call);
    expect(marks.map(({ caseName, recordId }) => [caseName, recordId])).toEqual(
      expect.arrayContaining([
        ['Why?', 5],
        ['Bookmarks', 5],
      ]),
    );
    expect(await cases.marks({ aggregate: { type: 'Order', id: 'o-0' } }, call)).toEqual([]);
    await cases.removeBookmark({ caseId: id, id: second.bookmarkId }, call);
    await cases.remove({ id: first.caseId }, call);
    expect(await cases.marks({ aggregate: { type: 'Order', id: 'o-1' } }, call)).toEqual([]);
    await expect(cases.get({ id: first.caseId }, call)).rejects.toMatchObject({ code: 'case.unknown' });
    await expect(cases.bookmark({ view, title: '', recordId: 999 }, call)).rejects.toMatchObject({
      code: 'record.unknown',
    });
  });

  test('go along with a recording; what is changed there stays on this machine', async () => {
    const workspace = await withEvents('one.hindcast');
    const own = over(workspace).cases;
    const { id } = await own.create({ name: 'Kept', question: '', view: '/events' }, call);
    await own.create({ name: 'Removed', question: '', view: null }, call);
    await saveRecording(workspace, join(folder, 'saved.hindcast'));
    chmodSync(join(folder, 'saved.hindcast'), 0o444);
    const recording = await opened('saved.hindcast', 'open');
    expect(recording.readOnly).toBe(true);
    const { cases } = over(recording);
    expect((await cases.identity({}, call)).id).toBe((await own.identity({}, call)).id);
    expect((await cases.list({}, call)).map(({ name, kept }) => [name, kept])).toContainEqual([
      'Kept',
      'workspace',
    ]);
    await cases.change({ id, answer: 'Because' }, call);
    const removed = (await cases.list({}, call)).find(({ name }) => name === 'Removed')!;
    await cases.remove({ id: removed.id }, call);
    const again = over(recording).cases;
    expect((await again.list({}, call)).map(({ name, kept }) => [name, kept])).toEqual([['Kept', 'machine']]);
    expect(await again.get({ id }, call)).toMatchObject({ answer: 'Because', view: '/events' });
    expect(await own.get({ id }, call)).toMatchObject({ answer: '' });
  });

  test('a case as a file opens in another workspace, where its events have other numbers', async () => {
    const one = await withEvents('one.hindcast');
    const { cases } = over(one);
    const { id } = await cases.create({ name: 'To send', question: 'What?', view: null }, call);
    const view = '/aggregates/Order/o-1?at=2&event=5';
    await cases.bookmark({ view, title: 'Placed', recordId: 5 }, call);
    await cases.bookmark({ view: '/events?event=19', title: 'Last', recordId: 19 }, call);
    const file = await cases.export({ id, as: 'case' }, call);
    expect(file.name).toBe('To send.hindcast-case');
    const other = await opened('two.hindcast', 'create');
    await appendRecords(other, [recordOf({ topic: 'first', aggregate: 'x', type: 'X', data: '{}', at: 1 })]);
    await appendRecords(other, EVENTS.slice(0, 10));
    const there = over(other).cases;
    const taken = await there.import({ text: file.text }, call);
    expect(taken).toMatchObject({ missing: 1, from: { name: 'Test', records: 20 } });
    const found = await there.get({ id: taken.id }, call);
    const number = found.bookmarks[0]!.record!.id;
    expect(number).toBeGreaterThan(1e12);
    expect(found.bookmarks[0]!.view).toBe(`/aggregates/Order/o-1?at=2&event=${number}`);
    expect(found.bookmarks[1]!.record).toBeNull();
    const here = await cases.import({ text: file.text }, call);
    expect(here).toMatchObject({ from: null, missing: 0 });
    expect(here.id).not.toBe(id);
    await expect(cases.import({ text: '{"format":"x"}' }, call)).rejects.toMatchObject({ code: 'case.file' });
    await expect(cases.import({ text: 'x' }, call)).rejects.toMatchObject({ code: 'case.file' });
  });

  test('the report is text: nothing in it becomes markup; the case keeps what was exported', async () => {
    const { cases } = over(await withEvents('one.hindcast'));
    const { id } = await cases.create(
      { name: '<b>#1', question: '[x](javascript:1)\n# no', view: null },
      call,
    );
    const { text } = await cases.export({ id, as: 'markdown' }, call);
    expect(text).toContain('# \\<b\\>\\#1');
    expect(text).toContain('> \\[x\\](javascript:1)\n> \\# no');
    const { exports } = await cases.get({ id }, call);
    expect(exports).toMatchObject([{ what: 'markdown', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) }]);
  });
});

test('saved queries are kept by name', async () => {
  const { queries } = over(await withEvents('one.hindcast'));
  const query = { name: 'All', sql: 'SELECT 1', parameters: { a: '9007199254740993' }, chart: null };
  const saved = await queries.save({ id: null, ...query }, call);
  await expect(queries.save({ id: null, ...query }, call)).rejects.toMatchObject({ code: 'query.exists' });
  await queries.save({ id: saved.id, ...query, sql: 'SELECT 2' }, call);
  expect(await queries.list({}, call)).toMatchObject([{ name: 'All', sql: 'SELECT 2', kept: 'workspace' }]);
  await queries.remove({ id: saved.id }, call);
  expect(await queries.list({}, call)).toEqual([]);
  await expect(queries.remove({ id: saved.id }, call)).rejects.toMatchObject({ code: 'query.unknown' });
});

test('what was kept is there after a kill', async () => {
  const file = join(folder, 'killed.hindcast');
  const child = fork(fileURLToPath(new URL('./testing/keepAndWait.ts', import.meta.url)), [file], {
    execArgv: [],
  });
  await new Promise((done) => child.once('message', done));
  child.kill('SIGKILL');
  await new Promise((done) => child.once('exit', done));
  const { cases } = over(await opened('killed.hindcast', 'open'));
  expect((await cases.list({}, call)).map(({ name }) => name)).toEqual(['Survives']);
});
