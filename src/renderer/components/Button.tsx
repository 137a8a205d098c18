import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react';
import styles from './Button.module.css';
import { cx } from './cx.ts';
import { Kbd } from './Kbd.tsx';
import { Tooltip } from './Tooltip.tsx';

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  /** primary: the one next step of a screen. danger: publishes or destroys. quiet: no frame. */
  look?: 'plain' | 'primary' | 'danger' | 'quiet';
  icon?: ReactNode;
  /** Key shown at the right, as in `lib/keys`. */
  keys?: string;
  ref?: Ref<HTMLButtonElement>;
}

export function Button({
  look = 'plain',
  icon,
  keys,
  className,
  children,
  type = 'button',
  ...rest
}: ButtonProps) {
  return (
    <button {...rest} type={type} className={cx(styles.button, styles[look], className)}>
      {icon}
      {children}
      {keys === undefined ? null : <Kbd keys={keys} />}
    </button>
  );
}

interface IconButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  /** Name for screen readers and the tooltip. */
  label: string;
  keys?: string;
  pressed?: boolean;
  ref?: Ref<HTMLButtonElement>;
}

/** A button of an icon alone; its name is read out and shown on hover. */
export function IconButton({
  label,
  keys,
  pressed,
  className,
  children,
  type = 'button',
  ...rest
}: IconButtonProps) {
  return (
    <Tooltip text={label} keys={keys}>
      <button
        {...rest}
        type={type}
        aria-label={label}
        aria-pressed={pressed}
        className={cx(styles.icon, pressed === true && styles.pressed, className)}
      >
        {children}
      </button>
    </Tooltip>
  );
}
