import { CircleAlert, Lightbulb, TriangleAlert } from 'lucide-react';
import type { FindingOut } from '../../../contract/check.ts';
import styles from './check.module.css';

const ICONS = { error: <CircleAlert />, warning: <TriangleAlert />, hint: <Lightbulb /> };

/** Form and colour say how grave it is; the word is for who sees neither. */
export function SeverityIcon({ severity }: { severity: FindingOut['severity'] }) {
  return (
    <span className={styles[severity]} title={severity}>
      {ICONS[severity]}
      <span className="sr-only">{severity} </span>
    </span>
  );
}
