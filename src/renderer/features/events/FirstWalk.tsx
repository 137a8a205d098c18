import { useEffect, useState } from 'react';
import { ProgressBar, Skeleton } from '../../components/States.tsx';
import { formatCount, plural } from '../../lib/format.ts';
import { callEngine } from '../../lib/queries.ts';
import styles from './firstWalk.module.css';

/** What is answered within this time needs no words, ms. */
const AFTER_MS = 600;
const EVERY_MS = 400;

interface Walked {
  ready: number;
  of: number;
}

/**
 * Stands where an answer will be that needs all records: rows of grey, and how far the first look at a very large log is.
 * Leaving it leaves the question, if that is given up with it.
 */
export function FirstWalk({ lines }: { lines: number }) {
  const [walked, setWalked] = useState<Walked | null>(null);
  useEffect(() => {
    const ended = new AbortController();
    let timer: ReturnType<typeof setTimeout>;
    const look = () =>
      callEngine(['events', 'walked'], {}, ended.signal).then((next) => {
        if (ended.signal.aborted) return;
        setWalked(next);
        timer = setTimeout(run, EVERY_MS);
      });
    // What fails here fails in the answer too, which says it.
    const run = () => void look().catch(() => {});
    timer = setTimeout(run, AFTER_MS);
    return () => {
      clearTimeout(timer);
      ended.abort();
    };
  }, []);
  if (walked === null || walked.ready >= walked.of) return <Skeleton lines={lines} />;
  return (
    <>
      <div className={styles.walk}>
        <ProgressBar value={walked.ready / walked.of} label="Records looked at" />
        <p className="faint">
          Looking at all records for the first time: {formatCount(walked.ready)} of{' '}
          {plural(walked.of, 'record')}
        </p>
      </div>
      <Skeleton lines={lines} />
    </>
  );
}
