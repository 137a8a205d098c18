/** Two points side by side: what differs between their states, and which events lie between them. */
import type { z } from 'zod';
import type { aggregates } from '../../contract/aggregates.ts';
import type { AggregateRef } from '../../contract/common.ts';
import type { ComparedSide, ComparedValue, ComparePlace, CompareRow } from '../../contract/compare.ts';
import { HindcastError } from '../../contract/errors.ts';
import { type AlignedRow, alignedPath, alignStates } from '../../core/align.ts';
import { formatJson, isJsonObject, stateHash } from '../../core/json.ts';
import type { Json } from '../../core/model.ts';
import type { ReadContext } from '../workers/context.ts';
import { badgeOf } from './coverage.ts';
import type { HeadList } from './headList.ts';
import { rowsOf } from './rows.ts';
import { eventReader, listFold, type ReducerText, titleOf } from './timeline.ts';
import { type CutOf, type CutView, cutKey, cutView, refKey } from './timelineView.ts';
import { topicsOfType } from './topicsOfType.ts';

type Answer<K extends keyof typeof aggregates> = z.infer<(typeof aggregates)[K]['output']>;

interface SideArgs {
  ref: AggregateRef;
  cut: CutOf;
  reducer: ReducerText;
  at: ComparePlace;
  derived?: string | undefined;
}
interface Sides {
  a: SideArgs;
  b: SideArgs;
}
type Page = { from: number; count: number };
type BetweenSide = Answer<'compareEvents'>['rows'][number]['side'];

/** Characters of a value that stand in a line; two pages of lines still fit a frame. */
const LONGEST_VALUE = 600;
/** Characters of a name or path that stand in a line. */
const LONGEST_NAME = 300;
const MOST_TYPES = 12;
const BYTES_PER_ROW = 160;
const BYTES_PER_EVENT = 24;

const sideKey = ({ ref, cut, reducer, at }: SideArgs): string =>
  `${refKey(ref)} ${cutKey(cut)} ${reducer.hash} ${at}`;

/** @throws HindcastError `aggregate.unknown`, `record.unknown` */
function indexOf({ ref, at }: SideArgs, { list, within }: CutView): number {
  if (at === 'start') return -1;
  if (at === 'last') return within - 1;
  const index = list.placeOfId(at);
  if (index === -1) throw new HindcastError('record.unknown', { place: `${at} of ${ref.type} ${ref.id}` });
  return index;
}

function pointOf(context: ReadContext, side: SideArgs) {
  const view = cutView(context, side.ref, side.cut);
  const index = indexOf(side, view);
  const fold = listFold(context, side);
  const point = fold.at(index + 1, eventReader(context));
  return { view, index, state: point.state, problems: point.problems };
}

interface Difference {
  rows: readonly AlignedRow[];
  /** Places in `rows` of what differs or holds a difference. */
  different: readonly number[];
  added: number;
  removed: number;
  changed: number;
}

function differenceOf(context: ReadContext, { a, b }: Sides): Difference {
  return context.cache.get(
    `compare ${sideKey(a)} | ${sideKey(b)}`,
    () => {
      const rows = alignStates(pointOf(context, a).state, pointOf(context, b).state);
      const counts = { added: 0, removed: 0, changed: 0 };
      const different: number[] = [];
      for (const [at, { kind, own }] of rows.entries()) {
        if (kind === 'same') continue;
        different.push(at);
        if (own) counts[kind] += 1;
      }
      return { rows, different, ...counts };
    },
    ({ rows }) => rows.length * BYTES_PER_ROW,
  );
}

interface Between {
  /** The stream in log order, and the places of those events in it. */
  list: HeadList | null;
  places: readonly number[];
  sides: readonly BetweenSide[];
}

const isSameStream = ({ a, b }: Sides): boolean => refKey(a.ref) === refKey(b.ref);

/** Which events of its stream a side takes in. */
function takenBy(context: ReadContext, side: SideArgs) {
  const view = cutView(context, side.ref, side.cut);
  const last = indexOf(side, view);
  return { view, takes: (row: number) => view.list.placeOfRow(row) <= last };
}

/** The events that only one of two points of a stream takes in, or that both take in at different places. */
function betweenOf(context: ReadContext, { a, b }: Sides): Between {
  if (!isSameStream({ a, b })) return { list: null, places: [], sides: [] };
  return context.cache.get(
    `between ${refKey(a.ref)} ${cutKey(a.cut)} ${a.at} | ${cutKey(b.cut)} ${b.at}`,
    () => {
      const inA = takenBy(context, a);
      const inB = takenBy(context, b);
      const places: number[] = [];
      const sides: BetweenSide[] = [];
      const { list } = inA.view.stream;
      for (const [place, row] of list.rows.entries()) {
        const isInA = inA.takes(row);
        if (isInA !== inB.takes(row)) sides.push(isInA ? 'a' : 'b');
        else if (isInA && inA.view.moved.hasRow(row) !== inB.view.moved.hasRow(row)) sides.push('moved');
        else continue;
        places.push(place);
      }
      return { list, places, sides };
    },
    ({ places }) => places.length * BYTES_PER_EVENT,
  );
}

function betweenOut(context: ReadContext, sides: Sides): Answer<'compare'>['between'] {
  if (!isSameStream(sides)) return null;
  const between = betweenOf(context, sides);
  const byType = new Map<string, number>();
  for (const place of between.places) {
    const type = between.list!.typeNameAt(place);
    byType.set(type, (byType.get(type) ?? 0) + 1);
  }
  const types = [...byType].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const count = (wanted: BetweenSide) => between.sides.filter((side) => side === wanted).length;
  return {
    onlyA: count('a'),
    onlyB: count('b'),
    moved: count('moved'),
    types: types.slice(0, MOST_TYPES).map(([type, events]) => ({ type, events })),
    furtherTypes: Math.max(0, types.length - MOST_TYPES),
  };
}

type SideOut = Omit<ComparedSide, 'reducer' | 'reducers'>;

function sideOut(context: ReadContext, side: SideArgs): SideOut {
  const { view, index, state, problems } = pointOf(context, side);
  const { list, within } = view;
  const placeOf = (at: number): ComparePlace | null =>
    at < -1 || at >= list.length ? null : at === -1 ? 'start' : list.idAt(at);
  let moved = 0;
  if (view.moved.size > 0)
    for (let at = 0; at <= index; at += 1) if (view.moved.hasRow(list.rows[at]!)) moved += 1;
  return {
    title: titleOf(state),
    total: list.length,
    within,
    index,
    event: index < 0 ? null : rowsOf(context, [list.idAt(index)])[0]!,
    earlier: placeOf(index - 1),
    later: placeOf(index + 1),
    hash: stateHash(state),
    order: view.note.order,
    moved,
    problems,
    coverage: badgeOf(context, topicsOfType(context, side.ref.type)),
  };
}

function compare(
  context: ReadContext,
  sides: Sides,
): Omit<Answer<'compare'>, 'a' | 'b'> & { a: SideOut; b: SideOut } {
  const { rows, different, added, removed, changed } = differenceOf(context, sides);
  return {
    a: sideOut(context, sides.a),
    b: sideOut(context, sides.b),
    added,
    removed,
    changed,
    lines: rows.length,
    different: different.length,
    between: betweenOut(context, sides),
  };
}

function valueOut(value: Json | undefined): ComparedValue | null {
  if (value === undefined) return null;
  if (Array.isArray(value) && value.length > 0) return { list: value.length };
  if (isJsonObject(value) && Object.keys(value).length > 0) return { object: Object.keys(value).length };
  const text = typeof value === 'string' ? value : formatJson(value);
  if (text.length > LONGEST_VALUE) return { start: text.slice(0, LONGEST_VALUE), characters: text.length };
  return { json: formatJson(value) };
}

/** A key may be as long as a value. */
const clipped = (name: string): string =>
  name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}… (${name.length} characters)` : name;

function nameOf({ stepA, stepB }: AlignedRow): string {
  if (typeof stepA === 'number' && typeof stepB === 'number' && stepA !== stepB) return `${stepA} → ${stepB}`;
  return String(stepB ?? stepA ?? '');
}

/** A line of two states laid side by side. */
export function compareRowOut(rows: readonly AlignedRow[], at: number): CompareRow {
  const row = rows[at]!;
  return {
    depth: row.depth,
    name: clipped(nameOf(row)),
    path: clipped(alignedPath(rows, at)),
    kind: row.kind,
    a: valueOut(row.a),
    b: valueOut(row.b),
    delta: row.delta,
    inside: row.inside,
  };
}

function compareRows(
  context: ReadContext,
  { a, b, show, from, count }: Sides & Page & { show: 'differences' | 'all' },
): Answer<'compareRows'> {
  const { rows, different } = differenceOf(context, { a, b });
  const total = show === 'all' ? rows.length : different.length;
  const last = Math.min(total, from + count);
  const page: CompareRow[] = [];
  for (let at = from; at < last; at += 1)
    page.push(compareRowOut(rows, show === 'all' ? at : different[at]!));
  return { rows: page, total };
}

function compareEvents(context: ReadContext, { a, b, from, count }: Sides & Page): Answer<'compareEvents'> {
  const { list, places, sides } = betweenOf(context, { a, b });
  const page = rowsOf(
    context,
    places.slice(from, from + count).map((place) => list!.idAt(place)),
  );
  return { rows: page.map((row, at) => ({ ...row, side: sides[from + at]! })), total: places.length };
}

export const compareReads = {
  'aggregates.compare': compare,
  'aggregates.compareRows': compareRows,
  'aggregates.compareEvents': compareEvents,
};
