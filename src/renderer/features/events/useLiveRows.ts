import { useCallback, useEffect, useRef, useState } from 'react';
import type { EventRow } from '../../../contract/common.ts';
import type { EventFilter } from '../../../contract/events.ts';
import { engineReady, insist } from '../../lib/engine.ts';
import type { RowSource } from '../../lib/pagedRows.ts';
import { askEvents, type EventsAnswer, PAGE_ROWS } from './pages.ts';
import { showProblem } from './showProblem.ts';

/** Rows asked at the end of the list: more than a screen holds, and room for what comes while they are asked. */
const END_ROWS = 120;
const END_ASKED = 300;

interface Shown {
  filter: EventFilter;
  answer: EventsAnswer;
  total: number;
  /** The rows at the end, from this index on. */
  endFrom: number;
  end: readonly EventRow[];
  /** Pages before them that came into view. */
  pages: ReadonlyMap<number, readonly EventRow[]>;
}

export interface LiveRows extends RowSource<EventRow> {
  /** Null: nothing to show yet. */
  head: EventsAnswer | null;
  /** The rows belong to the filter before. */
  isOld: boolean;
  isPaused: boolean;
  /** Rows that came since it was paused. */
  news: number;
  pause(): void;
  goOn(): void;
}

/**
 * The rows that fit a filter while topics are followed. The engine tells how many there are; the rows of the end are
 * asked for then. Paused, everything stays as it is and only the count of what came grows.
 */
export function useLiveRows(filter: EventFilter, isOn: boolean): LiveRows {
  const [shown, setShown] = useState<Shown | null>(null);
  const [isPaused, setPaused] = useState(false);
  const [known, setKnown] = useState(0);
  const now = useRef({ filter, shown, isPaused, known, asked: new Set<number>() });
  now.current = { ...now.current, filter, shown, isPaused };

  const showEnd = useCallback(
    async (total: number, signal?: AbortSignal) => {
      const endFrom = Math.max(0, total - END_ROWS);
      const answer = await askEvents(filter)({ from: endFrom, count: END_ASKED }, signal);
      // Not only aborted: who goes on after a pause has no signal.
      if (signal?.aborted || now.current.filter !== filter) return;
      const { shown: last, isPaused: stays } = now.current;
      const isSame = last !== null && last.filter === filter;
      // Paused, or overtaken, while it was asked.
      if (isSame && (stays || answer.revision < last.answer.revision)) return setKnown(answer.total);
      now.current.asked.clear();
      // More may have come than was asked for: the next count brings it.
      const reached = Math.min(answer.total, endFrom + answer.rows.length);
      setShown({ filter, answer, total: reached, endFrom, end: answer.rows, pages: new Map() });
      setKnown(answer.total);
    },
    [filter],
  );

  useEffect(() => {
    // What was shown when it ended stays until the parent has something newer.
    if (isOn) setShown(null);
    setPaused(false);
  }, [isOn]);
  useEffect(() => {
    if (!isOn) return;
    // That of the filter before says nothing about this one.
    now.current.known = 0;
    const ended = new AbortController();
    const { signal } = ended;
    const fail = (error: unknown) => {
      if (!signal.aborted) showProblem(error);
    };
    let isAsking = false;
    /** Counts that come while rows are asked are passed over but for the last. */
    const show = async () => {
      if (isAsking) return;
      isAsking = true;
      try {
        for (let asked = -1; asked !== now.current.known && !signal.aborted; ) {
          asked = now.current.known;
          const { shown: last, isPaused: stays } = now.current;
          if (stays && last !== null && last.filter === filter) setKnown(asked);
          else await showEnd(asked, signal);
        }
      } finally {
        isAsking = false;
      }
    };
    const watch = async () => {
      const api = await engineReady(signal);
      for await (const { total } of api.events.watch({ filter }, { signal })) {
        now.current.known = total;
        show().catch(fail);
      }
    };
    insist(watch, signal).catch(fail);
    return () => ended.abort();
  }, [filter, isOn, showEnd]);

  const getRow = useCallback((index: number): EventRow | undefined => {
    const { shown: last } = now.current;
    if (last === null) return undefined;
    if (index >= last.endFrom) return last.end[index - last.endFrom];
    return last.pages.get(Math.floor(index / PAGE_ROWS))?.[index % PAGE_ROWS];
  }, []);

  const load = useCallback(async (page: number, of: Shown) => {
    const { asked } = now.current;
    asked.add(page);
    const { rows } = await askEvents(of.filter)({ from: page * PAGE_ROWS, count: PAGE_ROWS }).catch(
      (error) => {
        asked.delete(page);
        throw error;
      },
    );
    setShown((last) =>
      last === null || last.filter !== of.filter || last.endFrom !== of.endFrom
        ? last
        : { ...last, pages: new Map([...last.pages, [page, rows]]) },
    );
  }, []);
  const onRange = useCallback(
    (first: number, last: number) => {
      const { shown: of, asked, isPaused: stays } = now.current;
      if (of === null || !stays) return;
      const to = Math.floor(Math.min(last, of.endFrom - 1) / PAGE_ROWS);
      for (let page = Math.floor(first / PAGE_ROWS); page <= to; page += 1)
        if (!asked.has(page)) load(page, of).catch(showProblem);
    },
    [load],
  );

  return {
    total: shown?.total ?? 0,
    getRow,
    onRange,
    head: shown?.answer ?? null,
    isOld: shown !== null && shown.filter !== filter,
    isPaused,
    news: isPaused && shown !== null ? Math.max(0, known - shown.total) : 0,
    pause: useCallback(() => setPaused(true), []),
    goOn: useCallback(() => {
      setPaused(false);
      if (now.current.known > 0) showEnd(now.current.known).catch(showProblem);
    }, [showEnd]),
  };
}
