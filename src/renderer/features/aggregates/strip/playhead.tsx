import { createContext, use, useEffect, useLayoutEffect, useRef } from 'react';
import type { TimelineRow } from '../../../../contract/aggregates.ts';
import { useCommands } from '../../../lib/keys.ts';
import { shiftTo } from '../../../lib/shift.ts';
import type { Timeline } from '../useTimeline.ts';
import styles from './strip.module.css';
import { shareOf } from './tracks.tsx';
import type { StripData } from './useStrip.ts';
import { holding, lengthOf, type Span, zoomedAt } from './zoom.ts';

const KEY_ZOOM = 2;

/** Which event the playhead stands at. Only what shows it is rendered anew when it moves. */
export interface Place {
  index: number;
  row: TimelineRow | undefined;
  isPlaced: boolean;
}
export const PlaceOf = createContext<Place>({ index: -1, row: undefined, isPlaced: false });

/** The playhead; moving it paints nothing anew. */
export function Playhead({ window, width }: { window: Span; width: number }) {
  const line = useRef<HTMLSpanElement>(null);
  const at = use(PlaceOf).row?.recordedAt;
  const isSeen = at !== undefined && at >= window.from && at <= window.to;
  const px = isSeen ? shareOf(window, at) * width : null;
  useLayoutEffect(() => {
    if (line.current !== null && px !== null) shiftTo(line.current, px);
  }, [px]);
  return isSeen ? <span ref={line} className={styles.play} /> : null;
}

interface WindowProps extends Pick<Timeline, 'setZoom'> {
  zoom: Span | null;
  whole: Span;
  isHeld: boolean;
}

/**
 * A window follows the playhead when that leaves it, unless a hand is on the strip. An address that names an event and
 * a window is shown as it was sent: both come at once then.
 */
export function Following({ zoom, setZoom, whole, isHeld }: WindowProps) {
  const { index, isPlaced, row } = use(PlaceOf);
  const seen = useRef({ index, zoom, follows: false });
  if (seen.current.index !== index)
    seen.current = { index, zoom, follows: isPlaced && seen.current.zoom === zoom };
  else seen.current.zoom = zoom;
  const at = row?.index === index ? row.recordedAt : null;
  useEffect(() => {
    if (at === null || isHeld || !seen.current.follows) return;
    seen.current.follows = false;
    const next = holding(whole, zoom, at);
    if (next !== zoom) setZoom(next);
  }, [at, isHeld, zoom, whole, setZoom]);
  return null;
}

/** Keys of the window: around the playhead when it is on the screen, else around the middle. */
export function ZoomKeys({
  zoom,
  setZoom,
  data,
}: Omit<WindowProps, 'whole' | 'isHeld'> & { data: StripData }) {
  const { whole, window } = data;
  const at = use(PlaceOf).row?.recordedAt;
  const isSeen = at !== undefined && at >= window.from && at <= window.to;
  const around = isSeen ? at : window.from + lengthOf(window) / 2;
  const group = 'Timeline';
  useCommands([
    {
      id: 'timeline.zoom.in',
      title: 'Zoom in on the strip',
      group,
      keys: ['+', '='],
      hint: 'zoom',
      run: () => setZoom(zoomedAt(whole, window, around, 1 / KEY_ZOOM)),
    },
    {
      id: 'timeline.zoom.out',
      title: 'Zoom out on the strip',
      group,
      keys: '-',
      hint: 'zoom',
      run: () => setZoom(zoomedAt(whole, window, around, KEY_ZOOM)),
    },
    {
      id: 'timeline.zoom.all',
      title: 'Show the whole life on the strip',
      group,
      keys: '0',
      hint: 'all',
      disabled: zoom === null,
      run: () => setZoom(null),
    },
  ]);
  return null;
}
