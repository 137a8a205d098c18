/**
 * A part of a projection's history in memory, ready to say what every row was at any moment. Each column keeps where its
 * rows stood after every so many changes, so that a moment costs a copy of that and the changes since.
 */
import type { Cut, ProjectionColumn } from '../../../core/model.ts';
import { formatTime } from '../../../core/time.ts';
import type { Stored } from '../values.ts';
import { type ReadColumn, readColumn, valueAt } from './columnLog.ts';
import { KEYS_PIECE, PLACES_PIECE, type Places, type ReadPiece, readKeys, readPlaces } from './recorder.ts';

/** Changes between two of the kept stands, at least; a stand has one number for each row. */
const LEAST_STEP = 16_384;

/** For each row one more than the index of its last change or event so far; 0: none. */
type Stand = Uint32Array;

/** Changes in the order of their places, and the stands along them. */
interface Trail {
  place: Uint32Array | null;
  stands: Stand[];
  step: number;
}

/** The places within a cut: all below `low`, and of those up to `high` the ones that happened by `trueOn`. */
interface Reach {
  low: number;
  high: number;
  trueOn: number;
}

/** Of the events in the order of recorded time: the latest that happened so far, and the earliest still to come. */
interface Happenings {
  latest: Float64Array;
  earliest: Float64Array;
}

export class LoadedShard {
  readonly keys: readonly string[];
  /** 1: a later shard tells of the row. */
  readonly superseded: Uint8Array;
  readonly #columns: readonly ProjectionColumn[];
  readonly #read: ReadPiece;
  readonly #places: Places;
  readonly #born: Uint32Array;
  readonly #trail: Trail;
  readonly #loaded = new Map<number, { column: ReadColumn; trail: Trail } | null>();
  /** Which event of its row each is, from 1. */
  readonly #nth: Uint32Array;
  /** 1: on the occurred clock the row is folded in another order. */
  readonly #isOwn: Uint8Array;
  #happenings: Happenings | null = null;

  constructor(columns: readonly ProjectionColumn[], read: ReadPiece) {
    this.#columns = columns;
    this.#read = read;
    const { keys, born, ownOrder } = readKeys(read(KEYS_PIECE));
    this.keys = keys;
    this.#born = born;
    this.superseded = new Uint8Array(keys.length);
    this.#places = readPlaces(read(PLACES_PIECE));
    const { row } = this.#places;
    this.#nth = new Uint32Array(row.length);
    this.#isOwn = new Uint8Array(keys.length);
    for (const no of ownOrder) this.#isOwn[no] = 1;
    const count = new Uint32Array(keys.length);
    for (let place = 0; place < row.length; place += 1) {
      const no = row[place]!;
      count[no]! += 1;
      this.#nth[place] = count[no]!;
    }
    this.#trail = trailOf(row, null, row.length, keys.length);
  }

  /** About what it takes, bytes. */
  get bytes(): number {
    let bytes = this.keys.length * 64 + this.#places.row.length * 44;
    for (const loaded of this.#loaded.values())
      if (loaded !== null) bytes += loaded.column.value.length * 16 + loaded.column.texts.length * 64;
    return bytes;
  }

  /** False: too much text to be kept; the question must be folded. */
  has(column: number): boolean {
    return this.#load(column) !== null;
  }

  /**
   * All rows as of a cut. With an occurred-time limit, rows that have an order of their own there, and those in `folds`
   * are not told of.
   */
  asOf(cut: Cut): RowsAsOf {
    const reach = this.#reachOf(cut);
    const isTrueOn = cut.trueOn !== null;
    const last = this.#standAt(this.#trail, reach);
    const broken = isTrueOn ? this.#brokenRows(reach) : null;
    const stands = new Map<number, Stand>();
    const born = this.#born;
    const { id, recordedAt } = this.#places;
    const changes = (column: number): Stand => {
      let stand = stands.get(column);
      if (stand === undefined) {
        stand = this.#standAt(this.#load(column)!.trail, reach);
        stands.set(column, stand);
      }
      return stand;
    };
    return {
      keys: this.keys,
      rows: this.keys.length,
      isThere: (row) =>
        last[row] !== 0 &&
        born[row]! < last[row]! &&
        this.superseded[row] === 0 &&
        !(isTrueOn && this.#isOwn[row] === 1) &&
        broken?.[row] !== 1,
      changes,
      numbers: (column) => this.#load(column)!.column.value,
      value: (column, row) => {
        const index = changes(column)[row]!;
        return index === 0 ? null : valueAt(this.#load(column)!.column, index - 1);
      },
      events: (row) => this.#nth[last[row]! - 1]!,
      lastEvent: (row) => id[last[row]! - 1]!,
      lastAt: (row) => formatTime(recordedAt[last[row]! - 1]!),
      folds:
        broken === null
          ? []
          : this.keys.filter(
              (_, row) => broken[row] === 1 && this.#isOwn[row] === 0 && this.superseded[row] === 0,
            ),
    };
  }

  /** Keys of the rows that have an order of their own on the occurred clock. */
  ownOrder(): string[] {
    return this.keys.filter((_, row) => this.#isOwn[row] === 1 && this.superseded[row] === 0);
  }

  /** Of those the ones with events of before `trueOn` that were not recorded by `knownOn`. */
  learnedLater({ knownOn, trueOn }: { knownOn: number; trueOn: number }): string[] {
    const { at, row, happened } = this.#places;
    const isLater = new Uint8Array(this.keys.length);
    for (let place = countUpTo(at, knownOn); place < at.length; place += 1)
      if (happened[place]! <= trueOn) isLater[row[place]!] = 1;
    return this.keys.filter(
      (_, no) => isLater[no] === 1 && this.#isOwn[no] === 1 && this.superseded[no] === 0,
    );
  }

  /** 1: of the row an event was left out that is folded before one that was taken. */
  #brokenRows({ low, high, trueOn }: Reach): Uint8Array {
    const { row, happened } = this.#places;
    const isPassed = new Uint8Array(this.keys.length);
    const isBroken = new Uint8Array(this.keys.length);
    for (let place = low; place < high; place += 1) {
      const no = row[place]!;
      if (happened[place]! > trueOn) isPassed[no] = 1;
      else if (isPassed[no] === 1) isBroken[no] = 1;
    }
    return isBroken;
  }

  #load(no: number): { column: ReadColumn; trail: Trail } | null {
    let loaded = this.#loaded.get(no);
    if (loaded === undefined) {
      const column = readColumn(this.#columns[no]!.type, this.#read(no), this.#places.happened);
      loaded =
        column === null
          ? null
          : { column, trail: trailOf(this.#places.row, column.place, column.place.length, this.keys.length) };
      this.#loaded.set(no, loaded);
    }
    return loaded;
  }

  #reachOf({ knownOn, trueOn }: Cut): Reach {
    const { at } = this.#places;
    const high = knownOn === null ? at.length : countUpTo(at, knownOn);
    if (trueOn === null) return { low: high, high, trueOn: Number.POSITIVE_INFINITY };
    this.#happenings ??= this.#findHappenings();
    const { latest, earliest } = this.#happenings;
    return {
      low: Math.min(high, countUpTo(latest, trueOn)),
      high: Math.min(high, countUpTo(earliest, trueOn)),
      trueOn,
    };
  }

  #findHappenings(): Happenings {
    const { row, happened } = this.#places;
    const latest = new Float64Array(row.length);
    const earliest = new Float64Array(row.length);
    let most = Number.NEGATIVE_INFINITY;
    for (let place = 0; place < row.length; place += 1) {
      if (this.#isOwn[row[place]!] === 0) most = Math.max(most, happened[place]!);
      latest[place] = most;
    }
    let least = Number.POSITIVE_INFINITY;
    for (let place = row.length - 1; place >= 0; place -= 1) {
      if (this.#isOwn[row[place]!] === 0) least = Math.min(least, happened[place]!);
      earliest[place] = least;
    }
    return { latest, earliest };
  }

  #standAt({ place, stands, step }: Trail, { low, high, trueOn }: Reach): Stand {
    const { row, happened } = this.#places;
    const first = place === null ? low : countBelow(place, low);
    const end = place === null ? high : countBelow(place, high);
    const kept = Math.floor(first / step);
    const stand = stands[kept]!.slice();
    if (place === null) for (let at = kept * step; at < first; at += 1) stand[row[at]!] = at + 1;
    else for (let at = kept * step; at < first; at += 1) stand[row[place[at]!]!] = at + 1;
    for (let at = first; at < end; at += 1) {
      const where = place === null ? at : place[at]!;
      if (happened[where]! <= trueOn) stand[row[where]!] = at + 1;
    }
    return stand;
  }
}

/** Rows by number, from 0; what is asked of a row that is not there means nothing. */
export interface RowsAsOf {
  keys: readonly string[];
  rows: number;
  isThere(row: number): boolean;
  /** For each row which change of the column is the last, from 1; 0: the row has no value there. */
  changes(column: number): Uint32Array;
  /** What the changes of a column set, by their number less 1: see {@link ReadColumn}. */
  numbers(column: number): Float64Array;
  value(column: number, row: number): Stored;
  events(row: number): number;
  lastEvent(row: number): number;
  lastAt(row: number): string;
  /** Keys of rows of which this moment must be folded, because clocks jitter: what is taken is no prefix. */
  folds: readonly string[];
}

function trailOf(row: Uint32Array, place: Uint32Array | null, count: number, rows: number): Trail {
  const step = Math.max(LEAST_STEP, rows);
  const stand = new Uint32Array(rows);
  const stands = [stand.slice()];
  for (let at = 0; at < count; at += 1) {
    stand[row[place === null ? at : place[at]!]!] = at + 1;
    if ((at + 1) % step === 0) stands.push(stand.slice());
  }
  return { place, stands, step };
}

/** How many of the ascending values are at most `limit`. */
function countUpTo(values: Float64Array, limit: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle]! <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

const countBelow = (values: Uint32Array, limit: number): number => {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle]! < limit) low = middle + 1;
    else high = middle;
  }
  return low;
};
