import { formatCsv, formatJsonRows } from '../../../contract/export.ts';
import type { Cell } from '../../../contract/projections.ts';
import type { ResultColumn } from './cells.ts';

function save(text: string, type: string, name: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser reads the blob after the click has returned.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** Puts the rows into the person's download folder, every digit kept. */
export function downloadRows(
  form: 'csv' | 'json',
  name: string,
  columns: readonly ResultColumn[],
  rows: readonly (readonly Cell[])[],
): void {
  if (form === 'csv') save(formatCsv(columns, rows), 'text/csv;charset=utf-8', `${name}.csv`);
  else save(formatJsonRows(columns, rows), 'application/json', `${name}.json`);
}
