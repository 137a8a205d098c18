import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';

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

/** Which rows of a list of equal rows are on the screen at an unscaled offset (px). */
export function windowAt(
  offset: number,
  viewport: number,
  rows: number,
  rowHeight: number,
  overscan = 4,
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

/** Draws a list of any number of rows of equal height inside `ref`, which must scroll. */
export function useVirtualRows(
  ref: RefObject<HTMLElement | null>,
  rows: number,
  rowHeight: number,
  headHeight = 0,
): VirtualRows {
  const [viewport, setViewport] = useState(0);
  const [offset, setOffset] = useState(0);
  const scale = scaleOf(rows, rowHeight, viewport);
  const now = useRef({ scale, offset, viewport });
  now.current = { scale, offset: Math.min(offset, scale.fullRange), viewport };
  /** The scroll position we set ourselves: its event must not be read back, which would lose exactness. */
  const own = useRef(-1);

  const moveTo = useCallback(
    (wanted: number) => {
      const element = ref.current;
      if (element === null) return;
      const next = Math.max(0, Math.min(now.current.scale.fullRange, wanted));
      now.current.offset = next;
      // Reading it back would lay the page out at once; the element rounds it by less than a pixel.
      own.current = now.current.scale.toScrollTop(next);
      element.scrollTop = own.current;
      setOffset(next);
    },
    [ref],
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
      setOffset(now.current.scale.toOffset(element.scrollTop));
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
      const { offset: at, viewport: seen } = now.current;
      const top = index * rowHeight;
      if (where === 'center') moveTo(top - (seen - rowHeight) / 2);
      else if (top < at) moveTo(top);
      else if (top + rowHeight > at + seen) moveTo(top + rowHeight - seen);
    },
    [rowHeight, moveTo],
  );

  return {
    ...windowAt(now.current.offset, viewport, rows, rowHeight),
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
  const view = useVirtualRows(scroller, total, rowHeight, headHeight);
  useEffect(() => onRange(view.first, Math.max(view.first, view.last)), [onRange, view.first, view.last]);
  useEffect(() => {
    if (autoFocus) scroller.current?.focus({ preventScroll: true });
  }, [autoFocus]);
  const { scrollTo, viewport } = view;
  // Rows that come at the end must not pull the list back to a selection that was scrolled away from.
  const brought = useRef({ selected: -1, total: 0, viewport: 0 });
  useEffect(() => {
    const before = brought.current;
    if (viewport === 0 || selected >= total) return;
    const isNews = selected !== before.selected || viewport !== before.viewport || total < before.total;
    brought.current = { selected, total, viewport };
    if (selected >= 0 && isNews && !stick) scrollTo(selected, follow);
  }, [selected, total, viewport, follow, stick, scrollTo]);
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
