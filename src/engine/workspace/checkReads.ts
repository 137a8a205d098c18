/** The steps of an integrity check, each short enough to be cancelled in between. */

import type { CheckFinding } from '../../contract/workspaceWork.ts';
import { formatCount } from '../../core/count.ts';
import { extractEnvelope } from '../../core/envelope/decode.ts';
import { FLAG } from '../kafka/recordColumns.ts';
import { type BlockRow, bodyAt, type OpenBlock, openBlock, unpack } from '../store/blocks.ts';
import { hash53, OFFSET_SPAN } from '../store/ids.ts';
import { prepareRows, type RecordRow, rawRecordOf, topicMappingOf } from '../store/stream.ts';
import { KIND, VERDICT } from '../store/values.ts';
import type { ReadContext } from '../workers/context.ts';

export interface CheckPlan {
  tables: string[];
  partitions: { no: number; topic: string; partition: number; records: number }[];
  blocks: number;
  revision: number;
}

export function checkPlan({ db, revision }: ReadContext, _args: Record<string, never>): CheckPlan {
  return {
    tables: db
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0 ORDER BY name")
      .pluck()
      .all() as string[],
    partitions: db
      .prepare(
        `SELECT p.no, t.name AS topic, p.partition, p.stored + p.control AS records
         FROM partition p JOIN topic t ON t.id = p.topic_id ORDER BY t.name, p.partition`,
      )
      .all() as CheckPlan['partitions'],
    // Counting reads the whole tree: of a damaged one it cannot be told.
    blocks: safely(() => db.prepare('SELECT count(*) FROM block').pluck().get() as number) ?? 0,
    revision,
  };
}

/** At most so many sentences of SQLite for one table. */
const MOST_PROBLEMS = 20;
const REST_USABLE = 'Other tables are not touched by it.';

/** SQLite's own check of one table and its indexes. https://sqlite.org/pragma.html#pragma_integrity_check */
export function checkTable({ db }: ReadContext, { table }: { table: string }): CheckFinding[] {
  const where = `table ${table}`;
  try {
    const rows = db
      .prepare(`PRAGMA integrity_check('${table.replaceAll("'", "''")}')`)
      .pluck()
      .all() as string[];
    return rows
      .filter((row) => row !== 'ok')
      .slice(0, MOST_PROBLEMS)
      .map((problem) => ({ where, problem: problem.replace(/\s+/g, ' ').trim(), usable: REST_USABLE }));
  } catch (error) {
    return [{ where, problem: (error as Error).message, usable: REST_USABLE }];
  }
}

type Counts = Record<'stored' | 'events' | 'control' | 'aborted' | 'open', number>;
const COUNT_NAMES: Record<keyof Counts, string> = {
  stored: 'records',
  events: 'committed events',
  control: 'transaction markers',
  aborted: 'aborted records',
  open: 'records of open transactions',
};

/** What the account of a partition says against the rows that are there. */
export function checkPositions(
  { db }: ReadContext,
  { no, where }: { no: number; where: string },
): CheckFinding[] {
  const base = no * OFFSET_SPAN;
  const range = [base, base + OFFSET_SPAN];
  const told = db
    .prepare('SELECT stored, events, control, aborted, open, next_offset AS next FROM partition WHERE no = ?')
    .get(no) as Counts & { next: number };
  const found = db
    .prepare(
      `SELECT coalesce(sum(verdict <> ${VERDICT.control}), 0) AS stored,
         coalesce(sum(kind = ${KIND.event} AND verdict = ${VERDICT.committed}), 0) AS events,
         coalesce(sum(verdict = ${VERDICT.control}), 0) AS control,
         coalesce(sum(verdict = ${VERDICT.aborted}), 0) AS aborted,
         coalesce(sum(verdict = ${VERDICT.open}), 0) AS open, max(id) AS last
       FROM record WHERE id >= ? AND id < ?`,
    )
    .get(...range) as Counts & { last: number | null };
  const findings: CheckFinding[] = [];
  for (const [name, words] of Object.entries(COUNT_NAMES) as [keyof Counts, string][])
    if (told[name] !== found[name])
      findings.push({
        where,
        problem: `it should hold ${formatCount(told[name])} ${words} and holds ${formatCount(found[name])}`,
        usable: 'The records that are there are right; counts and coverage of this partition are not.',
      });
  if (found.last !== null && found.last - base >= told.next)
    findings.push({
      where,
      problem: `offset ${found.last - base} is stored, but the capture has only come to ${told.next}`,
      usable: 'The record itself; the next capture would read from there again.',
    });
  const back = db
    .prepare(
      `SELECT count(*) AS times, min(id) AS first FROM (
         SELECT id, mono, lag(mono) OVER (ORDER BY id) AS before FROM record
         WHERE id >= ? AND id < ? AND verdict <> ${VERDICT.control}
       ) WHERE mono < before`,
    )
    .get(...range) as { times: number; first: number | null };
  if (back.times > 0)
    findings.push({
      where: `${where}, offset ${back.first! - base}`,
      problem: `the monotonic time falls ${formatCount(back.times)} times`,
      usable: 'Each record alone; the order of lists over time is not right there.',
    });
  return findings;
}

interface RangeRow {
  from: number;
  to: number;
}

/** Each offset that counts as read is a stored row or counted as missing. */
export function checkCoverage(
  { db }: ReadContext,
  { no, where }: { no: number; where: string },
): CheckFinding[] {
  const base = no * OFFSET_SPAN;
  const ranges = db
    .prepare(
      'SELECT from_offset AS "from", to_offset AS "to" FROM read_range WHERE partition_no = ? ORDER BY 1',
    )
    .all(no) as RangeRow[];
  const stored = db.prepare('SELECT count(*) FROM record WHERE id >= ? AND id < ?').pluck();
  const missing = db
    .prepare(
      `SELECT coalesce(sum(count), 0) FROM missing WHERE partition_no = ? AND from_offset >= ? AND to_offset <= ?`,
    )
    .pluck();
  const findings: CheckFinding[] = [];
  for (const { from, to } of ranges) {
    const rows = stored.get(base + from, base + to) as number;
    const gone = missing.get(no, from, to) as number;
    const off = to - from - rows - gone;
    if (off === 0) continue;
    findings.push({
      where: `${where}, offsets ${from}–${to - 1}`,
      problem:
        off > 0
          ? `${formatCount(off)} offsets count as read and are neither stored nor counted as missing`
          : `${formatCount(-off)} offsets more are stored or missing than were read`,
      usable: 'The stored records; what is said about completeness of this range is not right.',
    });
  }
  return findings;
}

/** Numbers of types, aggregates and partitions that rows use and no table names. */
export function checkNames({ db }: ReadContext, _args: Record<string, never>): CheckFinding[] {
  const count = (sql: string) => db.prepare(sql).get() as { times: number; first: number | null };
  const checks: [string, string, { times: number; first: number | null }][] = [
    [
      'event types',
      'have the number of an event type that has no name',
      count(`SELECT count(*) AS times, min(id) AS first FROM record r
             WHERE type_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM event_type t WHERE t.id = r.type_id)`),
    ],
    [
      'aggregates',
      'have the number of an aggregate that has no name',
      count(`SELECT count(*) AS times, min(id) AS first FROM record r
             WHERE agg_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM aggregate a WHERE a.id = r.agg_id)`),
    ],
    [
      'partitions',
      'belong to no partition of the workspace',
      count(`SELECT count(*) AS times, min(id) AS first FROM record r
             WHERE NOT EXISTS (SELECT 1 FROM partition p WHERE p.no = r.id / ${OFFSET_SPAN})`),
    ],
  ];
  const findings = checks
    .filter(([, , { times }]) => times > 0)
    .map(([where, problem, { times }]) => ({
      where,
      problem: `${formatCount(times)} records ${problem}`,
      usable: 'Their bytes; lists show them without that name.',
    }));
  const broken = db.pragma('foreign_key_check') as { table: string; parent: string }[];
  for (const { table, parent } of broken.slice(0, MOST_PROBLEMS))
    findings.push({
      where: `table ${table}`,
      problem: `a row names a ${parent} that is not there`,
      usable: REST_USABLE,
    });
  return findings;
}

export interface BlockStep {
  /** Id of the last block looked at; null: there are no more. */
  last: number | null;
  blocks: number;
  records: number;
  findings: CheckFinding[];
}

/** Blocks of one step: some megabytes. */
const BLOCKS_PER_STEP = 200;

/**
 * Takes blocks apart and compares what is in them with the rows: every row has its bytes, every record in a block has
 * its row, and what the envelope says is what the columns hold.
 */
export function checkBlocks(context: ReadContext, { after }: { after: number }): BlockStep {
  const step: BlockStep = { last: null, blocks: 0, records: 0, findings: [] };
  const next = context.db.prepare('SELECT id FROM block WHERE id > ? ORDER BY id LIMIT 1').pluck();
  const read = context.db.prepare('SELECT id, codec, raw_size, bytes FROM block WHERE id = ?');
  let at = after;
  while (step.blocks < BLOCKS_PER_STEP) {
    context.throwIfAborted();
    let id: number | undefined;
    try {
      id = next.get(at) as number | undefined;
    } catch (error) {
      const reached = readableAfter(next, at);
      step.findings.push({
        where: `${placeText(context, at)} and after it`,
        problem: `the table of blocks cannot be read there: ${(error as Error).message}`,
        usable:
          reached === null
            ? 'The bytes of records before it.'
            : `The bytes of records before it, and again from ${placeText(context, reached)} on.`,
      });
      if (reached === null) return { ...step, last: null };
      id = reached;
    }
    if (id === undefined) return { ...step, last: null };
    at = id;
    step.last = id;
    step.blocks += 1;
    checkBlock(context, read.get.bind(read), id, followingId(next, id), step);
  }
  return step;
}

/** Where the next block begins; null: that cannot be read. */
function followingId(next: { get(id: number): unknown }, id: number): number | null {
  try {
    return (next.get(id) as number | undefined) ?? Number.MAX_SAFE_INTEGER;
  } catch {
    return null;
  }
}

const safely = <T>(work: () => T): T | undefined => {
  try {
    return work();
  } catch {
    return undefined;
  }
};

/** The next block that can be read, looked for in growing strides. */
function readableAfter(next: { get(id: number): unknown }, from: number): number | null {
  for (let stride = 1; stride < OFFSET_SPAN; stride *= 2) {
    const found = safely(() => next.get(from + stride) as number | undefined);
    if (found !== undefined) return found;
  }
  return null;
}

function placeText({ dictionary }: ReadContext, id: number): string {
  if (id < 0) return 'the first record';
  const place = safely(() => dictionary.placeOf(id));
  return place === undefined
    ? `record ${id}`
    : `${place.topic} [${place.partition}] offset ${id % OFFSET_SPAN}`;
}

function checkBlock(
  context: ReadContext,
  read: (id: number) => unknown,
  id: number,
  end: number | null,
  step: BlockStep,
): void {
  const partitionEnd = (Math.floor(id / OFFSET_SPAN) + 1) * OFFSET_SPAN;
  const last = Math.min(end ?? id + 1, partitionEnd);
  let block: OpenBlock;
  try {
    const row = read(id) as BlockRow;
    block = openBlock(row, unpack(row));
  } catch (error) {
    const lost = safely(
      () =>
        context.db
          .prepare('SELECT count(*) FROM record WHERE id >= ? AND id < ?')
          .pluck()
          .get(id, last) as number,
    );
    step.findings.push({
      where: `${placeText(context, id)}, the block that begins there`,
      problem: `${lost === undefined ? 'its records' : `the bytes of ${formatCount(lost)} records`} are lost: ${(error as Error).message}`,
      usable: 'Times, types and aggregates of these records, and all other records.',
    });
    return;
  }
  try {
    // Without a next block it is known only what is in this one.
    const upTo = end === null ? block.ids[block.count - 1]! + 1 : last;
    const rows = prepareRows(context, 'WHERE id >= ? AND id < ? ORDER BY id').all(id, upTo) as RecordRow[];
    step.records += rows.length;
    compare(context, block, rows, step.findings);
  } catch (error) {
    step.findings.push({
      where: placeText(context, id),
      problem: `the rows of this block cannot be read: ${(error as Error).message}`,
      usable: 'Rows of other blocks.',
    });
  }
}

function compare(
  context: ReadContext,
  block: OpenBlock,
  rows: readonly RecordRow[],
  findings: CheckFinding[],
): void {
  const ids = new Set(block.ids);
  const bare = rows.filter(({ id }) => !ids.has(id));
  if (bare.length > 0)
    findings.push({
      where: placeText(context, bare[0]!.id),
      problem: `${formatCount(bare.length)} records have no bytes in their block`,
      usable: 'Times, types and aggregates of these records.',
    });
  if (rows.length - bare.length < block.count)
    findings.push({
      where: placeText(context, block.id),
      problem: `a block holds ${formatCount(block.count - rows.length + bare.length)} records that no row names`,
      usable: 'The records that rows name.',
    });
  const places = new Map(Array.from(block.ids, (id, at) => [id, at]));
  const hashes = context.db.prepare('SELECT event_hash FROM record WHERE id = ?').pluck();
  let wrong = 0;
  let first = '';
  for (const row of rows) {
    const at = places.get(row.id);
    if (at === undefined || row.verdict === VERDICT.control) continue;
    const body = bodyAt(block, at);
    const raw = rawRecordOf(context, { ...row, ...body });
    const { mapping, hints } = topicMappingOf(context, raw.topic);
    const fields = extractEnvelope(raw, mapping, hints);
    const hash = fields.eventId === null ? null : hash53(fields.eventId);
    const isSame =
      fields.type === context.dictionary.typeName(row.type_id) &&
      hash === (hashes.get(row.id) as number | null) &&
      KIND[fields.kind] === row.kind &&
      ((row.flags & FLAG.keyIsAggregateId) === 0 || sameText(body.key, fields.aggregateId));
    if (isSame) continue;
    wrong += 1;
    first ||= placeText(context, row.id);
  }
  if (wrong > 0)
    findings.push({
      where: first,
      problem: `of ${formatCount(wrong)} records of this block the bytes say another type, event id or key than the row`,
      usable: 'Nothing of these records is certain; capture the topic again, all others are right.',
    });
}

const sameText = (bytes: Uint8Array | null, text: string | null): boolean =>
  bytes !== null && text !== null && Buffer.compare(bytes, Buffer.from(text, 'utf8')) === 0;
