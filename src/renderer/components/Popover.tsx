import { Popover as Base } from '@base-ui/react/popover';
import type { ReactElement, ReactNode } from 'react';
import { cx } from './cx.ts';
import styles from './Floating.module.css';
import { usePopupFocus } from './popupFocus.tsx';

interface PopoverProps {
  /** A button; it opens the popover. */
  trigger: ReactElement;
  title?: ReactNode;
  /** Name for screen readers when there is no title. */
  label?: string;
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
  align?: 'start' | 'center' | 'end';
  className?: string;
  children: ReactNode;
}

export function Popover({
  trigger,
  title,
  label,
  open,
  onOpenChange,
  align = 'start',
  className,
  children,
}: PopoverProps) {
  const focus = usePopupFocus();
  return (
    <Base.Root {...(open === undefined ? {} : { open })} onOpenChange={(next) => onOpenChange?.(next)}>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner sideOffset={6} align={align} className={styles.positioner}>
          <Base.Popup {...focus} className={cx(styles.popup, styles.popover, className)} aria-label={label}>
            {title === undefined ? null : <Base.Title className={styles.popoverTitle}>{title}</Base.Title>}
            {children}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
