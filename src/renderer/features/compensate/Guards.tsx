import { Check, Circle, Info, X } from 'lucide-react';
import type { Guard } from '../../../contract/compensate.ts';
import { Button } from '../../components/Button.tsx';
import { cx } from '../../components/cx.ts';
import { Input } from '../../components/Field.tsx';
import { shown } from '../../lib/escape.ts';
import styles from './compensate.module.css';
import { guardRemedies, type Remedy } from './steps.ts';

const ICONS: Record<Guard['status'], React.ReactNode> = {
  ok: <Check className={styles.ok} />,
  failed: <X className={styles.failed} />,
  open: <Circle className={styles.open} />,
  note: <Info className={styles.open} />,
};
const WORDS: Record<Guard['status'], string> = { ok: 'holds', failed: 'fails', open: 'open', note: 'note' };

const REMEDY_WORDS: Record<Remedy, string> = {
  unlock: 'Unlock…',
  check: 'Check again',
  capture: 'Capture again',
  restart: 'Begin again from the new head',
  receipts: 'Show the receipts',
  connections: 'Show the connection',
};

export interface Remedies {
  /** What each button does. */
  onRemedy: (remedy: Remedy) => void;
  disabled: boolean;
}

/** Buttons for what can be done about a refusal. */
export function RemedyButtons({ remedies, onRemedy, disabled }: Remedies & { remedies: readonly Remedy[] }) {
  if (remedies.length === 0) return null;
  return (
    <span className={styles.remedies}>
      {remedies.map((remedy) => (
        <Button key={remedy} disabled={disabled} onClick={() => onRemedy(remedy)}>
          {REMEDY_WORDS[remedy]}
        </Button>
      ))}
    </span>
  );
}

interface GuardListProps extends Remedies {
  guards: readonly Guard[];
  isOld: boolean;
  /** The connection's name, which production asks for. */
  name: string;
  typedName: string;
  onTypedName: (typed: string) => void;
}

/** A guard as it stands on the page: a typed name closes the one that asks for it. */
export const standing = (guard: Guard, name: string, typedName: string): Guard['status'] =>
  guard.code === 'confirm' && guard.status === 'open' && typedName === name ? 'ok' : guard.status;

/** Everything that must hold before the event may be sent. */
export function GuardList(props: GuardListProps) {
  const { guards, isOld, name, typedName, onTypedName, onRemedy, disabled } = props;
  return (
    <ul className={cx(styles.guards, isOld && styles.old)}>
      {guards.map((guard) => {
        const status = standing(guard, name, typedName);
        return (
          <li key={guard.code} className={styles.guard} data-status={status}>
            {ICONS[status]}
            <b>
              {shown(guard.name)}
              <span className="sr-only">: {WORDS[status]}</span>
            </b>
            <span className={styles.guardText}>{shown(guard.text)}</span>
            {guard.code === 'confirm' ? (
              <span className={styles.guardText}>
                <Input
                  mono
                  value={typedName}
                  onValue={onTypedName}
                  placeholder={shown(name)}
                  aria-label={`Type ${shown(name)} to publish`}
                  data-confirm=""
                />
              </span>
            ) : null}
            {guard.status === 'failed' ? (
              <RemedyButtons
                remedies={guardRemedies(guard.code, guard.text)}
                onRemedy={onRemedy}
                disabled={disabled}
              />
            ) : null}
          </li>
        );
      })}
    </ul>
  );
}
