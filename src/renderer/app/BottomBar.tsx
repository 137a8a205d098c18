import { Fragment } from 'react';
import { Kbd } from '../components/Kbd.tsx';
import { hrefTo } from '../lib/address.ts';
import { shown } from '../lib/escape.ts';
import { formatLeft, formatRate } from '../lib/format.ts';
import { type Command, keysOf } from '../lib/keys.ts';
import { useJobs } from '../lib/live.ts';
import styles from './BottomBar.module.css';

/** Keys of this screen, running jobs, the zone. */
export function BottomBar({ commands }: { commands: readonly Command[] }) {
  const jobs = useJobs((store) => store.jobs);
  const running = jobs.filter((job) => job.status === 'running');
  const hints = new Map<string, string[]>();
  for (const command of [...commands].sort(frameLast)) {
    // Of a command that runs, the first key is enough; keys that a list handles itself mean different things (↑ ↓).
    const keys = command.run === undefined ? keysOf(command) : keysOf(command).slice(0, 1);
    if (command.hint === undefined || keys.length === 0 || command.disabled) continue;
    hints.set(command.hint, [...(hints.get(command.hint) ?? []), ...keys]);
  }
  return (
    <footer className={styles.bar}>
      <span className={styles.keys}>
        {[...hints].map(([hint, keys], index) => (
          <Fragment key={hint}>
            {index === 0 ? null : <span aria-hidden="true">·</span>}
            <span className={styles.hint}>
              {keys.map((key) => (
                <Kbd key={key} keys={key} />
              ))}{' '}
              {hint}
            </span>
          </Fragment>
        ))}
      </span>
      <span className={styles.right}>
        {running.map((job) => (
          <a key={job.id} href={hrefTo(['activity'])} className={styles.job}>
            {shown(job.title)}
            {job.total === null || job.total === 0 ? '' : ` ${Math.floor((job.done / job.total) * 100)} %`}
            {job.perSecond === null ? '' : ` · ${formatRate(job.perSecond)}`}
            {job.remainingMs === null ? '' : ` · ${formatLeft(job.remainingMs)}`}
          </a>
        ))}
        <span title="All times are shown in UTC">UTC</span>
      </span>
    </footer>
  );
}

const frameLast = (a: Command, b: Command): number =>
  Number(a.id.startsWith('app.')) - Number(b.id.startsWith('app.'));
