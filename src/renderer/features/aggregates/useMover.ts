import { useEffect, useMemo, useRef, useState } from 'react';
import { restTimer } from '../../lib/timers.ts';
import { showProblem } from '../events/showProblem.ts';
import { prepare, prepareAhead } from './timelinePages.ts';
import type { Timeline } from './useTimeline.ts';

/** Where to go next: a place in the list, or a question whose answer is one (null: nowhere). */
export type Destination = number | (() => Promise<number | null>);

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
  const { rest, ...moves } = useMemo(() => {
    let next: Destination | null = null;
    let running: Promise<void> | null = null;
    /** Where the move that is under way leads, as soon as it is known; null: none is. */
    let under: number | null = null;
    /** From the first move until the rest after the last: what is rendered then. */
    let isUnderWay = false;
    const rest = restTimer(REST_MS, () => {
      // Still on its way: the end of it begins the rest anew.
      if (running !== null) return;
      isUnderWay = false;
      setMoving(false);
    });
    const run = async (): Promise<void> => {
      while (next !== null) {
        const wanted: Destination = next;
        next = null;
        const { subject: asked, chosen } = now.current;
        const before = chosen();
        try {
          const index = typeof wanted === 'number' ? wanted : await wanted();
          if (index === null) continue;
          under = index;
          await prepare(asked, index);
          const { index: from, last } = now.current;
          // What a person has opened or chosen meanwhile is newer than what was asked.
          if (asked === now.current.subject && now.current.chosen() === before) {
            now.current.select(index);
            prepareAhead(asked, from, index, last);
          }
        } catch (error) {
          showProblem(error);
        }
        await nextFrame();
      }
    };
    const reach = (destination: Destination): Promise<void> => {
      next = destination;
      if (!isUnderWay) setMoving(true);
      isUnderWay = true;
      rest.touch();
      running ??= run().finally(() => {
        running = null;
        under = null;
        rest.touch();
      });
      return running;
    };
    const by = (steps: number): void => {
      const { index, last, chosen } = now.current;
      const from = typeof next === 'number' ? next : (under ?? chosen() ?? index);
      const to = Math.max(-1, Math.min(last, from + steps));
      if (to !== from) void reach(to);
    };
    return { reach, by, to: (destination: Destination) => void reach(destination), rest };
  }, []);
  useEffect(() => rest.cancel, [rest]);
  return { ...moves, isMoving };
}
