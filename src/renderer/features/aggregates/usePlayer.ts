import { useEffect, useMemo, useRef, useState } from 'react';
import { queryClient } from '../../lib/queries.ts';
import { showProblem } from '../events/showProblem.ts';
import type { Destination } from './moves.ts';
import { advance, SPEEDS, type Speed } from './player.ts';
import { knownRow, PAGE_ROWS, pageQuery } from './timelinePages.ts';
import { nextFrame } from './useMover.ts';
import type { Timeline } from './useTimeline.ts';

export interface Player {
  isPlaying: boolean;
  speed: Speed;
  /** The last quiet gap that was passed over, ms; null: none since playing began. */
  skippedMs: number | null;
  toggle(): void;
  stop(): void;
  setSpeed(speed: Speed): void;
  faster(): void;
  slower(): void;
}

/** Longer pauses of the page (a hidden tab) are not made up for. */
const LONGEST_FRAME_MS = 250;

/** Plays the life from the chosen event on; ends at the last event, or when a person goes elsewhere. */
export function usePlayer(timeline: Timeline, reach: (to: Destination) => Promise<void>): Player {
  const [isPlaying, setPlaying] = useState(false);
  const [speed, setSpeed] = useState<Speed>(1);
  const [skippedMs, setSkipped] = useState<number | null>(null);
  const now = useRef({ timeline, speed, isPlaying });
  now.current = { timeline, speed, isPlaying };
  const total = timeline.info?.total ?? 0;

  useEffect(() => {
    if (!isPlaying) return;
    let isOn = true;
    const { subject } = now.current.timeline;
    const timeAt = (index: number) => knownRow(subject, index)?.recordedAt;
    const ahead = (index: number) => queryClient.prefetchQuery(pageQuery(subject, index));
    const play = async (): Promise<void> => {
      const last = total - 1;
      let at = now.current.timeline.index;
      let budget = 0;
      let isWaiting = true;
      let before = performance.now();
      while (isOn && at < last) {
        await Promise.all([ahead(at), ahead(Math.min(last, at + 1))]);
        void ahead(Math.min(last, at + PAGE_ROWS));
        if (isWaiting) await nextFrame();
        if (!isOn) return;
        const time = performance.now();
        budget += Math.min(LONGEST_FRAME_MS, time - before) * now.current.speed;
        before = time;
        const next = advance(at, budget, last, timeAt);
        budget = next.budget;
        // Going somewhere takes a frame by itself.
        isWaiting = next.index === at;
        if (isWaiting) continue;
        at = next.index;
        if (next.skippedMs !== null) setSkipped(next.skippedMs);
        await reach(at);
        // A busy page turns later than the next frame.
        while (isOn && now.current.timeline.index !== at && now.current.timeline.chosen() === at)
          await nextFrame();
        // Who chose another event meanwhile wants to look at it.
        if (isOn && now.current.timeline.index !== at) break;
      }
      if (isOn) setPlaying(false);
    };
    play().catch((error) => {
      showProblem(error);
      setPlaying(false);
    });
    return () => {
      isOn = false;
    };
  }, [isPlaying, total, reach]);

  const controls = useMemo(() => {
    const stepSpeed = (by: 1 | -1) => setSpeed((before) => SPEEDS[SPEEDS.indexOf(before) + by] ?? before);
    return {
      stop: () => setPlaying(false),
      toggle() {
        const { timeline: on, isPlaying: isOn } = now.current;
        if (isOn) return setPlaying(false);
        const total = on.info?.total ?? 0;
        setSkipped(null);
        // At the end it begins again, as any player does.
        if (on.index >= total - 1) on.select(total === 1 ? -1 : 0);
        setPlaying(total > 0);
      },
      setSpeed,
      faster: () => stepSpeed(1),
      slower: () => stepSpeed(-1),
    };
  }, []);
  // The same object as long as nothing changes: the strip compares it.
  return useMemo(
    () => ({ isPlaying, speed, skippedMs, ...controls }),
    [isPlaying, speed, skippedMs, controls],
  );
}
