/** What the Parquet files of records and of console answers have in common: zstd, a row group at a time, into an open file. */
import { writeSync } from 'node:fs';
import { zstdCompressSync } from 'node:zlib';
import type { SchemaElement } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';

export interface ColumnData {
  name: string;
  data: unknown[];
  /** Least and greatest value of the column; default true. */
  statistics?: boolean;
}

/** Writes row groups; nothing of a group stays in memory behind it. */
export class RowGroups {
  readonly #bytes = new ByteWriter();
  readonly #writer: ParquetWriter;
  readonly #handle: number;
  #isEmpty = true;

  /** @param createdBy name and version of the program, which the format carries */
  constructor(handle: number, columns: readonly SchemaElement[], createdBy: string) {
    this.#handle = handle;
    // The library counts its offsets itself; what is written leaves the buffer after every group.
    this.#writer = new ParquetWriter({
      writer: this.#bytes,
      schema: [{ name: 'record', num_children: columns.length }, ...columns],
      codec: 'ZSTD',
      compressors: { ZSTD: (input) => zstdCompressSync(input) },
      createdBy,
    });
  }

  /** @param rows at least 1; the length of every column */
  write(rows: number, columnData: ColumnData[]): void {
    this.#isEmpty = false;
    void this.#writer.write({ rowGroupSize: rows, columnData });
    this.#flush();
  }

  finish(): void {
    void this.#writer.finish();
    if (this.#isEmpty) this.#nameTypeOfNoGroups();
    this.#flush();
  }

  /**
   * The library writes an empty list of row groups without the type of its elements, which readers that check it (Arrow)
   * refuse.
   */
  #nameTypeOfNoGroups(): void {
    const { buffer, index } = this.#bytes;
    const bytes = Buffer.from(buffer, 0, index);
    const at = bytes.indexOf(NO_GROUPS);
    if (at < 0 || bytes.indexOf(NO_GROUPS, at + 1) >= 0)
      throw new Error('the Parquet metadata of a file without rows is not laid out as expected');
    bytes[at + NO_GROUPS.length - 2] = COMPACT_STRUCT;
  }

  #flush(): void {
    const { buffer, index } = this.#bytes;
    const bytes = new Uint8Array(buffer, 0, index);
    for (let at = 0; at < index; ) at += writeSync(this.#handle, bytes, at, index - at);
    this.#bytes.index = 0;
  }
}

/** In Thrift's compact protocol: 0 rows (field 3), a list of none and of no type (field 4), the beginning of field 6. */
const NO_GROUPS = Buffer.from([0x16, 0x00, 0x19, 0x00, 0x28]);
const COMPACT_STRUCT = 12;
