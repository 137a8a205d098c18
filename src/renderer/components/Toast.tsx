import { Toast as Base } from '@base-ui/react/toast';
import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import { shown } from '../lib/escape.ts';
import { IconButton } from './Button.tsx';
import styles from './Toast.module.css';

const manager = Base.createToastManager();

/** Says that something is done or went wrong, beside the work. Errors stay until closed. */
export function toast(title: string, { detail, bad = false }: { detail?: string; bad?: boolean } = {}): void {
  manager.add({
    title,
    ...(detail === undefined ? {} : { description: detail }),
    type: bad ? 'bad' : 'good',
    timeout: bad ? 0 : 5000,
    priority: bad ? 'high' : 'low',
  });
}

/** A failed action as a toast: the sentence, then the next step. */
export const toastError = (error: { message: string; nextStep?: string }): void =>
  toast(shown(error.message), {
    ...(error.nextStep === undefined ? {} : { detail: shown(error.nextStep) }),
    bad: true,
  });

function List() {
  const { toasts } = Base.useToastManager();
  return toasts.map((item) => (
    <Base.Root key={item.id} toast={item} className={styles.toast} data-kind={item.type}>
      <Base.Content className={styles.content}>
        <Base.Title className={styles.title} />
        <Base.Description className={styles.detail} />
      </Base.Content>
      <Base.Close render={<IconButton label="Dismiss" />}>
        <X />
      </Base.Close>
    </Base.Root>
  ));
}

export function ToastProvider({ children }: { children: ReactNode }) {
  return (
    <Base.Provider toastManager={manager} limit={4}>
      {children}
      <Base.Portal>
        <Base.Viewport className={styles.viewport}>
          <List />
        </Base.Viewport>
      </Base.Portal>
    </Base.Provider>
  );
}

/** Read out by screen readers when its text changes; not seen. */
export function Announce({ children }: { children: ReactNode }) {
  return (
    <div className="sr-only" aria-live="polite">
      {children}
    </div>
  );
}
