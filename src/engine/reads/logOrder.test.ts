import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Statement } from 'better-sqlite3';
import fc from 'fast-check';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { Random } from '../../../test/fixtures/demo/random.ts';
import { Dictionary } from '../store/dictionary.ts';
import { OFFSET_SPAN } from '../store/ids.ts';
import type { ReadContext } from '../workers/context.ts';
import { GiveWay } from '../workers/giveWay.ts';
import { LruCache } from '../workers/revisionCache.ts';
import { LogOrder, ORDER_KEY, PAGE } from './logOrder.ts';
import { partitionAt } from './logRows.ts';
import { type Question, type Selection, selectionOf } from './selection.ts';
import { type Batch, LogWriter } from './testing/logWriter.ts';
import { plainRows, type WholeRow, wholeLog } from './testing/wholeLog.ts';

const dir = mkdtempSync(join(tmpdir(), 'hindcast-order-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
afterEach(() => void vi.restoreAllMocks());

type Step = { what: 'append' | 'fill' | 'settle' | 'rename' | 'remove' | 'topic'; at: number; batch: Batch };

const batch: fc.Arbitrary<Batch> = fc.record({
  rows: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 500, max: 5000 })),
  gap: fc.constantFrom(0, 0, 0, 1, 40),
  // Also all of one moment, and times that run backwards.
  step: fc.constantFrom<[number, number][]>([0, 0], [0, 2], [0, 2], [-3, 4], [-40, 45]),
  markers: fc.constantFrom(0, 0, 7, 1),
  openFrom: fc.oneof(fc.constant(Infinity), fc.integer({ min: 0, max: 3000 })),
});
const step: fc.Arbitrary<Step> = fc.record({
  what: fc.constantFrom<Step['what'][]>(
    ...['append', 'append', 'append', 'append', 'fill', 'settle', 'rename', 'remove', 'topic'].map(
      (what) => what as Step['what'],
    ),
  ),
  at: fc.nat(100),
  batch,
});

let files = 0;

/** The thread's view of a file, one revision after the other. */
class Reader {
  readonly #context: ReadContext;

  constructor(db: LogWriter['db'], order: LogOrder, mayGiveWay: boolean) {
    this.#context = {
      ...{ db, file: db.name, kind: 'workspace', revision: 0, cache: new LruCache(1e6) },
      ...{ lasting: new Map([[ORDER_KEY, order]]), dictionary: new Dictionary(db), throwIfAborted() {} },
      mayGiveWay,
    };
  }

  next(): ReadContext {
    const { revision, db } = this.#context;
    Object.assign(this.#context, { revision: revision + 1, dictionary: new Dictionary(db) });
    return this.#context;
  }
}

const openLog = (seed: string, scratch: string | null, keptPages: number, inTurns = false) => {
  files += 1;
  const random = new Random(seed);
  const writer = new LogWriter(join(dir, `${files}.hindcast`), random);
  const order = new LogOrder(scratch, keptPages, inTurns ? 1 : undefined);
  return { random, writer, order, reader: new Reader(writer.db, order, inTurns) };
};

/** Asks again as often as it gives way; `turns`: how often that was. */
function askedAgain<T>(ask: () => T): { answer: T; turns: number } {
  for (let turns = 0; ; turns++) {
    try {
      return { answer: ask(), turns };
    } catch (thrown) {
      if (!(thrown instanceof GiveWay)) throw thrown;
    }
  }
}

/** Time flies: each look at the clock finds that others have waited long enough. */
function hurry(): void {
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => (now += 1000));
}

/** All that fit, found at one go or piece by piece: each answer is the beginning of the next one. */
function wholeSelection(context: ReadContext, question: Question, isPartial: boolean): Selection {
  if (!isPartial) return askedAgain(() => selectionOf(context, question, false).selection).answer;
  let ids: number[] = [];
  for (;;) {
    const { selection, walk } = selectionOf(context, question, true);
    expect(selection.ids(0, ids.length)).toEqual(ids);
    ids = selection.ids(0, selection.count);
    if (walk === null) return selection;
    expect(walk.looked).toBeLessThan(walk.of);
  }
}

/** Questions by tests, by a list, by time, and by all of it. */
function questions(
  random: Random,
  all: readonly WholeRow[],
): (Question & { fits(row: WholeRow): boolean })[] {
  const time = () => (all.length === 0 ? 0 : all[random.int(0, all.length - 1)]!.mono);
  const type = random.int(0, 5);
  const rare = random.int(1, 40);
  const listed = new Set(all.filter(() => random.int(0, 999) === 0).map(({ id }) => id));
  const many = new Set(all.filter(() => random.int(0, 9) === 0).map(({ id }) => id));
  const [from, to] = [time(), time()].sort((a, b) => a - b);
  const ask = (key: string, asked: Partial<Question>, fits: (row: WholeRow) => boolean) => ({
    ...{
      key,
      from: undefined,
      to: undefined,
      tests: () => [],
      condition: () => null,
      among: () => null,
      ...asked,
      fits,
    },
  });
  return [
    ask('all', {}, () => true),
    ask(`time ${from} ${to}`, { from, to }, ({ mono }) => mono >= from! && mono <= to!),
    ask(
      `in SQL ${type} ${from} ${to}`,
      {
        from,
        to,
        tests: () => [(rows, at) => rows.type[at] === type],
        condition: () => `type_id IS nullif(${type}, 0)`,
      },
      (row) => row.mono >= from! && row.mono <= to! && row.type === type,
    ),
    ask('often', { tests: () => [(rows, at) => rows.type[at] !== 2] }, (row) => row.type !== 2),
    ask(
      `${type} ${rare} ${from}`,
      {
        from,
        tests: () => [(rows, at) => rows.type[at] === type, (rows, at) => rows.aggregate[at] === rare],
      },
      (row) => row.mono >= from! && row.type === type && row.aggregate === rare,
    ),
    ask(
      `listed ${[...listed]} ${to}`,
      { among: () => listed, to },
      ({ id, mono }) => listed.has(id) && mono <= to!,
    ),
    ask(
      `many ${random.int(0, 1e9)}`,
      { from, to, among: () => many, condition: () => 'TRUE' },
      ({ id, mono }) => many.has(id) && mono >= from! && mono <= to!,
    ),
    ask(
      'partition 0',
      { tests: () => [(rows, at) => partitionAt(rows, at) === 0] },
      (row) => row.id < OFFSET_SPAN,
    ),
  ];
}

function checkOrder(order: LogOrder, all: readonly WholeRow[], random: Random): void {
  expect(order.count).toBe(all.length);
  const pieces: WholeRow[] = [];
  for (const { from, rows } of order.pages(0, order.count)) {
    expect(from).toBe(pieces.length);
    pieces.push(...plainRows(rows));
  }
  expect(pieces).toEqual(all);
  expect(order.span()).toEqual(all.length === 0 ? null : { from: all[0]!.mono, to: all.at(-1)!.mono });
  for (let i = 0; i < 12; i++) {
    const [from, to] = [random.int(0, all.length), random.int(0, all.length)].sort((a, b) => a - b) as [
      number,
      number,
    ];
    expect(plainRows(order.rows(from, to))).toEqual(all.slice(from, to));
    const time = all.length === 0 ? 5 : all[random.int(0, all.length - 1)]!.mono + random.int(-1, 1);
    const first = all.findIndex(({ mono }) => mono >= time);
    expect(order.placeOfTime(time)).toBe(first === -1 ? all.length : first);
  }
  const places = all.length === 0 ? [] : Array.from({ length: 9 }, () => random.int(0, all.length - 1));
  expect(plainRows(order.rowsAt(places))).toEqual(places.map((place) => all[place]!));
}

function checkSelections(context: ReadContext, all: readonly WholeRow[], random: Random): void {
  for (const { fits, ...question } of questions(random, all)) {
    const selection = wholeSelection(context, question, random.int(0, 1) === 0);
    const fitting = all.filter(fits);
    expect(selection.count).toBe(fitting.length);
    const end = fitting.length;
    expect(selection.ids(0, end)).toEqual(fitting.map(({ id }) => id));
    const [from, to] = [random.int(0, end), random.int(0, end)].sort((a, b) => a - b) as [number, number];
    expect(plainRows(selection.rows(from, to))).toEqual(fitting.slice(from, to));
    const pieces = askedAgain(() => [...selection.pieces()].map((rows) => rows.count)).answer;
    expect(pieces.reduce((sum, n) => sum + n, 0)).toBe(end);
    const time = all.length === 0 ? 5 : all[random.int(0, all.length - 1)]!.mono;
    expect(selection.countBefore(time)).toBe(fitting.filter(({ mono }) => mono < time).length);
  }
}

function take({ what, at, batch: rows }: Step, writer: LogWriter, topics: number): void {
  const { numbers } = writer;
  const no = numbers[at % Math.max(numbers.length, 1)];
  if (what === 'topic' || no === undefined) {
    // Names are not in the order of the numbers.
    for (const each of writer.addTopic(`${'zma'[topics % 3]}${topics}`, 1 + (at % 3), 20_000, 1_000_000))
      writer.append(each, rows);
  } else if (what === 'append') writer.append(no, rows);
  else if (what === 'fill') writer.fill(no, at * 100, rows);
  else if (what === 'settle') writer.settle(no);
  else if (what === 'rename') writer.rename(no, `${'ybn'[at % 3]}${topics}~1`);
  else writer.remove(no);
}

describe('the order of the log', () => {
  test.each([
    ['pages in memory', 64],
    ['pages in a file', 2],
    ['pages made again', 2],
    ['pages in a file, in turns', 1],
    ['pages made again, in turns', 1],
  ] as const)(
    'is that of a plain sort after whatever has come: %s',
    (name, keptPages) => {
      const inTurns = name.endsWith('in turns');
      fc.assert(
        fc.property(fc.string(), fc.array(step, { minLength: 2, maxLength: 9 }), (seed, steps) => {
          const scratch = name.startsWith('pages in a file') ? join(dir, 'scratch') : null;
          const { random, writer, order, reader } = openLog(seed, scratch, keptPages, inTurns);
          if (inTurns) hurry();
          const before: { generation: number; all: WholeRow[] }[] = [];
          try {
            for (const [at, each] of steps.entries()) {
              take(each, writer, at);
              const context = reader.next();
              order.bringTo(context);
              const all = wholeLog(writer.db);
              checkOrder(order, all, random);
              checkSelections(context, all, random);
              for (const earlier of before) {
                const moment = order.unchangedBefore(earlier.generation);
                const isBefore = ({ mono }: WholeRow) => mono < moment;
                expect(all.filter(isBefore)).toEqual(earlier.all.filter(isBefore));
              }
              before.push({ generation: order.generation, all });
            }
          } finally {
            vi.restoreAllMocks();
            order[Symbol.dispose]();
            writer.db.close();
          }
        }),
        { numRuns: inTurns ? 6 : 12, endOnFailure: true, interruptAfterTimeLimit: 45_000 },
      );
    },
    120_000,
  );

  test('takes a page at the end and in the middle of a long log without the rows between', () => {
    const { writer, order, reader } = openLog('long', null, 4);
    const usual: Batch = { rows: 40_000, gap: 0, step: [0, 3], markers: 0, openFrom: Infinity };
    for (const no of writer.addTopic('long', 3, 0, 1000)) writer.append(no, usual);
    order.bringTo(reader.next());
    const all = wholeLog(writer.db);
    let read = 0;
    const prepare = writer.db.prepare.bind(writer.db) as (sql: string) => Statement;
    // Every statement that lists rows goes through here the first time it is asked.
    writer.db.prepare = ((sql: string) => {
      const statement = prepare(sql);
      const list = statement.all.bind(statement);
      statement.all = (...args: unknown[]) => {
        const found = list(...args);
        read += found.length;
        return found;
      };
      return statement;
    }) as typeof writer.db.prepare;
    for (const from of [all.length - 100, 61_440, 12_345])
      expect(plainRows(order.rows(from, from + 100))).toEqual(all.slice(from, from + 100));
    expect(read).toBeLessThanOrEqual(4 * PAGE);
    writer.db.close();
  });

  test('earlier rows that come later move the hits of a question about what is after them', () => {
    const { random, writer, order, reader } = openLog('moved', null, 64);
    const usual: Batch = { rows: 12_000, gap: 0, step: [1, 1], markers: 0, openFrom: Infinity };
    for (const no of writer.addTopic('moved', 1, 20_000, 1_000_000)) writer.append(no, usual);
    const first = reader.next();
    order.bringTo(first);
    const before = wholeLog(writer.db);
    const from = before[5000]!.mono;
    const question: Question = {
      ...{ key: 'after', from, to: undefined, condition: () => null, among: () => null },
      tests: () => [(rows, at) => rows.type[at] !== 2],
    };
    const fits = (row: WholeRow) => row.mono >= from && row.type !== 2;
    expect(selectionOf(first, question, false).selection.count).toBe(before.filter(fits).length);
    // Another topic with more than two pages of rows, all of them older.
    for (const no of writer.addTopic('older', 1, 0, 1000)) writer.append(no, { ...usual, rows: 6000 });
    const second = reader.next();
    order.bringTo(second);
    const fitting = wholeLog(writer.db).filter(fits);
    const { selection } = selectionOf(second, question, false);
    expect(selection.count).toBe(fitting.length);
    expect(selection.ids(0, fitting.length)).toEqual(fitting.map(({ id }) => id));
    checkSelections(second, wholeLog(writer.db), random);
    writer.db.close();
  });

  test('a walk through a log that does not fit the memory gives way, and goes on where it was', () => {
    const { writer, order, reader } = openLog('turns', join(dir, 'turns'), 1, true);
    for (const no of writer.addTopic('turns', 2, 0, 1000))
      writer.append(no, { rows: 12_000, gap: 0, step: [0, 3], markers: 0, openFrom: Infinity });
    const context = reader.next();
    order.bringTo(context);
    const question: Question = {
      ...{ key: 'odd', from: undefined, to: undefined, condition: () => null, among: () => null },
      tests: () => [(rows, at) => rows.type[at]! % 2 === 1],
    };
    const pages = Math.floor(order.count / PAGE);
    expect(order.walked()).toEqual({ ready: 0, of: order.count });
    hurry();
    const { answer, turns } = askedAgain(() => selectionOf(context, question, false).selection);
    // At least a page a turn, and each is made once.
    expect(turns).toBeGreaterThan(1);
    expect(turns).toBeLessThanOrEqual(pages);
    expect(answer.count).toBe(wholeLog(writer.db).filter(({ type }) => type % 2 === 1).length);
    expect(askedAgain(() => order.prepare(0, order.count)).turns).toBe(0);
    expect(order.walked()).toEqual({ ready: order.count, of: order.count });
    order[Symbol.dispose]();
    writer.db.close();
  });

  test('does without the file where it cannot be written', () => {
    const scratch = join(dir, 'no folder');
    writeFileSync(scratch, '');
    const { writer, order, reader } = openLog('none', scratch, 1);
    for (const no of writer.addTopic('none', 2, 0, 1000))
      writer.append(no, { rows: 5000, gap: 0, step: [0, 3], markers: 0, openFrom: Infinity });
    order.bringTo(reader.next());
    const all = wholeLog(writer.db);
    for (let pass = 0; pass < 2; pass++) checkOrder(order, all, new Random('places'));
    order[Symbol.dispose]();
    writer.db.close();
  });

  test('leaves no file behind', () => {
    const scratch = join(dir, 'nameless');
    const { writer, order, reader } = openLog('file', scratch, 1);
    for (const no of writer.addTopic('file', 2, 0, 1000))
      writer.append(no, { rows: 5000, gap: 0, step: [0, 3], markers: 0, openFrom: Infinity });
    order.bringTo(reader.next());
    const all = wholeLog(writer.db);
    for (let pass = 0; pass < 2; pass++) checkOrder(order, all, new Random('places'));
    expect(readdirSync(scratch)).toEqual([]);
    order[Symbol.dispose]();
    writer.db.close();
  });
});
