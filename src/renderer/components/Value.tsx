import { parseJson } from '../../core/json.ts';
import type { Json } from '../../core/model.ts';
import { isJsonObject, isNumeric, numberText } from '../../core/numbers.ts';
import { shown } from '../lib/escape.ts';
import { formatNumber, formatSigned } from '../lib/format.ts';
import styles from './Value.module.css';

const LONGEST_INLINE = 2000;
const clipped = (text: string): string =>
  text.length > LONGEST_INLINE ? `${text.slice(0, LONGEST_INLINE)}… (${text.length} characters)` : text;

/** The text of a value on one line: strings in quotes, lists and objects by their size. */
export function valueText(value: Json): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return `"${shown(clipped(value))}"`;
  if (isNumeric(value)) return formatNumber(clipped(numberText(value)));
  if (Array.isArray(value))
    return value.length === 0 ? '[ ]' : `[ ${value.length} ${value.length === 1 ? 'item' : 'items'} ]`;
  if (isJsonObject(value)) {
    const keys = Object.keys(value).length;
    return keys === 0 ? '{ }' : `{ ${keys} ${keys === 1 ? 'field' : 'fields'} }`;
  }
  return String(value);
}

export function valueClass(value: Json): string | undefined {
  if (typeof value === 'string') return styles.string;
  if (isNumeric(value)) return styles.number;
  return value === null || typeof value === 'boolean' ? styles.word : undefined;
}

/** A JSON value in its colour. */
export function Value({ value }: { value: Json }) {
  return <span className={valueClass(value)}>{valueText(value)}</span>;
}

interface DiffProps {
  /** JSON text, as the contract gives it; null: was or is not there. */
  before: string | null;
  after: string | null;
  /** Exact difference as text. */
  delta?: string | null;
  /** Puts an arrow between the two. */
  arrow?: boolean;
}

/** Before (struck, red), after (green), and the difference as a number. */
export function DiffValue({ before, after, delta, arrow = false }: DiffProps) {
  return (
    <span className={styles.diff}>
      {before === null ? null : (
        <del title={inline(before)}>
          <span className="sr-only">before </span>
          {inline(before)}
        </del>
      )}
      {arrow && before !== null && after !== null ? <span className={styles.arrow}>→</span> : null}
      {after === null ? null : (
        <ins title={inline(after)}>
          <span className="sr-only">after </span>
          {inline(after)}
        </ins>
      )}
      {after === null ? <span className={styles.delta}>removed</span> : null}
      {delta == null ? null : <span className={styles.delta}>{formatSigned(delta)}</span>}
    </span>
  );
}

function inline(jsonText: string): string {
  const value = parseJson(jsonText);
  if (isNumeric(value)) return formatNumber(numberText(value));
  if (typeof value === 'string') return shown(clipped(value));
  return shown(clipped(jsonText));
}
