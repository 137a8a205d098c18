import type { ReactNode } from 'react';
import styles from './Screen.module.css';

/** The root of every screen: a column that fills the frame. */
export function Screen({ children }: { children: ReactNode }) {
  return <div className={styles.screen}>{children}</div>;
}

/** A row of controls under the head: filter, buttons. */
export function Bar({ children }: { children: ReactNode }) {
  return <div className={styles.bar}>{children}</div>;
}
