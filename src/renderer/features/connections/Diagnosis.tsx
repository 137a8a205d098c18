import { Check, Circle, LoaderCircle, Minus, X } from 'lucide-react';
import type { DiagnosisStep } from '../../../contract/connections.ts';
import { Button } from '../../components/Button.tsx';
import { CopyButton } from '../../components/CopyButton.tsx';
import { ErrorState } from '../../components/States.tsx';
import { Announce } from '../../components/Toast.tsx';
import type { EngineError } from '../../lib/engine.ts';
import { shown } from '../../lib/escape.ts';
import { formatDuration } from '../../lib/format.ts';
import styles from './Connections.module.css';
import type { ConnectionForm } from './form.ts';

const STEPS: readonly { step: DiagnosisStep['step']; title: string; question: string }[] = [
  { step: 'name', title: 'Name', question: 'Is there such a machine?' },
  { step: 'tcp', title: 'TCP', question: 'Does it listen on this port?' },
  { step: 'tls', title: 'TLS', question: 'Is its certificate right?' },
  { step: 'sasl', title: 'SASL', question: 'Are user name and password right?' },
  { step: 'kafka', title: 'Kafka', question: 'Is it a Kafka broker?' },
  { step: 'access', title: 'Access', question: 'Which topics may this principal see?' },
];

interface DiagnosisProps {
  form: ConnectionForm;
  isRunning: boolean;
  result: { ok: boolean; steps: DiagnosisStep[] } | null;
  error: EngineError | null;
  onRun: () => void;
}

/** The steps of a connection test in their order: what works, which one failed, and what to do about it. */
export function Diagnosis({ form, isRunning, result, error, onRun }: DiagnosisProps) {
  if (error !== null && !isRunning) return <ErrorState error={error} onRetry={onRun} compact />;
  const failed = result?.steps.find(({ status }) => status === 'failed');
  const words = isRunning
    ? 'Testing'
    : result === null
      ? ''
      : result.ok
        ? 'The connection works.'
        : `${STEPS.find(({ step }) => step === failed?.step)?.title ?? 'A step'} failed: ${failed?.detail ?? ''}`;
  return (
    <div>
      <Announce>{words}</Announce>
      <ol className={styles.steps}>
        {STEPS.map(({ step, title, question }) => {
          const outcome = isRunning ? undefined : result?.steps.find((found) => found.step === step);
          const unused = (step === 'tls' && !form.tls) || (step === 'sasl' && form.mechanism === 'none');
          return (
            <li
              key={step}
              className={styles.step}
              data-status={outcome?.status ?? (isRunning ? 'running' : 'open')}
            >
              <StepIcon status={outcome?.status} isRunning={isRunning && !unused} />
              <div className={styles.stepBody}>
                <div className={styles.stepTitle}>
                  {title}
                  <span className={styles.stepTime}>
                    {outcome !== undefined && outcome.status !== 'skipped' ? formatDuration(outcome.ms) : ''}
                  </span>
                </div>
                <div className={styles.stepText}>
                  {outcome !== undefined
                    ? shown(outcome.detail)
                    : unused
                      ? 'not used by this connection'
                      : result !== null && !isRunning
                        ? 'not reached'
                        : question}
                </div>
                {outcome?.nextStep ? <div className={styles.nextStep}>{shown(outcome.nextStep)}</div> : null}
              </div>
            </li>
          );
        })}
      </ol>
      {result !== null && !isRunning ? (
        <div className={styles.verdict} data-ok={result.ok}>
          {result.ok ? 'The connection works.' : 'The connection does not work yet.'}
          <CopyButton text={() => JSON.stringify(result, null, 2)} label="Copy the result" />
        </div>
      ) : (
        <div className={styles.verdict}>
          <Button onClick={onRun} disabled={isRunning} keys="mod+enter">
            {isRunning ? 'Testing…' : 'Test connection'}
          </Button>
        </div>
      )}
    </div>
  );
}

function StepIcon({
  status,
  isRunning,
}: {
  status: DiagnosisStep['status'] | undefined;
  isRunning: boolean;
}) {
  if (status === 'ok') return <Check className={styles.ok} />;
  if (status === 'failed') return <X className={styles.failed} />;
  if (status === 'skipped') return <Minus className={styles.skipped} />;
  return isRunning ? <LoaderCircle className={styles.spin} /> : <Circle className={styles.skipped} />;
}
