import type { ScanState } from '../../../contract/events.ts';
import { ProgressBar } from '../../components/States.tsx';
import { formatCount, plural } from '../../lib/format.ts';
import styles from './events.module.css';

/** Bytes are read for values; without them the rows are. */
export type Looked = 'value' | 'record';

/** `looked at 312 000 of 1 000 000 values, 41 hits`, with a bar. */
export function ScanLine({ scan, what }: { scan: ScanState; what: Looked }) {
  const { looked, of } = scan;
  return (
    <span className={styles.scan}>
      <span className={styles.scanBar}>
        <ProgressBar
          value={of === 0 ? 1 : looked / of}
          label={what === 'value' ? 'Values looked at' : 'Records looked at'}
        />
      </span>
      {scanText(scan, what)}
    </span>
  );
}

export function scanText({ looked, of, matched, done, spared }: ScanState, what: Looked): string {
  const place = done
    ? `looked at all ${plural(of, what)}`
    : `looked at ${formatCount(looked)} of ${plural(of, what)}, ${plural(matched, 'hit')}`;
  return spared === 0 ? place : `${place} · index spared ${formatCount(spared)}`;
}
