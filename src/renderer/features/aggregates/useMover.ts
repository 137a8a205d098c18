import { useEffect, useMemo, useRef, useState } from 'react';
import { restTimer } from '../../lib/timers.ts';
import { showProblem } from '../events/showProblem.ts';
import { createMoves, type Destination } from './moves.ts';
import { prepare, prepareAhead } from './timelinePages.ts';
import type { Timeline } from './useTimeline.ts';

export interface Mover {
  /** Goes there as soon as its state is there; a newer call takes the place of one that has not begun. */
  to(destination: Destination): void;
  /** So many events on or back from where the last call leads: steps that come while it is under way add up. */
  by(steps: number): void;
  /** As {@link to}, done when the screen shows it or something newer. */
  reach(destination: Destination): Promise<void>;
  /** True from the first move until a moment after the last. */
  isMoving: boolean;
}

export const nextFrame = (): Promise<void> => new Promise((done) => requestAnimationFrame(() => done()));
/** So long after the last move one stands still. */
const REST_MS = 250;

/**
 * Scrubbing and playing: one question is under way at a time and only the newest next one is kept, so that the screen
 * follows at the pace of the engine, turns at most once a frame, and never shows an event without its state.
 */
export function useMover({ subject, index, info, select, chosen }: Timeline): Mover {
  const [isMoving, setMoving] = useState(false);
  const now = useRef({ subject, index, last: 0, select, chosen });
  now.current = { subject, index, last: (info?.total ?? 0) - 1, select, chosen };
  const { rest, ...mover } = useMemo(() => {
    const moves = createMoves(() => now.current, {
      prepare,
      onSelected: prepareAhead,
      onError: showProblem,
      nextFrame,
    });
    /** From the first move until the rest after the last: what is rendered then. */
    let isUnderWay = false;
    const rest = restTimer(REST_MS, () => {
      // Still on its way: the end of it begins the rest anew.
      if (moves.isRunning()) return;
      isUnderWay = false;
      setMoving(false);
    });
    const reach = (destination: Destination): Promise<void> => {
      if (!isUnderWay) setMoving(true);
      isUnderWay = true;
      rest.touch();
      return moves.reach(destination).finally(rest.touch);
    };
    const by = (steps: number): void => {
      const to = moves.after(steps);
      if (to !== null) void reach(to);
    };
    return { reach, by, to: (destination: Destination) => void reach(destination), rest };
  }, []);
  useEffect(() => rest.cancel, [rest]);
  return { ...mover, isMoving };
}
