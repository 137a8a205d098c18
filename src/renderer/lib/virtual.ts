import { type RefObject, useCallback, useEffect, useLayoutEffect, useReducer, useRef, useState } from 'react';
import { mayTakeFocus } from './keys.ts';
import { restTimer } from './timers.ts';

/**
 * Chromium caps an element at 33,554,428 px and Firefox at about 17.8 million; a list that would be higher gets a
 * scroll range of this height, and its scroll position is scaled.
 */
export const MAX_SCROLL_PX = 15_000_000;

export interface Window {
  /** First and last row to draw, inclusive; last is −1 for an empty list. */
  first: number;
  last: number;
  /** Where the first row stands, in pixels from the top of the visible area. */
  top: number;
}

/** Rows drawn beyond both edges: the browser scrolls on its own before the page hears of it. */
const OVERSCAN = 4;

/** Which rows of a list of equal rows are on the screen at an unscaled offset (px). */
export function windowAt(
  offset: number,
  viewport: number,
  rows: number,
  rowHeight: number,
  overscan = OVERSCAN,
): Window {
  if (rows === 0) return { first: 0, last: -1, top: 0 };
  const first = Math.max(0, Math.floor(offset / rowHeight) - overscan);
  const last = Math.min(rows - 1, Math.ceil((offset + viewport) / rowHeight) + overscan);
  return { first, last, top: first * rowHeight - offset };
}

/** Between the scroll position of the element and the true offset in the list, both in px. */
export function scaleOf(rows: number, rowHeight: number, viewport: number) {
  const full = rows * rowHeight;
  const height = Math.min(full, MAX_SCROLL_PX);
  const fullRange = Math.max(0, full - viewport);
  const range = Math.max(0, height - viewport);
  const factor = range === 0 ? 1 : fullRange / range;
  return {
    height,
    fullRange,
    scaled: full > MAX_SCROLL_PX,
    toOffset: (scrollTop: number) => Math.min(fullRange, scrollTop * factor),
    toScrollTop: (offset: number) => offset / factor,
  };
}

export interface VirtualRows extends Window {
  /** Height of the inner element that makes the scroll range, px. */
  height: number;
  viewport: number;
  /** Whole rows that fit on the screen. */
  pageRows: number;
  /** Brings a row into view, moving as little as needed, or into the middle. */
  scrollTo(index: number, where?: 'nearest' | 'center'): void;
}

/** A row that is to be in view from this rendering on; null: the list stays where it is. */
type Aim = (viewport: number) => { row: number; where: 'nearest' | 'center' } | null;

/** The offset at which a row is in view, all in px. */
function offsetFor(top: number, rowHeight: number, at: number, seen: number, where: 'nearest' | 'center') {
  if (where === 'center') return top - (seen - rowHeight) / 2;
  if (top < at) return top;
  return top + rowHeight > at + seen ? top + rowHeight - seen : at;
}

/** So long after the last move the handle of a scaled list is put where it belongs. */
const SETTLE_MS = 300;

/** Draws a list of any number of rows of equal height inside `ref`, which must scroll. */
export function useVirtualRows(
  ref: RefObject<HTMLElement | null>,
  rows: number,
  rowHeight: number,
  headHeight = 0,
  aim: Aim = () => null,
): VirtualRows {
  const [viewport, setViewport] = useState(0);
  const [, render] = useReducer((count: number) => count + 1, 0);
  const position = useRef(0);
  const scale = scaleOf(rows, rowHeight, viewport);
  const at = Math.min(position.current, scale.fullRange);
  // Where the list goes is known while it is rendered: its rows are not drawn at the old place first.
  const target = viewport === 0 ? null : aim(viewport);
  const wanted =
    target === null ? at : offsetFor(target.row * rowHeight, rowHeight, at, viewport, target.where);
  const offset = Math.max(0, Math.min(scale.fullRange, wanted));
  const now = useRef({ scale, offset, viewport });
  now.current = { scale, offset, viewport };
  /** The scroll position we set ourselves: its event must not be read back, which would lose exactness. */
  const own = useRef(-1);
  /** The scroll position of the element as far as it is known: asking for it would lay the page out. */
  const known = useRef(0);
  const settled = useRef(() => {});
  const [settling] = useState(() => restTimer(SETTLE_MS, () => settled.current()));
  useEffect(() => settling.cancel, [settling]);

  /** Puts the handle where the offset is; the rows do not hang on it. */
  const settle = useCallback(() => {
    settling.cancel();
    const element = ref.current;
    if (element === null) return;
    // Reading it back would lay the page out at once; the element rounds it by less than a pixel.
    own.current = now.current.scale.toScrollTop(now.current.offset);
    known.current = own.current;
    element.scrollTop = own.current;
  }, [ref, settling]);
  settled.current = settle;
  const place = useCallback(
    (next: number) => {
      position.current = next;
      const { scale, viewport: seen } = now.current;
      now.current.offset = next;
      // Scrolling lays the page out. In a list so long, a step moves the handle by far less than can be seen.
      const unseen = scale.height / Math.max(1, seen) / 2;
      if (!scale.scaled || Math.abs(scale.toScrollTop(next) - known.current) >= unseen) return settle();
      settling.touch();
    },
    [settle, settling],
  );
  useLayoutEffect(() => {
    if (target !== null && offset !== position.current) place(offset);
  });

  const moveTo = useCallback(
    (wanted: number) => {
      place(Math.max(0, Math.min(now.current.scale.fullRange, wanted)));
      render();
    },
    [place],
  );

  useLayoutEffect(() => {
    const element = ref.current;
    if (element === null) return;
    const measure = () => setViewport(Math.max(0, element.clientHeight - headHeight));
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [ref, headHeight]);

  useEffect(() => {
    const element = ref.current;
    if (element === null) return;
    const onScroll = () => {
      if (Math.abs(element.scrollTop - own.current) < 1) return;
      own.current = -1;
      known.current = element.scrollTop;
      position.current = now.current.scale.toOffset(element.scrollTop);
      render();
    };
    // In a scaled list a turn of the wheel would jump over rows; it moves the true offset instead.
    const onWheel = (event: WheelEvent) => {
      if (!now.current.scale.scaled || event.ctrlKey || event.deltaY === 0) return;
      event.preventDefault();
      const unit = event.deltaMode === 1 ? rowHeight : event.deltaMode === 2 ? now.current.viewport : 1;
      moveTo(now.current.offset + event.deltaY * unit);
    };
    element.addEventListener('scroll', onScroll, { passive: true });
    element.addEventListener('wheel', onWheel, { passive: false });
    return () => {
      element.removeEventListener('scroll', onScroll);
      element.removeEventListener('wheel', onWheel);
    };
  }, [ref, rowHeight, moveTo]);

  const scrollTo = useCallback(
    (index: number, where: 'nearest' | 'center' = 'nearest') => {
      const { offset: from, viewport: seen } = now.current;
      const next = offsetFor(index * rowHeight, rowHeight, from, seen, where);
      if (next !== from) moveTo(next);
    },
    [rowHeight, moveTo],
  );

  return {
    // Where every move is a rendering, there is no need of rows ahead of it.
    ...windowAt(offset, viewport, rows, rowHeight, scale.scaled ? 1 : OVERSCAN),
    height: scale.height,
    viewport,
    pageRows: Math.max(1, Math.floor(viewport / rowHeight)),
    scrollTo,
  };
}

interface SelectableRows {
  total: number;
  rowHeight: number;
  headHeight?: number;
  /** Told which rows are on the screen, so that their pages are loaded. */
  onRange: (first: number, last: number) => void;
  /** Brought into view when it changes; −1: none. */
  selected: number;
  /** Stays at the last row, whatever comes. */
  stick?: boolean;
  follow?: 'nearest' | 'center';
  autoFocus?: boolean;
}

/** What every long list with a selection does: reports its range, takes the focus if asked, follows the selection. */
export function useSelectableRows(rows: SelectableRows) {
  const { total, rowHeight, headHeight, onRange, selected, follow = 'nearest', stick, autoFocus } = rows;
  const scroller = useRef<HTMLDivElement>(null);
  // Rows that come at the end must not pull the list back to a selection that was scrolled away from.
  const brought = useRef({ selected: -1, total: 0, viewport: 0, isSeen: false });
  const view = useVirtualRows(scroller, total, rowHeight, headHeight, (viewport) => {
    const before = brought.current;
    // Nor must another height of the list.
    const isMoved = before.isSeen && viewport !== before.viewport;
    const isNews = selected !== before.selected || isMoved || total < before.total;
    return isNews && selected >= 0 && selected < total && !stick ? { row: selected, where: follow } : null;
  });
  const { scrollTo, viewport } = view;
  const place = view.top + (selected - view.first) * rowHeight;
  const isSeen = place > -rowHeight && place < viewport;
  useLayoutEffect(() => {
    if (viewport > 0 && selected < total) brought.current = { selected, total, viewport, isSeen };
  }, [selected, total, viewport, isSeen]);
  useEffect(() => onRange(view.first, Math.max(view.first, view.last)), [onRange, view.first, view.last]);
  useEffect(() => {
    const element = scroller.current;
    if (autoFocus && element !== null && mayTakeFocus(element)) element.focus({ preventScroll: true });
  }, [autoFocus]);
  // In the same frame as the rows: the end is never seen to run away.
  useLayoutEffect(() => {
    if (stick && total > 0 && viewport > 0) scrollTo(total - 1);
  }, [stick, total, viewport, scrollTo]);
  return { scroller, view };
}

/** Where a key of the list keyboard leads from row `at`; null for other keys. */
export function rowForKey(key: string, at: number, rows: number, pageRows: number): number | null {
  if (rows === 0) return null;
  const target: Record<string, number> = {
    ArrowUp: at - 1,
    ArrowDown: at + 1,
    PageUp: at - pageRows,
    PageDown: at + pageRows,
    Home: 0,
    End: rows - 1,
  };
  const next = target[key];
  return next === undefined ? null : Math.max(0, Math.min(rows - 1, next));
}
