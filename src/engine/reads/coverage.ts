/** Whether what the workspace holds is all there was, in a sentence; and what it holds in numbers. */
import { statSync } from 'node:fs';
import type { z } from 'zod';
import type { CoverageBadge } from '../../contract/common.ts';
import type { WorkspaceInfo } from '../../contract/workspace.ts';
import { plural as many } from '../../core/count.ts';
import { metaOf } from '../store/open.ts';
import { VERDICT } from '../store/values.ts';
import type { ReadContext } from '../workers/context.ts';
import { type Account, accountOut, accountsOf } from './account.ts';

type Badge = z.infer<typeof CoverageBadge>;

/** Whether what is captured of these topics (null: all) is all there was, in one sentence. */
export function badgeOf(context: ReadContext, topics: readonly string[] | null): Badge {
  const wanted = topics === null ? null : new Set(topics);
  return context.cache.get(`badge ${JSON.stringify(topics === null ? null : [...topics].sort())}`, () =>
    describe(accountsOf(context).filter(({ row }) => wanted === null || wanted.has(row.topic))),
  );
}

function describe(counted: readonly Account[]): Badge {
  const topics = new Set(counted.map(({ row }) => row.topic)).size;
  const total = (pick: (each: Account) => number) => counted.reduce((sum, each) => sum + pick(each), 0);
  const stored = total(({ row }) => row.stored);
  if (counted.length === 0) return { state: 'empty', topics: 0, summary: 'Nothing is captured yet.' };
  const lost: string[] = [];
  const add = (pick: (each: Account) => number, words: (count: number) => string) => {
    const count = total(pick);
    if (count !== 0) lost.push(words(count));
  };
  add(
    (each) => Math.abs(each.unaccounted),
    (n) => `${many(n, 'offset')} that no class accounts for (the file may be damaged: check it)`,
  );
  add(
    (each) => each.notRead,
    (n) => `${many(n, 'offset')} not read yet`,
  );
  add(
    (each) => each.retention,
    (n) => `${many(n, 'offset')} deleted by retention before they were captured`,
  );
  add(
    (each) => each.absent,
    (n) => `${many(n, 'offset')} compacted away`,
  );
  add(
    (each) => each.unreadable,
    (n) => `${many(n, 'offset')} in batches that cannot be decoded`,
  );
  add(
    ({ row }) => row.open,
    (n) => `${many(n, 'record')} of transactions still open`,
  );
  add(
    (each) => each.notAsked,
    (n) => `${many(n, 'offset')} not asked for`,
  );
  const notes = notesOf(counted);
  const state = lost.length > 0 ? 'partial' : stored === 0 ? 'empty' : 'complete';
  if (lost.length > 0)
    return { state, topics, summary: [`Missing: ${lost.join('; ')}.`, ...notes].join(' ') };
  const partitions = many(counted.length, 'partition');
  const all =
    stored === 0
      ? `${many(topics, 'topic')} captured; there was no record in them.`
      : `Complete: every offset of ${partitions} in ${many(topics, 'topic')} is accounted for, ${many(stored, 'record')}.`;
  return { state, topics, summary: [all, ...notes].join(' ') };
}

/** What must be known and makes nothing incomplete. */
function notesOf(counted: readonly Account[]): string[] {
  const notes: string[] = [];
  const before = counted.reduce((sum, { row }) => sum + row.first, 0);
  if (before > 0)
    notes.push(
      `${many(before, 'older offset')} had been deleted from the topics before the workspace began.`,
    );
  const keys = new Set(counted.flatMap((each) => each.keys.map(({ key }) => key)));
  if (keys.size > 0) notes.push(`Looked through for ${many(keys.size, 'key')} only, where so asked.`);
  const aside = new Set(counted.filter(({ row }) => row.aside !== null).map(({ row }) => row.topic));
  if (aside.size > 0)
    notes.push(
      `${[...aside].join(', ')}: kept from a log that the cluster does not have any more; never mixed with the one of now.`,
    );
  return notes;
}

/** `coverage` with its partitions. */
function coverage(context: ReadContext, { topics }: { topics: string[] | null }) {
  const wanted = topics === null ? null : new Set(topics);
  const counted = accountsOf(context).filter(({ row }) => wanted === null || wanted.has(row.topic));
  return { badge: badgeOf(context, topics), partitions: counted.map(accountOut) };
}

const sizeOf = (file: string) => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

/** The contract's WorkspaceInfo without the name, which the service knows. `kind` is never `demo` here. */
function workspaceInfo(
  context: ReadContext,
  _args: Record<string, never>,
): Omit<z.infer<typeof WorkspaceInfo>, 'name' | 'readOnly' | 'damage'> {
  const counted = accountsOf(context);
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
  return accountsOf(context).map(({ row }) => ({
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
