/** One aggregate's life: its events with their faults, its state anywhere, what each event changed, and who set what. */
import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type { aggregates, ChangeOut, SetBy, TimelineInfo, TimelineRow } from '../../contract/aggregates.ts';
import type { AggregateRef } from '../../contract/common.ts';
import { LIMITS } from '../../contract/limits.ts';
import { diffStates } from '../../core/diff.ts';
import { foldContextOf } from '../../core/fold.ts';
import type { Folder } from '../../core/folder.ts';
import { canonicalJson, formatJson, isJsonObject, parseJson } from '../../core/json.ts';
import type { Change, Json, Reducer, ScriptReducer } from '../../core/model.ts';
import { formatPath, parsePath } from '../../core/path.ts';
import type { StoredFold } from '../keyframes/storedFold.ts';
import { keptOf, storedFold } from '../keyframes/tracks.ts';
import { folderFor } from '../sandbox/folderFor.ts';
import { hash53, OFFSET_SPAN } from '../store/ids.ts';
import { PayloadReader, type StreamHead } from '../store/stream.ts';
import type { ReadContext } from '../workers/context.ts';
import { leafAt } from './blameTree.ts';
import { countUpTo } from './columnOrder.ts';
import { badgeOf } from './coverage.ts';
import type { HeadList } from './headList.ts';
import { rowsOf } from './rows.ts';
import { briefState, keptLines } from './stateBrief.ts';
import { faultsOf } from './timelineFaults.ts';
import { blameOf, type FoldPoint, ListFold } from './timelineFold.ts';
import { historyOf, unknownEvents } from './timelineHistory.ts';
import { strip } from './timelineStrip.ts';
import {
  type CutOf,
  type CutView,
  cutView,
  type ReducerText,
  refKey,
  type SubjectArgs,
  streamView,
} from './timelineView.ts';
import { topicsOfType } from './topicsOfType.ts';

type Answer<K extends keyof typeof aggregates> = z.infer<(typeof aggregates)[K]['output']>;

export type { ReducerText, SubjectArgs };

/** In place of an answer that would take the fold of very many events: a job makes their keyframes first. */
export interface FarAnswer {
  far: true;
}
/** Asks for an answer whatever it takes. */
interface Patience {
  patient?: boolean | undefined;
}

const MOST_PROBLEMS = 200;
/** Events that are folded at once for a title: the list of a longer stream must not wait for the fold. */
const TITLE_FOLD = 5000;

export function folderOf(context: ReadContext, { definition, hash }: ReducerText): Folder {
  const key = `reducer ${hash}`;
  const known = context.lasting.get(key) as Folder | undefined;
  if (known !== undefined) return known;
  const folder = folderFor(parseJson(definition) as unknown as Reducer | ScriptReducer);
  context.lasting.set(key, folder);
  return folder;
}

/** Reads a run of events with their payloads; gives up between runs when the caller has. */
export function eventReader(context: ReadContext) {
  const payloads = new PayloadReader(context);
  return (heads: readonly StreamHead[]) => {
    context.throwIfAborted();
    return payloads.events(heads);
  };
}

/** What is kept of the fold of a subject; null: nothing. */
export function storedOf(
  context: ReadContext,
  { ref, cut, reducer, derived }: SubjectArgs,
): StoredFold | null {
  const { list, listKey } = cutView(context, ref, cut);
  const kept = keptOf(context, derived);
  if (kept === null) return null;
  const key = `stored fold ${refKey(ref)} ${listKey} ${reducer.hash} ${kept.inode}`;
  return context.cache.get(key, () =>
    storedFold(context, kept.db, { ref, list, folder: folderOf(context, reducer) }),
  );
}

/** The fold of a subject, shared by all who look at it. */
export function listFold(context: ReadContext, args: SubjectArgs): ListFold<StreamHead> {
  const { ref, cut, reducer } = args;
  const { list, listKey } = cutView(context, ref, cut);
  const stored = storedOf(context, args);
  const kept = stored === null ? '' : ` ${keptOf(context, args.derived)!.inode}`;
  return context.cache.get(
    `fold ${refKey(ref)} ${listKey} ${reducer.hash}${kept}`,
    () => {
      const stream = foldContextOf(ref);
      return new ListFold(list, folderOf(context, reducer), stream, stored);
    },
    (fold) => fold.bytes,
  );
}

/** Further than so many events from where the fold can begin, a job is asked to go first. */
export const FAR = 6000;

const TITLE_FIELDS = [
  /^account_?number$/i,
  /^nlis_?id$/i,
  /^(?:display_?|full_?)?name$/i,
  /^title$/i,
  /_number$|[a-z]Number$/,
  /^account_?name$/i,
  /_name$|[a-z]Name$/,
  /^(?:label|subject|email|code|sku)$/i,
];
const STATUS_FIELDS = [/^status$/i, /^state$/i, /_status$|[a-z]Status$/];

/** The first text found in the top level of a state, by the order of the patterns. */
function findText(state: Json, patterns: readonly RegExp[]): string | null {
  if (!isJsonObject(state)) return null;
  for (const pattern of patterns)
    for (const [key, value] of Object.entries(state))
      if (typeof value === 'string' && value !== '' && value.length <= 200 && pattern.test(key)) return value;
  return null;
}

/** A human name found in the state (account number, name …), or null. */
export const titleOf = (state: Json): string | null => findText(state, TITLE_FIELDS);

/** Lowest and highest declared version. */
function versionsOf(
  context: ReadContext,
  ref: AggregateRef,
): { lowest: number | null; highest: number | null } {
  return context.cache.get(`versions ${refKey(ref)}`, () => {
    const { ordered } = streamView(context, ref);
    let lowest = Number.POSITIVE_INFINITY;
    let highest = Number.NEGATIVE_INFINITY;
    for (const row of ordered.rows) {
      const version = ordered.columns.version[row]!;
      if (version < lowest) lowest = version;
      if (version > highest) highest = version;
    }
    return lowest > highest ? { lowest: null, highest: null } : { lowest, highest };
  });
}

function info(
  context: ReadContext,
  args: SubjectArgs,
): Omit<z.infer<typeof TimelineInfo>, 'reducers' | 'reducer'> & { isChecked: boolean } {
  const { ref } = args;
  const view = cutView(context, ref, args.cut);
  const { ordered, list } = view.stream;
  const fold = listFold(context, args);
  const isFolded = fold.distance(view.within) <= TITLE_FOLD;
  const state = isFolded ? fold.at(view.within, eventReader(context)).state : null;
  const { lowest, highest } = versionsOf(context, ref);
  const isShort = view.within <= FAR;
  const recordedAt = (row: number | undefined) =>
    row === undefined ? null : ordered.columns.recordedAt[row]!;
  const ready = isShort ? view.within : Math.min(view.within, storedOf(context, args)?.ready() ?? 0);
  return {
    ref,
    title: titleOf(state),
    status: findText(state, STATUS_FIELDS),
    total: list.length,
    within: view.within,
    topics: topicsIn(context, view),
    firstAt: recordedAt(ordered.rows[0]),
    lastAt: recordedAt(ordered.rows.at(-1)),
    firstVersion: lowest,
    lastVersion: highest,
    order: view.note,
    lastEventId: view.within === 0 ? null : view.list.idAt(view.within - 1),
    keyframes: { ready, of: view.within, jobId: null },
    isChecked: faultsOf(context, ref, args.derived).checked === list.length,
    coverage: badgeOf(context, topicsOfType(context, ref.type)),
    revision: context.revision,
  };
}

/** Topics of the events of the stream that count. */
function topicsIn(context: ReadContext, { stream }: CutView): string[] {
  const { columns, rows } = stream.ordered;
  const partitions = new Set<number>();
  let last = -1;
  for (let at = 0; at < rows.length; at += 1) {
    const no = Math.floor(columns.id[rows[at]!]! / OFFSET_SPAN);
    // A set asked a million times for the same number would take longer than all the rest.
    if (no !== last) partitions.add(no);
    last = no;
  }
  const topics = Array.from(partitions, (no) => context.dictionary.placeOf(no * OFFSET_SPAN).topic);
  return [...new Set(topics)].sort();
}

function rows(
  context: ReadContext,
  args: { ref: AggregateRef; cut: CutOf; from: number; count: number; derived?: string },
): Answer<'events'> {
  const { ref, cut, from, count, derived } = args;
  const view = cutView(context, ref, cut);
  const faults = faultsOf(context, ref, derived);
  const page = view.list.slice(from, from + count);
  const plain = rowsOf(
    context,
    page.map(({ id }) => id),
  );
  return {
    total: view.list.length,
    rows: plain.map(
      (row, at): TimelineRow => ({
        ...row,
        index: from + at,
        afterCut: from + at >= view.within,
        moved: view.moved.has(row.id),
        faults: faults.textsAt(view.stream.list.placeOfId(row.id)),
      }),
    ),
  };
}

const textOrNull = (value: Json | undefined): string | null =>
  value === undefined ? null : formatJson(value);

/** A change as it crosses to the page. */
export const changeOut = (change: Change): z.infer<typeof ChangeOut> => ({
  path: formatPath(change.path),
  kind: change.kind,
  before: textOrNull(change.before),
  after: textOrNull(change.after),
  delta: change.delta ?? null,
});

function problemsOut(fold: ListFold<StreamHead>, point: FoldPoint): Answer<'state'>['problems'] {
  const last = fold.problems(point, MOST_PROBLEMS + 1).map(({ id, message }) => ({ id, message }));
  const hidden = point.problems - MOST_PROBLEMS;
  if (hidden <= 0) return last;
  const [first, ...shown] = last;
  return [{ id: first!.id, message: `${hidden} earlier events had problems too, up to this one` }, ...shown];
}

/** The fold that an answer is read from: that of the subject, or one that has no keyframe. */
function foldFor(context: ReadContext, args: SubjectArgs & { fromStart?: boolean | undefined }) {
  if (args.fromStart !== true) return listFold(context, args);
  const { list } = cutView(context, args.ref, args.cut);
  const stream = foldContextOf(args.ref);
  return new ListFold(list, folderOf(context, args.reducer), stream);
}

function state(
  context: ReadContext,
  args: SubjectArgs &
    Patience & { index: number; fromStart?: boolean | undefined; brief?: boolean | undefined },
): Answer<'state'> | FarAnswer {
  const started = performance.now();
  const view = cutView(context, args.ref, args.cut);
  const fold = foldFor(context, args);
  const index = Math.min(args.index, view.list.length - 1);
  const isFar = args.fromStart !== true && fold.distance(Math.max(index, 0)) > FAR;
  if (isFar && args.patient !== true) return { far: true };
  const read = eventReader(context);
  const stepsBefore = fold.steps;
  const before = index < 0 ? null : fold.at(index, read);
  const point = fold.at(index + 1, read);
  const text = formatJson(point.state);
  // Of a state that is too long to be sent the page asks for lines, each with who set it.
  const isLong = args.brief === true && text.length > LIMITS.stateText;
  const answer: Answer<'state'> = {
    index,
    folded: point.count,
    replayed: fold.steps - stepsBefore,
    state: text,
    length: text.length,
    hash: hashOf(point.state),
    changes: before === null ? [] : diffStates(before.state, point.state).map(changeOut),
    changesOmitted: 0,
    blame: isLong ? [] : settersOf(view, point),
    problems: problemsOut(fold, point),
    tookMs: performance.now() - started,
  };
  if (args.brief !== true) return answer;
  const brief = briefState(answer);
  // The page will ask for its lines next.
  if (brief.state === '')
    keptLines(context, { ...args, index }, () => ({
      state: point.state,
      changes: answer.changes,
      setBy: setterOf(view, point),
    }));
  return brief;
}

/** The same as `stateHash` of core gives, by the system's own SHA-256, which counts for a state of 10 MB. */
const hashOf = (value: Json): string => createHash('sha256').update(canonicalJson(value)).digest('hex');

function setBy({ columns, rows }: HeadList, index: number): SetBy {
  const row = rows[index]!;
  const declared = columns.version[row]!;
  return { index, at: columns.recordedAt[row]!, version: Number.isNaN(declared) ? null : declared };
}

/** Which event last set each leaf. */
export const settersOf = ({ list }: CutView, point: FoldPoint): Answer<'state'>['blame'] =>
  blameOf(point).map(({ path, index }) => ({ path, ...setBy(list, index) }));

/** Which event last set one leaf; null for what is no leaf, or was set by none. */
export const setterOf =
  ({ list }: CutView, point: FoldPoint) =>
  (path: string): SetBy | null => {
    const index = leafAt(point.blame, parsePath(path));
    return index === null ? null : setBy(list, index);
  };

function history(
  context: ReadContext,
  args: SubjectArgs & Patience & { path: string; upTo?: number | undefined },
): Answer<'history'> | FarAnswer {
  const view = cutView(context, args.ref, args.cut);
  const limit = Math.min(view.within, (args.upTo ?? view.within) + 1);
  const stored = storedOf(context, args);
  if (args.patient !== true && unknownEvents(stored, limit) > 2 * FAR) return { far: true };
  const { initial } = folderOf(context, args.reducer);
  const fold = listFold(context, args);
  const { path } = args;
  return historyOf({ list: view.list, fold, stored, initial, limit, path, read: eventReader(context) });
}

type Target =
  | { time: number }
  | { version: number }
  | { eventId: string }
  | { recordId: number }
  | { topic: string; partition: number; offset: string };

/**
 * Last of the events within the cut at or before a moment, in the clock of the cut; −1: before the first. In recorded
 * time it is the last that was known then, as a cut takes it.
 */
function indexAtTime({ stream, list, within }: CutView, cut: CutOf, time: number): number {
  if (cut.trueOn === null) return Math.min(within, countUpTo(stream.ordered.effectiveAt, time)) - 1;
  const { occurredAt, recordedAt } = list.columns;
  for (let index = within - 1; index >= 0; index -= 1) {
    const row = list.rows[index]!;
    const occurred = Number.isNaN(occurredAt[row]!) ? recordedAt[row]! : occurredAt[row]!;
    if (occurred <= time) return index;
  }
  return -1;
}

/** Place in log order of the first event with that id or version; −1: there is none. */
function placeOf(context: ReadContext, list: HeadList, target: { version: number } | { eventId: string }) {
  const { version, eventHash } = list.columns;
  if ('version' in target) {
    // Where no event declares a version, the place in log order serves as one.
    if (list.rows.every((row) => Number.isNaN(version[row]!)))
      return target.version >= 1 && target.version <= list.length ? target.version - 1 : -1;
    return list.rows.findIndex((row) => version[row] === target.version);
  }
  const hash = hash53(target.eventId);
  const payloads = new PayloadReader(context);
  return list.rows.findIndex(
    (row, place) => eventHash[row] === hash && payloads.event(list.headAt(place)).eventId === target.eventId,
  );
}

function locate(
  context: ReadContext,
  { ref, cut, target }: { ref: AggregateRef; cut: CutOf; target: Target },
): Answer<'locate'> {
  const view = cutView(context, ref, cut);
  if ('time' in target) return { index: indexAtTime(view, cut, target.time) };
  if ('recordId' in target) return { index: orNull(view.list.placeOfId(target.recordId)) };
  if ('topic' in target) {
    const partition = context.dictionary
      .partitions()
      .find((each) => each.topic === target.topic && each.partition === target.partition);
    const offset = Number(target.offset);
    if (partition === undefined || !(offset >= 0 && offset < OFFSET_SPAN)) return { index: null };
    return { index: orNull(view.list.placeOfId(partition.no * OFFSET_SPAN + offset)) };
  }
  const { list } = view.stream;
  const place = placeOf(context, list, target);
  return { index: place === -1 ? null : orNull(view.list.placeOfRow(list.rows[place]!)) };
}

const orNull = (place: number): number | null => (place === -1 ? null : place);

export const timelineReads = {
  'aggregates.timeline': info,
  'aggregates.events': rows,
  'aggregates.strip': strip,
  'aggregates.state': state,
  'aggregates.history': history,
  'aggregates.locate': locate,
};
