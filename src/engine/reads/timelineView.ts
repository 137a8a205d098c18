/** A stream as the timeline lists it: ordered once per revision, cut once per moment. */
import type { z } from 'zod';
import type { AggregateRef, Cut } from '../../contract/common.ts';
import { HindcastError } from '../../contract/errors.ts';
import type { OrderNote } from '../../core/model.ts';
import { loadColumns } from '../store/streamColumns.ts';
import type { ReadContext } from '../workers/context.ts';
import { cutColumns, type OrderedColumns, orderColumns } from './columnOrder.ts';
import { HeadList, RowSet } from './headList.ts';

export type CutOf = z.infer<typeof Cut>;

/** A reducer as it crosses into a thread: text, because a clone would lose the digits of its numbers. */
export interface ReducerText {
  definition: string;
  hash: string;
}

export interface SubjectArgs {
  ref: AggregateRef;
  cut: CutOf;
  reducer: ReducerText;
  /** Folder of the files made from workspaces; absent: nothing that was kept is used. */
  derived?: string | undefined;
}

export interface StreamView {
  ordered: OrderedColumns;
  /** All committed events in log order. */
  list: HeadList;
  /** Events that occurred earlier than the tolerance allows, over the whole stream; rows in the order of their occurring. */
  backdated: RowSet;
  backdatedRows: Uint32Array;
}

export interface CutView {
  stream: StreamView;
  /** The events within the cut in fold order, then those after it in log order. */
  list: HeadList;
  /** Names the list among those of the stream: views with the same name have the same list. */
  listKey: string;
  /** How many of the list the cut takes in. */
  within: number;
  note: OrderNote;
  moved: RowSet;
}

/** Later than any event: every event counts, in occurred order. */
const END_OF_TIME = 8.64e15;
const BYTES_PER_EVENT = 17;
const BYTES_PER_CUT_EVENT = 9;

export const refKey = (ref: AggregateRef): string => JSON.stringify([ref.type, ref.id]);

/** @throws HindcastError `aggregate.unknown` */
export function streamView(context: ReadContext, ref: AggregateRef): StreamView {
  return context.cache.get(
    `stream view ${refKey(ref)}`,
    () => {
      const columns = loadColumns(context, ref);
      if (columns.count === 0) throw new HindcastError('aggregate.unknown', { type: ref.type, id: ref.id });
      const ordered = orderColumns(columns, context.dictionary);
      const { moved } = cutColumns(ordered, { knownOn: null, trueOn: END_OF_TIME });
      return {
        ordered,
        list: new HeadList(columns, ordered.rows, context.dictionary),
        backdated: new RowSet(columns, moved),
        backdatedRows: moved,
      };
    },
    ({ ordered }) => ordered.columns.count * BYTES_PER_EVENT,
  );
}

export const cutKey = (cut: CutOf): string => `${cut.knownOn} ${cut.trueOn}`;

/** @throws HindcastError `aggregate.unknown` */
export function cutView(context: ReadContext, ref: AggregateRef, cut: CutOf): CutView {
  return context.cache.get(
    `cut view ${refKey(ref)} ${cutKey(cut)}`,
    () => {
      const stream = streamView(context, ref);
      const { ordered } = stream;
      const { columns } = ordered;
      const { rows, moved } = cutColumns(ordered, cut);
      const within = rows.length;
      // Known on K takes a prefix of the log, which with the rest is the log itself.
      const isLog = cut.trueOn === null || isPrefix(rows, ordered.rows);
      const list = isLog
        ? stream.list
        : new HeadList(columns, withRest(columns.count, rows, ordered.rows), context.dictionary);
      const listKey = isLog ? 'log' : cutKey(cut);
      const note: OrderNote = {
        order: cut.trueOn === null ? 'log' : 'occurred',
        moved: Array.from(moved, (row) => ({
          id: columns.id[row]!,
          occurredAt: columns.occurredAt[row]!,
          recordedAt: columns.recordedAt[row]!,
        })),
        toleranceMs: ordered.toleranceMs,
        versionFaults: ordered.versionFaults.filter(({ id }) => list.placeOfId(id) < within),
        leftOut: ordered.excluded.length,
      };
      return { stream, list, listKey, within, note, moved: new RowSet(columns, moved) };
    },
    ({ list }) => list.length * BYTES_PER_CUT_EVENT,
  );
}

function isPrefix(rows: Uint32Array, all: Uint32Array): boolean {
  for (let at = 0; at < rows.length; at++) if (rows[at] !== all[at]) return false;
  return true;
}

/** Those within first, then the others in log order. */
function withRest(count: number, within: Uint32Array, all: Uint32Array): Uint32Array {
  const taken = new Uint8Array(count);
  for (const row of within) taken[row] = 1;
  const list = new Uint32Array(all.length);
  list.set(within);
  let at = within.length;
  for (const row of all) if (taken[row] === 0) list[at++] = row;
  return list;
}
