import { type PointerEvent, type RefObject, useEffect, useRef, useState } from 'react';
import { shiftTo } from '../../../lib/shift.ts';
import { lengthOf, movedBy, type Span, within, zoomedAt } from './zoom.ts';

/** Nearer than this (px) between down and up, a drag is a click. */
const DRAG_PX = 4;
/** A turn of the wheel by 100 px shows two thirds of the window. */
const WHEEL_ZOOM = 0.004;
/** A pinch comes as a wheel with Ctrl in small steps. */
const PINCH_ZOOM = 0.02;

interface PointerUse {
  whole: Span;
  window: Span;
  onZoom(zoom: Span | null): void;
  /** The playhead is moved to a moment. */
  onScrub(time: number): void;
  /** So many events on or back. */
  onStep(by: number): void;
}

export interface StripPointer {
  /** Being drawn out with Shift; null: none is. */
  brush: Span | null;
  /** The playhead is held. */
  isHeld: boolean;
  /** The line where it is held, before the screen has followed: moved without a new rendering. */
  ghost: RefObject<HTMLSpanElement | null>;
  isPanning: boolean;
  onPointerDown(event: PointerEvent<HTMLElement>): void;
  onPointerMove(event: PointerEvent<HTMLElement>): void;
  onPointerUp(event: PointerEvent<HTMLElement>): void;
  onPointerCancel(): void;
}

type Drag =
  | { kind: 'scrub' }
  | { kind: 'brush'; startX: number; start: number }
  | { kind: 'pan'; startX: number; window: Span };

/**
 * The pointer on the strip: drag moves the playhead, Shift+drag draws a window, dragging the axis (or with the middle
 * button) moves it, the wheel zooms at the pointer, sideways or with Shift it moves the window, with Alt it steps.
 */
export function usePointer(area: HTMLElement | null, use: PointerUse): StripPointer {
  const [brush, setBrush] = useState<Span | null>(null);
  const [isHeld, setHeld] = useState(false);
  const ghost = useRef<HTMLSpanElement>(null);
  const [isPanning, setPanning] = useState(false);
  const drag = useRef<Drag | null>(null);
  const now = useRef(use);
  now.current = use;

  // While a button is held the strip does not move; asking for its place would lay the page out for every move.
  const heldBox = useRef<DOMRect | null>(null);
  const box = () => heldBox.current ?? area?.getBoundingClientRect() ?? new DOMRect(0, 0, 1, 1);
  const timeAt = (clientX: number): number => {
    const { left, width } = box();
    const share = Math.max(0, Math.min(1, (clientX - left) / Math.max(1, width)));
    const { window } = now.current;
    return Math.round(window.from + share * lengthOf(window));
  };
  const hold = (clientX: number): void => {
    const { left, width } = box();
    const at = Math.max(0, Math.min(width, clientX - left));
    if (ghost.current !== null) shiftTo(ghost.current, at);
  };
  const newest = useRef({ timeAt, box });
  newest.current = { timeAt, box };

  // React listens to wheels passively; zooming must keep the page where it is.
  useEffect(() => {
    if (area === null) return;
    const onWheel = (event: WheelEvent) => {
      const { whole, window, onZoom, onStep } = now.current;
      event.preventDefault();
      const unit = event.deltaMode === 1 ? 32 : event.deltaMode === 2 ? 400 : 1;
      const [dx, dy] = [event.deltaX * unit, event.deltaY * unit];
      if (event.altKey) return onStep(Math.sign(dy || dx));
      const aside = event.shiftKey ? dy || dx : dx;
      if (event.shiftKey || Math.abs(dx) > Math.abs(dy)) {
        const { width } = newest.current.box();
        return onZoom(movedBy(whole, window, (aside / Math.max(1, width)) * lengthOf(window)));
      }
      const factor = Math.exp(dy * (event.ctrlKey ? PINCH_ZOOM : WHEEL_ZOOM));
      onZoom(zoomedAt(whole, window, newest.current.timeAt(event.clientX), factor));
    };
    area.addEventListener('wheel', onWheel, { passive: false });
    return () => area.removeEventListener('wheel', onWheel);
  }, [area]);

  const end = () => {
    drag.current = null;
    heldBox.current = null;
    setBrush(null);
    setHeld(false);
    setPanning(false);
  };
  return {
    brush,
    isHeld,
    ghost,
    isPanning,
    onPointerDown(event) {
      const on = event.target as Element;
      const onAxis = on.closest('[data-axis]') !== null;
      if ((event.button !== 0 && event.button !== 1) || on.closest('button') !== null) return;
      event.preventDefault();
      area?.querySelector<HTMLElement>('[role=slider]')?.focus({ preventScroll: true });
      event.currentTarget.setPointerCapture(event.pointerId);
      heldBox.current = box();
      const time = timeAt(event.clientX);
      if (event.button === 1 || onAxis) {
        drag.current = { kind: 'pan', startX: event.clientX, window: use.window };
        setPanning(true);
      } else if (event.shiftKey) {
        drag.current = { kind: 'brush', startX: event.clientX, start: time };
        setBrush({ from: time, to: time });
      } else {
        drag.current = { kind: 'scrub' };
        setHeld(true);
        hold(event.clientX);
        use.onScrub(time);
      }
    },
    onPointerMove(event) {
      const held = drag.current;
      if (held === null) return;
      const time = timeAt(event.clientX);
      if (held.kind === 'scrub') {
        // Others that listen to the pointer ask for places on the page, which lays it out for every move.
        event.stopPropagation();
        hold(event.clientX);
        use.onScrub(time);
      } else if (held.kind === 'brush') {
        setBrush({ from: Math.min(held.start, time), to: Math.max(held.start, time) });
      } else {
        const ms = ((held.startX - event.clientX) / Math.max(1, box().width)) * lengthOf(held.window);
        const moved = movedBy(use.whole, held.window, ms);
        if (moved !== null) use.onZoom(moved);
      }
    },
    onPointerUp(event) {
      const held = drag.current;
      if (held?.kind === 'brush' && brush !== null && Math.abs(event.clientX - held.startX) >= DRAG_PX)
        use.onZoom(within(use.whole, brush));
      end();
    },
    onPointerCancel: end,
  };
}
