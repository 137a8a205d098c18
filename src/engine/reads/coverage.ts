/** What of the log the workspace holds, per partition, in numbers that add up; and the same in a sentence. */
import { statSync } from 'node:fs';
import type { z } from 'zod';
import { type CoverageBadge, int64 } from '../../contract/common.ts';
import type { MissingRange, PartitionCoverage, WorkspaceInfo } from '../../contract/workspace.ts';
import { metaOf } from '../store/open.ts';
import { VERDICT } from '../store/values.ts';
import type { ReadContext } from '../workers/context.ts';

type Badge = z.infer<typeof CoverageBadge>;
type Range = z.infer<typeof MissingRange>;

interface PartitionRow {
  no: number;
  topic: string;
  partition: number;
  askedFrom: number;
  askedTo: number;
  next: number;
  settled: number;
  logStart: number;
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
  reason: 'compaction' | 'retention' | 'undecodable';
  note: string;
}

interface Counted {
  row: PartitionRow;
  absent: number;
  retention: number;
  unreadable: number;
  notRead: number;
  notAsked: number;
  missing: Range[];
  complete: boolean;
}

function countAll(context: ReadContext): Counted[] {
  return context.cache.get('coverage', () => {
    const rows = context.db
      .prepare(
        `SELECT p.no, t.name AS topic, p.partition, p.asked_from AS askedFrom, p.asked_to AS askedTo,
           p.next_offset AS next, p.settled_offset AS settled, p.log_start AS logStart, p.stored, p.events,
           p.control, p.aborted, p.open, p.last_capture_at AS lastCaptureAt
         FROM partition p JOIN topic t ON t.id = p.topic_id ORDER BY t.name, p.partition`,
      )
      .all() as PartitionRow[];
    const missing = context.db
      .prepare(
        `SELECT partition_no AS partitionNo, from_offset AS "from", to_offset AS "to", count, reason, note
         FROM missing ORDER BY partition_no, from_offset`,
      )
      .all() as MissingRecord[];
    const byPartition = Map.groupBy(missing, ({ partitionNo }) => partitionNo);
    return rows.map((row) => countOne(row, byPartition.get(row.no) ?? []));
  });
}

const range = (from: number, to: number, reason: Range['reason'], note: string): Range => ({
  from: int64(from),
  to: int64(to),
  reason,
  note,
});

function countOne(row: PartitionRow, kept: readonly MissingRecord[]): Counted {
  const sum = (reason: MissingRecord['reason']) =>
    kept.reduce((total, each) => total + (each.reason === reason ? each.count : 0), 0);
  const notRead = Math.max(row.askedTo - row.next, 0);
  const missing = kept.map(({ from, to, reason, note }) => range(from, to, reason, note));
  if (row.askedFrom > 0)
    missing.unshift(range(0, row.askedFrom, 'not-asked', 'before the start that was chosen for the capture'));
  if (notRead > 0)
    missing.push(
      range(row.next, row.askedTo, 'not-read', 'the capture ended before it; capture again to go on'),
    );
  if (row.open > 0)
    missing.push(
      range(
        row.settled,
        row.next,
        'open-transaction',
        `${row.open} records wait for a transaction to end; the next capture reads them again`,
      ),
    );
  return {
    row,
    absent: sum('compaction'),
    retention: sum('retention'),
    unreadable: sum('undecodable'),
    notRead,
    notAsked: row.askedFrom,
    missing,
    complete: missing.length === 0,
  };
}

function partitionOut(counted: Counted): z.infer<typeof PartitionCoverage> {
  const { row } = counted;
  return {
    topic: row.topic,
    partition: row.partition,
    askedFrom: int64(row.askedFrom),
    askedTo: int64(row.askedTo),
    nextOffset: int64(row.next),
    asked: int64(row.askedTo - row.askedFrom),
    stored: int64(row.stored),
    control: int64(row.control),
    absent: int64(counted.absent),
    retention: int64(counted.retention),
    unreadable: int64(counted.unreadable),
    notRead: int64(counted.notRead),
    aborted: int64(row.aborted),
    open: int64(row.open),
    missing: counted.missing,
    complete: counted.complete,
    lastCaptureAt: row.lastCaptureAt,
  };
}

const grouped = (count: number) => String(count).replace(/\B(?=(\d{3})+$)/g, ',');
const many = (count: number, one: string, several = `${one}s`) =>
  `${grouped(count)} ${count === 1 ? one : several}`;

/** Whether what is captured of these topics (null: all) is all there was, in one sentence. */
export function badgeOf(context: ReadContext, topics: readonly string[] | null): Badge {
  const wanted = topics === null ? null : new Set(topics);
  return context.cache.get(`badge ${JSON.stringify(topics === null ? null : [...topics].sort())}`, () =>
    describe(countAll(context).filter(({ row }) => wanted === null || wanted.has(row.topic))),
  );
}

function describe(counted: readonly Counted[]): Badge {
  const topics = new Set(counted.map(({ row }) => row.topic)).size;
  const total = (pick: (each: Counted) => number) => counted.reduce((sum, each) => sum + pick(each), 0);
  const stored = total(({ row }) => row.stored);
  if (counted.length === 0) return { state: 'empty', topics: 0, summary: 'Nothing is captured yet.' };
  const lost: string[] = [];
  const add = (count: number, words: (count: number) => string) => {
    if (count > 0) lost.push(words(count));
  };
  add(
    total((each) => each.notRead),
    (n) => `${many(n, 'offset')} not read yet`,
  );
  add(
    total((each) => each.retention),
    (n) => `${many(n, 'offset')} deleted by retention before the capture`,
  );
  add(
    total((each) => each.absent),
    (n) => `${many(n, 'offset')} compacted away`,
  );
  add(
    total((each) => each.unreadable),
    (n) => `${many(n, 'offset')} in batches that cannot be decoded`,
  );
  add(
    total(({ row }) => row.open),
    (n) => `${many(n, 'record')} of transactions still open`,
  );
  add(
    total((each) => each.notAsked),
    (n) => `${many(n, 'offset')} before the chosen start`,
  );
  const state = lost.length > 0 ? 'partial' : stored === 0 ? 'empty' : 'complete';
  if (lost.length > 0) return { state, topics, summary: `Missing: ${lost.join('; ')}.` };
  const partitions = many(counted.length, 'partition');
  return {
    state,
    topics,
    summary:
      stored === 0
        ? `${many(topics, 'topic')} captured; there was no record in them.`
        : `Complete: every offset of ${partitions} in ${many(topics, 'topic')} is accounted for, ${many(stored, 'record')}.`,
  };
}

/** `coverage` with its partitions. */
function coverage(context: ReadContext, { topics }: { topics: string[] | null }) {
  const wanted = topics === null ? null : new Set(topics);
  const counted = countAll(context).filter(({ row }) => wanted === null || wanted.has(row.topic));
  return { badge: badgeOf(context, topics), partitions: counted.map(partitionOut) };
}

const sizeOf = (file: string) => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

/** The contract's WorkspaceInfo without the name, which the service knows. `kind` is never `demo` here. */
function workspaceInfo(
  context: ReadContext,
  _args: Record<string, never>,
): Omit<z.infer<typeof WorkspaceInfo>, 'name' | 'readOnly'> {
  const counted = countAll(context);
  const bounds = context.cache.get('time bounds', () => timeBounds(context));
  return {
    file: context.file,
    kind: context.kind,
    clusterId: metaOf(context.db, 'cluster_id') as string | null,
    sizeBytes: sizeOf(context.file) + sizeOf(`${context.file}-wal`),
    records: counted.reduce((sum, { row }) => sum + row.stored + row.control, 0),
    events: counted.reduce((sum, { row }) => sum + row.events, 0),
    topics: [...new Set(counted.map(({ row }) => row.topic))],
    ...bounds,
    coverage: badgeOf(context, null),
    revision: context.revision,
  };
}

function timeBounds({ db }: ReadContext) {
  // Each partition's first record is its earliest in monotonic time, its last the latest: no scan is needed.
  const numbers = db.prepare('SELECT no FROM partition').pluck().all() as number[];
  const edge = (order: 'ASC' | 'DESC') =>
    db
      .prepare(
        `SELECT mono FROM record WHERE id >= ? * 1099511627776 AND id < (? + 1) * 1099511627776
           AND verdict <> ${VERDICT.control} ORDER BY id ${order} LIMIT 1`,
      )
      .pluck();
  const values = (order: 'ASC' | 'DESC') => {
    const statement = edge(order);
    return numbers
      .map((no) => statement.get(no, no) as number | undefined)
      .filter((mono) => mono !== undefined);
  };
  const firsts = values('ASC');
  const lasts = values('DESC');
  return {
    firstRecordedAt: firsts.length === 0 ? null : Math.min(...firsts),
    lastRecordedAt: lasts.length === 0 ? null : Math.max(...lasts),
  };
}

/** Records captured per partition, for the list of topics. */
function capturedCounts(context: ReadContext, _args: Record<string, never>) {
  return countAll(context).map(({ row }) => ({
    topic: row.topic,
    partition: row.partition,
    records: row.stored + row.control,
    nextOffset: row.next,
  }));
}

export const coverageReads = {
  'workspace.coverage': coverage,
  'workspace.info': workspaceInfo,
  'workspace.captured': capturedCounts,
};
