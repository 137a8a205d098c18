import { Tabs as BaseTabs } from '@base-ui/react/tabs';
import { Toggle } from '@base-ui/react/toggle';
import { ToggleGroup } from '@base-ui/react/toggle-group';
import type { ReactNode } from 'react';
import { cx } from './cx.ts';
import styles from './Segmented.module.css';

export interface Segment<Value extends string> {
  value: Value;
  label: ReactNode;
  /** A count beside the label. */
  count?: ReactNode;
  disabled?: boolean;
}

interface SegmentedProps<Value extends string> {
  value: Value;
  onValue: (value: Value) => void;
  options: readonly Segment<Value>[];
  /** Name for screen readers. */
  label: string;
}

/** One of two to four ways to see the same thing: `Tree | JSON | Blame`. */
export function Segmented<Value extends string>({ value, onValue, options, label }: SegmentedProps<Value>) {
  return (
    <ToggleGroup
      className={styles.group}
      aria-label={label}
      value={[value]}
      onValueChange={(values) => values[0] !== undefined && onValue(values[0] as Value)}
    >
      {options.map((option) => (
        <Toggle
          key={option.value}
          value={option.value}
          disabled={option.disabled ?? false}
          className={styles.segment}
        >
          {option.label}
          {option.count === undefined ? null : <span className={styles.count}>{option.count}</span>}
        </Toggle>
      ))}
    </ToggleGroup>
  );
}

interface TabsProps<Value extends string> extends SegmentedProps<Value> {
  /** The content of the chosen tab. */
  children: ReactNode;
  className?: string;
}

/** Different things in the same place. */
export function Tabs<Value extends string>({
  value,
  onValue,
  options,
  label,
  className,
  children,
}: TabsProps<Value>) {
  return (
    <BaseTabs.Root
      value={value}
      onValueChange={(next) => onValue(next as Value)}
      className={cx(styles.tabs, className)}
    >
      <BaseTabs.List className={styles.list} aria-label={label}>
        {options.map((option) => (
          <BaseTabs.Tab
            key={option.value}
            value={option.value}
            disabled={option.disabled ?? false}
            className={styles.tab}
          >
            {option.label}
            {option.count === undefined ? null : <span className={styles.count}>{option.count}</span>}
          </BaseTabs.Tab>
        ))}
      </BaseTabs.List>
      <BaseTabs.Panel value={value} className={styles.panel}>
        {children}
      </BaseTabs.Panel>
    </BaseTabs.Root>
  );
}
