/** What is in a workspace file: topics, sizes, tables and indexes. */
import { statSync } from 'node:fs';
import type { FilePart, TopicContents, WorkspaceContents } from '../../contract/workspaceWork.ts';
import { badgeOf } from '../reads/coverage.ts';
import { FORMAT } from '../store/format.ts';
import { OFFSET_SPAN } from '../store/ids.ts';
import { metaOf } from '../store/open.ts';
import { VERDICT } from '../store/values.ts';
import type { ReadContext } from '../workers/context.ts';

/** What tables and indexes are for; others are told by their name alone. */
const NOTES: Record<string, string> = {
  record: 'one row of numbers for each record',
  block: 'keys, values and headers, compressed',
  posting_page: 'look-up by event id, key, correlation and aggregate, sorted',
  posting_run: 'which records a sorted part covers',
  posting_tail: 'look-ups that came last, not sorted yet',
  aggregate: 'names of aggregates',
  event_type: 'names of event types',
  topic: 'topics and their envelope mappings',
  partition: 'how far each partition is captured',
  asked_range: 'offsets that were asked for',
  read_range: 'offsets that were read',
  key_scan: 'offsets that were looked through for one key',
  missing: 'offsets that could not be had, with the reason',
  receipt: 'what was published from here',
  document: 'cases, bookmarks, saved queries and mappings',
  saved_filter: 'filters with a name',
  meta: 'facts about the file',
};

interface TopicRow {
  topic: string;
  kafkaId: string | null;
  partitions: number;
  records: number;
  events: number;
  bytes: number;
  lastCaptureAt: number | null;
}

function topicsOf(context: ReadContext): TopicContents[] {
  const rows = context.db
    .prepare(
      `SELECT t.name AS topic, t.kafka_id AS kafkaId, count(p.no) AS partitions, coalesce(sum(p.stored), 0) AS records,
         coalesce(sum(p.events), 0) AS events, coalesce(sum(p.bytes), 0) AS bytes,
         max(p.last_capture_at) AS lastCaptureAt
       FROM topic t LEFT JOIN partition p ON p.topic_id = t.id GROUP BY t.id ORDER BY t.name`,
    )
    .all() as TopicRow[];
  return rows.map((row) => ({
    ...row,
    ...boundsOf(context, row.topic),
    coverage: badgeOf(context, [row.topic]),
  }));
}

/** Each partition's first record is its earliest in monotonic time, its last the latest: no scan is needed. */
function boundsOf({ db }: ReadContext, topic: string) {
  const numbers = db
    .prepare('SELECT no FROM partition p JOIN topic t ON t.id = p.topic_id WHERE t.name = ?')
    .pluck()
    .all(topic) as number[];
  const edge = (order: 'ASC' | 'DESC') => {
    const statement = db
      .prepare(
        `SELECT mono FROM record WHERE id >= ? AND id < ? AND verdict <> ${VERDICT.control}
         ORDER BY id ${order} LIMIT 1`,
      )
      .pluck();
    return numbers
      .map((no) => statement.get(no * OFFSET_SPAN, (no + 1) * OFFSET_SPAN) as number | undefined)
      .filter((mono) => mono !== undefined);
  };
  const firsts = edge('ASC');
  const lasts = edge('DESC');
  return {
    firstRecordedAt: firsts.length === 0 ? null : Math.min(...firsts),
    lastRecordedAt: lasts.length === 0 ? null : Math.max(...lasts),
  };
}

interface SchemaRow {
  name: string;
  kind: 'table' | 'index';
  owner: string;
}

function partsOf({ db }: ReadContext, measure: boolean): FilePart[] {
  const rows = db
    .prepare(
      `SELECT name, type AS kind, tbl_name AS owner FROM sqlite_schema
       WHERE type IN ('table', 'index') AND name NOT LIKE 'sqlite_stat%' ORDER BY name`,
    )
    .all() as SchemaRow[];
  const sizes = measure
    ? new Map(
        db.prepare('SELECT name, pgsize FROM dbstat WHERE aggregate = TRUE').raw().all() as [
          string,
          number,
        ][],
      )
    : null;
  const parts = rows.map(({ name, kind, owner }) => ({
    name,
    kind,
    note: NOTES[name] ?? (kind === 'index' ? `index of ${owner}` : ''),
    bytes: sizes === null ? null : (sizes.get(name) ?? 0),
  }));
  return parts.sort((a, b) => (b.bytes ?? 0) - (a.bytes ?? 0) || (a.name < b.name ? -1 : 1));
}

/** All but what the service knows: side files and the seal. */
export function workspaceContents(
  context: ReadContext,
  { measure }: { measure: boolean },
): Omit<WorkspaceContents, 'sideFiles' | 'seal'> {
  const { db } = context;
  const pragma = (name: string) => db.pragma(name, { simple: true }) as number;
  const topics = topicsOf(context);
  const captures = topics.map(({ lastCaptureAt }) => lastCaptureAt).filter((at) => at !== null);
  return {
    topics,
    createdAt: metaOf(db, 'created') as number | null,
    lastCaptureAt: captures.length === 0 ? null : Math.max(...captures),
    format: pragma('user_version'),
    newestFormat: FORMAT,
    pageBytes: pragma('page_size'),
    pages: pragma('page_count'),
    freePages: pragma('freelist_count'),
    recordBytes: topics.reduce((sum, { bytes }) => sum + bytes, 0),
    parts: partsOf(context, measure),
  };
}

/** Bytes of the file and what free pages of it take. */
export function fileUse({ db, file }: ReadContext, _args: Record<string, never>) {
  const pragma = (name: string) => db.pragma(name, { simple: true }) as number;
  return {
    fileBytes: statSync(file).size,
    freeBytes: pragma('freelist_count') * pragma('page_size'),
  };
}
