import { formatCsv, formatJsonRows } from '../../../contract/export.ts';
import type { Cell } from '../../../contract/projections.ts';
import { saveText } from '../../lib/saveText.ts';
import type { ResultColumn } from './cells.ts';

/** Puts the rows into the person's download folder, every digit kept. */
export function downloadRows(
  form: 'csv' | 'json',
  name: string,
  columns: readonly ResultColumn[],
  rows: readonly (readonly Cell[])[],
): void {
  if (form === 'csv') saveText(formatCsv(columns, rows), 'text/csv;charset=utf-8', `${name}.csv`);
  else saveText(formatJsonRows(columns, rows), 'application/json', `${name}.json`);
}
