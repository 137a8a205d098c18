import { Dialog as Base } from '@base-ui/react/dialog';
import { X } from 'lucide-react';
import type { FormEvent, ReactNode, RefObject } from 'react';
import { cx } from './cx.ts';
import styles from './Dialog.module.css';
import { usePopupFocus } from './popupFocus.tsx';

interface DialogProps {
  open: boolean;
  onClose: () => void;
  title: ReactNode;
  /** One sentence under the title. */
  description?: ReactNode;
  /** Buttons, the confirming one last. */
  footer?: ReactNode;
  /** Runs at Enter in a field and for a submit button in the footer. */
  onSubmit?: () => void;
  width?: 'narrow' | 'wide';
  /** Takes the focus at first; else the first field of the body does. */
  firstFocus?: RefObject<{ focus(): void } | null>;
  children?: ReactNode;
}

/** The first field of the body, else the first button of the footer: never the cross. */
const firstControl = (popup: HTMLElement): HTMLElement | null =>
  popup.querySelector<HTMLElement>(
    '[data-part=body] :is(input:not([type=hidden]),textarea,[role=combobox])',
  ) ?? popup.querySelector<HTMLElement>('[data-part=foot] button');

/** A question that must be answered before anything else. Esc closes it. */
export function Dialog({
  open,
  onClose,
  title,
  description,
  footer,
  onSubmit,
  width = 'narrow',
  firstFocus,
  children,
}: DialogProps) {
  const focus = usePopupFocus((popup) => firstFocus?.current ?? firstControl(popup), true);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSubmit?.();
  };
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Base.Portal>
        <Base.Backdrop className={styles.backdrop} />
        <Base.Popup {...focus} className={cx(styles.popup, styles[width])}>
          <form className={styles.form} onSubmit={submit} noValidate>
            <div className={styles.head}>
              <Base.Title className={styles.title}>{title}</Base.Title>
              <Base.Close aria-label="Close" className={styles.close}>
                <X />
              </Base.Close>
              {description === undefined ? null : (
                <Base.Description className={styles.description}>{description}</Base.Description>
              )}
            </div>
            <div className={styles.body} data-part="body">
              {children}
            </div>
            {footer === undefined ? null : (
              <div className={styles.foot} data-part="foot">
                {footer}
              </div>
            )}
          </form>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
