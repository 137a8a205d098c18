import { shown } from '../../lib/escape.ts';
import styles from './projections.module.css';

/** Something wrong, and where a click on it leads. */
export interface ShownProblem {
  /** `line 12`, `program 3:14`; empty: no place is known. */
  where: string;
  path: string;
  message: string;
  onGo: (() => void) | null;
}

/** All that is wrong with a definition; each leads to its place in the editor. */
export function DefinitionProblems({ problems }: { problems: readonly ShownProblem[] }) {
  if (problems.length === 0) return null;
  return (
    <ol className={styles.problems} aria-label="What is wrong">
      {problems.map(({ where, path, message, onGo }) => (
        <li key={`${where} ${path} ${message}`}>
          {onGo === null ? (
            <span className={styles.line}>{where}</span>
          ) : (
            <button type="button" className={styles.line} onClick={onGo}>
              {where}
            </button>
          )}
          <span>
            {path === '' ? null : <span className="mono">{shown(path)} </span>}
            {shown(message)}
          </span>
        </li>
      ))}
    </ol>
  );
}
