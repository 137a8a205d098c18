/** Collects the history of rows while their events are folded: every event with its moment, every change of a column. */
import { isNumeric, numberText } from '../../../core/json.ts';
import type { Json, ProjectionColumn } from '../../../core/model.ts';
import { OFFSET_SPAN } from '../../store/ids.ts';
import type { Stored } from '../values.ts';
import { ColumnLog } from './columnLog.ts';
import { PieceReader, PieceWriter } from './pieces.ts';

interface KeysHead {
  keys: string[];
  /** Rows that the occurred clock folds in another order; see {@link HistoryRecorder.ownOrder}. */
  ownOrder: number[];
}

/** No event is about the row. */
export const NEVER = 2 ** 32 - 1;

/** The parts of a shard beside its columns (0, 1, …). */
export const PLACES_PIECE = -1;
export const KEYS_PIECE = -2;
/** How a part of the set for the occurred clock is numbered: such a shard has the same parts, its rows are fewer. */
const occurredPiece = (piece: number): number => -1000 - piece;

export type ReadPiece = (piece: number) => Uint8Array;

/** The set for the occurred clock of the shard that is read; null: every row is folded in the same order on both. */
export function occurredSet(read: ReadPiece): ReadPiece | null {
  const find = read as (piece: number) => Uint8Array | undefined;
  return find(occurredPiece(KEYS_PIECE)) === undefined ? null : (piece) => read(occurredPiece(piece));
}

export interface Shard {
  events: number;
  /** By number: {@link PLACES_PIECE}, {@link KEYS_PIECE}, or a column. */
  pieces: Map<number, Buffer>;
}

const FIRST_ROOM = 1024;

export class HistoryRecorder {
  readonly columns: readonly ColumnLog[];
  /** Events so far. */
  count = 0;
  readonly #specs: readonly ProjectionColumn[];
  readonly #keys: string[] = [];
  readonly #born: number[] = [];
  readonly #ownOrder: number[] = [];
  #occurred: HistoryRecorder | null = null;
  #row = new Uint32Array(FIRST_ROOM);
  /** at, recordId, recordedAt, happened. */
  #moments = [0, 1, 2, 3].map(() => new Float64Array(FIRST_ROOM));

  constructor(columns: readonly ProjectionColumn[]) {
    this.#specs = columns;
    this.columns = columns.map(({ type }) => new ColumnLog(type));
  }

  /** A new row; its number. */
  addRow(key: string): number {
    this.#born.push(NEVER);
    return this.#keys.push(key) - 1;
  }

  /**
   * The row is folded in another order on the occurred clock than on that of the log. What it is there stands in
   * {@link occurred}, or is folded when somebody asks.
   */
  ownOrder(row: number): void {
    this.#ownOrder.push(row);
  }

  get lastRow(): number {
    return this.#keys.length - 1;
  }

  /** The same for the occurred clock: an event's `at` is the first moment whose fold has it. */
  get occurred(): HistoryRecorder {
    this.#occurred ??= new HistoryRecorder(this.#specs);
    return this.#occurred;
  }

  /** The next event; its place. */
  addEvent(row: number, at: number, recordId: number, recordedAt: number, happened: number): number {
    const place = this.count;
    if (place === this.#row.length) this.#grow();
    this.#row[place] = row;
    const [ats, ids, recorded, happeneds] = this.#moments;
    ats![place] = at;
    ids![place] = recordId;
    recorded![place] = recordedAt;
    happeneds![place] = happened;
    this.count += 1;
    return place;
  }

  /** The event at this place is the first that is about its row. */
  bear(row: number, place: number): void {
    this.#born[row] = place;
  }

  addChange(column: number, place: number, value: Stored): void {
    this.columns[column]!.add(place, value);
  }

  /** @param number by which the column keeps the value: of a time column its moment, ms */
  addNumber(column: number, place: number, number: number): void {
    this.columns[column]!.addNumber(place, number);
  }

  finish(): Shard {
    const { count } = this;
    const order = this.#order();
    const row = inOrder(this.#row.subarray(0, count), order, new Uint32Array(count));
    const [at, id, recordedAt, happened] = this.#moments.map((each) =>
      inOrder(each.subarray(0, count), order, new Float64Array(count)),
    );
    const lag = at!.map((each, place) => recordedAt![place]! - each);
    const ahead = at!.map((each, place) => happened![place]! - each);
    const pieces = new Map<number, Buffer>();
    pieces.set(PLACES_PIECE, placesPiece(row, at!, id!, lag, ahead));
    const born = Uint32Array.from(this.#born, (place) =>
      place === NEVER || order === null ? place : order[place]!,
    );
    const head: KeysHead = { keys: this.#keys, ownOrder: this.#ownOrder };
    pieces.set(KEYS_PIECE, new PieceWriter().words(born).finish(head));
    for (const [column, log] of this.columns.entries()) pieces.set(column, log.finish(order, happened!));
    for (const [piece, bytes] of this.#occurred?.finish().pieces ?? [])
      pieces.set(occurredPiece(piece), bytes);
    return { events: count, pieces };
  }

  /** New place of each event, by effective time; null: they are in that order. */
  #order(): Uint32Array | null {
    const at = this.#moments[0]!.subarray(0, this.count);
    let isSorted = true;
    for (let place = 1; place < at.length && isSorted; place += 1) isSorted = at[place]! >= at[place - 1]!;
    if (isSorted) return null;
    const from = Uint32Array.from(at, (_, place) => place);
    // Events of one row stand in their order already: those of one moment keep it.
    from.sort((a, b) => at[a]! - at[b]! || a - b);
    const order = new Uint32Array(from.length);
    for (let place = 0; place < from.length; place += 1) order[from[place]!] = place;
    return order;
  }

  #grow(): void {
    const row = new Uint32Array(this.#row.length * 2);
    row.set(this.#row);
    this.#row = row;
    this.#moments = this.#moments.map((each) => {
      const larger = new Float64Array(row.length);
      larger.set(each);
      return larger;
    });
  }
}

function placesPiece(
  row: Uint32Array,
  at: Float64Array,
  id: Float64Array,
  lag: Float64Array,
  ahead: Float64Array,
): Buffer {
  const partition = Uint32Array.from(id, (each) => Math.floor(each / OFFSET_SPAN));
  const last = new Map<number, number>();
  // Partitions take turns: an offset is near to the one before in its own.
  const step = id.map((each, place) => {
    const offset = each % OFFSET_SPAN;
    const before = last.get(partition[place]!) ?? 0;
    last.set(partition[place]!, offset);
    return offset - before;
  });
  return new PieceWriter()
    .words(row)
    .words(partition)
    .numbers(step)
    .numbers(at)
    .numbers(lag)
    .numbers(ahead)
    .finish(null);
}

export interface Places {
  /** By place, in the order of effective recorded time: the row, and moments in milliseconds. */
  row: Uint32Array;
  at: Float64Array;
  id: Float64Array;
  recordedAt: Float64Array;
  happened: Float64Array;
}

export function readPlaces(packed: Uint8Array): Places {
  const reader = new PieceReader<null>(packed);
  const row = reader.words();
  const partition = reader.words();
  const id = reader.numbers();
  const at = reader.numbers();
  const recordedAt = reader.numbers();
  const happened = reader.numbers();
  const last: number[] = [];
  for (let place = 0; place < row.length; place += 1) {
    const no = partition[place]!;
    last[no] = (last[no] ?? 0) + id[place]!;
    id[place] = no * OFFSET_SPAN + last[no];
    recordedAt[place]! += at[place]!;
    happened[place]! += at[place]!;
  }
  return { row, at, id, recordedAt, happened };
}

export function readKeys(packed: Uint8Array): KeysHead & { born: Uint32Array } {
  const reader = new PieceReader<KeysHead>(packed);
  return { ...reader.head, born: reader.words() };
}

function inOrder<A extends Uint32Array | Float64Array>(values: A, order: Uint32Array | null, into: A): A {
  if (order === null) return values;
  for (let place = 0; place < values.length; place += 1) into[order[place]!] = values[place]!;
  return into;
}

/** Whether a value of a state is still the same: what an event did not touch is the same object. */
export const isUnchanged = (before: Json | undefined, after: Json | undefined): boolean =>
  before === after ||
  (typeof before === 'object' && typeof after === 'object' && isNumeric(before) && isNumeric(after)
    ? numberText(before) === numberText(after)
    : false);
