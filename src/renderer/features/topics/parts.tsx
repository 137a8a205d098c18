import { LockKeyhole } from 'lucide-react';
import { shown } from '../../lib/escape.ts';
import styles from './Topics.module.css';

/** One part is not to be had; the others stand. */
export function Denied({ text }: { text: string }) {
  return (
    <p className={styles.denied}>
      <LockKeyhole aria-hidden="true" />
      <span>{shown(text)}</span>
    </p>
  );
}

/** A bar as long as its share of the largest. */
export function Share({ part, most }: { part: bigint | null; most: bigint }) {
  if (part === null || most === 0n) return null;
  const percent = Number((part * 1000n) / most) / 10;
  return (
    <span className={styles.share} aria-hidden="true">
      <span style={{ width: `${percent}%` }} />
    </span>
  );
}
