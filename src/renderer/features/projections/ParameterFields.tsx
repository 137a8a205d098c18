import { type ParameterKind, parameterValue } from '../../../core/sqlParameters.ts';
import { Input } from '../../components/Field.tsx';
import styles from './console.module.css';

const WORDS: Record<ParameterKind, string> = { null: 'NULL', number: 'number', text: 'text' };

interface ParameterFieldsProps {
  names: readonly string[];
  values: Readonly<Record<string, string>>;
  onValue: (name: string, value: string) => void;
  onRun: () => void;
}

/** The values of a statement's named parameters; beside each what it is taken for. */
export function ParameterFields({ names, values, onValue, onRun }: ParameterFieldsProps) {
  if (names.length === 0) return null;
  return (
    <form
      className={styles.parameters}
      aria-label="Parameters"
      onSubmit={(event) => {
        event.preventDefault();
        onRun();
      }}
    >
      {names.map((name) => {
        const value = values[name] ?? '';
        return (
          <div key={name} className={styles.parameter}>
            <span className="mono" aria-hidden="true">
              :{name}
            </span>
            <Input
              mono
              value={value}
              onValue={(next) => onValue(name, next)}
              placeholder="value"
              aria-label={`:${name}`}
              title="A number, NULL, or text; write '12' for the text 12 and '' for the empty one"
            />
            <span className={styles.kind}>{value === '' ? '' : WORDS[parameterValue(value).kind]}</span>
          </div>
        );
      })}
      <button type="submit" className="sr-only" tabIndex={-1}>
        Run
      </button>
    </form>
  );
}
