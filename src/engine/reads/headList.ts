/** A list of events of one stream that makes an event only when somebody looks at it. */
import type { Dictionary } from '../store/dictionary.ts';
import { headAt, rowOfId, type StreamColumns, type StreamHead } from '../store/streamColumns.ts';

export class HeadList {
  readonly columns: StreamColumns;
  /** Places in the columns, in the order of the list. */
  readonly rows: Uint32Array;
  readonly #dictionary: Dictionary;
  /** By row: its place in the list and one more; 0: it is not in it. Made when it is first asked for. */
  #places: Uint32Array | null = null;

  constructor(columns: StreamColumns, rows: Uint32Array, dictionary: Dictionary) {
    this.columns = columns;
    this.rows = rows;
    this.#dictionary = dictionary;
  }

  get length(): number {
    return this.rows.length;
  }

  /** Record id of the event at a place. */
  idAt(place: number): number {
    return this.columns.id[this.rows[place]!]!;
  }

  headAt(place: number): StreamHead {
    return headAt(this.columns, this.rows[place]!, this.#dictionary);
  }

  slice(from: number, to: number): StreamHead[] {
    const heads: StreamHead[] = [];
    for (let place = from; place < Math.min(to, this.rows.length); place++) heads.push(this.headAt(place));
    return heads;
  }

  *[Symbol.iterator](): Generator<StreamHead> {
    for (let place = 0; place < this.rows.length; place++) yield this.headAt(place);
  }

  typeNameAt(place: number): string {
    return this.#dictionary.typeName(this.columns.type[this.rows[place]!]!);
  }

  /** Place of a row; −1: it is not in the list. */
  placeOfRow(row: number): number {
    if (this.#places === null) {
      this.#places = new Uint32Array(this.columns.count);
      for (let place = 0; place < this.rows.length; place++) this.#places[this.rows[place]!] = place + 1;
    }
    return row < 0 ? -1 : this.#places[row]! - 1;
  }

  /** Place of a record; −1: it is not in the list. */
  placeOfId(id: number): number {
    return this.placeOfRow(rowOfId(this.columns, id));
  }
}

/** Some events of a stream. */
export class RowSet {
  readonly size: number;
  readonly #columns: StreamColumns;
  readonly #flags: Uint8Array | null;

  constructor(columns: StreamColumns, rows: Uint32Array) {
    this.size = rows.length;
    this.#columns = columns;
    this.#flags = rows.length === 0 ? null : new Uint8Array(columns.count);
    if (this.#flags !== null) for (const row of rows) this.#flags[row] = 1;
  }

  hasRow(row: number): boolean {
    return this.#flags !== null && row >= 0 && this.#flags[row] === 1;
  }

  /** @param id of a record */
  has(id: number): boolean {
    return this.#flags !== null && this.hasRow(rowOfId(this.#columns, id));
  }
}
