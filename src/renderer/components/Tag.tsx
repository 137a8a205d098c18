import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react';
import { cx } from './cx.ts';
import styles from './Tag.module.css';

export type TagTone = 'plain' | 'good' | 'warn' | 'bad' | 'accent';

/** A short mark on a thing: `derived`, `aborted`, `built in`. */
export function Tag({
  tone = 'plain',
  title,
  children,
}: {
  tone?: TagTone;
  title?: string;
  children: ReactNode;
}) {
  return (
    <span className={cx(styles.tag, styles[tone])} title={title}>
      {children}
    </span>
  );
}

interface ChipProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  icon?: ReactNode;
  tone?: TagTone;
  ref?: Ref<HTMLButtonElement>;
}

/** A framed button of the top bar and of filters. */
export function Chip({ icon, tone = 'plain', className, children, type = 'button', ...rest }: ChipProps) {
  return (
    <button {...rest} type={type} className={cx(styles.chip, styles[tone], className)}>
      {icon}
      {children}
    </button>
  );
}
