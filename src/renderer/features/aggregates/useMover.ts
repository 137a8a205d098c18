import { useEffect, useMemo, useRef, useState } from 'react';
import { showProblem } from '../events/showProblem.ts';
import { prepare, type Subject } from './timelinePages.ts';

/** Where to go next: a place in the list, or a question whose answer is one (null: nowhere). */
export type Destination = number | (() => Promise<number | null>);

export interface Mover {
  /** Goes there as soon as its state is there; a newer call takes the place of one that has not begun. */
  to(destination: Destination): void;
  /** As {@link to}, done when the screen shows it or something newer. */
  reach(destination: Destination): Promise<void>;
  /** True from the first move until a moment after the last. */
  isMoving: boolean;
}

const nextFrame = (): Promise<void> => new Promise((done) => requestAnimationFrame(() => done()));
/** So long after the last move one stands still. */
const REST_MS = 250;

/**
 * Scrubbing and playing: one question is under way at a time and only the newest next one is kept, so that the screen
 * follows at the pace of the engine, turns at most once a frame, and never shows an event without its state.
 */
export function useMover(subject: Subject, show: (index: number) => void): Mover {
  const [isMoving, setMoving] = useState(false);
  const now = useRef({ subject, show });
  now.current = { subject, show };
  const rest = useRef<ReturnType<typeof setTimeout> | null>(null);
  useEffect(
    () => () => {
      if (rest.current !== null) clearTimeout(rest.current);
    },
    [],
  );
  const moves = useMemo(() => {
    let next: Destination | null = null;
    let running: Promise<void> | null = null;
    const run = async (): Promise<void> => {
      while (next !== null) {
        const wanted: Destination = next;
        next = null;
        const asked = now.current.subject;
        try {
          const index = typeof wanted === 'number' ? wanted : await wanted();
          if (index === null) continue;
          await prepare(asked, index);
          if (asked === now.current.subject) now.current.show(index);
        } catch (error) {
          showProblem(error);
        }
        await nextFrame();
      }
    };
    const reach = (destination: Destination): Promise<void> => {
      next = destination;
      setMoving(true);
      if (rest.current !== null) clearTimeout(rest.current);
      running ??= run().finally(() => {
        running = null;
        rest.current = setTimeout(() => setMoving(false), REST_MS);
      });
      return running;
    };
    return { reach, to: (destination: Destination) => void reach(destination) };
  }, []);
  return { ...moves, isMoving };
}
