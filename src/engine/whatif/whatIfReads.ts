/** What-if and invariants as reads: one aggregate or row on any reader thread, and what a run has to know before it begins. */
import type { z } from 'zod';
import type { AggregateRef, Cut } from '../../contract/common.ts';
import type { InvariantTrack } from '../../contract/invariants.ts';
import type { whatif } from '../../contract/whatif.ts';
import { type AlignedRow, alignStates } from '../../core/align.ts';
import { formatJson, parseJson, stateHash } from '../../core/json.ts';
import type { Projection } from '../../core/model.ts';
import { compareRowOut } from '../reads/compare.ts';
import { badgeOf } from '../reads/coverage.ts';
import { rowsOf } from '../reads/rows.ts';
import { topicsOfType } from '../reads/topicsOfType.ts';
import { decodeStored, recordById, storedEventOf } from '../store/stream.ts';
import type { ReadContext } from '../workers/context.ts';
import { AlignedFold, type AlignedLogs, alignAggregate } from './alignedFold.ts';
import { type ChangedLogText, changeOf } from './changeText.ts';
import { type TracksArgs, tracksOf } from './conditions.ts';
import { boundsOf } from './keyChunks.ts';
import { alignRow, RowOverlay } from './rowLog.ts';
import { type SideArgs, sidesOf } from './sides.ts';

type Answer<K extends keyof typeof whatif> = z.infer<(typeof whatif)[K]['output']>;
type Page = { from: number; count: number };

export interface OpenArgs extends SideArgs {
  cut: Cut;
  topics: readonly string[] | null;
  /** The log that is changed; null: none. */
  changed: ChangedLogText | null;
  opened: { ref: AggregateRef } | OpenedRow;
}

/** A row of a projection by another key than the aggregate. */
export interface OpenedRow {
  /** The projection as JSON text. */
  definition: string;
  key: string;
  records: Float64Array;
}

function alignedOf(context: ReadContext, args: OpenArgs): AlignedFold {
  const { opened, cut, topics, changed, real, hypothetical, without } = args;
  const name =
    'ref' in opened
      ? [opened.ref.type, opened.ref.id]
      : [opened.definition, opened.key, opened.records.length, opened.records.at(-1) ?? null];
  return context.cache.get(
    `what-if ${JSON.stringify([name, cut, topics, changed, real, hypothetical, without])}`,
    () => new AlignedFold(context, sidesOf(args), logsOf(context, args)),
    (fold) => fold.bytes,
  );
}

function logsOf(context: ReadContext, { opened, cut, topics, changed }: OpenArgs): AlignedLogs {
  const changes = changed === null ? [] : changed.changes.map(changeOf);
  if ('ref' in opened) {
    const { ref } = opened;
    const isHere = changed?.ref.type === ref.type && changed.ref.id === ref.id;
    return alignAggregate(context, { ref, cut, topics, changes: isHere ? changes : [] });
  }
  const { definition, key, records } = opened;
  const projection = parseJson(definition) as unknown as Projection;
  const log =
    changed === null ? null : new RowOverlay(context, projection, cut, { ref: changed.ref, changes });
  return alignRow(context, { projection, key, cut, records }, log);
}

/** What a run tells of the one aggregate that has a hypothetical log. */
function one(context: ReadContext, args: OpenArgs) {
  const { difference, problemCounts, notMade, places } = alignedOf(context, args);
  return { difference, problems: problemCounts, notMade, events: places.length };
}

function events(context: ReadContext, { from, count, ...args }: OpenArgs & Page): Answer<'events'> {
  const fold = alignedOf(context, args);
  const page = fold.places.slice(from, from + count);
  const shown = page.filter(({ hypothetical }) => hypothetical?.isInserted !== true);
  const rows = rowsOf(
    context,
    shown.map(({ real, hypothetical }) => (real ?? hypothetical!.of).id),
  );
  let next = 0;
  return {
    rows: page.map(({ mark, real, hypothetical }, at) => {
      const index = from + at;
      return {
        ...{ index, mark },
        id: hypothetical?.id ?? real!.id,
        row: hypothetical?.isInserted === true ? null : rows[next++]!,
        type: hypothetical?.says?.type ?? (real ?? hypothetical!.of).type,
        differs: fold.differs[index] === 1,
        problem: fold.problems.get(index) ?? { real: null, hypothetical: null },
      };
    }),
    total: fold.places.length,
    firstIndex: fold.first === -1 ? null : fold.first,
    problems: [...fold.notMade],
  };
}

function states(
  context: ReadContext,
  { from, count, index, show, ...args }: OpenArgs & Page & { index: number; show: 'differences' | 'all' },
): Omit<Answer<'states'>, 'real' | 'hypothetical'> & {
  real: { hash: string };
  hypothetical: { hash: string };
} {
  const fold = alignedOf(context, args);
  const at = Math.min(index, fold.places.length - 1);
  const { real, hypothetical } = fold.statesAt(context, at);
  const rows: readonly AlignedRow[] = alignStates(real, hypothetical);
  const different: number[] = [];
  for (const [place, { kind }] of rows.entries()) if (kind !== 'same') different.push(place);
  const total = show === 'all' ? rows.length : different.length;
  const page: Answer<'states'>['rows'] = [];
  for (let nth = from; nth < Math.min(total, from + count); nth += 1)
    page.push(compareRowOut(rows, show === 'all' ? nth : different[nth]!));
  return {
    index: at,
    real: { hash: stateHash(real) },
    hypothetical: { hash: stateHash(hypothetical) },
    ...{ rows: page, total, different: different.length },
  };
}

function payload(context: ReadContext, { id }: { id: number }): Answer<'payload'> | null {
  const record = recordById(context, id);
  if (record === undefined) return null;
  const event = storedEventOf(context, record, decodeStored(context, record));
  return { type: event.type, data: formatJson(event.data, 2) };
}

/** What the results of a scope rest on. */
function coverage(context: ReadContext, { types }: { types: readonly string[] }) {
  const topics = [...new Set(types.flatMap((type) => topicsOfType(context, type)))];
  const records = context.db
    .prepare('SELECT coalesce(sum(stored), 0) FROM partition')
    .pluck()
    .get() as number;
  return { coverage: badgeOf(context, topics), revision: context.revision, records };
}

/** Ids that aggregates of several of these types share. */
function sharedIds({ db }: ReadContext, { types }: { types: readonly string[] }): number {
  if (types.length < 2) return 0;
  return db
    .prepare(
      `SELECT count(*) FROM (SELECT key FROM aggregate WHERE type IN (${types.map(() => '?').join(', ')})
       GROUP BY key HAVING count(*) > 1)`,
    )
    .pluck()
    .get(...types) as number;
}

/** All aggregate types. */
const types = ({ db }: ReadContext): string[] =>
  db.prepare("SELECT DISTINCT type FROM aggregate WHERE type <> '' ORDER BY type").pluck().all() as string[];

export const whatIfReads = {
  'whatif.one': one,
  'whatif.events': events,
  'whatif.states': states,
  'whatif.payload': payload,
  'whatif.coverage': coverage,
  'whatif.bounds': boundsOf,
  'whatif.revision': ({ revision }: ReadContext, _args: Record<string, never>): number => revision,
  'whatif.sharedIds': sharedIds,
  'whatif.types': (context: ReadContext, _args: Record<string, never>) => types(context),
  'invariants.tracks': (context: ReadContext, args: TracksArgs): InvariantTrack[] => tracksOf(context, args),
};
