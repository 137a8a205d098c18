/** The file that an export writes: under a name of its own until it is whole, with little of it in memory. */
import { closeSync, fstatSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import type { TransferFormat } from '../../contract/transfer.ts';
import { csvHead, formatCsvRow } from './csv.ts';
import { formatNdjson } from './ndjson.ts';
import { ParquetFile } from './parquet.ts';
import type { TransferRow } from './transferRow.ts';
import { writeProblem } from './writeProblem.ts';

/** Text waits until there is so much of it. Characters. */
const TEXT_AT_ONCE = 1 << 20;

export interface ExportCounts {
  rows: number;
  bytes: number;
  /** CSV: cells that got an apostrophe before what a spreadsheet would run. */
  guarded: number;
}

export class ExportFile {
  readonly #target: string;
  readonly #partial: string;
  readonly #handle: number;
  readonly #format: TransferFormat;
  readonly #parquet: ParquetFile | null;
  #text = '';
  #rows = 0;
  readonly #count = { guarded: 0 };

  /** @param program name and version for formats that carry it. @throws HindcastError `file.write` */
  constructor(target: string, format: TransferFormat, program: string) {
    this.#target = target;
    this.#partial = `${target}.partial`;
    this.#format = format;
    this.#handle = guarded(target, () => openSync(this.#partial, 'w', 0o600));
    this.#parquet = format === 'parquet' ? new ParquetFile(this.#handle, program) : null;
    if (format === 'csv') this.#text = csvHead();
  }

  add(row: TransferRow): void {
    this.#rows += 1;
    if (this.#parquet !== null) {
      const { parquet, target } = { parquet: this.#parquet, target: this.#target };
      guarded(target, () => parquet.add(row));
      return;
    }
    this.#text += this.#format === 'csv' ? formatCsvRow(row, this.#count) : formatNdjson(row);
    if (this.#text.length >= TEXT_AT_ONCE) this.#flush();
  }

  /** Writes what waits and gives the file its name, replacing one that was there; leaves nothing behind if it cannot. */
  finish(): ExportCounts {
    let isOpen = true;
    try {
      return guarded(this.#target, () => {
        this.#flush();
        this.#parquet?.finish();
        const { size } = fstatSync(this.#handle);
        isOpen = false;
        closeSync(this.#handle);
        renameSync(this.#partial, this.#target);
        return { rows: this.#rows, bytes: size, guarded: this.#count.guarded };
      });
    } catch (error) {
      if (isOpen) closeSync(this.#handle);
      rmSync(this.#partial, { force: true });
      throw error;
    }
  }

  /** Leaves nothing behind. */
  discard(): void {
    closeSync(this.#handle);
    rmSync(this.#partial, { force: true });
  }

  #flush(): void {
    const bytes = Buffer.from(this.#text, 'utf8');
    this.#text = '';
    guarded(this.#target, () => {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#handle, bytes, at);
    });
  }
}

/** @throws HindcastError `file.write` with what the system said */
function guarded<T>(target: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw writeProblem(target, error);
  }
}
