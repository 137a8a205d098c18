import { Check } from 'lucide-react';
import { cx } from '../../components/cx.ts';
import styles from './compensate.module.css';
import { type Progress, stepStates } from './steps.ts';

const WORDS = { done: 'done', now: 'now', todo: 'to do', problem: 'not confirmed' } as const;

/** Unlock, compose, check, publish, read back: which are done, and where one is. */
export function Steps({ progress, unlockNote }: { progress: Progress; unlockNote: string | null }) {
  return (
    <ol className={styles.steps}>
      {stepStates(progress).map(({ name, state }, at) => (
        <li
          key={name}
          className={cx(styles.step, styles[state])}
          aria-current={state === 'now' ? 'step' : undefined}
        >
          <i>{state === 'done' ? <Check aria-hidden="true" /> : at + 1}</i>
          {name}
          <span className="sr-only"> ({WORDS[state]})</span>
          {name === 'Unlock' && unlockNote !== null ? <small>{unlockNote}</small> : null}
        </li>
      ))}
    </ol>
  );
}
