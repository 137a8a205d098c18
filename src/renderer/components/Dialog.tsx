import { Dialog as Base } from '@base-ui/react/dialog';
import { X } from 'lucide-react';
import { type FormEvent, type ReactNode, type RefObject, useRef } from 'react';
import { cx } from './cx.ts';
import styles from './Dialog.module.css';

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
const firstControl = (popup: HTMLElement | null): HTMLElement | true =>
  popup?.querySelector<HTMLElement>(
    '[data-part=body] :is(input:not([type=hidden]),textarea,[role=combobox])',
  ) ??
  popup?.querySelector<HTMLElement>('[data-part=foot] button') ??
  true;

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
  const popup = useRef<HTMLDivElement>(null);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSubmit?.();
  };
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Base.Portal>
        <Base.Backdrop className={styles.backdrop} />
        <Base.Popup
          ref={popup}
          className={cx(styles.popup, styles[width])}
          initialFocus={() => {
            if (firstFocus === undefined) return firstControl(popup.current);
            firstFocus.current?.focus();
            return false;
          }}
        >
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
