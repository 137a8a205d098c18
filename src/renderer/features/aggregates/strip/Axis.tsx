import { memo } from 'react';
import { formatDay, formatTime } from '../../../lib/format.ts';
import { apartOf, ticksOf, tickText } from '../../../lib/timeTicks.ts';
import styles from './strip.module.css';
import { lengthOf, type Span } from './zoom.ts';

interface AxisProps {
  window: Span;
  whole: Span;
  isZoomed: boolean;
  widthPx: number;
}

/** The times along the strip, and which part of the life it shows. Dragging it moves the window. */
export const Axis = memo(function Axis({ window, whole, isZoomed, widthPx }: AxisProps) {
  const ticks = ticksOf(window, widthPx);
  const apart = apartOf(ticks, window);
  const share = (time: number) => ((time - window.from) / lengthOf(window)) * 100;
  const place = (time: number) => ((time - whole.from) / lengthOf(whole)) * 100;
  return (
    <div
      data-axis
      className={styles.axis}
      title={isZoomed ? `${formatTime(window.from)} to ${formatTime(window.to)}` : undefined}
    >
      {ticks.map((at) => {
        const left = share(at);
        // A label that would stand over the edge is left out; its line stays.
        const fits = (1 - left / 100) * widthPx > 64;
        return (
          <span key={at} className={styles.tick} style={{ left: `${left}%` }}>
            {fits ? tickText(at, apart) : ''}
          </span>
        );
      })}
      {ticks.length === 0 ? <span className={styles.tick}>{formatDay(window.from)}</span> : null}
      {isZoomed ? (
        <span className={styles.overview}>
          <span
            className={styles.thumb}
            style={{
              left: `${place(window.from)}%`,
              width: `max(6px, ${place(window.to) - place(window.from)}%)`,
            }}
          />
        </span>
      ) : null}
    </div>
  );
});
