import { Select as Base } from '@base-ui/react/select';
import { Check, ChevronDown } from 'lucide-react';
import type { ReactNode } from 'react';
import { cx } from './cx.ts';
import { useFieldControl } from './Field.tsx';
import floating from './Floating.module.css';
import { usePopupFocus } from './popupFocus.tsx';
import styles from './Select.module.css';

export interface SelectOption<Value extends string> {
  value: Value;
  label: ReactNode;
  hint?: ReactNode;
}

interface SelectProps<Value extends string> {
  value: Value;
  onValue: (value: Value) => void;
  options: readonly SelectOption<Value>[];
  /** Name for screen readers outside of a Field. */
  label?: string;
  disabled?: boolean;
  className?: string;
}

/** One of a few. */
export function Select<Value extends string>({
  value,
  onValue,
  options,
  label,
  disabled = false,
  className,
}: SelectProps<Value>) {
  const chosen = options.find((option) => option.value === value);
  const focus = usePopupFocus(
    (popup) =>
      popup.querySelector<HTMLElement>('[role=option][aria-selected=true]') ??
      popup.querySelector<HTMLElement>('[role=option]'),
  );
  return (
    <Base.Root
      value={value}
      onValueChange={(next) => next !== null && onValue(next as Value)}
      disabled={disabled}
    >
      <Base.Trigger {...useFieldControl()} aria-label={label} className={cx(styles.trigger, className)}>
        <Base.Value>{() => chosen?.label ?? value}</Base.Value>
        <Base.Icon className={styles.icon}>
          <ChevronDown />
        </Base.Icon>
      </Base.Trigger>
      <Base.Portal>
        <Base.Positioner
          className={floating.positioner}
          align="start"
          sideOffset={4}
          alignItemWithTrigger={false}
        >
          <Base.Popup {...focus} className={cx(floating.popup, floating.menu, floating.choices)}>
            <Base.List>
              {options.map((option) => (
                <Base.Item key={option.value} value={option.value} className={floating.item}>
                  <span className={floating.check}>
                    <Base.ItemIndicator>
                      <Check />
                    </Base.ItemIndicator>
                  </span>
                  <Base.ItemText>{option.label}</Base.ItemText>
                  {option.hint === undefined ? null : <span className={floating.hint}>{option.hint}</span>}
                </Base.Item>
              ))}
            </Base.List>
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
