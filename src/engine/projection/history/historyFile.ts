/**
 * The history of a projection in the file of its tables: shards, of which a later one tells all of a row that an earlier
 * one tells of, too. Many small ones become one, and what is told twice goes.
 */
import type { Cut, Projection } from '../../../core/model.ts';
import type { BuildRow, Derived } from '../derived.ts';
import { LoadedShard, type RowsAsOf } from './loadedShard.ts';
import { mergeShards } from './mergeShards.ts';
import { KEYS_PIECE, occurredSet, type Shard } from './recorder.ts';

/** Adds a shard to what is told. Inside a transaction. */
export function addShard({ db, schema }: Derived, build: number, { events, pieces }: Shard): void {
  if (events === 0) return;
  const next = db
    .prepare(`SELECT coalesce(max(shard), 0) + 1 FROM ${schema}._history WHERE build = ?`)
    .pluck()
    .get(build) as number;
  const put = db.prepare(`INSERT INTO ${schema}._history VALUES (?, ?, ?, ?, ?)`);
  let bytes = 0;
  for (const [piece, each] of pieces) {
    put.run(build, next, piece, events, each);
    bytes += each.length;
  }
  db.prepare(
    `UPDATE ${schema}._build SET history_changes = history_changes + ?, history_bytes = history_bytes + ? WHERE id = ?`,
  ).run(events, bytes, build);
}

/** So many small shards become one. */
const MOST_SMALL = 16;
/** A shard is small with no more events, and no more than this share of all. */
const SMALL_EVENTS = 200_000;
const SMALL_SHARE = 0.25;
/** What is told more often than once may be twice what is true, and this many events. */
const SPARE_EVENTS = 100_000;

/**
 * Keeps the shards few and what they take in proportion to the events. Inside a transaction.
 * @param events that the rows rest on now
 */
export function tidyShards(derived: Derived, build: number, { columns }: Projection, events: number): void {
  const { db, schema } = derived;
  const shards = db
    .prepare(`SELECT shard, events FROM ${schema}._history WHERE build = ? AND piece = ? ORDER BY shard DESC`)
    .all(build, KEYS_PIECE) as { shard: number; events: number }[];
  const total = shards.reduce((sum, shard) => sum + shard.events, 0);
  const most = Math.min(SMALL_EVENTS, total * SMALL_SHARE);
  const large = shards.findIndex((shard) => shard.events > most);
  const small = large === -1 ? shards : shards.slice(0, large);
  const isLavish = total > 3 * events + SPARE_EVENTS;
  if (!isLavish && small.length < MOST_SMALL) return;
  // Those that become one are the latest, so that it is as late as they were.
  const chosen = (isLavish ? shards : small).map(({ shard }) => shard);
  const read = readerOf(derived, build);
  const merged = mergeShards(
    columns,
    chosen.map((shard) => (piece: number) => read(shard, piece)),
  );
  const gone = db.prepare(
    `SELECT coalesce(sum(length(bytes)), 0) FROM ${schema}._history WHERE build = ? AND shard = ?`,
  );
  const drop = db.prepare(`DELETE FROM ${schema}._history WHERE build = ? AND shard = ?`);
  const less = db.prepare(
    `UPDATE ${schema}._build SET history_changes = history_changes - ?, history_bytes = history_bytes - ? WHERE id = ?`,
  );
  for (const shard of chosen) {
    const told = shards.find((each) => each.shard === shard)!.events;
    less.run(told, gone.pluck().get(build, shard), build);
    drop.run(build, shard);
  }
  addShard(derived, build, merged);
}

type ReadPiece = (shard: number, piece: number) => Uint8Array;

const readerOf = ({ db, schema }: Derived, build: number): ReadPiece => {
  const read = db
    .prepare(`SELECT bytes FROM ${schema}._history WHERE build = ? AND shard = ? AND piece = ?`)
    .pluck();
  return (shard, piece) => read.get(build, shard, piece) as Uint8Array;
};

/** A row of the projection, by its shard and its number there. */
export interface Spot {
  key: string;
  shard: number;
  row: number;
}

/** All rows at a moment, by the shard and row of a {@link Spot}. */
interface Moment {
  shards: RowsAsOf[];
  /** Keys of rows that must be folded to it; what the shards say of them counts for nothing. */
  folds: ReadonlySet<string>;
}

/** Of one build in the state that its stamp names. Columns are read when they are first asked for. */
export class History {
  /** Those that tell what was known on a moment, and those that tell what was true, of the rows that differ. */
  readonly #shards: LoadedShard[];
  readonly #occurred: LoadedShard[];
  /** Keys in the latter. */
  readonly #kept = new Set<string>();
  #read: ReadPiece;
  readonly #inOrder = new Map<'recorded' | 'occurred', Spot[]>();

  constructor(derived: Derived, build: BuildRow, { columns }: Projection) {
    const { db, schema } = derived;
    this.#read = readerOf(derived, build.id);
    const numbers = db
      .prepare(`SELECT DISTINCT shard FROM ${schema}._history WHERE build = ? ORDER BY shard DESC`)
      .pluck()
      .all(build.id) as number[];
    this.#shards = [];
    this.#occurred = [];
    const told = new Set<string>();
    for (const no of numbers) {
      const shard = new LoadedShard(columns, (piece) => this.#read(no, piece));
      const set = occurredSet((piece) => this.#read(no, piece));
      const occurred = set === null ? null : new LoadedShard(columns, set);
      for (const each of occurred === null ? [shard] : [shard, occurred])
        if (told.size > 0)
          for (const [row, key] of each.keys.entries()) if (told.has(key)) each.superseded[row] = 1;
      this.#shards.push(shard);
      if (occurred !== null) {
        this.#occurred.push(occurred);
        for (const [row, key] of occurred.keys.entries())
          if (occurred.superseded[row] === 0) this.#kept.add(key);
      }
      if (numbers.length > 1) for (const key of shard.keys) told.add(key);
    }
  }

  /** From here on it is read through another connection. */
  readFrom(derived: Derived, build: number): void {
    this.#read = readerOf(derived, build);
  }

  /** About what it takes, bytes. */
  get bytes(): number {
    return this.#all().reduce((sum, shard) => sum + shard.bytes, 0);
  }

  /** False: the values of some of the columns were too large to be kept. */
  has(columns: readonly number[]): boolean {
    return columns.every((column) => this.#all().every((shard) => shard.has(column)));
  }

  #all(): LoadedShard[] {
    return [...this.#shards, ...this.#occurred];
  }

  /** All rows as of a cut. */
  asOf(cut: Cut): Moment {
    const { knownOn, trueOn } = cut;
    const shards = this.#shards.map((shard) => shard.asOf(cut));
    if (trueOn === null) return { shards, folds: new Set() };
    const folds = new Set(shards.flatMap((shard) => shard.folds));
    for (const shard of this.#shards) {
      for (const key of shard.ownOrder()) if (!this.#kept.has(key)) folds.add(key);
      if (knownOn !== null) for (const key of shard.learnedLater({ knownOn, trueOn })) folds.add(key);
    }
    const occurred = this.#occurred.map((shard) => shard.asOf({ knownOn: trueOn, trueOn: null }));
    return { shards: [...shards, ...occurred], folds };
  }

  /** Where the rows are that any moment has, by key; see {@link asOf}. */
  inOrder({ trueOn }: Cut): readonly Spot[] {
    const clock = trueOn === null ? 'recorded' : 'occurred';
    let spots = this.#inOrder.get(clock);
    if (spots === undefined) {
      // A row that has an order of its own on the occurred clock is in two shards, and only one of them tells of it.
      spots = (trueOn === null ? this.#shards : this.#all())
        .flatMap(({ keys, superseded }, shard) =>
          keys.map((key, row): Spot => ({ key, shard, row })).filter(({ row }) => superseded[row] === 0),
        )
        .sort((a, b) => (a.key < b.key ? -1 : 1));
      this.#inOrder.set(clock, spots);
    }
    return spots;
  }
}
