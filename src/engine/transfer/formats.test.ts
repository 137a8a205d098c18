import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { encodeHeaders } from '../kafka/headers.ts';
import { CsvReader, csvHead, csvLayout, formatCsvRow, parseCsvRow } from './csv.ts';
import { formatNdjson, parseNdjson } from './ndjson.ts';
import { isParquet, ParquetFile, readParquet } from './parquet.ts';
import { BadRow, type TransferRecord, type TransferRow } from './transferRow.ts';

const folder = mkdtempSync(join(tmpdir(), 'hindcast-formats-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const text = (value: string) => new TextEncoder().encode(value);
const hostileText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', '=1+1', '-x', "'", "'=a", '\t', 'a,"b"\r\nc', '\u202e', '\ufeffx', 'null', '\u2028'),
);
const bytes = fc.oneof(fc.constant(null), hostileText.map(text), fc.uint8Array({ maxLength: 40 }));
const headers = fc.oneof(
  fc
    .array(fc.tuple(hostileText, bytes), { maxLength: 4 })
    .map((pairs) => new Uint8Array(encodeHeaders(pairs.map(([key, value]) => ({ key, value }))))),
  // Malformed, as a broken producer may send them.
  fc.uint8Array({ minLength: 1, maxLength: 20 }),
);
const row: fc.Arbitrary<TransferRow> = fc.record({
  topic: fc.constantFrom('bank.accounts', '-odd', 'a_b'),
  partition: fc.nat({ max: 2 ** 31 - 1 }),
  offset: fc.integer({ min: 0, max: 2 ** 40 - 1 }),
  timestamp: fc.constantFrom(-1, 0, 1_700_000_000_123, 8.64e15, -8.64e15),
  timestampType: fc.constantFrom('create', 'log-append'),
  verdict: fc.constantFrom('committed', 'aborted', 'open', 'control'),
  transactional: fc.boolean(),
  producerId: fc.constantFrom(null, '0', '9223372036854775807'),
  key: bytes,
  value: bytes,
  headers,
  kind: fc.constant('event'),
  type: hostileText,
  aggregateType: fc.option(hostileText),
  aggregateId: fc.option(hostileText),
  version: fc.option(fc.nat()),
  occurredAt: fc.constantFrom(null, 1_700_000_000_000),
});

const plain = (record: TransferRecord) => ({
  ...record,
  key: record.key && [...record.key],
  value: record.value && [...record.value],
  headers: [...record.headers],
});
const wanted = ({ kind, type, aggregateType, aggregateId, version, occurredAt, ...record }: TransferRow) =>
  plain(record);

describe('what is exported comes back byte for byte', () => {
  it('as NDJSON', () => {
    fc.assert(
      fc.property(row, (each) => {
        const line = formatNdjson(each);
        expect(line.trimEnd().includes('\n')).toBe(false);
        expect(plain(parseNdjson(line))).toEqual(wanted(each));
      }),
    );
  });

  it('as CSV, cut into pieces anywhere', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 4 }), fc.nat({ max: 30 }), (rows, cut) => {
        const count = { guarded: 0 };
        const whole = csvHead() + rows.map((each) => formatCsvRow(each, count)).join('');
        const reader = new CsvReader();
        const found = [...reader.push(whole.slice(0, cut)), ...reader.push(whole.slice(cut))];
        expect(reader.end()).toBe(null);
        const layout = csvLayout(found[0]!.cells);
        expect(found.slice(1).map(({ cells }) => plain(parseCsvRow(cells, layout)))).toEqual(
          rows.map(wanted),
        );
      }),
    );
  });

  it('as Parquet, over several row groups', async () => {
    const rows = fc.sample(row, { numRuns: 300, seed: 7 });
    const file = join(folder, 'rows.parquet');
    const handle = openSync(file, 'w');
    const parquet = new ParquetFile(handle, 'test');
    // A value of 9 MB each ends two groups early.
    const large = new Uint8Array(9 * 1024 * 1024).fill(255);
    const all = [...rows, { ...rows[0]!, value: large }, { ...rows[1]!, value: large }, ...rows];
    for (const each of all) parquet.add(each);
    parquet.finish();
    closeSync(handle);
    expect(isParquet(file)).toBe(true);
    const found: unknown[] = [];
    for await (const { rows: group } of readParquet(file))
      for (const { record } of group) found.push(record instanceof BadRow ? record : plainLarge(record));
    expect(found).toEqual(all.map((each) => plainLarge(wantedRecord(each))));
  });
});

/** Large values by their length: comparing millions of numbers one by one takes minutes. */
const plainLarge = (record: TransferRecord) =>
  (record.value?.length ?? 0) > 1000
    ? { ...plain({ ...record, value: null }), size: record.value!.length }
    : plain(record);
const wantedRecord = ({
  kind,
  type,
  aggregateType,
  aggregateId,
  version,
  occurredAt,
  ...record
}: TransferRow) => record;

describe('bad lines', () => {
  const good = {
    topic: 't',
    partition: 0,
    offset: 1,
    timestamp: 5,
    key: null,
    value: 'x',
    headers: [],
  };
  it.each([
    ['{', /no JSON/],
    ['[]', /no JSON object/],
    [JSON.stringify({ ...good, topic: 'a b' }), /no topic name/],
    [JSON.stringify({ ...good, offset: 1.5 }), /offset 1.5 is no whole number/],
    [JSON.stringify({ ...good, offset: 2 ** 40 }), /offset/],
    [JSON.stringify({ ...good, partition: undefined }), /partition is missing/],
    [JSON.stringify({ ...good, value: undefined }), /value is missing/],
    [JSON.stringify({ ...good, value: { base64: '%' } }), /value is not base64/],
    [JSON.stringify({ ...good, value: 12 }), /value is neither text/],
    [JSON.stringify({ ...good, headers: [['a']] }), /header 1 is no/],
    [JSON.stringify({ ...good, verdict: 'maybe' }), /verdict/],
  ])('%s', (line, problem) => {
    expect(() => parseNdjson(line)).toThrow(problem);
  });

  it('a CSV file without the columns of a record, rows of another length, an open quote', () => {
    expect(() => csvLayout(['a', 'b'])).toThrow(/names no column topic/);
    const layout = csvLayout(['topic', 'partition', 'offset', 'timestamp', 'key', 'value']);
    expect(() => parseCsvRow(['t'], layout)).toThrow(/1 cells where the first line names 6/);
    const reader = new CsvReader();
    expect([...reader.push('a,"b\n')]).toEqual([]);
    expect(() => reader.end()).toThrow(/does not end/);
  });

  it('keeps an apostrophe that another program wrote', () => {
    const layout = csvLayout(['topic', 'partition', 'offset', 'timestamp', 'key', 'value']);
    const record = parseCsvRow(['t', '0', '0', '1', null, "'tis"], layout);
    expect(new TextDecoder().decode(record.value!)).toBe("'tis");
  });
});
