import { CircleAlert, CircleCheck, CircleDashed, ShieldCheck } from 'lucide-react';
import type { CheckPart, CheckReport } from '../../../contract/workspaceWork.ts';
import { Button } from '../../components/Button.tsx';
import { CopyButton } from '../../components/CopyButton.tsx';
import { Section } from '../../components/Panel.tsx';
import { shown } from '../../lib/escape.ts';
import { formatAge, formatCount, formatDuration } from '../../lib/format.ts';
import { useNow } from '../../lib/now.ts';
import styles from './Workspace.module.css';

const ICONS: Record<CheckPart['status'], React.ReactNode> = {
  sound: <CircleCheck className={styles.sound} />,
  damaged: <CircleAlert className={styles.damaged} />,
  'not-checked': <CircleDashed className={styles.open} />,
};
const WORDS: Record<CheckPart['status'], string> = {
  sound: 'whole',
  damaged: 'damaged',
  'not-checked': 'not checked',
};

/** The answer of the last integrity check: each part, what was found, and what can still be used. */
export function CheckPanel({
  report,
  revision,
  isRunning,
  onCheck,
}: {
  report: CheckReport | null;
  revision: number;
  isRunning: boolean;
  onCheck: () => void;
}) {
  const now = useNow();
  return (
    <Section
      title="Integrity check"
      note={
        report === null
          ? undefined
          : `${formatAge(report.startedAt, Math.max(now, report.startedAt))}, took ${formatDuration(report.tookMs)}${report.revision === revision ? '' : ', before the last changes'}`
      }
    >
      {report === null ? (
        <p className={styles.text}>
          Reads the whole file and compares positions, coverage, names and bytes with each other. It was not
          done since Hindcast was started.
        </p>
      ) : (
        <>
          <p className={styles.text}>{shown(report.summary)}</p>
          <ul className={styles.parts}>
            {report.parts.map((part) => (
              <li key={part.name}>
                <div className={styles.part}>
                  {ICONS[part.status]}
                  <span className={styles.partTitle}>{part.title}</span>
                  <span className={styles.partNote}>
                    {WORDS[part.status]} · {shown(part.looked)}
                  </span>
                </div>
                {part.findings.length === 0 ? null : (
                  <ul className={styles.findings}>
                    {part.findings.map(({ where, problem, usable }) => (
                      <li key={`${where}${problem}`}>
                        <span className={styles.where}>{shown(where)}</span>
                        <span>{shown(problem)}.</span>
                        <span className={styles.usable}>Still usable: {shown(usable)}</span>
                      </li>
                    ))}
                    {part.more === 0 ? null : <li>{formatCount(part.more)} more of the same part.</li>}
                  </ul>
                )}
              </li>
            ))}
          </ul>
        </>
      )}
      <div className={styles.actions}>
        <Button icon={<ShieldCheck />} disabled={isRunning} onClick={onCheck}>
          {isRunning ? 'Checking…' : report === null ? 'Check now' : 'Check again'}
        </Button>
        {report === null ? null : (
          <CopyButton text={() => JSON.stringify(report, null, 2)} label="Copy the report" />
        )}
      </div>
    </Section>
  );
}
