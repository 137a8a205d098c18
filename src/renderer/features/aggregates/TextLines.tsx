import { useMemo, useRef } from 'react';
import { shown } from '../../lib/escape.ts';
import { useVirtualRows } from '../../lib/virtual.ts';
import styles from './aggregates.module.css';

const ROW = 20;
/** Up to so many characters are one text that wraps and can be selected as a whole. */
const ONE_TEXT = 30_000;

/** JSON text to be read: as it is when it is short, else line by line, of which only those on the screen exist. */
export function TextLines({ text, label }: { text: string; label: string }) {
  if (text.length > ONE_TEXT) return <LongText text={text} label={label} />;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling text must be reachable by keyboard.
    <pre className={styles.json} tabIndex={0} role="document" aria-label={label}>
      {shown(text, true)}
    </pre>
  );
}

function LongText({ text, label }: { text: string; label: string }) {
  const lines = useMemo(() => text.split('\n'), [text]);
  const scroller = useRef<HTMLDivElement>(null);
  const view = useVirtualRows(scroller, lines.length, ROW);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling text must be reachable by keyboard.
    <div ref={scroller} className={styles.longText} tabIndex={0} role="document" aria-label={label}>
      <div style={{ height: view.height }}>
        <div className={styles.longView} style={{ height: view.viewport }}>
          <pre style={{ transform: `translateY(${view.top}px)` }}>
            {lines
              .slice(view.first, view.last + 1)
              .map((line) => shown(line))
              .join('\n')}
          </pre>
        </div>
      </div>
    </div>
  );
}
