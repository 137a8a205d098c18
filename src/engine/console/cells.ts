/** Values of SQLite as cells of an answer, with every digit. */
import type { Cell } from '../../contract/projections.ts';

/** What a column holds: its type, and the decimal places it is shown with. */
export interface Meaning {
  type: string | null;
  places: number;
}

const DECIMAL_TEXT = /^-?\d+(?:\.\d+)?$/;

/** The decimal text of a double with at least so many places: 14820.5 in a column of cents is 14820.50. */
function decimalText(value: number, places: number): string {
  const text = String(value);
  if (!DECIMAL_TEXT.test(text)) return text;
  const point = text.indexOf('.');
  const has = point === -1 ? 0 : text.length - point - 1;
  if (has >= places) return text;
  return `${text}${has === 0 ? '.' : ''}${'0'.repeat(places - has)}`;
}

/** A value of SQLite (whole numbers as bigint) as it crosses to the page. */
export function cellOf(value: unknown, { type, places }: Meaning): Cell {
  if (value === null) return null;
  switch (typeof value) {
    case 'bigint':
      if (type === 'decimal') return { decimal: String(value) };
      return Number.isSafeInteger(Number(value)) ? Number(value) : { integer: String(value) };
    case 'number':
      if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
      return type === 'decimal' ? { decimal: decimalText(value, places) } : value;
    case 'string':
      if (type === 'decimal' && DECIMAL_TEXT.test(value)) return { decimal: value };
      return type === 'integer' && /^-?\d+$/.test(value) ? { integer: value } : value;
    default:
      return { base64: Buffer.from(value as Uint8Array).toString('base64') };
  }
}
