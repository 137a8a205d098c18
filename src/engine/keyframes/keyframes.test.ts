import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../../test/fixtures/demo/random.ts';
import { declarativeFolder } from '../../core/folder.ts';
import { canonicalJson, formatJson, sha256Hex, stateHash } from '../../core/json.ts';
import type { Cut, Json, Reducer, StreamEvent } from '../../core/model.ts';
import { cutStream, orderStream } from '../../core/order.ts';
import { formatPath, getPath, parsePath } from '../../core/path.ts';
import { foldWithBlame } from '../../core/testing/blame.ts';
import { appendRecords, type ImportRecord } from '../capture/import.ts';
import { recordOf } from '../projection/testing/events.ts';
import { timelineReads } from '../reads/timeline.ts';
import { Dictionary } from '../store/dictionary.ts';
import { openForReading } from '../store/open.ts';
import { loadStream } from '../store/stream.ts';
import { openWorkspace, type Workspace } from '../store/workspace.ts';
import type { ReadContext } from '../workers/context.ts';
import { LruCache } from '../workers/revisionCache.ts';
import { keyframeReads } from './keyframeReads.ts';

const EVENTS = 13_000;
const LATER = 700;
const START = Date.UTC(2025, 0, 1);
const REF = { type: 'Order', id: 'long' };
const NOW: Cut = { knownOn: null, trueOn: null };
const FOREVER = 8.64e15;

const reducer: Reducer = {
  name: 'test',
  version: 1,
  initial: { sum: 0, rates: { base: '1.50' } },
  on: {
    Add: [
      { op: 'add', path: 'sum', from: 'data.n' },
      { op: 'set', path: 'last', from: 'data' },
    ],
    Merge: [{ op: 'merge', from: 'data' }],
    Append: [{ op: 'append', path: 'list', from: 'data' }],
    Remove: [{ op: 'remove', path: 'list[0]' }],
    Clear: [{ op: 'set', path: 'list', value: [] }],
    Scalar: [{ op: 'set', path: 'keys', from: 'data.n' }],
    Wrong: [{ op: 'add', path: 'sum', from: 'data.missing' }],
  },
};
const TYPES = ['Add', 'Add', 'Merge', 'Append', 'Remove', 'Clear', 'Scalar', 'Wrong', 'Other'];

/** Events of one aggregate in three partitions of two topics, with jitter, backdating, and some that are not committed. */
function* made(rng: Random, count: number, from: number): Generator<ImportRecord> {
  for (let n = from; n < from + count; n++) {
    const at = START + n * 1000 + (rng.uint32() % 3000);
    const isBackdated = rng.uint32() % 40 === 0;
    const chance = rng.uint32() % 200;
    yield recordOf({
      aggregate: REF.id,
      topic: rng.uint32() % 3 === 0 ? 'shop.orders' : 'shop.more',
      partition: rng.uint32() % 2,
      type: rng.pick(TYPES),
      data: `{"n":${n}.${rng.uint32() % 10}0,"keys":{"k${rng.uint32() % 4}":${rng.uint32() % 5},"big":9007199254740993}}`,
      at,
      occurred: isBackdated ? at - (rng.uint32() % 4_000_000) : at - (rng.uint32() % 4000),
      verdict: chance === 0 ? 'aborted' : chance === 1 ? 'open' : 'committed',
    });
  }
}

const dir = mkdtempSync(join(tmpdir(), 'hindcast-keyframes-'));
const file = join(dir, 'long.hindcast');
const derived = join(dir, 'derived');
const contexts: ReadContext[] = [];
let workspace: Workspace;

function contextOf(): ReadContext {
  const db = openForReading(file, { check: false });
  db.exec('BEGIN');
  const context: ReadContext = {
    db,
    file,
    kind: 'workspace',
    revision: db.prepare("SELECT value FROM meta WHERE key = 'revision'").pluck().get() as number,
    cache: new LruCache(1e9),
    lasting: new Map(),
    dictionary: new Dictionary(db),
    throwIfAborted() {},
  };
  contexts.push(context);
  return context;
}

beforeAll(async () => {
  workspace = await openWorkspace(file, { mode: 'create', log: () => {} });
  await appendRecords(workspace, [...made(new Random('keyframes'), EVENTS, 0)]);
});

afterAll(async () => {
  for (const { db } of contexts) db.close();
  await workspace.close();
  rmSync(dir, { recursive: true, force: true });
});

const textOf = (each: Reducer) => ({
  definition: formatJson(each as unknown as Json),
  hash: sha256Hex(canonicalJson(each as unknown as Json)),
});
const subjectOf = (cut: Cut, each = reducer) => ({ ref: REF, cut, reducer: textOf(each), derived });

function makeKeyframes(cut: Cut, each = reducer): void {
  const context = contextOf();
  let progress = keyframeReads['keyframes.begin'](context, { ...subjectOf(cut, each), at: 1 });
  while (!progress.isOver) progress = keyframeReads['keyframes.step'](context, {});
  expect(progress.done).toBe(progress.total);
}

/** The events of a cut in fold order, as core takes them. */
function plainEvents(cut: Cut): StreamEvent[] {
  return cutStream(orderStream(loadStream(contextOf(), REF)), cut).events;
}

function stateAt(context: ReadContext, cut: Cut, index: number, more: object = {}) {
  const answer = timelineReads['aggregates.state'](context, {
    ...subjectOf(cut),
    index,
    patient: true,
    ...more,
  });
  if ('far' in answer) throw new Error('far');
  return answer;
}

const CUTS: Cut[] = [
  NOW,
  { knownOn: null, trueOn: FOREVER },
  { knownOn: null, trueOn: START + 9_000_000 },
  { knownOn: START + 11_000_000, trueOn: START + 8_000_000 },
  { knownOn: START + 7_000_000, trueOn: null },
];

describe('keyframes of a long stream', () => {
  it('give the state, the blame and the problems that the plain fold gives, at any cut, in any order', () => {
    for (const cut of CUTS.slice(0, 2)) makeKeyframes(cut);
    const rng = new Random('visits');
    const folder = declarativeFolder(reducer);
    const stream = { aggregateType: REF.type, aggregateId: REF.id };
    for (const cut of CUTS) {
      const events = plainEvents(cut);
      const context = contextOf();
      for (let visit = 0; visit < 6; visit++) {
        const index = visit === 0 ? events.length - 1 : rng.uint32() % events.length;
        const got = stateAt(context, cut, index);
        const want = foldWithBlame(folder, events.slice(0, index + 1), stream);
        expect(got.state).toBe(formatJson(want.state));
        expect(got.hash).toBe(stateHash(want.state));
        const setters = want.blame.filter(({ eventId }) => eventId >= 0);
        const ids = got.blame.map(({ path, index: at }) => [path, events[at]!.id]);
        expect(ids.sort()).toEqual(setters.map(({ path, eventId }) => [formatPath(path), eventId]).sort());
        expect(got.problems.at(-1)).toEqual(want.problems.at(-1));
        const isCut = want.problems.length > 200;
        expect(got.problems.slice(isCut ? 1 : 0)).toEqual(want.problems.slice(-200));
        if (cut === NOW && visit > 0) expect(got.replayed).toBeLessThanOrEqual(101);
      }
      const index = rng.uint32() % events.length;
      const fromStart = stateAt(context, cut, index, { fromStart: true });
      expect(fromStart.replayed).toBe(index + 1);
      const near = stateAt(context, cut, index);
      expect({ ...near, replayed: 0, tookMs: 0 }).toEqual({ ...fromStart, replayed: 0, tookMs: 0 });
    }
  });

  it('tell who set a path and what it was before, as a replay that compares states tells', () => {
    const folder = declarativeFolder(reducer);
    const paths = [
      'sum',
      'last.n',
      'last',
      'keys',
      'keys.k1',
      'list[0].n',
      'list[2]',
      'rates.base',
      'none',
      '',
    ];
    for (const cut of [CUTS[0]!, CUTS[3]!]) {
      const events = plainEvents(cut);
      for (const upTo of [undefined, 7321]) {
        const limit = Math.min(events.length, (upTo ?? events.length) + 1);
        const steps = new Map(paths.map((path) => [path, [] as { index: number; value: string | null }[]]));
        const parsed = paths.map((path) => [path, parsePath(path)] as const);
        let state = folder.initial;
        for (let index = 0; index < limit; index++) {
          const next = folder.step(state, events[index]!, {}).state;
          for (const [path, at] of parsed) {
            const [before, after] = [getPath(state, at), getPath(next, at)];
            if (before === after) continue;
            const text = after === undefined ? null : formatJson(after);
            if ((before === undefined ? null : formatJson(before)) !== text)
              steps.get(path)!.push({ index, value: text });
          }
          state = next;
        }
        for (const isKept of [true, false]) {
          const context = contextOf();
          for (const path of paths) {
            const args = { ...subjectOf(cut), path, upTo, patient: true };
            const answer = timelineReads['aggregates.history'](
              context,
              isKept ? args : { ...args, derived: undefined },
            );
            if ('far' in answer) throw new Error('far');
            const want = steps.get(path)!;
            expect(answer.total).toBe(want.length);
            expect(answer.omitted).toBe(Math.max(0, want.length - 4000));
            expect(answer.steps.map(({ index, value }) => ({ index, value }))).toEqual(want.slice(-4000));
            const initial = getPath(folder.initial, parsePath(path));
            expect(answer.initial).toBe(initial === undefined ? null : formatJson(initial));
          }
        }
      }
    }
  });

  it('find the faults that a look at the whole stream finds', () => {
    const page = { ref: REF, cut: NOW, from: 0, count: EVENTS };
    const whole = timelineReads['aggregates.events'](contextOf(), page);
    const context = contextOf();
    const strip = timelineReads['aggregates.strip'](context, { ...page, buckets: 50, derived });
    expect(strip.isChecked).toBe(true);
    const kept = whole.rows.filter(({ faults }) => faults.length > 0);
    expect(kept.length).toBeGreaterThan(100);
    expect(strip.faultCounts.reduce((sum, count) => sum + count)).toBe(kept.length);
    const texts = new Map(strip.faults.map(({ index, text }) => [index, text]));
    for (const { index, faults } of kept.slice(0, 1000)) expect(texts.get(index)).toBe(faults.join('; '));
  });

  it('keep what they have when the stream grows, and forget it when the definition changes', async () => {
    await appendRecords(workspace, [...made(new Random('later'), LATER, EVENTS + 10)]);
    const before = plainEvents({ knownOn: START + EVENTS * 1000, trueOn: null }).length;
    const context = contextOf();
    const grown = timelineReads['aggregates.timeline'](context, subjectOf(NOW));
    expect(grown.keyframes.of).toBeGreaterThan(before);
    expect(grown.keyframes.ready).toBeGreaterThan(before - 600);
    const last = stateAt(context, NOW, grown.total - 1);
    const events = plainEvents(NOW);
    expect(last.state).toBe(formatJson(declarativeFolder(reducer).fold(events, {}).state));
    expect(last.replayed).toBeLessThan(LATER + 1000);
    const other: Reducer = {
      ...reducer,
      version: 2,
      on: { ...reducer.on, Other: [{ op: 'set', path: 'other', value: 1 }] },
    };
    const changed = timelineReads['aggregates.timeline'](contextOf(), subjectOf(NOW, other));
    expect(changed.keyframes.ready).toBe(0);
    makeKeyframes(NOW, other);
    expect(timelineReads['aggregates.timeline'](contextOf(), subjectOf(NOW)).keyframes.ready).toBe(0);
    expect(timelineReads['aggregates.timeline'](contextOf(), subjectOf(NOW, other)).keyframes.ready).toBe(
      events.length,
    );
  });
});
