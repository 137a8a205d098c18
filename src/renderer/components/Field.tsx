import { Checkbox as BaseCheckbox } from '@base-ui/react/checkbox';
import { Switch as BaseSwitch } from '@base-ui/react/switch';
import { Check } from 'lucide-react';
import {
  createContext,
  type InputHTMLAttributes,
  type ReactNode,
  type Ref,
  type TextareaHTMLAttributes,
  useContext,
  useId,
} from 'react';
import { cx } from './cx.ts';
import styles from './Field.module.css';

interface FieldIds {
  control: string;
  describedBy: string | undefined;
  invalid: boolean;
}
const FieldContext = createContext<FieldIds | null>(null);

interface FieldProps {
  label: ReactNode;
  /** What to write here, or what it rests on. */
  hint?: ReactNode;
  /** What is wrong; announced, and the control is marked. */
  error?: ReactNode;
  /** Label beside the control (forms) or above it (dialogs). */
  layout?: 'beside' | 'above';
  children: ReactNode;
}

/** A labelled control: the input inside finds its label, hint and error by itself. */
export function Field({ label, hint, error, layout = 'beside', children }: FieldProps) {
  const id = useId();
  const hasError = error !== undefined && error !== null && error !== false && error !== '';
  const described = [hint ? `${id}h` : '', hasError ? `${id}e` : ''].filter(Boolean).join(' ') || undefined;
  return (
    <FieldContext value={{ control: `${id}c`, describedBy: described, invalid: hasError }}>
      <div className={cx(styles.field, styles[layout])}>
        <label className={styles.label} htmlFor={`${id}c`}>
          {label}
        </label>
        <div className={styles.control}>
          {children}
          {hint ? (
            <div id={`${id}h`} className={styles.hint}>
              {hint}
            </div>
          ) : null}
          {hasError ? (
            <div id={`${id}e`} className={styles.error} role="alert">
              {error}
            </div>
          ) : null}
        </div>
      </div>
    </FieldContext>
  );
}

function useControl() {
  const field = useContext(FieldContext);
  return field === null
    ? {}
    : {
        id: field.control,
        'aria-describedby': field.describedBy,
        'aria-invalid': field.invalid || undefined,
      };
}

interface InputProps extends Omit<InputHTMLAttributes<HTMLInputElement>, 'onChange'> {
  onValue?: (value: string) => void;
  /** Ids, addresses and values stand in mono. */
  mono?: boolean;
  icon?: ReactNode;
  /** At the right end: a count, a key. */
  end?: ReactNode;
  ref?: Ref<HTMLInputElement>;
}

export function Input({ onValue, mono, icon, end, className, type = 'text', ...rest }: InputProps) {
  const input = (
    <input
      autoComplete="off"
      spellCheck={false}
      {...useControl()}
      {...rest}
      type={type}
      className={cx(styles.input, mono && styles.mono, icon === undefined && end === undefined && className)}
      onChange={(event) => onValue?.(event.target.value)}
    />
  );
  if (icon === undefined && end === undefined) return input;
  return (
    <div className={cx(styles.group, className)}>
      {icon}
      {input}
      {end}
    </div>
  );
}

interface TextAreaProps extends Omit<TextareaHTMLAttributes<HTMLTextAreaElement>, 'onChange'> {
  onValue?: (value: string) => void;
  mono?: boolean;
}

export function TextArea({ onValue, mono, className, ...rest }: TextAreaProps) {
  return (
    <textarea
      autoComplete="off"
      spellCheck={false}
      {...useControl()}
      {...rest}
      className={cx(styles.input, styles.area, mono && styles.mono, className)}
      onChange={(event) => onValue?.(event.target.value)}
    />
  );
}

interface ToggleProps {
  checked: boolean;
  onChecked: (checked: boolean) => void;
  disabled?: boolean;
  children?: ReactNode;
  /** Name for screen readers where no text stands beside it. */
  label?: string;
  indeterminate?: boolean;
  tabIndex?: number;
}

export function Checkbox({
  checked,
  onChecked,
  disabled = false,
  indeterminate = false,
  children,
  label,
  tabIndex,
}: ToggleProps) {
  const id = useId();
  const box = (
    <BaseCheckbox.Root
      id={id}
      className={styles.checkbox}
      checked={checked}
      indeterminate={indeterminate}
      disabled={disabled}
      onCheckedChange={onChecked}
      aria-label={label}
      {...(tabIndex === undefined ? {} : { tabIndex })}
    >
      <BaseCheckbox.Indicator className={styles.tick}>
        {indeterminate ? <span className={styles.dash} /> : <Check />}
      </BaseCheckbox.Indicator>
    </BaseCheckbox.Root>
  );
  return children === undefined ? (
    box
  ) : (
    <label className={styles.toggle} htmlFor={id}>
      {box} {children}
    </label>
  );
}

export function Switch({ checked, onChecked, disabled = false, children, label }: ToggleProps) {
  const id = useId();
  const control = (
    <BaseSwitch.Root
      id={id}
      className={styles.switch}
      checked={checked}
      disabled={disabled}
      onCheckedChange={onChecked}
      aria-label={label}
    >
      <BaseSwitch.Thumb className={styles.thumb} />
    </BaseSwitch.Root>
  );
  return children === undefined ? (
    control
  ) : (
    <label className={styles.toggle} htmlFor={id}>
      {control} {children}
    </label>
  );
}

/** Id and description of the control inside a {@link Field}, for controls made elsewhere. */
export const useFieldControl = useControl;
