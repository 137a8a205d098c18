/** Long lists in parts that fit into a frame: the whole is kept for a minute while the parts are fetched. */
import { randomUUID } from 'node:crypto';
import { HindcastError } from '../../contract/errors.ts';
import type { ListingPart } from '../../contract/topics.ts';

/** Characters of JSON in one part; far enough below the limit of a frame for names in any script. */
const PART_CHARACTERS = 240_000;
const KEPT_MS = 60_000;
const MOST_KEPT = 8;

interface Part<Head, Row> {
  head: Head;
  rows: Row[];
  next: ListingPart | null;
}

interface Listing {
  head: unknown;
  rows: readonly unknown[];
  forget: NodeJS.Timeout;
}

export class Listings {
  readonly #kept = new Map<string, Listing>();

  /** The first part of a new list. */
  first<Head, Row>(head: Head, rows: readonly Row[]): Part<Head, Row> {
    const part = cut(rows, 0);
    if (part.length === rows.length) return { head, rows: part, next: null };
    const listing = randomUUID();
    for (const oldest of [...this.#kept.keys()].slice(0, this.#kept.size - MOST_KEPT + 1))
      this.#forget(oldest);
    const forget = setTimeout(() => this.#forget(listing), KEPT_MS);
    forget.unref();
    this.#kept.set(listing, { head, rows, forget });
    return { head, rows: part, next: { listing, from: part.length } };
  }

  /** A further part. @throws HindcastError `input.invalid` when the list is not kept any more */
  more<Head, Row>({ listing, from }: ListingPart, procedure: string): Part<Head, Row> {
    const kept = this.#kept.get(listing);
    if (kept === undefined)
      throw new HindcastError('input.invalid', { procedure, problem: 'the list is not kept any more' });
    const rows = kept.rows as readonly Row[];
    const part = cut(rows, from);
    const to = from + part.length;
    return { head: kept.head as Head, rows: part, next: to < rows.length ? { listing, from: to } : null };
  }

  #forget(listing: string): void {
    clearTimeout(this.#kept.get(listing)?.forget);
    this.#kept.delete(listing);
  }

  close(): void {
    for (const listing of [...this.#kept.keys()]) this.#forget(listing);
  }
}

function cut<Row>(rows: readonly Row[], from: number): Row[] {
  let characters = 0;
  let to = from;
  while (to < rows.length) {
    characters += JSON.stringify(rows[to]).length + 1;
    if (characters > PART_CHARACTERS && to > from) break;
    to++;
  }
  return rows.slice(from, to);
}
