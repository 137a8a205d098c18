// What is written as Parquet, read by a reader that shares no code with ours: the Rust crate of Apache Arrow (as WASM)
// decodes the file, Arrow's JavaScript gives its columns.
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Data, DataType, type Table, tableFromIPC, type Utf8 } from 'apache-arrow';
import fc from 'fast-check';
import { readParquet } from 'parquet-wasm';
import { afterAll, describe, expect, it } from 'vitest';
import type { Cell } from '../../contract/cell.ts';
import { encodeHeaders } from '../kafka/headers.ts';
import { ParquetFile } from './parquet.ts';
import { writeResult } from './resultFile.ts';
import { headersText, type TransferRow } from './transferRow.ts';

const folder = mkdtempSync(join(tmpdir(), 'hindcast-parquet-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const readElsewhere = (file: string): Table =>
  tableFromIPC(readParquet(new Uint8Array(readFileSync(file))).intoIPCStream());

/** Every cell of a column; times as they are stored, in milliseconds. */
function column(table: Table, name: string): unknown[] {
  const vector = table.getChild(name);
  if (vector === null) throw new Error(`no column ${name}`);
  if (DataType.isUtf8(vector.type)) return vector.data.flatMap((data) => textsOf(data as Data<Utf8>));
  return Array.from({ length: vector.length }, (_, at) => plain(vector.get(at)));
}

/** From the bytes: Arrow's own decoding to text leaves out a byte order mark at the beginning. */
function textsOf(data: Data<Utf8>): (string | null)[] {
  const { valueOffsets, values } = data;
  return Array.from({ length: data.length }, (_, at) =>
    data.getValid(at)
      ? Buffer.from(values.subarray(valueOffsets[at], valueOffsets[at + 1])).toString('utf8')
      : null,
  );
}
const plain = (value: unknown): unknown =>
  value instanceof Uint8Array ? Buffer.from(value).toString('base64') : (value ?? null);
const typesOf = (table: Table): Record<string, string> =>
  Object.fromEntries(
    table.schema.fields.map(({ name, type, nullable }) => [name, `${type}${nullable ? '?' : ''}`]),
  );

const text = (value: string) => new TextEncoder().encode(value);
const hostileText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', '=1+1', "'", 'a,"b"\r\nc', '\u0000', '\u202e', '\ufeffx', 'null', '🦀'),
);
const bytes = fc.oneof(fc.constant(null), hostileText.map(text), fc.uint8Array({ maxLength: 300 }));
const record: fc.Arbitrary<TransferRow> = fc.record({
  topic: fc.constantFrom('bank.accounts', 'a_b'),
  partition: fc.constantFrom(0, 1, 2 ** 31 - 1),
  offset: fc.oneof(fc.nat(), fc.constant(2 ** 40 - 1)),
  timestamp: fc.constantFrom(-1, 0, 1_700_000_000_123, -86_400_001, 253_402_300_799_999),
  timestampType: fc.constantFrom('create', 'log-append'),
  verdict: fc.constantFrom('committed', 'aborted', 'open', 'control'),
  transactional: fc.boolean(),
  producerId: fc.constantFrom(null, '0', '9007199254740993', '9223372036854775807', '-9223372036854775808'),
  key: bytes,
  value: bytes,
  headers: fc.oneof(
    fc
      .array(fc.tuple(hostileText, bytes), { maxLength: 4 })
      .map((pairs) => new Uint8Array(encodeHeaders(pairs.map(([key, value]) => ({ key, value }))))),
    fc.uint8Array({ minLength: 1, maxLength: 20 }),
  ),
  kind: fc.constantFrom('event', 'tombstone'),
  type: hostileText,
  aggregateType: fc.option(hostileText),
  aggregateId: fc.option(hostileText),
  version: fc.option(fc.nat()),
  occurredAt: fc.constantFrom(null, 1_700_000_000_000),
});

function write(name: string, rows: readonly TransferRow[]): string {
  const file = join(folder, name);
  const handle = openSync(file, 'w');
  const parquet = new ParquetFile(handle, 'test');
  for (const row of rows) parquet.add(row);
  parquet.finish();
  closeSync(handle);
  return file;
}

function expectSame(table: Table, rows: readonly TransferRow[]): void {
  expect(table.numRows).toBe(rows.length);
  const same = (name: string, of: (row: TransferRow) => unknown) => {
    const cells = column(table, name);
    expect(cells).toHaveLength(rows.length);
    const at = rows.findIndex((row, each) => !Object.is(cells[each], plain(of(row))));
    expect(at < 0 ? null : { name, at, found: cells[at], written: plain(of(rows[at]!)) }).toBe(null);
  };
  const time = (ms: number | null) => (ms === null || ms === -1 ? null : ms);
  same('topic', (row) => row.topic);
  same('partition', (row) => row.partition);
  same('offset', (row) => BigInt(row.offset));
  same('time', (row) => time(row.timestamp));
  same('timestamp', (row) => BigInt(row.timestamp));
  same('timestamp_type', (row) => row.timestampType);
  same('verdict', (row) => row.verdict);
  same('transactional', (row) => row.transactional);
  same('producer_id', (row) => (row.producerId === null ? null : BigInt(row.producerId)));
  same('kind', (row) => row.kind);
  same('type', (row) => row.type);
  same('aggregate_type', (row) => row.aggregateType);
  same('aggregate_id', (row) => row.aggregateId);
  same('version', (row) => row.version);
  same('occurred_at', (row) => time(row.occurredAt));
  same('key', (row) => row.key);
  same('value', (row) => row.value);
  same('headers', (row) => JSON.stringify(headersText(row.headers)));
}

describe('records in another Parquet reader', () => {
  it('have the types that the documentation names', () => {
    const [one] = fc.sample(record, { numRuns: 1, seed: 1 });
    expect(typesOf(readElsewhere(write('types.parquet', [one!])))).toEqual({
      topic: 'Utf8',
      partition: 'Int32',
      offset: 'Int64',
      time: 'Timestamp<MILLISECOND, UTC>?',
      timestamp: 'Int64',
      timestamp_type: 'Utf8?',
      verdict: 'Utf8',
      transactional: 'Bool?',
      producer_id: 'Int64?',
      kind: 'Utf8?',
      type: 'Utf8?',
      aggregate_type: 'Utf8?',
      aggregate_id: 'Utf8?',
      version: 'Float64?',
      occurred_at: 'Timestamp<MILLISECOND, UTC>?',
      key: 'Binary?',
      headers: 'Utf8?',
      value: 'Binary?',
    });
  });

  it('have every column equal: nulls, empty and hostile bytes, headers in their order, 64-bit numbers', () => {
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 40 }), (rows) => {
        expectSame(readElsewhere(write('rows.parquet', rows)), rows);
      }),
      { numRuns: 60 },
    );
  });

  it('are all there over several row groups and pages', () => {
    const some = fc.sample(record, { numRuns: 2_000, seed: 3 });
    // 9 MB in one value ends a row group; what only repeats may be written as a dictionary.
    const large = new Uint8Array(9 * 1024 * 1024).fill(255);
    const rows = [...some, { ...some[0]!, value: large }, ...some, { ...some[1]!, value: large }];
    while (rows.length < 60_000) rows.push(some[rows.length % 1_000]!);
    expectSame(readElsewhere(write('groups.parquet', rows)), rows);
  });

  it('no record at all is a file with the same columns', () => {
    const table = readElsewhere(write('none.parquet', []));
    expect(table.numRows).toBe(0);
    expect(table.schema.fields.map(({ name }) => name)).toContain('headers');
  });
});

describe('a console answer in another Parquet reader', () => {
  const decimal = (value: string): Cell => ({ decimal: value });
  const integer = (value: string): Cell => ({ integer: value });
  const columns = [
    { name: 'id', type: 'integer' },
    { name: 'amount', type: 'decimal' },
    { name: 'share', type: null },
    { name: 'note', type: 'text' },
    { name: 'raw', type: null },
  ];
  const rows: Cell[][] = [
    [integer('9007199254740993'), decimal('12345678901234567890.12'), 0.1, 'ä', { base64: 'AP8=' }],
    [integer('-9223372036854775808'), decimal('-0.05'), null, '', null],
    [3, decimal('7'), -1.5e300, null, { base64: '' }],
    [null, null, 5e-324, '\u0000🦀', { base64: '/w==' }],
  ];

  it('has integers, decimals, doubles, texts and bytes with all their digits', () => {
    const file = join(folder, 'answer.parquet');
    writeResult(file, 'parquet', columns, rows, 'test');
    const table = readElsewhere(file);
    expect(typesOf(table)).toEqual({
      id: 'Int64?',
      amount: 'Decimal[38e+2]?',
      share: 'Float64?',
      note: 'Utf8?',
      raw: 'Binary?',
    });
    expect(column(table, 'id')).toEqual([9007199254740993n, -9223372036854775808n, 3n, null]);
    expect(cents(table)).toEqual([1234567890123456789012n, -5n, 700n, null]);
    expect(column(table, 'share')).toEqual([0.1, null, -1.5e300, 5e-324]);
    expect(column(table, 'note')).toEqual(['ä', '', null, '\u0000🦀']);
    expect(column(table, 'raw')).toEqual(['AP8=', null, '', '/w==']);
  });

  it('without rows has its columns', () => {
    const file = join(folder, 'nothing.parquet');
    writeResult(file, 'parquet', columns, [], 'test');
    const table = readElsewhere(file);
    expect(table.numRows).toBe(0);
    expect(table.schema.fields.map(({ name }) => name)).toEqual(columns.map(({ name }) => name));
  });
});

/** Arrow gives a decimal as four words of 32 bits, the lowest first. */
const cents = (table: Table): (bigint | null)[] => {
  const vector = table.getChild('amount')!;
  return Array.from({ length: vector.length }, (_, at) => {
    const words = vector.get(at) as Uint32Array | null;
    if (words === null) return null;
    return BigInt.asIntN(
      128,
      words.reduceRight((sum, word) => (sum << 32n) | BigInt(word), 0n),
    );
  });
};
