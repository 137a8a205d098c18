// Projections as of any moment and full replay, as ratios measured in one process: a table built by the engine against
// reading the same rows from SQLite and parsing them in one thread; the state of all rows at a moment, from the history
// that the table keeps, against folding the events to that moment in this thread.
//   node test/perf/asOf.ts '[1000000, 50000]'         in the order of both clocks
//   node test/perf/asOf.ts '[1000000, 50000, 10]'     every tenth aggregate with events that are written long after
import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { declarativeFolder } from '../../src/core/folder.ts';
import { parseJson } from '../../src/core/json.ts';
import type { Cut, Json, JsonObject, StreamEvent } from '../../src/core/model.ts';
import { builtInProjection } from '../../src/core/projections/builtin.ts';
import { findBuild, openDerivedForReading } from '../../src/engine/projection/derived.ts';
import { History } from '../../src/engine/projection/history/historyFile.ts';
import type { RowsAsOf } from '../../src/engine/projection/history/loadedShard.ts';
import { recordOf } from '../../src/engine/projection/testing/events.ts';
import { type Kit, openKit } from '../../src/engine/projection/testing/kit.ts';
import { toColumn } from '../../src/engine/projection/values.ts';
import { scriptArguments, scriptResult } from './machine.ts';

export interface AsOfFigures {
  events: number;
  aggregates: number;
  /** Seconds of each round. */
  parse: number[];
  build: number[];
  /** By moment and clock, as a share of the time line: milliseconds to fold to it, and to ask for it. */
  moments: {
    share: number;
    clock: 'recorded' | 'occurred';
    foldMs: number[];
    askMs: number[];
    sqlMs: number[];
    /** For the first page of the list of aggregates with two columns, ordered by one of them, at moments nobody asked for. */
    listMs: number[];
    rows: number;
    isEqual: boolean;
  }[];
  /** Milliseconds to read the history from the file, once. */
  openMs: number;
  /** Bytes of the history, and of the whole file of tables, for each event. */
  historyBytes: number;
  fileBytes: number;
}

const [events = 1_000_000, aggregates = 50_000, lateEvery = 0] =
  process.argv[2] === undefined ? [] : scriptArguments<number[]>();
const ROUNDS = 3;
/** The fold runs for seconds, nearly all of them compiled; three rounds of milliseconds are over before Node compiles them. */
const ASK_ROUNDS = 10;
const AT_ONCE = 20_000;
const STEP_MS = 1000;
const START = Date.parse('2025-01-01T00:00:00Z');
const NAME = 'savings_account';
const TYPES = ['DepositMade', 'WithdrawalMade', 'InterestPosted', 'FeeCharged', 'AmountHeld'];
const time = async (work: () => unknown): Promise<number> => {
  const started = performance.now();
  await work();
  return performance.now() - started;
};

const LATE_ROUND = 5;
function occurredAt(n: number): number {
  const isLate =
    lateEvery > 0 && (n % aggregates) % lateEvery === 1 && Math.floor(n / aggregates) % LATE_ROUND === 4;
  // Before the last three events of its aggregate.
  return START + n * STEP_MS - 700 + (n % 7) * 100 - (isLate ? 3.5 * aggregates * STEP_MS : 0);
}

function made(n: number) {
  const no = n % aggregates;
  const type =
    n < aggregates ? 'SavingsAccountOpened' : TYPES[(n * 7 + Math.floor(n / aggregates)) % TYPES.length]!;
  const cents = (n * 7919) % 100_000;
  const data = `{"amount":"${(cents / 100).toFixed(2)}","currency":"AUD","account_number":"SA${no}","reference":"ref-${n}"}`;
  const at = START + n * STEP_MS;
  return recordOf({
    ...{ aggregate: `acc-${no}`, type, data, at, id: randomUUID(), partition: no % 4 },
    // Written a little after it occurred, never in another order; of some aggregates some events long after it.
    occurred: occurredAt(n),
    aggregateType: 'SavingsAccount',
  });
}

async function fill(kit: Kit, plain: Database.Database): Promise<void> {
  const put = plain.prepare('INSERT INTO event (value) VALUES (?)');
  for (let from = 0; from < events; from += AT_ONCE) {
    const records = Array.from({ length: Math.min(AT_ONCE, events - from) }, (_, n) => made(from + n));
    await kit.append(records);
    plain.transaction(() => {
      for (const { value } of records) put.run(value);
    })();
  }
}

const projection = builtInProjection(NAME)!;
const folder = declarativeFolder(projection.reducer);
const shares = [0.25, 0.5, 0.95];

/**
 * States of all aggregates after the events up to a moment: rows read in the order of the log, parsed and folded; on the
 * occurred clock those of each aggregate in the order in which they occurred.
 */
function foldTo(plain: Database.Database, moment: number, clock: 'recorded' | 'occurred'): Map<string, Json> {
  const states = new Map<string, Json>();
  const late = new Map<string, StreamEvent[]>();
  let n = 0;
  const rows = plain.prepare('SELECT value FROM event ORDER BY id').pluck().iterate() as Iterable<Buffer>;
  for (const bytes of rows) {
    const recordedAt = START + n * STEP_MS;
    n += 1;
    if (recordedAt > moment && clock === 'recorded') break;
    const value = parseJson(bytes.toString()) as JsonObject;
    const occurredAt = Date.parse(value.event_timestamp as string);
    if ((clock === 'recorded' ? recordedAt : occurredAt) > moment) continue;
    const key = value.aggregate_id as string;
    const event: StreamEvent = {
      ...{
        topic: 'shop.orders',
        partition: 0,
        offset: n,
        id: n,
        recordedAt,
        monotonicAt: recordedAt,
        occurredAt,
      },
      ...{ version: null, kind: 'event', verdict: 'committed', eventId: null, value },
      type: value.event_type as string,
      data: value.event_data!,
    };
    if (clock === 'occurred') {
      const events = late.get(key);
      if (events === undefined) late.set(key, [event]);
      else events.push(event);
      continue;
    }
    const state = states.get(key) ?? folder.initial;
    states.set(key, folder.step(state, event, { aggregateType: 'SavingsAccount', aggregateId: key }).state);
  }
  for (const [key, events] of late) {
    events.sort((a, b) => a.occurredAt! - b.occurredAt!);
    let state = folder.initial;
    for (const event of events)
      state = folder.step(state, event, { aggregateType: 'SavingsAccount', aggregateId: key }).state;
    states.set(key, state);
  }
  return states;
}

const kit = await openKit('as-of-bench');
const plain = new Database(join(kit.dataDir, 'plain.db'));
plain.exec('CREATE TABLE event (id INTEGER PRIMARY KEY, value BLOB)');
await fill(kit, plain);
const figures: AsOfFigures = {
  ...{ events, aggregates, parse: [], build: [], moments: [], openMs: 0, historyBytes: 0, fileBytes: 0 },
};
for (let round = 0; round < ROUNDS; round += 1) {
  figures.parse.push(
    (await time(() => {
      for (const value of plain.prepare('SELECT value FROM event').pluck().iterate() as Iterable<Buffer>)
        JSON.parse(value.toString());
    })) / 1000,
  );
  figures.build.push((await time(() => kit.replay(NAME, true))) / 1000);
}

const folderOf = join(kit.dataDir, 'derived');
const file = await kit.workspace.read('projections.file', { folder: folderOf });
const reader = openDerivedForReading(file)!;
const own = { db: reader, schema: 'main' } as const;
const build = findBuild(own, NAME, 'ready')!;
const columns = projection.columns.map((_, column) => column);
let history: History | null = null;
figures.openMs = await time(() => {
  history = new History(own, build, projection);
  history.has(columns);
});

function momentOf(cut: Cut): RowsAsOf[] {
  const { shards, folds } = history!.asOf(cut);
  if (folds.size > 0) throw new Error(`${folds.size} rows would have to be folded`);
  return shards;
}

/** Every column of every row that is there, as numbers where the column has numbers. */
function ask(cut: { knownOn: number | null; trueOn: number | null }) {
  let rows = 0;
  let values = 0;
  for (const shard of momentOf(cut)) {
    const stands = columns.map((column) => shard.changes(column));
    const numbers = columns.map((column) => shard.numbers(column));
    for (let row = 0; row < shard.rows; row += 1) {
      if (!shard.isThere(row)) continue;
      rows += 1;
      for (let column = 0; column < stands.length; column += 1) {
        const change = stands[column]![row]!;
        if (change !== 0) values += numbers[column]![change - 1]!;
      }
    }
  }
  return { rows, values };
}

const list = (cut: Cut) =>
  kit.aggregates.list(
    {
      ...{ type: null, search: '', sort: 'id', cut, from: 0, count: 100 },
      columns: {
        ...{ projection: NAME, show: ['status', 'balance'], where: '' },
        sort: { column: 'balance', descending: true },
      },
    },
    kit.context,
  );

function isEqual(states: Map<string, Json>, cut: { knownOn: number | null; trueOn: number | null }): boolean {
  let rows = 0;
  for (const shard of momentOf(cut))
    for (let row = 0; row < shard.rows; row += 1) {
      if (!shard.isThere(row)) continue;
      rows += 1;
      const state = states.get(shard.keys[row]!) as JsonObject | undefined;
      if (state === undefined) return false;
      for (const [column, { name, type }] of projection.columns.entries())
        if (toColumn(type, state[name]).value !== shard.value(column, row)) return false;
    }
  return rows === states.size;
}

// The log, the names and the history are read once.
await list({ knownOn: null, trueOn: null });
for (const clock of ['recorded', 'occurred'] as const)
  for (const share of shares) {
    const moment = START + Math.floor(events * share) * STEP_MS;
    const cut = clock === 'recorded' ? { knownOn: moment, trueOn: null } : { knownOn: null, trueOn: moment };
    const [foldMs, askMs, sqlMs, listMs]: number[][] = [[], [], [], []];
    let states = new Map<string, Json>();
    let rows = 0;
    // Folding to a late moment takes seconds, so once is enough to tell it from milliseconds.
    foldMs!.push(
      await time(() => {
        states = foldTo(plain, moment, clock);
      }),
    );
    for (let round = 0; round < ASK_ROUNDS; round += 1)
      askMs!.push(
        await time(() => {
          ({ rows } = ask(cut));
        }),
      );
    for (let round = 0; round < ROUNDS; round += 1) {
      const sql = `SELECT status, count(*), sum(balance) FROM ${NAME} GROUP BY status`;
      sqlMs!.push(await time(() => kit.sql.query({ sql, cut, limit: 100 }, kit.context)));
      const other =
        clock === 'recorded'
          ? { ...cut, knownOn: moment - round - 1 }
          : { ...cut, trueOn: moment - round - 1 };
      listMs!.push(await time(() => list(other)));
    }
    figures.moments.push({
      ...{ share, clock, foldMs: foldMs!, askMs: askMs!, sqlMs: sqlMs!, listMs: listMs!, rows },
      isEqual: isEqual(states, cut),
    });
  }
figures.historyBytes = build.history_bytes / events;
figures.fileBytes =
  (statSync(file).size + (statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0)) / events;
reader.close();
plain.close();
await kit.close();

const best = (list: readonly number[]): number => Math.min(...list);
process.stderr.write(
  `replay against reading and parsing: ${(best(figures.parse) / best(figures.build)).toFixed(2)} ` +
    `(${Math.round(events / best(figures.build))} events/s); history ${figures.historyBytes.toFixed(1)} bytes an event\n`,
);
for (const { share, clock, foldMs, askMs, sqlMs, listMs, rows, isEqual: equal } of figures.moments)
  process.stderr.write(
    `${clock} at ${share}: ${rows} rows ${equal ? 'equal' : 'NOT EQUAL'}, fold ${best(foldMs).toFixed(0)} ms, ` +
      `asked ${best(askMs).toFixed(2)} ms (${(best(foldMs) / best(askMs)).toFixed(0)} ×), SQL ${best(sqlMs).toFixed(0)} ms, list ${best(listMs).toFixed(0)} ms\n`,
  );
scriptResult(figures);
