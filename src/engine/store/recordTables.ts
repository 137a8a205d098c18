/**
 * Where captured records lie: one lean row of numbers each, their bytes together in blocks, and look-ups by hash as
 * sorted runs. Why: docs/adr/0011-blocks.md.
 */
import { KIND_BITS, KIND_MASK, TYPE_SHIFT, VERDICT_MASK } from './recordState.ts';

/**
 * `record.state` packs kind, verdict, flags and the number of the event type; `late` is the monotonic time where it is
 * not `ts`. The columns made of them are there for reading only.
 *
 * `block.bytes` are encoded records of Kafka's format 2 (KIP-98), compressed by `codec` (its numbers, 0: plain); its id is
 * that of its first record, and the offset deltas inside count from that one. Blocks do not overlap.
 *
 * `posting_tail` takes the hashes of each frame as they come; `posting_run` and `posting_page` are many of them sorted.
 */
export const RECORD_TABLES = `
    CREATE TABLE record (
      id INTEGER PRIMARY KEY,
      ts INTEGER NOT NULL,
      late INTEGER,
      occurred INTEGER,
      state INTEGER NOT NULL,
      agg_id INTEGER,
      version INTEGER,
      event_hash INTEGER,
      producer_id INTEGER,
      mono INTEGER AS (coalesce(late, ts)),
      kind INTEGER AS (state & ${KIND_MASK}),
      verdict INTEGER AS ((state >> ${KIND_BITS}) & ${VERDICT_MASK}),
      flags INTEGER AS ((state >> 5) & 65535),
      type_id INTEGER AS (nullif(state >> ${TYPE_SHIFT}, 0))
    );
    CREATE TABLE block (
      id INTEGER PRIMARY KEY,
      codec INTEGER NOT NULL,
      raw_size INTEGER NOT NULL,
      bytes BLOB NOT NULL
    );
    CREATE TABLE posting_tail (
      id INTEGER PRIMARY KEY,
      rows INTEGER NOT NULL,
      spans BLOB NOT NULL,
      entries BLOB NOT NULL
    );
    CREATE TABLE posting_run (
      id INTEGER PRIMARY KEY,
      rows INTEGER NOT NULL,
      spans BLOB NOT NULL
    );
    CREATE TABLE posting_page (
      id INTEGER PRIMARY KEY,
      run INTEGER NOT NULL,
      first INTEGER NOT NULL,
      last INTEGER NOT NULL,
      entries BLOB NOT NULL
    );
    CREATE INDEX posting_page_first ON posting_page (run, first, last);`;
