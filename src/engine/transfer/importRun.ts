/**
 * Reads a file of records into a workspace. Every line ends as one of three: stored, there already with the same bytes,
 * or bad with the reason. Nothing is dropped without being counted and listed.
 */
import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { HindcastError } from '../../contract/errors.ts';
import type { BadLine, ImportReport, TransferFormat } from '../../contract/transfer.ts';
import { formatCount } from '../../core/count.ts';
import type { JobProgress } from '../jobs/jobRegistry.ts';
import type { Workspace } from '../store/workspace.ts';
import { CsvReader, type CsvRow, csvLayout, parseCsvRow } from './csv.ts';
import { splitLines } from './lines.ts';
import { parseNdjson } from './ndjson.ts';
import { isParquet, readParquet } from './parquet.ts';
import { BadRow, type TransferRecord } from './transferRow.ts';

/** Records given to the writer at once, by number and by bytes. */
const BATCH_RECORDS = 5_000;
const BATCH_BYTES = 16 * 1024 * 1024;
/** A file with more bad lines than this is none of ours: it is not read further. */
const MOST_BAD = 100_000;

interface Line {
  line: number;
  record: TransferRecord | BadRow;
}

export interface ImportOptions {
  signal: AbortSignal;
  report: (progress: JobProgress) => void;
}

/** Bytes of the file that were read. */
interface Reached {
  bytes: number;
}

/** @throws HindcastError `import.unreadable`, `disk.full`, `cancelled`; what was stored before is kept */
export async function runImport(
  workspace: Workspace,
  file: string,
  result: ImportReport,
  { signal, report }: ImportOptions,
): Promise<void> {
  const { size } = await stat(file).catch((error: Error) => {
    throw unreadable(file, error.message);
  });
  const reached: Reached = { bytes: 0 };
  const batch = new Batch(workspace, result);
  try {
    const { format, lines } = await openLines(file, reached);
    result.format = format;
    for await (const some of lines) {
      for (const { line, record } of some) {
        result.lines += 1;
        if (record instanceof BadRow) batch.addBad(line, record.message);
        else batch.add(line, record);
        if (batch.isFull) await batch.flush(false);
      }
      if (signal.aborted) throw new HindcastError('cancelled', { what: 'The import' });
      report({ done: Math.min(reached.bytes, size), total: size, note: noteOf(result) });
    }
  } catch (error) {
    if (error instanceof BadRow) throw unreadable(file, error.message);
    throw error;
  } finally {
    await batch.flush(true);
  }
  report({ done: size, total: size, note: noteOf(result) });
}

export function noteOf({ lines, stored, same, bad }: ImportReport): string {
  const parts = [`${formatCount(stored)} stored`];
  if (same > 0) parts.push(`${formatCount(same)} there already, with the same bytes`);
  if (bad > 0) parts.push(`${formatCount(bad)} bad`);
  return `${formatCount(lines)} line${lines === 1 ? '' : 's'}: ${parts.join(', ')}.`;
}

const unreadable = (file: string, problem: string) =>
  new HindcastError('import.unreadable', { where: file, problem });

class Batch {
  readonly #workspace: Workspace;
  readonly #result: ImportReport;
  #lines: number[] = [];
  #records: TransferRecord[] = [];
  #bytes = 0;

  constructor(workspace: Workspace, result: ImportReport) {
    this.#workspace = workspace;
    this.#result = result;
  }

  get isFull(): boolean {
    return this.#records.length >= BATCH_RECORDS || this.#bytes >= BATCH_BYTES;
  }

  add(line: number, record: TransferRecord): void {
    this.#lines.push(line);
    this.#records.push(record);
    this.#bytes += (record.key?.length ?? 0) + (record.value?.length ?? 0) + record.headers.length;
  }

  addBad(line: number, problem: string): void {
    this.#result.bad += 1;
    this.#result.rows.push({ line, problem } satisfies BadLine);
    if (this.#result.bad >= MOST_BAD)
      throw new BadRow(
        `${formatCount(MOST_BAD)} lines of it are no records, the last of them because ${problem}`,
      );
  }

  /** `end`: no more will follow. */
  async flush(end: boolean): Promise<void> {
    const lines = this.#lines;
    const records = this.#records;
    this.#lines = [];
    this.#records = [];
    this.#bytes = 0;
    if (records.length === 0 && !end) return;
    const { stored, same, refused } = await this.#workspace.write('importRecords', { records, end });
    this.#result.stored += stored;
    this.#result.same += same;
    for (const { at, problem } of refused) this.addBad(lines[at]!, problem);
  }
}

async function openLines(
  file: string,
  reached: Reached,
): Promise<{ format: TransferFormat; lines: AsyncGenerator<Line[]> }> {
  if (isParquet(file)) return { format: 'parquet', lines: parquetLines(file, reached) };
  const first = await firstCharacter(file);
  if (first === null) throw new BadRow('it is empty');
  return first === '{'
    ? { format: 'ndjson', lines: ndjsonLines(file, reached) }
    : { format: 'csv', lines: csvLines(file, reached) };
}

async function firstCharacter(file: string): Promise<string | null> {
  const handle = await open(file, 'r');
  try {
    const bytes = Buffer.alloc(64 * 1024);
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, 0);
    return (
      bytes
        .toString('utf8', 0, bytesRead)
        .replace(/^\ufeff/, '')
        .trimStart()[0] ?? null
    );
  } finally {
    await handle.close();
  }
}

const attempt = <T>(work: () => T): T | BadRow => {
  try {
    return work();
  } catch (error) {
    if (error instanceof BadRow) return error;
    throw error;
  }
};

async function* ndjsonLines(file: string, reached: Reached): AsyncGenerator<Line[]> {
  for await (const { lines, bytes } of splitLines(createReadStream(file))) {
    reached.bytes = bytes;
    yield lines
      .filter(({ text }) => typeof text !== 'string' || text.trim() !== '')
      .map(({ line, text }) => ({
        line,
        record: typeof text === 'string' ? attempt(() => parseNdjson(text)) : text,
      }));
  }
}

async function* csvLines(file: string, reached: Reached): AsyncGenerator<Line[]> {
  const reader = new CsvReader();
  let layout: ReadonlyMap<string, number> | null = null;
  const take = (rows: Iterable<CsvRow>): Line[] => {
    const lines: Line[] = [];
    for (const { line, cells } of rows) {
      if (layout === null) layout = csvLayout(cells.map(utf8Cell));
      else {
        const columns = layout;
        lines.push({ line, record: attempt(() => parseCsvRow(cells.map(utf8Cell), columns)) });
      }
    }
    return lines;
  };
  // Taken apart as bytes (Latin-1), so that a character may lie across two pieces and a cell that is no UTF-8 is seen.
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 18 })) {
    const text = (chunk as Buffer).toString('latin1');
    const piece = reached.bytes === 0 ? text.replace(/^\xef\xbb\xbf/, '') : text;
    reached.bytes += text.length;
    yield take(reader.push(piece));
  }
  const last = attempt(() => reader.end());
  if (last instanceof BadRow) yield [{ line: reader.line, record: last }];
  else if (last !== null) yield take([last]);
}

function utf8Cell(cell: string | null): string | null {
  if (cell === null) return null;
  const bytes = Buffer.from(cell, 'latin1');
  if (!isUtf8(bytes)) throw new BadRow('a cell is no UTF-8');
  return bytes.toString('utf8');
}

async function* parquetLines(file: string, reached: Reached): AsyncGenerator<Line[]> {
  const { size } = await stat(file);
  for await (const { rows, share } of readParquet(file)) {
    reached.bytes = Math.round(size * share);
    yield rows.map(({ row, record }) => ({ line: row, record }));
  }
}
