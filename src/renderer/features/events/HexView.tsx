import { useRef } from 'react';
import { useVirtualRows } from '../../lib/virtual.ts';
import { hexLine, hexLineCount } from './bytesText.ts';
import styles from './rawTab.module.css';

const LINE = 20;

/** Bytes as lines of offset, hex and ASCII; only the lines on the screen exist. */
export function HexView({ bytes, start }: { bytes: Uint8Array; start: number }) {
  const scroller = useRef<HTMLDivElement>(null);
  const view = useVirtualRows(scroller, hexLineCount(bytes), LINE);
  const lines = [];
  for (let line = view.first; line <= view.last; line += 1)
    lines.push({ line, ...hexLine(bytes, line, start) });
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling text must be reachable by keyboard.
    <div ref={scroller} className={styles.hex} tabIndex={0} role="document" aria-label="Bytes as hex">
      <div style={{ height: view.height, position: 'relative' }}>
        <div className={styles.hexView} style={{ height: view.viewport }}>
          <div style={{ transform: `translateY(${view.top}px)` }}>
            {lines.map(({ line, offset, hex, text }) => (
              <div key={line} className={styles.hexLine}>
                <span className="faint">{offset}</span>
                <span>{hex}</span>
                <span className={styles.hexText}>{text}</span>
              </div>
            ))}
          </div>
        </div>
      </div>
    </div>
  );
}
