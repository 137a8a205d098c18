import { Section } from '../../components/Panel.tsx';
import { shown } from '../../lib/escape.ts';
import { formatCount } from '../../lib/format.ts';
import { useJobs } from '../../lib/live.ts';
import { useEngineQuery } from '../../lib/queries.ts';
import styles from './Workspace.module.css';

/** Bad lines shown at once; all are counted, and the command line prints all. */
const SHOWN = 1000;

/** What the import of this session brought, with the lines that brought nothing. */
export function ImportReport({ jobId }: { jobId: string }) {
  const job = useJobs((store) => store.jobs.find(({ id }) => id === jobId));
  const hasEnded = job !== undefined && job.status !== 'running';
  const report = useEngineQuery(
    ['transfer', 'importReport'],
    { jobId, from: 0, count: SHOWN },
    { enabled: hasEnded },
  ).data;
  if (report === undefined) return null;
  const { lines, stored, same, bad, rows } = report;
  return (
    <Section title="Import" note={`${formatCount(lines)} lines`}>
      <p className={styles.text}>
        {formatCount(stored)} stored, {formatCount(same)} there already with the same bytes,{' '}
        {formatCount(bad)} bad.
      </p>
      {rows.length === 0 ? null : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
        <ul className={styles.bad} aria-label="Bad lines" tabIndex={0}>
          {rows.map(({ line, problem }) => (
            <li key={`${line} ${problem}`}>
              <span className={styles.line}>{formatCount(line)}</span>
              <span>{shown(problem)}</span>
            </li>
          ))}
          {bad > rows.length ? (
            <li>{formatCount(bad - rows.length)} more; the command line prints all.</li>
          ) : null}
        </ul>
      )}
    </Section>
  );
}
