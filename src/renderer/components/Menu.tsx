import { Menu as Base } from '@base-ui/react/menu';
import { Check, ChevronDown } from 'lucide-react';
import { type ReactElement, type ReactNode, useRef } from 'react';
import { cx } from './cx.ts';
import styles from './Floating.module.css';
import { usePopupFocus } from './popupFocus.tsx';

export interface MenuItem {
  id: string;
  label: ReactNode;
  icon?: ReactNode;
  /** Small text at the right: a key, a size, a date. */
  hint?: ReactNode;
  /** Set for items of which one is chosen. */
  checked?: boolean;
  danger?: boolean;
  disabled?: boolean;
  run: () => void;
}
export interface MenuGroup {
  id: string;
  label?: string;
  items: MenuItem[];
}

/** A click that no pointer made is a key's. */
const isKey = (event: Event | null): boolean =>
  event instanceof KeyboardEvent || (event instanceof MouseEvent && event.detail === 0);

/** A menu on a button, in groups. */
export function Menu({
  trigger,
  groups,
  align = 'start',
}: {
  trigger: ReactElement;
  groups: MenuGroup[];
  align?: 'start' | 'end';
}) {
  const opener = useRef<Event>(null);
  const focus = usePopupFocus((popup) => {
    if (!isKey(opener.current)) return popup;
    const items = [...popup.querySelectorAll<HTMLElement>('[role=menuitem]:not([data-disabled])')];
    return opener.current instanceof KeyboardEvent && opener.current.key === 'ArrowUp'
      ? items.at(-1)
      : items[0];
  });
  return (
    <Base.Root
      onOpenChange={(open, { event }) => {
        if (open) opener.current = event;
      }}
    >
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner sideOffset={6} align={align} className={styles.positioner}>
          <Base.Popup {...focus} className={cx(styles.popup, styles.menu)}>
            {groups.map((group, index) => (
              <Base.Group key={group.id}>
                {index === 0 ? null : <Base.Separator className={styles.separator} />}
                {group.label === undefined ? null : (
                  <Base.GroupLabel className={styles.groupLabel}>{group.label}</Base.GroupLabel>
                )}
                {group.items.map((item) => (
                  <Base.Item
                    key={item.id}
                    className={cx(styles.item, item.danger && styles.danger)}
                    disabled={item.disabled ?? false}
                    onClick={item.run}
                  >
                    {item.checked === undefined ? (
                      item.icon
                    ) : (
                      <span className={styles.check}>{item.checked ? <Check /> : null}</span>
                    )}
                    {item.label}
                    {item.hint === undefined ? null : <span className={styles.hint}>{item.hint}</span>}
                  </Base.Item>
                ))}
              </Base.Group>
            ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

/** Marks what opens a menu. */
export const MenuArrow = () => <ChevronDown className={styles.arrow} />;
