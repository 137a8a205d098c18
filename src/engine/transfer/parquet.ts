/**
 * Records as Apache Parquet (https://parquet.apache.org/docs/file-format/): key, value and encoded bytes as BYTE_ARRAY,
 * offsets as INT64, times as TIMESTAMP_MILLIS. Row groups are bounded in bytes, so that neither side holds a file whole.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import {
  type AsyncBuffer,
  type Compressors,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
  type SchemaElement,
} from 'hyparquet';
import { RowGroups } from './rowGroups.ts';
import {
  BadRow,
  checkFields,
  headersOf,
  headersText,
  type TransferRecord,
  type TransferRow,
} from './transferRow.ts';

/** A row group ends after so many rows or bytes. */
const GROUP_ROWS = 50_000;
const GROUP_BYTES = 16 * 1024 * 1024;

const COLUMNS = [
  ['topic', 'STRING'],
  ['partition', 'INT32'],
  ['offset', 'INT64'],
  ['time', 'TIMESTAMP'],
  ['timestamp', 'INT64'],
  ['timestamp_type', 'STRING'],
  ['verdict', 'STRING'],
  ['transactional', 'BOOLEAN'],
  ['producer_id', 'INT64'],
  ['kind', 'STRING'],
  ['type', 'STRING'],
  ['aggregate_type', 'STRING'],
  ['aggregate_id', 'STRING'],
  ['version', 'DOUBLE'],
  ['occurred_at', 'TIMESTAMP'],
  ['key', 'BYTE_ARRAY'],
  ['headers', 'JSON'],
  ['value', 'BYTE_ARRAY'],
] as const;
type Column = (typeof COLUMNS)[number];
const NEVER_NULL: ReadonlySet<string> = new Set(['topic', 'partition', 'offset', 'timestamp', 'verdict']);

function elementOf([name, kind]: Column): SchemaElement {
  const repetition_type = NEVER_NULL.has(name) ? 'REQUIRED' : 'OPTIONAL';
  if (kind === 'STRING') return { name, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type };
  if (kind === 'JSON') return { name, type: 'BYTE_ARRAY', converted_type: 'JSON', repetition_type };
  if (kind === 'TIMESTAMP')
    return { name, type: 'INT64', converted_type: 'TIMESTAMP_MILLIS', repetition_type };
  return { name, type: kind, repetition_type };
}

const dateOf = (ms: number | null): Date | null => (ms === null || ms === -1 ? null : new Date(ms));

function cellsOf(row: TransferRow): unknown[] {
  return [
    row.topic,
    row.partition,
    BigInt(row.offset),
    dateOf(row.timestamp),
    BigInt(row.timestamp),
    row.timestampType,
    row.verdict,
    row.transactional,
    row.producerId === null ? null : BigInt(row.producerId),
    row.kind,
    row.type,
    row.aggregateType,
    row.aggregateId,
    row.version,
    dateOf(row.occurredAt),
    row.key,
    headersText(row.headers),
    row.value,
  ];
}

/** Writes rows into an open file, a row group at a time. */
export class ParquetFile {
  readonly #groups: RowGroups;
  #columns: unknown[][] = COLUMNS.map(() => []);
  #size = 0;

  constructor(handle: number, createdBy: string) {
    this.#groups = new RowGroups(handle, COLUMNS.map(elementOf), createdBy);
  }

  add(row: TransferRow): void {
    for (const [at, cell] of cellsOf(row).entries()) this.#columns[at]!.push(cell);
    this.#size += (row.key?.length ?? 0) + (row.value?.length ?? 0) + row.headers.length + 100;
    if (this.#columns[0]!.length >= GROUP_ROWS || this.#size >= GROUP_BYTES) this.#endGroup();
  }

  finish(): void {
    this.#endGroup();
    this.#groups.finish();
  }

  #endGroup(): void {
    const rows = this.#columns[0]!.length;
    if (rows === 0) return;
    this.#groups.write(
      rows,
      COLUMNS.map(([name], at) => ({
        name,
        data: this.#columns[at]!,
        // A page of one very large value must not be compared with others for statistics.
        statistics: name !== 'key' && name !== 'value' && name !== 'headers',
      })),
    );
    this.#columns = COLUMNS.map(() => []);
    this.#size = 0;
  }
}

/** `PAR1` at the beginning of a file. */
export function isParquet(file: string): boolean {
  const handle = openSync(file, 'r');
  try {
    const magic = Buffer.alloc(4);
    return readSync(handle, magic, 0, 4, 0) === 4 && magic.toString('latin1') === 'PAR1';
  } finally {
    closeSync(handle);
  }
}

const COMPRESSORS: Compressors = {
  ZSTD: (input) => zstdDecompressSync(input),
  GZIP: (input) => gunzipSync(input),
};
/** Rows given on at once. */
const ROWS_AT_ONCE = 2_000;
/** A row group of a file made elsewhere must fit into memory. Bytes before compression. */
const MOST_GROUP_BYTES = 512 * 1024 * 1024;

export interface ParquetRow {
  /** From 1. */
  row: number;
  record: TransferRecord | BadRow;
}

/** Rows that were read together, and how much of the file that is (0 to 1). */
export interface ParquetRows {
  rows: ParquetRow[];
  share: number;
}

/** The rows of a file in order. @throws BadRow when it is no Parquet file of records */
export async function* readParquet(file: string): AsyncGenerator<ParquetRows> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const buffer: AsyncBuffer = {
      byteLength: size,
      async slice(start, end = size) {
        const bytes = new Uint8Array(end - start);
        await handle.read(bytes, 0, bytes.length, start);
        return bytes.buffer;
      },
    };
    const metadata = await parquetMetadataAsync(buffer).catch((error: Error) => {
      throw new BadRow(`its Parquet metadata cannot be read (${error.message})`);
    });
    checkSchema(metadata);
    let first = 0;
    for (const group of metadata.row_groups) {
      const rows = Number(group.num_rows);
      if (Number(group.total_byte_size) > MOST_GROUP_BYTES)
        throw new BadRow(
          `a row group of it holds ${group.total_byte_size} bytes, more than can be read at once`,
        );
      // A group is decoded whole however few of its rows are asked for.
      const objects = await parquetReadObjects({
        file: buffer,
        metadata,
        rowStart: first,
        rowEnd: first + rows,
        utf8: false,
        compressors: COMPRESSORS,
      });
      for (let at = 0; at < rows; at += ROWS_AT_ONCE)
        yield {
          rows: objects
            .slice(at, at + ROWS_AT_ONCE)
            .map((fields, n) => ({ row: first + at + n + 1, record: recordOf(fields) })),
          share: (first + Math.min(at + ROWS_AT_ONCE, rows)) / Number(metadata.num_rows),
        };
      first += rows;
    }
  } finally {
    await handle.close();
  }
}

function checkSchema(metadata: FileMetaData): void {
  const names = new Set(parquetSchema(metadata).children.map(({ element }) => element.name));
  for (const name of ['topic', 'partition', 'offset', 'timestamp', 'key', 'value'])
    if (!names.has(name)) throw new BadRow(`it has no column ${name}`);
}

function recordOf(fields: Record<string, unknown>): TransferRecord | BadRow {
  try {
    const { timestamp_type, producer_id, headers, ...others } = fields;
    const timestamp = others.timestamp instanceof Date ? others.timestamp.getTime() : others.timestamp;
    return {
      ...checkFields({
        ...others,
        timestamp,
        timestampType: timestamp_type ?? 'create',
        producerId: producer_id ?? null,
      }),
      key: bytesCell(fields.key, 'key'),
      value: bytesCell(fields.value, 'value'),
      headers: headersOf(headers instanceof Uint8Array ? jsonOf(headers) : headers),
    };
  } catch (error) {
    if (error instanceof BadRow) return error;
    throw error;
  }
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    throw new BadRow('headers is no JSON list');
  }
}

function bytesCell(value: unknown, field: string): Uint8Array | null {
  if (value === null || value === undefined) return null;
  if (value instanceof Uint8Array) return value;
  if (typeof value === 'string') return Buffer.from(value, 'utf8');
  throw new BadRow(`${field} is neither bytes nor text`);
}
