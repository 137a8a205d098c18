/** Parameters, plans and exports of console statements, over a real workspace and the console's own process. */
import { readFileSync } from 'node:fs';
import { zstdDecompressSync } from 'node:zlib';
import { parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordOf } from '../projection/testing/events.ts';
import { type Kit, NO_CUT, openKit } from '../projection/testing/kit.ts';
import type { ResultFormat } from '../transfer/resultFile.ts';

const START = Date.parse('2025-06-01T00:00:00Z');
let kit: Kit;
beforeAll(async () => {
  kit = await openKit('statement');
  await kit.append(
    Array.from({ length: 30 }, (_, n) =>
      recordOf({
        aggregate: `order-${n % 3}`,
        at: START + n * 60_000,
        type: n % 2 ? 'Paid' : 'Placed',
        data: '{"n":1}',
      }),
    ),
  );
});
afterAll(() => kit.close());

const ask = (sql: string, parameters: Record<string, string> = {}) =>
  kit.sql.query({ sql, parameters, cut: NO_CUT, limit: 1000 }, kit.context);

describe('parameters', () => {
  it('are bound by name, exactly, as number, text or NULL', async () => {
    const { rows } = await ask('SELECT typeof(:a), :a, typeof(:b), :b, typeof(:c), :c IS NULL, :d', {
      a: '9007199254740993',
      b: "'12'",
      c: 'NULL',
      d: "it's; DROP TABLE x",
    });
    expect(rows).toEqual([
      ['integer', { integer: '9007199254740993' }, 'text', '12', 'null', 1, "it's; DROP TABLE x"],
    ]);
    const some = await ask('SELECT count(*) FROM events WHERE type = $type AND offset >= @from', {
      type: 'Paid',
      from: '10',
    });
    expect(some.rows).toEqual([[10]]);
  });

  it('without a value or a name are told', async () => {
    await expect(ask('SELECT :a + :b', { a: '1' })).rejects.toThrow(/:b has no value/);
    await expect(ask('SELECT ?')).rejects.toThrow(/character 8 has no name/);
  });
});

it('tells in words how a statement would be answered', async () => {
  const plan = (sql: string) => kit.sql.plan({ sql, cut: NO_CUT }, kit.context);
  const { steps } = await plan(
    'SELECT type, count(*) FROM events WHERE record_id > 5 GROUP BY type ORDER BY 2',
  );
  const words = steps.map((step) => step.words).join('\n');
  expect(words).toMatch(/rows of events/);
  expect(words).toMatch(/sorts to form the groups/);
  expect(words).toMatch(/sorts the result/);
  expect(steps.some(({ heavy }) => heavy)).toBe(true);
  const scan = await plan('SELECT value FROM events');
  expect(scan.steps[0]).toMatchObject({ words: 'reads all rows of events', heavy: true, depth: 0 });
  await expect(plan('DELETE FROM events')).rejects.toThrow(/only reads/);
});

describe('exports', () => {
  const SQL = `SELECT :word AS word, 9007199254740993 AS big, 1 AS "n", 2 AS "n", NULL AS none, x'0001' AS raw,
    0.1 AS real, type, offset FROM events ORDER BY offset`;
  const save = async (format: ResultFormat, sql = SQL): Promise<Buffer> => {
    const { jobId } = await kit.sql.export(
      { sql, parameters: { word: '=cmd' }, cut: NO_CUT, format, target: { download: `result.${format}` } },
      kit.context,
    );
    const state = await kit.jobs.ended(jobId);
    if (state.status !== 'done') throw new Error(state.error?.message);
    const found = kit.desk.download(jobId)!;
    const file = kit.desk.takeDownload(found.path.split('/').at(-1)!)!;
    const bytes = readFileSync(file.file);
    file.done();
    return bytes;
  };

  it('hold all rows, with every digit', async () => {
    const csv = (await save('csv')).toString().split('\r\n');
    expect(csv).toHaveLength(32);
    expect(csv[0]).toBe('word,big,n,n,none,raw,real,type,offset');
    expect(csv[1]).toBe("'=cmd,9007199254740993,1,2,,base64:AAE=,0.1,Placed,0");
    const json = (await save('json')).toString();
    expect(JSON.parse(json)).toHaveLength(30);
    expect(json).toContain('"big":9007199254740993,"n":1,"n_2":2,"none":null');
    const lines = (await save('ndjson')).toString().trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).offset)).toEqual(Array.from({ length: 30 }, (_, n) => n));
    expect((await save('json', 'SELECT 1 WHERE :word = 0')).toString()).toBe('[]\n');
  });

  it('write Parquet with types that hold the values', async () => {
    const bytes = await save('parquet');
    const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
    const metadata = await parquetMetadataAsync(buffer);
    expect(Number(metadata.num_rows)).toBe(30);
    const rows = await parquetReadObjects({
      file: buffer,
      metadata,
      compressors: { ZSTD: (input) => zstdDecompressSync(input) },
      utf8: false,
    });
    expect(rows[7]).toMatchObject({
      word: '=cmd',
      big: 9007199254740993n,
      n: 1n,
      n_2: 2n,
      none: null,
      real: 0.1,
      offset: 7n,
    });
    expect(Buffer.from(rows[7]!.raw as Uint8Array).toString('hex')).toBe('0001');
  });
});
