import { CircleAlert, CircleCheck, CircleDashed, CircleHelp } from 'lucide-react';
import type { RecordDetail } from '../../../contract/events.ts';
import { Section } from '../../components/Panel.tsx';
import { shown } from '../../lib/escape.ts';
import styles from './inspector.module.css';

const VERDICTS = {
  PASS: { icon: <CircleCheck />, word: 'right', className: styles.pass },
  FAIL: { icon: <CircleAlert />, word: 'wrong', className: styles.fail },
  UNVERIFIABLE: { icon: <CircleHelp />, word: 'cannot be checked', className: styles.unsure },
  ABSENT: { icon: <CircleDashed />, word: 'absent', className: styles.absent },
} as const;

/** What the event claims about its own integrity, and whether that holds. */
export function IntegrityList({ integrity }: Pick<RecordDetail, 'integrity'>) {
  if (integrity.length === 0) return null;
  return (
    <Section title="Integrity">
      <ul className={styles.integrity}>
        {integrity.map(({ check, verdict, note }) => {
          const { icon, word, className } = VERDICTS[verdict];
          return (
            <li key={check} className={className}>
              {icon}
              <span>
                {shown(check)}: <b>{word}</b>
                {verdict === 'ABSENT' ? null : <span className={styles.integrityNote}>{shown(note)}</span>}
              </span>
            </li>
          );
        })}
      </ul>
    </Section>
  );
}
