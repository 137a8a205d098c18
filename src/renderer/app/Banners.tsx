import { CircleAlert, RotateCcw, X } from 'lucide-react';
import { IconButton } from '../components/Button.tsx';
import { cx } from '../components/cx.ts';
import { setParams } from '../lib/address.ts';
import { useEngine } from '../lib/engine.ts';
import { shown } from '../lib/escape.ts';
import { useFocus } from '../lib/focus.ts';
import styles from './Banners.module.css';
import { ReducerBanner } from './ReducerBanner.tsx';

/** What concerns every screen: the engine is away or came back, or the address holds a time that cannot be read. */
export function Banners() {
  const { status, restarted, dismissRestart } = useEngine();
  const { problem } = useFocus();
  return (
    <div aria-live="polite">
      {status === 'lost' ? (
        <div className={cx(styles.banner, styles.warn)}>
          <RotateCcw /> The engine stopped and is being started again. What was captured is kept.
        </div>
      ) : null}
      {status === 'ready' && restarted ? (
        <div className={cx(styles.banner, styles.note)}>
          <RotateCcw /> The engine was restarted; what was captured is kept. A capture that was running goes
          on where it stopped when you start it again.
          <span className={styles.end}>
            <IconButton label="Dismiss" onClick={dismissRestart}>
              <X />
            </IconButton>
          </span>
        </div>
      ) : null}
      <ReducerBanner />
      {problem === null ? null : (
        <div className={cx(styles.banner, styles.bad)}>
          <CircleAlert /> The time in the address was not used. {shown(problem)}
          <span className={styles.end}>
            <IconButton
              label="Remove it from the address"
              onClick={() => setParams({ known: null, true: null })}
            >
              <X />
            </IconButton>
          </span>
        </div>
      )}
    </div>
  );
}
