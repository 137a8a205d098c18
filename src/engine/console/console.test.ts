import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUILT_IN_PROJECTIONS } from '../../core/projections/builtin.ts';
import { recordOf } from '../projection/testing/events.ts';
import { type Kit, NO_CUT, openKit } from '../projection/testing/kit.ts';

const START = Date.parse('2025-06-01T00:00:00Z');
let kit: Kit;

beforeAll(async () => {
  kit = await openKit('console');
  await kit.projections.save(
    {
      definition: JSON.stringify({
        name: 'amounts',
        title: 'Amounts',
        source: { aggregateTypes: ['Order'] },
        key: 'aggregateId',
        columns: [
          { name: 'amount', type: 'decimal' },
          { name: 'big', type: 'integer' },
          { name: 'at', type: 'time' },
          { name: 'done', type: 'boolean' },
        ],
        reducer: { name: 'amounts', version: 1, on: { Set: [{ op: 'merge', from: 'data' }] } },
      }),
    },
    kit.context,
  );
  const set = (aggregate: string, data: string) => recordOf({ aggregate, type: 'Set', data, at: START });
  await kit.append([
    set('a', '{"amount":0.10,"big":9007199254740993,"at":"2025-01-01T02:00:00.123456+02:00","done":true}'),
    set('b', '{"amount":0.20,"big":9223372036854775807,"at":1735689600000,"done":false}'),
    set('c', '{"amount":-12.40,"big":9223372036854775808}'),
    set('d', '{"amount":1234567890123456789.01,"big":1}'),
    set('e', '{"amount":90071992547409930,"big":"7"}'),
    {
      ...recordOf({ aggregate: 'x', type: 'Set', data: '{}', at: START + 1 }),
      value: new Uint8Array([0, 255]),
    },
  ]);
  await kit.replay('amounts');
});
afterAll(() => kit.close());

const ask = (sql: string, limit = 100) => kit.sql.query({ sql, cut: NO_CUT, limit }, kit.context);
const rowsOf = async (sql: string) => (await ask(sql)).rows;
const refused = (sql: string, code: string, message?: string) =>
  expect(ask(sql)).rejects.toMatchObject({
    code,
    ...(message ? { message: expect.stringContaining(message) } : {}),
  });

describe('numbers', () => {
  it('come as they were written', async () => {
    const { rows, columns } = await ask('SELECT key, amount, big, done, at FROM amounts ORDER BY key');
    expect(columns.map(({ type }) => type)).toEqual(['text', 'decimal', 'integer', 'boolean', 'time']);
    expect(rows).toEqual([
      ['a', { decimal: '0.10' }, { integer: '9007199254740993' }, 1, '2025-01-01T00:00:00.123456Z'],
      ['b', { decimal: '0.20' }, { integer: '9223372036854775807' }, 0, '2025-01-01T00:00:00.000Z'],
      ['c', { decimal: '-12.40' }, { integer: '9223372036854775808' }, null, null],
      ['d', { decimal: '1234567890123456789.01' }, 1, null, null],
      ['e', { decimal: '90071992547409930' }, 7, null, null],
    ]);
    const { rows: notes } = await kit.projections.failures(
      { name: 'amounts', from: 0, count: 10 },
      kit.context,
    );
    expect(notes.map(({ message }) => message)).toEqual([
      'column big: 9223372036854775808 does not fit into 64 bits; kept as text',
      'column amount: 1234567890123456789.01 has more digits than a number in SQLite holds; kept as text, compare it with dec_cmp',
      expect.stringContaining('Undecodable'),
    ]);
  });

  it('add up exactly', async () => {
    expect(await rowsOf("SELECT sum(amount) FROM amounts WHERE key IN ('a', 'b')")).toEqual([[0.3]]);
    expect(await rowsOf('SELECT sum(amount) FROM amounts')).toEqual([['1324639882670866706.91']]);
    expect(await rowsOf("SELECT sum(big), avg(big) FROM amounts WHERE key IN ('a', 'd')")).toEqual([
      [{ integer: '9007199254740994' }, 4503599627370497],
    ]);
    expect(
      await rowsOf("SELECT dec_add(0.1, 0.2), dec_mul('1.10', 3), dec_sub(9007199254740993, 1)"),
    ).toEqual([[0.3, 3.3, { integer: '9007199254740992' }]]);
    expect(await rowsOf("SELECT key FROM amounts WHERE dec_cmp(amount, '1234567890123456789') > 0")).toEqual([
      ['d'],
    ]);
    expect(await rowsOf("SELECT key, max(amount) FROM amounts WHERE typeof(amount) <> 'text'")).toEqual([
      ['e', { integer: '90071992547409930' }],
    ]);
    expect(await rowsOf('SELECT dec_max(amount), sum(NULL), total(NULL), avg(NULL) FROM amounts')).toEqual([
      ['1234567890123456789.01', null, 0, null],
    ]);
    expect(
      await rowsOf(
        "SELECT key, sum(amount) OVER (ORDER BY key ROWS 1 PRECEDING) FROM amounts WHERE key < 'd' ORDER BY key",
      ),
    ).toEqual([
      ['a', 0.1],
      ['b', 0.3],
      ['c', -12.2],
    ]);
    await refused('SELECT sum(key) FROM amounts', 'sql.invalid', "sum: 'a' is not a number");
  });

  it('compare as numbers', async () => {
    expect(await rowsOf('SELECT key FROM amounts WHERE amount < 0')).toEqual([['c']]);
    expect(await rowsOf('SELECT key FROM amounts WHERE amount / 2 = 0.05')).toEqual([['a']]);
  });
});

describe('the events table', () => {
  it('has times, places, verdicts and exact values', async () => {
    expect(
      await rowsOf(
        "SELECT topic, partition, offset, recorded_at, type, aggregate_type, aggregate_id, kind, verdict, value -> '$.event_data.amount' FROM events WHERE offset = 3",
      ),
    ).toEqual([
      [
        'shop.orders',
        0,
        3,
        '2025-06-01T00:00:00.000Z',
        'Set',
        'Order',
        'd',
        'event',
        'committed',
        '1234567890123456789.01',
      ],
    ]);
    expect(await rowsOf("SELECT value, value_bytes FROM events WHERE kind = 'undecodable'")).toEqual([
      [null, { base64: 'AP8=' }],
    ]);
  });
});

describe('a projection that was never replayed', () => {
  it('is folded for the question, also beside one that is ready', async () => {
    const { definition } = await kit.projections.definition({ name: 'amounts' }, kit.context);
    const other = definition.replaceAll('"amounts"', '"others"').replace('"type":"decimal"', '"type":"text"');
    await kit.projections.save({ definition: other }, kit.context);
    const both =
      "SELECT o.amount, a.amount FROM others o JOIN amounts a USING (key) WHERE key IN ('b', 'd') ORDER BY key";
    const { rows, columns, asOf } = await ask(both);
    expect(columns.map(({ type }) => type)).toEqual(['text', 'decimal']);
    expect(rows).toEqual([
      ['0.20', { decimal: '0.20' }],
      ['1234567890123456789.01', { decimal: '1234567890123456789.01' }],
    ]);
    expect(asOf).toContain('others was folded for this question');
    expect(asOf).not.toContain('amounts was');
    await kit.projections.remove({ name: 'others' }, kit.context);
  });
});

describe('what the console refuses', () => {
  it('anything that writes', async () => {
    for (const sql of [
      "INSERT INTO amounts (key) VALUES ('z')",
      'WITH x AS (SELECT 1) DELETE FROM record',
      '/* hi */ -- there\n DROP TABLE record',
      'PRAGMA query_only = 0',
      'PRAGMA user_version',
      `ATTACH '${join(kit.dataDir, 'made.db')}' AS made`,
      'CREATE TEMP TABLE t (a)',
      'VACUUM',
      'BEGIN',
    ])
      await refused(sql, 'sql.writes');
    expect(existsSync(join(kit.dataDir, 'made.db'))).toBe(false);
    expect(await rowsOf('SELECT count(*) FROM record')).toEqual([[6]]);
  });

  it('broken statements, with what is wrong', async () => {
    await refused('SELEC 1', 'sql.invalid', 'syntax error');
    await refused('SELECT * FROM nowhere', 'sql.invalid', 'no such table: nowhere');
    await refused('SELECT 1; SELECT 2', 'sql.invalid', 'only one statement');
    await refused('-- nothing', 'sql.invalid', 'no statement');
    await refused("SELECT load_extension('x')", 'sql.invalid');
    await refused('SELECT zeroblob(2000000)', 'sql.invalid', 'first row is larger');
  });
});

describe('limits', () => {
  it('stop at the asked number of rows and say that there are more', async () => {
    const numbers =
      'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50) SELECT i FROM n';
    expect(await ask(numbers, 50)).toMatchObject({ more: false, rows: { length: 50 } });
    expect(await ask(numbers, 49)).toMatchObject({ more: true, rows: { length: 49 } });
  });

  it('stop at the size of a frame', async () => {
    const wide =
      'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50) SELECT hex(zeroblob(50000)) FROM n';
    const { rows, more } = await ask(wide);
    expect(more).toBe(true);
    expect(rows.length).toBe(9);
    const all = await kit.sql.run({ sql: wide, cut: NO_CUT, limit: 100 }, { maxBytes: null });
    expect(all.rows.length).toBe(50);
  });

  const endless = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n';

  it('kill a runaway query', async () => {
    await expect(
      kit.sql.run({ sql: endless, cut: NO_CUT, limit: 1 }, { maxBytes: null, timeoutMs: 1500 }),
    ).rejects.toMatchObject({ code: 'sql.timeout', message: expect.stringContaining('1.5 s') });
    expect(await rowsOf('SELECT 1')).toEqual([[1]]);
  });

  it('cancel kills it, and others go on meanwhile', async () => {
    const abort = new AbortController();
    const running = kit.sql.query(
      { sql: endless, cut: NO_CUT, limit: 1 },
      { ...kit.context, signal: abort.signal },
    );
    const ended = expect(running).rejects.toMatchObject({ code: 'cancelled' });
    expect(await rowsOf('SELECT 2')).toEqual([[2]]);
    abort.abort();
    await ended;
    expect(await rowsOf('SELECT 3')).toEqual([[3]]);
  });
});

describe('the list of tables', () => {
  it('names every column that can be asked for', async () => {
    const { tables, functions } = await kit.sql.schema({}, kit.context);
    const builtIn = BUILT_IN_PROJECTIONS.map(({ name }) => name);
    expect(tables.map(({ table }) => table)).toEqual(['events', ...builtIn, 'amounts']);
    const { columns } = await ask('SELECT * FROM events LIMIT 1');
    expect(columns.map(({ name }) => name)).toEqual(tables[0]!.columns.map(({ name }) => name));
    const amounts = await ask('SELECT * FROM amounts LIMIT 1');
    expect(amounts.columns).toEqual(tables.at(-1)!.columns);
    expect(functions.map(({ name }) => name).join()).toContain('dec_cmp(a, b)');
  });
});
