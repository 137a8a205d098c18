import type { ScanState } from '../../../contract/events.ts';
import { ProgressBar } from '../../components/States.tsx';
import { formatCount, plural } from '../../lib/format.ts';
import styles from './events.module.css';

/** `looked at 312 000 of 1 000 000, 41 hits`, with a bar. */
export function ScanLine({ scan }: { scan: ScanState }) {
  const { looked, of } = scan;
  return (
    <span className={styles.scan}>
      <span className={styles.scanBar}>
        <ProgressBar value={of === 0 ? 1 : looked / of} label="Values looked at" />
      </span>
      {scanText(scan)}
    </span>
  );
}

export function scanText({ looked, of, matched, done, spared }: ScanState): string {
  const place = done
    ? `looked at all ${formatCount(of)} ${of === 1 ? 'value' : 'values'}`
    : `looked at ${formatCount(looked)} of ${formatCount(of)}, ${plural(matched, 'hit')}`;
  return spared === 0 ? place : `${place} · index spared ${formatCount(spared)}`;
}
