import { keepPreviousData, type UseQueryResult, useQueries, useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { TimelineInfo, TimelineRow } from '../../../contract/aggregates.ts';
import type { AggregateRef } from '../../../contract/common.ts';
import type { CompareSide } from '../../../contract/compare.ts';
import type { EngineError } from '../../lib/engine.ts';
import { useFocus } from '../../lib/focus.ts';
import { callEngine, queryClient, useEngineQuery } from '../../lib/queries.ts';
import { useLinkedState } from '../events/linkedState.ts';
import { eventMark } from './names.ts';
import { readWindow, type Span, windowText } from './strip/zoom.ts';
import {
  askPage,
  eventsKey,
  knownRow,
  PAGE_ROWS,
  pageQuery,
  type StateAnswer,
  type Subject,
  stateQuery,
} from './timelinePages.ts';

/** tree and json: the state after the chosen event. row: the projection's row as of the focus. */
export type StateView = 'tree' | 'json' | 'row';
const VIEWS: readonly StateView[] = ['tree', 'json', 'row'];
const LINKED = ['at', 'event', 'path', 'view', 'zoom'] as const;
const WHOLE_NUMBER = /^-?\d{1,16}$/;
const placeIn = (text: string | null): number | null =>
  text !== null && WHOLE_NUMBER.test(text) ? Number(text) : null;

/** What is asked about: the aggregate as of the focus. The same object as long as none of it changes. */
function useSubject(ref: AggregateRef): Subject {
  const { cut, reducer } = useFocus();
  return useMemo(
    () => ({ ref: { type: ref.type, id: ref.id }, cut, reducer }),
    [ref.type, ref.id, cut, reducer],
  );
}

export interface Timeline {
  subject: Subject;
  info: TimelineInfo | undefined;
  infoError: EngineError | null;
  retryInfo(): void;
  /** Place in the list; −1: before the first event. */
  index: number;
  row: TimelineRow | undefined;
  /** Chooses an event; the address follows. A far one is brought into the middle of the list. */
  select(index: number): void;
  /** Where the list puts the chosen event: a neighbour moves it as little as needed. */
  follow: 'nearest' | 'center';
  /** As {@link select}, for a row that is on the screen already. */
  pick(index: number): void;
  /** Place that was chosen last, also before the page has turned to it; null: none was, the place is found otherwise. */
  chosen(): number | null;
  /** Follows the last event within the cut, wherever it moves. */
  selectHead(): void;
  /** An event was chosen by its place; else the last one within the cut is shown, wherever that moves. */
  isPlaced: boolean;
  /** Which part of the life the strip shows; null: all of it. */
  setZoom(zoom: Span | null): void;
  path: string | null;
  setPath(path: string | null): void;
  view: StateView;
  setView(view: StateView): void;
  /** Writes the selection into the address now: before another screen is opened. */
  flush(): void;
}

/**
 * The stream of one aggregate and which of its events is chosen. The window of the strip stands beside it: the panels
 * have nothing to do with that.
 */
export function useTimeline(ref: AggregateRef): { timeline: Timeline; zoom: Span | null } {
  const subject = useSubject(ref);
  const [linked, setLinked, flush, peek] = useLinkedState(LINKED);
  const infoQuery = useEngineQuery(['aggregates', 'timeline'], subject);
  const info = infoQuery.data;
  const head = (info?.within ?? 0) - 1;
  const at = placeIn(linked.at);
  const record = linked.event !== null && WHOLE_NUMBER.test(linked.event) ? Number(linked.event) : null;
  const located = useQuery({
    queryKey: ['aggregates', 'locate', { ...subject, target: { recordId: record } }],
    queryFn: () => callEngine(['aggregates', 'locate'], { ...subject, target: { recordId: record ?? 0 } }),
    enabled: record !== null && at === null,
  });
  const wanted = at ?? (record === null ? head : (located.data?.index ?? head));
  const index = Math.max(-1, Math.min(wanted, (info?.total ?? 0) - 1));
  const page = useQuery({ ...pageQuery(subject, index), enabled: info !== undefined && index >= 0 });
  const row = index < 0 ? undefined : page.data?.rows[index % PAGE_ROWS];

  // Rows may have come in before the chosen event since the address was written: the event counts, not its place.
  useEffect(() => {
    if (at !== null && record !== null && row !== undefined && row.index === at && row.id !== record)
      setLinked({ at: null });
    // A place beyond the list as it is now may be an event that is still on its way into it.
    else if (at !== null && record === null && row?.index === at) setLinked({ event: String(row.id) });
  }, [at, record, row, setLinked]);

  useMovedFocus(subject, at === null && record === null ? null : record, setLinked);

  const [follow, setFollow] = useState<'nearest' | 'center'>('center');
  const place = useRef(index);
  place.current = index;
  const retry = infoQuery.refetch;
  const moves = useMemo(() => {
    const put = (next: number) => {
      const there = knownRow(subject, next);
      setLinked({ at: String(next), event: there === undefined ? null : String(there.id) });
    };
    return {
      retryInfo: () => void retry(),
      select: (next: number) => {
        setFollow(Math.abs(next - place.current) > 1 ? 'center' : 'nearest');
        put(next);
      },
      pick: (next: number) => {
        setFollow('nearest');
        put(next);
      },
      chosen: () => placeIn(peek().at),
      selectHead: () => {
        setFollow('center');
        setLinked({ at: null, event: null });
      },
      setPath: (path: string | null) => setLinked({ path }),
      setView: (view: StateView) => setLinked({ view: view === 'tree' ? null : view }),
      setZoom: (zoom: Span | null) => setLinked({ zoom: windowText(zoom) }),
      flush,
    };
  }, [subject, setLinked, flush, peek, retry]);
  const zoom = useMemo(() => readWindow(linked.zoom), [linked.zoom]);
  const { path } = linked;
  const isPlaced = at !== null;
  const view = VIEWS.find((each) => each === linked.view) ?? 'tree';
  const infoError = infoQuery.error;
  // The same object as long as nothing changes: the panels compare it.
  const timeline = useMemo(
    () => ({ subject, info, infoError, index, row, isPlaced, follow, path, view, ...moves }),
    [subject, info, infoError, index, row, isPlaced, follow, path, view, moves],
  );
  return { timeline, zoom };
}

/**
 * When the focus moves, the chosen event stays chosen at its new place; one that the new cut leaves out gives way to
 * the last event within it.
 */
function useMovedFocus(
  subject: Subject,
  record: number | null,
  setLinked: (change: { at: string | null; event?: string | null }) => void,
): void {
  const before = useRef(subject.cut);
  useEffect(() => {
    if (before.current === subject.cut) return;
    before.current = subject.cut;
    if (record === null) return;
    let isCurrent = true;
    const ask = async () => {
      const [{ index }, info] = await Promise.all([
        callEngine(['aggregates', 'locate'], { ...subject, target: { recordId: record } }),
        queryClient.fetchQuery({
          queryKey: ['aggregates', 'timeline', subject],
          queryFn: () => callEngine(['aggregates', 'timeline'], subject),
        }),
      ]);
      if (!isCurrent) return;
      if (index === null || index >= info.within) setLinked({ at: null, event: null });
      else setLinked({ at: String(index) });
    };
    // A failure shows in the panels themselves, which ask the same engine.
    ask().catch(() => {});
    return () => {
      isCurrent = false;
    };
  }, [subject, record, setLinked]);
}

/** The chosen event as a side of a comparison; null as long as its row is on its way. */
export function markOf({ subject, row, index }: Timeline): { side: CompareSide | null; words: string } {
  const { id } = subject.ref;
  if (index < 0) return { side: { ...subject, at: 'start' }, words: `${id} before its first event` };
  if (row === undefined) return { side: null, words: '' };
  return { side: { ...subject, at: row.id }, words: `${eventMark(row)} of ${id}` };
}

export type ShownState = Pick<
  UseQueryResult<StateAnswer, EngineError>,
  'data' | 'error' | 'isPlaceholderData' | 'refetch'
>;

/**
 * The state after an event; the one before stays on the screen meanwhile. The neighbours' states are asked ahead unless
 * one is on the move.
 */
export function useStateAt({ subject, index, info }: Timeline, isMoving: boolean): ShownState {
  const { data, error, isPlaceholderData, refetch } = useQuery<StateAnswer, EngineError>({
    ...stateQuery(subject, index),
    enabled: info !== undefined,
    placeholderData: keepPreviousData,
  });
  const total = info?.total ?? 0;
  const isThere = data?.index === index && !isPlaceholderData;
  const isLong = data?.state === '';
  useNameAfterFold(subject, isThere ? info : undefined);
  useEffect(() => {
    // A state too long to be sent costs too much to be asked for ahead.
    if (!isThere || isMoving || isLong) return;
    for (const next of [index + 1, index - 1]) {
      if (next >= -1 && next < total) void queryClient.prefetchQuery(stateQuery(subject, next));
    }
  }, [isThere, isMoving, isLong, subject, index, total]);
  // The same object as long as nothing changes: the panels compare it.
  return useMemo(
    () => ({ data, error, isPlaceholderData, refetch }) as ShownState,
    [data, error, isPlaceholderData, refetch],
  );
}

/** A long stream is listed before it is folded; once it is, its name and status are asked for, once. */
function useNameAfterFold(subject: Subject, info: TimelineInfo | undefined): void {
  const asked = useRef<{ subject: Subject; revision: number } | null>(null);
  useEffect(() => {
    if (info === undefined || info.title !== null || info.status !== null || info.within === 0) return;
    const { revision } = info;
    if (asked.current?.subject === subject && asked.current.revision === revision) return;
    asked.current = { subject, revision };
    void queryClient.invalidateQueries({ queryKey: ['aggregates', 'timeline', subject], exact: true });
  }, [subject, info]);
}

/** Events of far pages that a list needs by index (blame); pages asked for the list beside are shared. */
const MOST_PAGES = 25;

export function useRowsAt(
  subject: Subject,
  indexes: readonly number[],
): (index: number) => TimelineRow | undefined {
  const pages = [
    ...new Set(indexes.filter((index) => index >= 0).map((index) => Math.floor(index / PAGE_ROWS))),
  ]
    .sort((a, b) => b - a)
    .slice(0, MOST_PAGES);
  const answers = useQueries({
    queries: pages.map((page) => {
      const range = { from: page * PAGE_ROWS, count: PAGE_ROWS };
      return {
        queryKey: [...eventsKey(subject), range],
        queryFn: ({ signal }: { signal: AbortSignal }) => askPage(subject, range, signal),
      };
    }),
  });
  return (index) => {
    const answer = answers[pages.indexOf(Math.floor(index / PAGE_ROWS))]?.data;
    return answer?.rows[index % PAGE_ROWS];
  };
}
