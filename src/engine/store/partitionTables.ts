/**
 * Topics, partitions and what of them was asked, read and not to be had. Why offsets are counted this way:
 * docs/adr/0015-coverage-adds-up.md.
 */

/**
 * `topic.name` is what everybody calls it here: the name on the cluster for the topic as it is there now, `orders~1` for
 * one that was set aside because the cluster has another of that name, or another log, by now (`aside` says which).
 * A tilde is in no name of Kafka's.
 *
 * `partition.next_offset` is one after the last offset that was looked at; everything stored before `settled_offset` is
 * final. `first_log_start` is the first offset that the cluster still had when the workspace began. `rewritten` rises
 * when something before `next_offset` changes that is no open transaction.
 *
 * `asked_range` and `read_range` are offsets, joined: each offset of a read range is a row of `record` or counted by a
 * row of `missing`. Offsets that were only looked through for one key are in `key_scan` (`lost` of them were deleted
 * before that), and in no read range.
 */
export const PARTITION_TABLES = `
    CREATE TABLE topic (
      id INTEGER PRIMARY KEY,
      name TEXT NOT NULL UNIQUE,
      kafka_name TEXT NOT NULL,
      kafka_id TEXT,
      aside TEXT,
      mapping TEXT
    );
    CREATE TABLE partition (
      no INTEGER PRIMARY KEY,
      topic_id INTEGER NOT NULL REFERENCES topic(id),
      partition INTEGER NOT NULL,
      next_offset INTEGER NOT NULL,
      settled_offset INTEGER NOT NULL,
      first_log_start INTEGER NOT NULL,
      log_start INTEGER NOT NULL,
      high_watermark INTEGER NOT NULL,
      rewritten INTEGER NOT NULL DEFAULT 0,
      stored INTEGER NOT NULL DEFAULT 0,
      events INTEGER NOT NULL DEFAULT 0,
      control INTEGER NOT NULL DEFAULT 0,
      aborted INTEGER NOT NULL DEFAULT 0,
      open INTEGER NOT NULL DEFAULT 0,
      bytes INTEGER NOT NULL DEFAULT 0,
      last_capture_at INTEGER,
      note TEXT,
      UNIQUE (topic_id, partition)
    );
    CREATE TABLE asked_range (
      partition_no INTEGER NOT NULL REFERENCES partition(no),
      from_offset INTEGER NOT NULL,
      to_offset INTEGER NOT NULL,
      PRIMARY KEY (partition_no, from_offset)
    ) WITHOUT ROWID;
    CREATE TABLE read_range (
      partition_no INTEGER NOT NULL REFERENCES partition(no),
      from_offset INTEGER NOT NULL,
      to_offset INTEGER NOT NULL,
      PRIMARY KEY (partition_no, from_offset)
    ) WITHOUT ROWID;
    CREATE TABLE key_scan (
      partition_no INTEGER NOT NULL REFERENCES partition(no),
      key BLOB NOT NULL,
      from_offset INTEGER NOT NULL,
      to_offset INTEGER NOT NULL,
      next_offset INTEGER NOT NULL,
      settled_offset INTEGER NOT NULL,
      lost INTEGER NOT NULL DEFAULT 0,
      PRIMARY KEY (partition_no, key)
    ) WITHOUT ROWID;
    CREATE TABLE missing (
      partition_no INTEGER NOT NULL REFERENCES partition(no),
      from_offset INTEGER NOT NULL,
      to_offset INTEGER NOT NULL,
      count INTEGER NOT NULL,
      reason TEXT NOT NULL,
      note TEXT NOT NULL,
      bytes BLOB,
      PRIMARY KEY (partition_no, from_offset, reason)
    );`;
