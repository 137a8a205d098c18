/** The account of each partition's offsets: every one in exactly one class, and what is missing with its reason. */

import type { z } from 'zod';
import { int64 } from '../../contract/common.ts';
import type { KeyCoverage, MissingRange, PartitionCoverage } from '../../contract/workspace.ts';
import { formatCount } from '../../core/count.ts';
import { joined, lengthOf, type Span, within, without } from '../../core/ranges.ts';
import type { MissingReason } from '../store/frame.ts';
import { OFFSET_SPAN } from '../store/ids.ts';
import type { ReadContext } from '../workers/context.ts';

interface PartitionRow {
  no: number;
  topic: string;
  kafkaName: string;
  topicId: string | null;
  aside: 'recreated' | 'truncated' | null;
  note: string | null;
  partition: number;
  next: number;
  settled: number;
  first: number;
  high: number;
  stored: number;
  events: number;
  control: number;
  aborted: number;
  open: number;
  lastCaptureAt: number | null;
}

interface MissingRecord {
  partitionNo: number;
  from: number;
  to: number;
  count: number;
  reason: MissingReason;
  note: string;
}

interface KeyScan extends Span {
  partitionNo: number;
  key: Uint8Array;
  next: number;
  unseen: number;
}

/** One partition in numbers. */
export interface Account {
  row: PartitionRow;
  asked: Span[];
  askedCount: number;
  end: number;
  /** Stored records inside the asked ranges. */
  stored: number;
  keptByKey: number;
  absent: number;
  retention: number;
  unreadable: number;
  notRead: number;
  notAsked: number;
  /** What the classes lack of what was asked; anything but 0 means that the file is damaged. */
  unaccounted: number;
  keys: z.infer<typeof KeyCoverage>[];
  missing: z.infer<typeof MissingRange>[];
  complete: boolean;
}

/** Of all partitions, by topic and partition. */
export function accountsOf(context: ReadContext): readonly Account[] {
  return context.cache.get('coverage', () => {
    const { db } = context;
    const rows = db
      .prepare(
        `SELECT p.no, t.name AS topic, t.kafka_name AS kafkaName, t.kafka_id AS topicId, t.aside, p.note, p.partition,
           p.next_offset AS next, p.settled_offset AS settled, p.first_log_start AS first,
           p.high_watermark AS high, p.stored, p.events, p.control, p.aborted, p.open,
           p.last_capture_at AS lastCaptureAt
         FROM partition p JOIN topic t ON t.id = p.topic_id ORDER BY t.name, p.partition`,
      )
      .all() as PartitionRow[];
    const missing = db
      .prepare(
        `SELECT partition_no AS partitionNo, from_offset AS "from", to_offset AS "to", count, reason, note
         FROM missing ORDER BY partition_no, from_offset`,
      )
      .all() as MissingRecord[];
    const scans = db
      .prepare(
        `SELECT partition_no AS partitionNo, key, from_offset AS "from", to_offset AS "to", next_offset AS next,
           lost AS unseen FROM key_scan ORDER BY partition_no, key`,
      )
      .all() as KeyScan[];
    const [asked, read] = (['asked_range', 'read_range'] as const).map((table) =>
      Map.groupBy(
        db
          .prepare(
            `SELECT partition_no AS partitionNo, from_offset AS "from", to_offset AS "to" FROM ${table}
             ORDER BY partition_no, from_offset`,
          )
          .all() as (Span & { partitionNo: number })[],
        ({ partitionNo }) => partitionNo,
      ),
    );
    const missingOf = Map.groupBy(missing, ({ partitionNo }) => partitionNo);
    const scansOf = Map.groupBy(scans, ({ partitionNo }) => partitionNo);
    return rows.map((row) => {
      const spans = { asked: joined(asked!.get(row.no) ?? []), read: joined(read!.get(row.no) ?? []) };
      return accountOf(context, row, spans, missingOf.get(row.no) ?? [], scansOf.get(row.no) ?? []);
    });
  });
}

function accountOf(
  context: ReadContext,
  row: PartitionRow,
  { asked, read }: { asked: Span[]; read: Span[] },
  lost: readonly MissingRecord[],
  scans: readonly KeyScan[],
): Account {
  const sum = (reason: MissingReason) =>
    lost.reduce((total, each) => total + (each.reason === reason ? each.count : 0), 0);
  const end = Math.max(row.high, row.next, asked.at(-1)?.to ?? 0);
  const keptByKey = scans.length === 0 ? 0 : storedOutside(context, row, read);
  const stored = row.stored - keptByKey;
  const classes = {
    absent: sum('compaction'),
    retention: sum('retention'),
    unreadable: sum('undecodable'),
    notRead: lengthOf(without(asked, read)),
  };
  const askedCount = lengthOf(asked);
  const { absent, retention, unreadable, notRead } = classes;
  const unaccounted = askedCount - (stored + row.control + absent + retention + unreadable + notRead);
  // What was read as a whole since then needs no word about keys.
  const keys = scans
    .filter(({ from, to }) => without(joined([{ from, to }]), read).length > 0)
    .map((scan) => keyOut(scan, read));
  const notAskedSpans = without([{ from: row.first, to: end }], asked);
  const missing = missingOf(row, { lost, notRead: without(asked, read), notAsked: notAskedSpans, keys });
  return {
    ...{ row, asked, askedCount, end, stored, keptByKey, unaccounted, keys, missing },
    ...classes,
    notAsked: lengthOf(notAskedSpans),
    complete: unaccounted === 0 && missing.every(({ reason }) => reason === 'before-workspace'),
  };
}

/** Records outside what was read as a whole; they are there for their keys. */
function storedOutside({ db }: ReadContext, { no }: PartitionRow, read: readonly Span[]): number {
  const count = db.prepare('SELECT count(*) FROM record WHERE id >= ? AND id < ?').pluck();
  const base = no * OFFSET_SPAN;
  return without([{ from: 0, to: OFFSET_SPAN }], read).reduce(
    (total, { from, to }) => total + (count.get(base + from, base + to) as number),
    0,
  );
}

function keyOut(
  { key, from, to, next, unseen }: KeyScan,
  read: readonly Span[],
): z.infer<typeof KeyCoverage> {
  const notRead = lengthOf(without(joined([{ from: next, to }]), read));
  return {
    key: Buffer.from(key).toString('utf8'),
    from: int64(from),
    to: int64(to),
    looked: int64(to - from - notRead - unseen),
    unseen: int64(unseen),
    notRead: int64(notRead),
  };
}

const range = (
  { from, to }: Span,
  reason: z.infer<typeof MissingRange>['reason'],
  note: string,
): z.infer<typeof MissingRange> => ({ from: int64(from), to: int64(to), reason, note });

function missingOf(
  row: PartitionRow,
  spans: {
    lost: readonly MissingRecord[];
    notRead: readonly Span[];
    notAsked: readonly Span[];
    keys: Account['keys'];
  },
): Account['missing'] {
  const missing = spans.lost.map((each) => range(each, each.reason, each.note));
  const keys = spans.keys.map(({ key }) => `“${key}”`).join(', ');
  const notAsked =
    keys === ''
      ? 'not asked for: outside the ranges that were chosen'
      : `not asked for as a whole; looked through for the key ${keys}`;
  for (const span of spans.notAsked) missing.push(range(span, 'not-asked', notAsked));
  for (const span of spans.notRead)
    missing.push(range(span, 'not-read', 'the capture ended before it; capture again to go on'));
  if (row.open > 0) {
    const open = `${formatCount(row.open)} records of transactions that were open`;
    const note =
      row.aside === null
        ? `${open}; the next capture reads them again`
        : `${open} when the cluster lost this log: whether they count will never be known`;
    missing.push(range({ from: Math.min(row.settled, row.next), to: row.next }, 'open-transaction', note));
  }
  if (row.first > 0)
    missing.push(
      range(
        { from: 0, to: row.first },
        'before-workspace',
        'deleted from the topic before the workspace began',
      ),
    );
  return missing.sort((a, b) => Number(a.from) - Number(b.from));
}

const spansOut = (spans: readonly Span[]) =>
  within(spans, spans).map(({ from, to }) => ({ from: int64(from), to: int64(to) }));

/** As the contract says it. */
export function accountOut(account: Account): z.infer<typeof PartitionCoverage> {
  const { row, asked } = account;
  return {
    topic: row.topic,
    partition: row.partition,
    topicId: row.topicId,
    aside: row.aside === null ? null : `${row.kafkaName}: ${row.note ?? 'set aside'}`,
    askedFrom: int64(asked[0]?.from ?? row.first),
    askedTo: int64(asked.at(-1)?.to ?? row.first),
    askedRanges: spansOut(asked),
    nextOffset: int64(row.next),
    end: int64(account.end),
    beforeWorkspace: int64(row.first),
    notAsked: int64(account.notAsked),
    asked: int64(account.askedCount),
    stored: int64(account.stored),
    control: int64(row.control),
    absent: int64(account.absent),
    retention: int64(account.retention),
    unreadable: int64(account.unreadable),
    notRead: int64(account.notRead),
    committed: int64(row.stored - row.aborted - row.open),
    aborted: int64(row.aborted),
    open: int64(row.open),
    unaccounted: int64(account.unaccounted),
    keptByKey: int64(account.keptByKey),
    keys: account.keys,
    missing: account.missing,
    complete: account.complete,
    lastCaptureAt: row.lastCaptureAt,
  };
}
