/** Faults between events of different streams: ids used twice, causes that are missing or come later, broken traces. */
import { formatCount } from '../count.ts';
import { type Finding, spanText } from './findings.ts';

/**
 * Events by the hashes of their ids, one entry each; NaN: it declares none. Equal ids have equal hashes, not the other
 * way round: who asks compares the records before believing a hit.
 */
export interface LinkColumns {
  count: number;
  id: Float64Array;
  /** Events of one group (a type in a topic) are expected to name the same kind of cause. */
  group: Float64Array;
  /** Recorded time, ms. */
  recordedAt: Float64Array;
  event: Float64Array;
  correlation: Float64Array;
  causation: Float64Array;
}

/** A pair of records that have one hash of an event id: to be compared by their bytes before it is a finding. */
export interface SharedId {
  id: number;
  twin: number;
}

/** A cause that nearly every event of a group has in the log is expected of the others too; else it is a command. */
const EXPECTED_SHARE = 0.95;
const ENOUGH_CAUSES = 50;
/** Clocks of producers differ by this much without anybody being wrong, ms. */
const CLOCK_SKEW_MS = 5000;

/** Rows by hash: open addressing, because a map of a million numbers costs more than all else here. */
class RowsByHash {
  readonly #hashes: Float64Array;
  readonly #slots: Int32Array;
  readonly #mask: number;

  constructor(hashes: Float64Array, count: number) {
    this.#hashes = hashes;
    const size = 2 ** Math.ceil(Math.log2(Math.max(count, 1) * 2));
    this.#slots = new Int32Array(size);
    this.#mask = size - 1;
  }

  /** The first row with this hash, −1: none. */
  find(hash: number): number {
    return this.#slots[this.#slotOf(hash)]! - 1;
  }

  /** Keeps a row under its hash; the row that was there before, −1: none. */
  add(row: number): number {
    const slot = this.#slotOf(this.#hashes[row]!);
    const known = this.#slots[slot]! - 1;
    if (known === -1) this.#slots[slot] = row + 1;
    return known;
  }

  #slotOf(hash: number): number {
    // The low and the high word: a remainder would be a call.
    const low = hash >>> 0;
    let slot = (Math.imul(low, 2654435761) ^ ((hash - low) / 4294967296)) & this.#mask;
    for (;;) {
      const row = this.#slots[slot]! - 1;
      if (row === -1 || this.#hashes[row] === hash) return slot;
      slot = (slot + 1) & this.#mask;
    }
  }
}

/** Looks at the causes of all events in `scope` (null: of all). The order of the rows does not count. */
export class LinkChecker {
  readonly #columns: LinkColumns;
  readonly #rows: RowsByHash;
  readonly #shared: SharedId[] = [];
  readonly #groups = new Map<number, { found: number; missing: number[] }>();
  readonly #found: Finding[] = [];

  constructor(columns: LinkColumns) {
    this.#columns = columns;
    this.#rows = new RowsByHash(columns.event, columns.count);
  }

  /** Takes rows from one to another (exclusive) in. All must be in before {@link look}. */
  add(from: number, to: number): void {
    const { event, id } = this.#columns;
    for (let row = from; row < to; row += 1) {
      if (Number.isNaN(event[row]!)) continue;
      const twin = this.#rows.add(row);
      if (twin !== -1) this.#shared.push({ id: id[row]!, twin: id[twin]! });
    }
  }

  /** Looks at the cause of a row. */
  look(row: number): void {
    const { causation, event, correlation, group, id, recordedAt } = this.#columns;
    const named = causation[row]!;
    // An event may name itself or its correlation as its cause: the first of a chain.
    if (Number.isNaN(named) || named === event[row] || named === correlation[row]) return;
    let known = this.#groups.get(group[row]!);
    if (known === undefined) {
      known = { found: 0, missing: [] };
      this.#groups.set(group[row]!, known);
    }
    const cause = this.#rows.find(named);
    if (cause === -1) {
      known.missing.push(id[row]!);
      return;
    }
    known.found += 1;
    const later = recordedAt[cause]! - recordedAt[row]!;
    const events = [id[row]!, id[cause]!];
    if (later > CLOCK_SKEW_MS)
      this.#found.push({
        rule: 'cause-later',
        events,
        text: `The event it names as its cause was recorded ${spanText(later)} later`,
      });
    const [own, its] = [correlation[row]!, correlation[cause]!];
    if (!Number.isNaN(own) && !Number.isNaN(its) && own !== its)
      this.#found.push({
        rule: 'correlation-broken',
        events,
        text: 'It has another correlation id than the event it names as its cause',
      });
  }

  /** Pairs with the same hash of their event id, in any stream. */
  sharedIds(): readonly SharedId[] {
    return this.#shared;
  }

  /** What was found; the pairs of `cause-later` and `correlation-broken` are hits of hashes, to be compared. */
  findings(): Finding[] {
    const missing: Finding[] = [];
    for (const { found, missing: ids } of this.#groups.values()) {
      const all = found + ids.length;
      if (all < ENOUGH_CAUSES || found < all * EXPECTED_SHARE) continue;
      for (const id of ids)
        missing.push({
          rule: 'cause-missing',
          events: [id],
          text: `The event it names as its cause is not here; ${formatCount(found)} of ${formatCount(all)} events of its kind have theirs`,
        });
    }
    return [...this.#found, ...missing];
  }
}
