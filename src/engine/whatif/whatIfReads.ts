/** What-if and invariants as reads: long runs on a thread of their own, one aggregate on any reader thread. */
import type { z } from 'zod';
import type { AggregateRef, Cut } from '../../contract/common.ts';
import type { InvariantTrack } from '../../contract/invariants.ts';
import type { whatif } from '../../contract/whatif.ts';
import { type AlignedRow, alignStates } from '../../core/align.ts';
import { formatJson, parseJson, stateHash } from '../../core/json.ts';
import type { OverlayChange } from '../../core/overlay.ts';
import { compareRowOut } from '../reads/compare.ts';
import { badgeOf } from '../reads/coverage.ts';
import { rowsOf } from '../reads/rows.ts';
import { topicsOfType } from '../reads/topicsOfType.ts';
import { decodeStored, recordById, storedEventOf } from '../store/stream.ts';
import type { ReadContext } from '../workers/context.ts';
import { AlignedFold } from './alignedFold.ts';
import { type TracksArgs, tracksOf } from './conditions.ts';
import { type InvariantArgs, InvariantRun, type InvariantStep } from './invariantRun.ts';
import { type SideArgs, sidesOf } from './sides.ts';
import { type WhatIfArgs, WhatIfRun, type WhatIfStep } from './whatIfRun.ts';

type Answer<K extends keyof typeof whatif> = z.infer<(typeof whatif)[K]['output']>;
type Page = { from: number; count: number };

const RUN = 'what-if run';
const WATCH = 'invariant run';
/** How long one step takes, ms: a cancel is heard after it, and what was found is shown. */
const STEP_MS = 150;

export interface OpenArgs extends SideArgs {
  ref: AggregateRef;
  cut: Cut;
  topics: readonly string[] | null;
  /** Payloads as JSON text. */
  changes: readonly (Omit<OverlayChange, 'data'> & { data?: string })[];
}

/** A change as the contract has it, its payload read. @throws JsonProblem */
const changeOf = (change: OpenArgs['changes'][number]): OverlayChange =>
  ('data' in change ? { ...change, data: parseJson(change.data!) } : change) as OverlayChange;

function alignedOf(context: ReadContext, args: OpenArgs): AlignedFold {
  const { ref, cut, topics, changes, real, hypothetical, without } = args;
  return context.cache.get(
    `what-if ${JSON.stringify([ref, cut, topics, changes, real, hypothetical, without])}`,
    () => new AlignedFold(context, sidesOf(args), { ref, cut, topics, changes: changes.map(changeOf) }),
    (fold) => fold.bytes,
  );
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
  'whatif.begin': (context: ReadContext, args: WhatIfArgs): true => {
    context.lasting.set(RUN, new WhatIfRun(context, args));
    return true;
  },
  'whatif.step': (context: ReadContext, _args: Record<string, never>): WhatIfStep =>
    (context.lasting.get(RUN) as WhatIfRun).goOn(context, STEP_MS),
  'whatif.one': one,
  'whatif.events': events,
  'whatif.states': states,
  'whatif.payload': payload,
  'whatif.coverage': coverage,
  'whatif.sharedIds': sharedIds,
  'whatif.types': (context: ReadContext, _args: Record<string, never>) => types(context),
  'invariants.tracks': (context: ReadContext, args: TracksArgs): InvariantTrack[] => tracksOf(context, args),
  'invariants.begin': (context: ReadContext, args: InvariantArgs): true => {
    context.lasting.set(WATCH, new InvariantRun(context, args));
    return true;
  },
  'invariants.step': (context: ReadContext, _args: Record<string, never>): InvariantStep =>
    (context.lasting.get(WATCH) as InvariantRun).goOn(context, STEP_MS),
};
