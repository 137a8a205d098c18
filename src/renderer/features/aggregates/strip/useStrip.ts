import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { aggregates } from '../../../../contract/aggregates.ts';
import type { Output } from '../../../../contract/contract.ts';
import { callEngine } from '../../../lib/queries.ts';
import type { Subject } from '../timelinePages.ts';
import { questionOf, type Span, WHOLE_BARS } from './zoom.ts';

export type Strip = Output<(typeof aggregates)['strip']>;

export interface StripData {
  /** The whole life, as wide as the strip at its farthest. */
  whole: Span;
  /** What is on the screen: the window, or the whole. */
  window: Span;
  /** The whole, coarse. */
  overview: Strip;
  /** What lies in the window and around it; coarser as long as the finer one is on its way. */
  near: Strip;
}

function stripQuery({ ref, cut }: Subject, input: { buckets: number; from?: number; to?: number }) {
  return {
    queryKey: ['aggregates', 'strip', { ref, cut, ...input }],
    queryFn: ({ signal }: { signal: AbortSignal }) =>
      callEngine(['aggregates', 'strip'], { ref, cut, ...input }, signal),
    placeholderData: keepPreviousData,
  };
}

/** The whole life, coarse. */
export const overviewQuery = (subject: Subject) => stripQuery(subject, { buckets: WHOLE_BARS });

/**
 * Bars and marks of a window of a life. While the window moves, what is there already is drawn where it belongs; only
 * the newest question is under way.
 */
export function useStrip(subject: Subject, zoom: Span | null, widthPx: number): StripData | null {
  const overview = useQuery(overviewQuery(subject)).data;
  const question = zoom === null ? null : questionOf(zoom, widthPx);
  // Bounds of the engine are inclusive, those of a window are not.
  const near = useQuery(
    question === null ? overviewQuery(subject) : stripQuery(subject, { ...question, to: question.to - 1 }),
  ).data;
  return useMemo(() => {
    if (overview === undefined || overview.firstAt === null || overview.lastAt === null) return null;
    const whole = { from: overview.firstAt, to: Math.max(overview.lastAt, overview.firstAt + 1) };
    return { whole, window: zoom ?? whole, overview, near: near ?? overview };
  }, [overview, near, zoom]);
}
