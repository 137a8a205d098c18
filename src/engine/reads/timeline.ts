/** One aggregate's life: its events with their faults, its state anywhere, what each event changed, and who set what. */
import type { z } from 'zod';
import type { AggregateRef } from '../../contract/common.ts';
import type { aggregates, ChangeOut, TimelineInfo, TimelineRow } from '../../contract/events.ts';
import { diffStates } from '../../core/diff.ts';
import type { Folder } from '../../core/folder.ts';
import { formatJson, isJsonObject, parseJson, stateHash } from '../../core/json.ts';
import type { Change, Json, Reducer, ScriptReducer } from '../../core/model.ts';
import { formatPath, getPath, parsePath } from '../../core/path.ts';
import { folderFor } from '../sandbox/folderFor.ts';
import { hash53 } from '../store/ids.ts';
import { PayloadReader, type StreamHead } from '../store/stream.ts';
import type { ReadContext } from '../workers/context.ts';
import { badgeOf } from './coverage.ts';
import { rowsOf } from './rows.ts';
import { blameOf, ListFold } from './timelineFold.ts';
import {
  type CutOf,
  type CutView,
  cutKey,
  cutView,
  indexesOf,
  refKey,
  topicsOfType,
} from './timelineView.ts';

type Answer<K extends keyof typeof aggregates> = z.infer<(typeof aggregates)[K]['output']>;

/** A reducer as it crosses into a thread: text, because a clone would lose the digits of its numbers. */
export interface ReducerText {
  definition: string;
  hash: string;
}

export interface SubjectArgs {
  ref: AggregateRef;
  cut: CutOf;
  reducer: ReducerText;
}

/** Steps of a path's history, and marks on the strip, that one answer holds. */
const MOST_STEPS = 4000;
const MOST_MARKS = 2000;
const MOST_PROBLEMS = 200;
/** Events that are folded at once for a title: the list of a longer stream must not wait for the fold. */
const TITLE_FOLD = 5000;

function folderOf(context: ReadContext, { definition, hash }: ReducerText): Folder {
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

/** The fold of a subject, shared by all who look at it. */
export function listFold(context: ReadContext, { ref, cut, reducer }: SubjectArgs): ListFold<StreamHead> {
  return context.cache.get(
    `fold ${refKey(ref)} ${cutKey(cut)} ${reducer.hash}`,
    () =>
      new ListFold(cutView(context, ref, cut).list, folderOf(context, reducer), {
        aggregateType: ref.type,
        aggregateId: ref.id,
      }),
    (fold) => fold.bytes,
  );
}

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

function info(
  context: ReadContext,
  args: SubjectArgs,
): Omit<z.infer<typeof TimelineInfo>, 'reducers' | 'reducer'> {
  const { ref } = args;
  const view = cutView(context, ref, args.cut);
  const { events, effectiveAt } = view.stream.ordered;
  const fold = listFold(context, args);
  const isFolded = view.within <= TITLE_FOLD || fold.isNear(view.within);
  const state = isFolded ? fold.at(view.within, eventReader(context)).state : null;
  let lowest: number | null = null;
  let highest: number | null = null;
  for (const { version } of events) {
    if (version === null) continue;
    lowest = Math.min(lowest ?? version, version);
    highest = Math.max(highest ?? version, version);
  }
  return {
    ref,
    title: titleOf(state),
    status: findText(state, STATUS_FIELDS),
    total: events.length,
    within: view.within,
    topics: [...new Set(events.map(({ topic }) => topic))].sort(),
    firstAt: effectiveAt[0] ?? null,
    lastAt: effectiveAt.at(-1) ?? null,
    firstVersion: lowest,
    lastVersion: highest,
    order: view.note,
    lastEventId: view.within === 0 ? null : view.list[view.within - 1]!.id,
    coverage: badgeOf(context, topicsOfType(context, ref.type)),
    revision: context.revision,
  };
}

function rows(
  context: ReadContext,
  { ref, cut, from, count }: { ref: AggregateRef; cut: CutOf; from: number; count: number },
): Answer<'events'> {
  const view = cutView(context, ref, cut);
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
        faults: view.stream.faults.get(row.id) ?? [],
      }),
    ),
  };
}

function strip(
  context: ReadContext,
  { ref, cut, buckets }: { ref: AggregateRef; cut: CutOf; buckets: number },
): Answer<'strip'> {
  const view = cutView(context, ref, cut);
  const { events } = view.stream.ordered;
  const counts = new Array<number>(buckets).fill(0);
  if (events.length === 0) return { from: null, to: null, counts, faults: [], late: [], lateOmitted: 0 };
  let from = events[0]!.recordedAt;
  let to = from;
  for (const { recordedAt } of events) {
    from = Math.min(from, recordedAt);
    to = Math.max(to, recordedAt);
  }
  const width = Math.max(1, to - from + 1) / buckets;
  for (const { recordedAt } of events) counts[Math.floor((recordedAt - from) / width)]! += 1;
  const indexes = indexesOf(context, ref, cut);
  const marks: Answer<'strip'>['faults'] = [];
  for (const event of events) {
    const texts = view.stream.faults.get(event.id);
    if (texts !== undefined)
      marks.push({ index: indexes.get(event.id)!, at: event.recordedAt, text: texts.join('; ') });
  }
  const faults = marks.slice(0, MOST_MARKS);
  const rest = marks[MOST_MARKS];
  if (rest !== undefined)
    faults.push({
      ...rest,
      text: `${marks.length - MOST_MARKS} events with faults from here on; see the list`,
    });
  const backdated = events.filter((event) => view.stream.backdated.has(event.id));
  const late = backdated.slice(0, MOST_MARKS).map((event) => ({
    index: indexes.get(event.id)!,
    occurredAt: event.occurredAt!,
    recordedAt: event.recordedAt,
  }));
  return { from, to, counts, faults, late, lateOmitted: backdated.length - late.length };
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

function problemsOut(fold: ListFold<StreamHead>, count: number): Answer<'state'>['problems'] {
  const all = fold.problems(count);
  const shown = all.slice(-MOST_PROBLEMS).map(({ id, message }) => ({ id, message }));
  const hidden = all.length - shown.length;
  if (hidden > 0)
    shown.unshift({
      id: all[hidden - 1]!.id,
      message: `${hidden} earlier events had problems too, up to this one`,
    });
  return shown;
}

function state(context: ReadContext, args: SubjectArgs & { index: number }): Answer<'state'> {
  const started = performance.now();
  const view = cutView(context, args.ref, args.cut);
  const fold = listFold(context, args);
  const index = Math.min(args.index, view.list.length - 1);
  const read = eventReader(context);
  const before = index < 0 ? null : fold.at(index, read);
  const point = fold.at(index + 1, read);
  return {
    index,
    folded: point.count,
    state: formatJson(point.state),
    hash: stateHash(point.state),
    changes: before === null ? [] : diffStates(before.state, point.state).map(changeOut),
    blame: blameOf(point),
    problems: problemsOut(fold, point.count),
    tookMs: performance.now() - started,
  };
}

function history(context: ReadContext, args: SubjectArgs & { path: string }): Answer<'history'> {
  const view = cutView(context, args.ref, args.cut);
  const path = parsePath(args.path);
  const steps = context.cache.get(
    `history ${refKey(args.ref)} ${cutKey(args.cut)} ${args.reducer.hash} ${args.path}`,
    () => {
      const fold = listFold(context, args);
      const read = eventReader(context);
      const found: Answer<'history'>['steps'] = [];
      let value = getPath(fold.at(0, read).state, path);
      let text = textOrNull(value);
      for (let index = 0; index < view.within; index += 1) {
        const next = getPath(fold.at(index + 1, read).state, path);
        if (next === value) continue;
        value = next;
        const nextText = textOrNull(next);
        if (nextText === text) continue;
        text = nextText;
        const event = view.list[index]!;
        found.push({ index, id: event.id, recordedAt: event.recordedAt, value: text });
      }
      return found;
    },
    (found) => found.length * 200,
  );
  return {
    path: args.path,
    omitted: Math.max(0, steps.length - MOST_STEPS),
    steps: steps.slice(-MOST_STEPS),
  };
}

type Target = { time: number } | { version: number } | { eventId: string } | { recordId: number };

/** Last of the events within the cut at or before a moment, in the clock of the cut; −1: before the first. */
function indexAtTime(view: CutView, cut: CutOf, time: number): number {
  const happened = (event: StreamHead) =>
    cut.trueOn === null ? event.monotonicAt : (event.occurredAt ?? event.recordedAt);
  for (let index = view.list.length - 1; index >= 0; index -= 1)
    if (happened(view.list[index]!) <= time) return index;
  return -1;
}

function locate(
  context: ReadContext,
  { ref, cut, target }: { ref: AggregateRef; cut: CutOf; target: Target },
): Answer<'locate'> {
  const view = cutView(context, ref, cut);
  if ('time' in target) return { index: indexAtTime(view, cut, target.time) };
  const indexes = indexesOf(context, ref, cut);
  if ('recordId' in target) return { index: indexes.get(target.recordId) ?? null };
  const { events } = view.stream.ordered;
  const find = (): StreamHead | undefined => {
    if ('eventId' in target) {
      const hash = hash53(target.eventId);
      const payloads = new PayloadReader(context);
      return events.find(
        (event) => event.eventHash === hash && payloads.event(event).eventId === target.eventId,
      );
    }
    // Where no event declares a version, the place in log order serves as one.
    if (events.every(({ version }) => version === null)) return events[target.version - 1];
    return events.find(({ version }) => version === target.version);
  };
  const found = find();
  return { index: found === undefined ? null : indexes.get(found.id)! };
}

export const timelineReads = {
  'aggregates.timeline': info,
  'aggregates.events': rows,
  'aggregates.strip': strip,
  'aggregates.state': state,
  'aggregates.history': history,
  'aggregates.locate': locate,
};
