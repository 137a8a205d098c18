import { ChevronRight, CircleAlert, RotateCcw } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { shown } from '../lib/escape.ts';
import { Button } from './Button.tsx';
import { CopyButton } from './CopyButton.tsx';
import styles from './States.module.css';

/** Nothing here yet: one sentence that says why, and one button with the next step. */
export function EmptyState({
  icon,
  title,
  children,
  action,
  heading = false,
}: {
  icon?: ReactNode;
  title: ReactNode;
  children?: ReactNode;
  action?: ReactNode;
  /** It is all there is on the screen. */
  heading?: boolean;
}) {
  return (
    <div className={styles.empty}>
      {icon}
      {heading ? (
        <h1 className={styles.emptyTitle}>{title}</h1>
      ) : (
        <p className={styles.emptyTitle}>{title}</p>
      )}
      {children === undefined ? null : <p className={styles.emptyText}>{children}</p>}
      {action}
    </div>
  );
}

export interface ShownError {
  message: string;
  nextStep?: string;
  code?: string;
  traceId?: string;
  details?: Record<string, unknown>;
}

/** What, where, next step, details to copy, and trying again where that can help. */
export function ErrorState({
  error,
  onRetry,
  compact = false,
}: {
  error: ShownError;
  onRetry?: () => void;
  compact?: boolean;
}) {
  const [open, setOpen] = useState(false);
  const details = JSON.stringify(
    {
      code: error.code,
      message: error.message,
      nextStep: error.nextStep,
      details: error.details,
      traceId: error.traceId,
    },
    null,
    2,
  );
  return (
    <div className={compact ? styles.errorCompact : styles.error} role="alert">
      <CircleAlert className={styles.errorIcon} />
      <div className={styles.errorBody}>
        <p className={styles.errorTitle}>{shown(error.message)}</p>
        {error.nextStep ? <p className={styles.errorNext}>{shown(error.nextStep)}</p> : null}
        <div className={styles.errorActions}>
          {onRetry === undefined ? null : (
            <Button icon={<RotateCcw />} onClick={onRetry}>
              Try again
            </Button>
          )}
          <Button
            look="quiet"
            aria-expanded={open}
            onClick={() => setOpen(!open)}
            icon={<ChevronRight className={open ? styles.turned : undefined} />}
          >
            Details
          </Button>
          <CopyButton text={details} label="Copy the details" />
        </div>
        {open ? <pre className={styles.details}>{shown(details, true)}</pre> : null}
      </div>
    </div>
  );
}

/** A quiet stand-in of the size of what is coming; `lines` rows of text. */
export function Skeleton({ lines = 1, height }: { lines?: number; height?: number }) {
  return (
    <div className={styles.skeleton} aria-hidden="true">
      {[...Array(lines).keys()].map((line) => (
        <span
          key={line}
          style={{ width: `${88 - ((line * 23) % 46)}%`, ...(height === undefined ? {} : { height }) }}
        />
      ))}
    </div>
  );
}

interface ProgressProps {
  /** 0 to 1; null: how much there is to do is not known yet. */
  value: number | null;
  label: string;
}

export function ProgressBar({ value, label }: ProgressProps) {
  const percent = value === null ? null : Math.max(0, Math.min(100, Math.floor(value * 1000) / 10));
  return (
    <div
      className={styles.progress}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent ?? undefined}
    >
      <span
        className={percent === null ? styles.unknown : undefined}
        style={{ width: `${percent ?? 30}%` }}
      />
    </div>
  );
}
