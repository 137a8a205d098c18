// First pages of searches in a captured workspace, by random values that are in it, through a reader thread as in the window.
import type { EventFilter, RecordDetail } from '../../src/contract/events.ts';
import { openWorkspace } from '../../src/engine/store/workspace.ts';
import { Random } from '../fixtures/demo/random.ts';
import { memoryOfProcess, scriptArguments, scriptResult } from './machine.ts';

export interface SearchTimes {
  by: string;
  p50: number;
  p99: number;
}

export interface Searches {
  /** Milliseconds of the first page of the whole log after opening: what is prepared for all others. */
  openMs: number;
  times: SearchTimes[];
  walk: FirstWalk;
  /** Resident bytes at the end: of the process itself, and of the file as it is mapped. Null: the system does not say. */
  memory: { own: number; mapped: number } | null;
}

/** The first question that needs all rows of the log: all events of one type. Milliseconds. */
export interface FirstWalk {
  firstHits: number;
  allHits: number;
  /** Other pages that are turned meanwhile. */
  slowestPage: number;
}

/** Rows that the window asks for at once. */
const PAGE = 60;
/** Searches of each kind before those that are measured: the code of a window that is in use is compiled. */
const BEFORE = 50;
/** Records that are read in between: more blocks than the reader keeps open, so that no search finds its own open. */
const ELSEWHERE = 400;
const HOUR = 3_600_000;

const [file, searches] = scriptArguments<[string, number]>();
const workspace = await openWorkspace(file, { mode: 'read-only', log: () => {} });
const random = new Random('searches');
const page = (filter: EventFilter, from = 0, count = PAGE) =>
  workspace.read('events.query', { filter, from, count, textIndex: null });

const started = performance.now();
const { total } = await page({});
const openMs = performance.now() - started;

interface Sample {
  eventId: string;
  correlationId: string;
  key: string;
  type: string;
  aggregate: { type: string; id: string };
  time: number;
}

async function sample(): Promise<Sample> {
  const { rows } = await page({}, random.int(0, total - 1), 1);
  const { id, key, type, aggregate, recordedAt } = rows[0]!;
  const { fields } = (await workspace.read('events.get', { id })) as RecordDetail;
  const field = (name: string): string => {
    const found = fields.find((each) => each.name === name);
    if (found === undefined)
      throw new Error(`no ${name} among ${fields.map((each) => each.name).join(', ')}`);
    return found.value;
  };
  return {
    eventId: field('eventId'),
    correlationId: field('correlationId'),
    ...{ key: key!, type, aggregate: aggregate!, time: recordedAt },
  };
}

const samples: Sample[] = [];
for (let i = 0; i < BEFORE + searches; i++) samples.push(await sample());

const filters: Record<string, (of: Sample) => EventFilter> = {
  'event id': ({ eventId }) => ({ eventId }),
  key: ({ key }) => ({ key }),
  aggregate: ({ aggregate }) => ({ aggregate }),
  'correlation id': ({ correlationId }) => ({ correlationId }),
  'type + time': ({ type, time }) => ({ types: [type], from: time, to: time + HOUR }),
};
const times: SearchTimes[] = [];
for (const [by, filterOf] of Object.entries(filters)) {
  for (const each of samples.slice(0, BEFORE)) await page(filterOf(each));
  for (let i = 0; i < ELSEWHERE; i++) await page({}, random.int(0, total - 1), 1);
  const taken: number[] = [];
  for (const each of samples.slice(BEFORE)) {
    const from = performance.now();
    const { rows } = await page(filterOf(each));
    taken.push(performance.now() - from);
    if (rows.length === 0) throw new Error(`nothing was found by ${by}`);
  }
  taken.sort((a, b) => a - b);
  times.push({ by, p50: taken[taken.length >> 1]!, p99: taken[Math.floor(taken.length * 0.99)]! });
}

/** As the window does it: it carries the search on while it shows the hits, and pages of the whole log are turned. */
async function firstWalk(type: string): Promise<FirstWalk> {
  const filter: EventFilter = { types: [type] };
  const from = performance.now();
  const { rows, scan } = await page(filter);
  if (rows.length === 0) throw new Error(`nothing was found of ${type} at first`);
  const firstHits = performance.now() - from;
  let slowestPage = 0;
  for (let state = scan; state?.done === false; ) {
    const search = workspace.read('events.scan', { filter, textIndex: null });
    const turned = performance.now();
    await page({}, random.int(0, total - PAGE));
    slowestPage = Math.max(slowestPage, performance.now() - turned);
    state = await search;
  }
  return { firstHits, allHits: performance.now() - from, slowestPage };
}

const memory = memoryOfProcess();
const walk = await firstWalk(samples[0]!.type);
await workspace.close();
scriptResult({ openMs, times, walk, memory } satisfies Searches);
