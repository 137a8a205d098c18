import type { CSSProperties } from 'react';
import { shown } from '../lib/escape.ts';
import { cx } from './cx.ts';
import styles from './TypeMark.module.css';

interface TypeMarkProps {
  letter: string;
  /** Token of the colour of its type. */
  colour: string;
  /** After the cut, and so on: only its frame is drawn. */
  isFaint?: boolean;
}

/** An event's type by letter and colour. */
export function TypeMark({ letter, colour, isFaint = false }: TypeMarkProps) {
  return (
    <span
      className={cx(styles.mark, isFaint && styles.faint)}
      style={{ '--type': `var(${colour})` } as CSSProperties}
      aria-hidden="true"
    >
      {shown(letter)}
    </span>
  );
}

/** The colour alone, where the letter has no room. */
export function TypeDot({ colour }: { colour: string }) {
  return (
    <span className={styles.dot} style={{ '--type': `var(${colour})` } as CSSProperties} aria-hidden="true" />
  );
}
