// The commands that read a workspace, each with its exit status, on the demo's smallest size and its stories.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generateDemo } from '../../fixtures/demo/generate.ts';
import { story } from '../../fixtures/demo/stories.ts';
import type { Demo } from '../../fixtures/demo/types.ts';
import {
  CommandLine,
  imported,
  jsonLines,
  oneSentence,
  untilConsoleReads,
  writeWorkspace,
} from './support.ts';

const cli = new CommandLine();
const workspace = cli.file('demo.hindcast');
const hostile = cli.file('hostile.hindcast');
let demo: Demo;

const bytes = (text: string) => new TextEncoder().encode(text);
const from = (file: string, command: string, ...args: string[]) => [command, '--workspace', file, ...args];
const demoRun = (status: number, command: string, ...args: string[]) =>
  cli.expect(status, from(workspace, command, ...args));

/** Two events of one account with numbers that JavaScript changes, and text that a terminal would obey. */
const HOSTILE_NOTE = 'a\u001b[2J\u202eb\u0085';
const event = (offset: number, data: string) => ({
  topic: 'bank',
  partition: 0,
  offset,
  key: bytes('acc-1'),
  value: bytes(
    `{"event_id":"e${offset}","event_type":"DepositMade","event_version":1,"aggregate_type":"SavingsAccount","aggregate_id":"acc-1","event_data":${data},"event_timestamp":"2025-06-01T00:00:0${offset}.000Z"}`,
  ),
  headers: [
    ['h', bytes('1')],
    ['h', null],
    ['h', new Uint8Array([255])],
  ] as [string, Uint8Array | null][],
  timestamp: Date.UTC(2025, 5, 1, 0, 0, offset),
});

beforeAll(async () => {
  demo = generateDemo({ events: 6000 });
  const next = new Map<string, number>();
  const placed = demo.records.map((record) => {
    const partition = `${record.topic} ${record.partition}`;
    const offset = next.get(partition) ?? 0;
    next.set(partition, offset + 1);
    return { ...record, offset };
  });
  await writeWorkspace(workspace, imported(placed));
  await writeWorkspace(hostile, [
    event(0, `{"amount":1250.00,"seq":9007199254740993,"note":${JSON.stringify(HOSTILE_NOTE)}}`),
    event(1, '{"amount":12345678901234567890.10}'),
    { ...event(2, '{}'), key: new Uint8Array([0, 254]), value: bytes(`not JSON ${HOSTILE_NOTE}`) },
    { ...event(3, '{}'), value: bytes(`{"big":"${'x'.repeat(600_000)}","n":9007199254740995}`) },
  ]);
});
afterAll(() => cli.remove());

describe('coverage', () => {
  test('adds up to what was generated, as text and as JSON', async () => {
    const { out, err } = await demoRun(0, 'coverage');
    expect(out).toMatch(/^TOPIC +PARTITION +ASKED +STORED/);
    expect(err).toContain('Complete');
    const document = JSON.parse((await demoRun(0, 'coverage', '--json')).out);
    expect(document.state).toBe('complete');
    let stored = 0;
    for (const each of document.partitions) {
      const { control, absent, retention, unreadable, notRead } = each;
      expect(each.stored + control + absent + retention + unreadable + notRead).toBe(each.asked);
      stored += each.stored;
    }
    expect(stored).toBe(demo.records.length);
  });
});

describe('events', () => {
  const topic = 'ultracore.savings.interest';

  test('filters and limits, in fold order', async () => {
    const { out } = await demoRun(0, 'events', '--topic', topic, '--json');
    const rows = jsonLines(out);
    expect(rows).toHaveLength(demo.records.filter((record) => record.topic === topic).length);
    const times = rows.map(({ recordedAt }) => String(recordedAt));
    expect(times).toEqual([...times].sort());

    const twice = story('interest-posted-twice', demo);
    const aggregate = `${twice.aggregateType}/${twice.aggregateId}`;
    const some = await demoRun(
      0,
      'events',
      ...['--aggregate', aggregate, '--type', 'InterestPosted', '--topic', topic, '--json'],
      ...['--from', twice.facts.firstRecorded!, '--to', twice.facts.secondRecorded!],
    );
    expect(jsonLines(some.out).map(({ value }) => (value as { event_id: string }).event_id)).toEqual(
      twice.eventIds,
    );

    const limited = await demoRun(0, 'events', '--limit', '501');
    expect(limited.out.trimEnd().split('\n')).toHaveLength(501);
    expect(limited.err).toContain(`501 of ${demo.records.length} events shown`);
    expect((await demoRun(2, 'events', '--limit', '0')).err).toContain('--limit');
    expect((await demoRun(2, 'events', '--from', '2025-06-01')).err).toContain('ISO 8601 with a zone');
  });

  test('JSON keeps every digit, all headers in order, and bytes that are no text', async () => {
    const { out } = await cli.expect(0, from(hostile, 'events', '--json'));
    const [first, second, third, fourth] = out.split('\n');
    expect(first).toContain('"amount":1250.00,"seq":9007199254740993,');
    expect(second).toContain('"amount":12345678901234567890.10');
    expect(JSON.parse(first!)).toMatchObject({
      headers: [
        { key: 'h', value: '1' },
        { key: 'h', value: null },
        { key: 'h', value: { base64: '/w==' } },
      ],
      value: { event_data: { note: HOSTILE_NOTE } },
    });
    expect(JSON.parse(third!)).toMatchObject({
      kind: 'undecodable',
      key: { base64: 'AP4=' },
      value: `not JSON ${HOSTILE_NOTE}`,
    });
    expect(fourth).toContain(`"big":"${'x'.repeat(600_000)}","n":9007199254740995}`);
    for (const sign of ['\u001b', '\u202e', '\u0085']) expect(out).not.toContain(sign);
  });

  test('text shows what a terminal would obey', async () => {
    for (const command of ['events', 'history']) {
      const aggregate = command === 'history' ? ['--aggregate', 'SavingsAccount/acc-1'] : [];
      const { out, err } = await cli.run(from(hostile, command, ...aggregate));
      expect(out + err).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u0080-\u009f\u202e]/);
    }
  });

  test('a reader that has seen enough ends it', async () => {
    const { status } = await cli.run(from(workspace, 'events'), {
      during: async ({ child }) => void child.stdout!.once('data', () => child.stdout!.destroy()),
    });
    expect([0, 141]).toContain(status);
  });
});

describe('history', () => {
  test('names the doubled posting and what it changed', async () => {
    const twice = story('interest-posted-twice', demo);
    const args = ['--aggregate', `${twice.aggregateType}/${twice.aggregateId}`];
    const rows = jsonLines((await demoRun(0, 'history', ...args, '--json')).out);
    const doubled = rows.filter(({ faults }) => String(faults).includes('Same content'));
    expect(doubled).toHaveLength(1);
    const balance = (doubled[0]!.changes as { path: string; after: number; delta: number }[]).find(
      ({ path }) => path === 'balance',
    );
    expect(balance).toMatchObject({
      after: Number(twice.facts.balanceWrong),
      delta: Number(twice.facts.amount),
    });
    const { out } = await demoRun(0, 'history', ...args);
    expect(out).toContain('! Same content as');
    expect(out).toContain(`balance: ${twice.facts.balanceRight} -> ${twice.facts.balanceWrong}`);
  });

  test('an unknown aggregate is said to be unknown', async () => {
    const { err } = await demoRun(1, 'history', '--aggregate', 'SavingsAccount/nobody');
    expect(oneSentence(err)).toContain('no aggregate SavingsAccount nobody');
    expect((await demoRun(2, 'history', '--aggregate', 'SavingsAccount')).err).toContain('TYPE/ID');
  });
});

describe('state', () => {
  test('now: every account is as the generator knows it', async () => {
    const account = demo.summary.accounts[0]!;
    const { out } = await demoRun(0, 'state', '--aggregate', `SavingsAccount/${account.aggregateId}`);
    expect(out).toContain(`"balance":${account.balance},`);
    expect(JSON.parse(out)).toMatchObject({ status: account.status, events: account.events });
  });

  test('at a moment, on both clocks, and at an event', async () => {
    const late = story('backdated-deposit', demo);
    const args = ['--aggregate', `${late.aggregateType}/${late.aggregateId}`];
    const at = ['--at', late.facts.at!];
    const known = await demoRun(0, 'state', ...args, ...at);
    expect(known.out).toContain(`"balance":${late.facts.balanceKnown},`);
    expect(known.err).toContain('log order, 0 events moved');
    const happened = await demoRun(0, 'state', ...args, ...at, '--clock', 'occurred');
    expect(happened.out).toContain(`"balance":${late.facts.balanceTrue},`);
    expect(happened.err).toContain('occurred order, 1 event moved');

    const rows = jsonLines((await demoRun(0, 'events', ...args, '--json')).out);
    const deposit = rows.find(({ value }) => (value as { event_id: string }).event_id === late.eventIds[0])!;
    const place = `${deposit.topic}:${deposit.partition}:${deposit.offset}`;
    const there = await demoRun(0, 'state', ...args, '--at', place, '--json');
    expect(there.out).toContain(`"balance": ${late.facts.balanceAfter},`);
    expect(JSON.parse(there.out).last).toMatchObject({
      offset: deposit.offset,
      partition: deposit.partition,
    });
    const nowhere = await demoRun(1, 'state', ...args, '--at', `${deposit.topic}:0:999999`);
    expect(oneSentence(nowhere.err)).toContain(':0:999999');
  });

  test('with a reducer from a file, which is not kept', async () => {
    const definition = {
      name: 'deposits',
      title: 'Deposits',
      source: { aggregateTypes: ['SavingsAccount'] },
      key: 'aggregateId',
      columns: [{ name: 'last', type: 'decimal' }],
      reducer: {
        name: 'deposits',
        version: 1,
        on: { DepositMade: [{ op: 'set', path: 'last', from: 'data.amount' }] },
      },
    };
    const file = cli.file('deposits.json');
    writeFileSync(file, JSON.stringify(definition));
    const args = from(hostile, 'state', '--aggregate', 'SavingsAccount/acc-1', '--reducer');
    const { out, err } = await cli.expect(0, [...args, file, '--json']);
    expect(out).toContain('"last": 12345678901234567890.10');
    expect(JSON.parse(out).reducer).toEqual({
      name: 'deposits',
      version: 1,
      pin: expect.stringMatching(/^[0-9a-f]{12}$/),
    });
    expect(err).toBe('');
    const unknown = await cli.expect(1, [...args, 'deposits']);
    expect(oneSentence(unknown.err)).toContain('there are savings_account, golden_record');
    writeFileSync(file, '{"name": "x"}');
    expect(oneSentence((await cli.expect(1, [...args, file])).err)).toContain('cannot be used');
  });

  test('with a reducer that is a program, alone or beside a definition', async () => {
    const program = cli.file('last.ts');
    const source = `export const initial = { last: null as unknown };
export function reduce(state: object, event: { type: string; data: { amount: unknown } }) {
  return event.type === 'DepositMade' ? { ...state, last: event.data.amount } : state;
}`;
    writeFileSync(program, source);
    const args = from(hostile, 'state', '--aggregate', 'SavingsAccount/acc-1', '--reducer');
    const { out } = await cli.expect(0, [...args, program, '--json']);
    expect(out).toContain('"last": 12345678901234567890.10');
    const definition = cli.file('with_program.json');
    const reducer = { name: 'with_program', version: 1, file: 'last.ts' };
    const columns = [{ name: 'last', type: 'decimal' }];
    const rest = { title: 'T', source: { aggregateTypes: ['SavingsAccount'] }, columns };
    writeFileSync(definition, JSON.stringify({ name: 'with_program', ...rest, reducer }));
    expect((await cli.expect(0, [...args, definition, '--json'])).out).toContain(
      '"last": 12345678901234567890.10',
    );
    writeFileSync(program, 'export function reduce(state) {\n  return state.a.b;;)\n}');
    expect(oneSentence((await cli.expect(1, [...args, program])).err)).toContain('cannot be used');
  });

  test('a time without a zone is refused with a hint', async () => {
    const args = ['--aggregate', 'SavingsAccount/x', '--at', '2025-09-12T12:00:00'];
    expect(oneSentence((await demoRun(2, 'state', ...args)).err)).toMatch(/no zone.*Write it as ISO 8601/);
  });
});

describe('project and sql', () => {
  const sum = 'SELECT sum(balance) AS total, count(*) AS n FROM savings_account';
  const total = () =>
    demo.summary.accounts.reduce((cents, { balance }) => cents + BigInt(balance.replace('.', '')), 0n);
  const decimal = (cents: bigint) => `${cents / 100n}.${String(cents % 100n).padStart(2, '0')}`;

  test('sql answers before and after the replay alike, to the last digit', async () => {
    const expected = `{"total":${decimal(total())},"n":${demo.summary.accounts.length}}\n`;
    const before = await demoRun(0, 'sql', '--json', sum);
    expect(before.out).toBe(expected);
    expect(before.err).toContain('was folded for this question');

    const { out, err } = await demoRun(3, 'project', '--projection', 'savings_account', '--json');
    const status = JSON.parse(out);
    expect(status).toMatchObject({
      rows: demo.summary.accounts.length,
      behind: 0,
      failed: 1,
      state: 'ready',
    });
    expect(status.failures).toHaveLength(1);
    expect(status.failures[0].place.topic).toBe(story('not-json', demo).topic);
    expect(err).not.toContain('hindcast:');

    const after = await demoRun(0, 'sql', '--json', sum);
    expect(after.out).toBe(expected);
    expect(after.err).not.toContain('folded for this question');
  });

  test('sql as of a moment, on both clocks', async () => {
    const late = story('backdated-deposit', demo);
    const query = `SELECT balance FROM savings_account WHERE key = '${late.aggregateId}'`;
    const known = await demoRun(0, 'sql', '--at', late.facts.at!, query);
    expect(known.out).toBe(`balance\n${late.facts.balanceKnown}\n`);
    const happened = await demoRun(0, 'sql', '--at', late.facts.at!, '--clock', 'occurred', query);
    expect(happened.out).toBe(`balance\n${late.facts.balanceTrue}\n`);
  });

  test('sql gives all rows unless --limit says otherwise', async () => {
    const numbers =
      'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12000) SELECT i FROM n';
    const all = await demoRun(0, 'sql', '--json', numbers);
    expect(all.out.trimEnd().split('\n')).toHaveLength(12_000);
    const some = await demoRun(0, 'sql', '--limit', '5', numbers);
    expect(some.out).toBe('i\n1\n2\n3\n4\n5\n');
    expect(some.err).toContain('more rows');
  });

  test('sql refuses what is broken or writes, stops what runs away, and ends on Ctrl-C', async () => {
    expect(oneSentence((await demoRun(1, 'sql', 'SELEC 1')).err)).toContain('syntax error');
    expect(oneSentence((await demoRun(1, 'sql', 'SELECT * FROM nowhere')).err)).toContain('nowhere');
    const before = readFileSync(workspace);
    expect(oneSentence((await demoRun(1, 'sql', 'DELETE FROM record')).err)).toContain('only reads');
    expect(readFileSync(workspace).equals(before)).toBe(true);
    const forever = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n';
    const stopped = await demoRun(1, 'sql', '--timeout', '1', forever);
    expect(oneSentence(stopped.err)).toContain('longer than 1 s');
    expect((await demoRun(2, 'sql', '--timeout', 'soon', forever)).err).toContain('--timeout');
    // A terminal sends the signal to every process of the group.
    const interrupted = await cli.expect(130, from(workspace, 'sql', forever), {
      during: async ({ child }) => {
        await untilConsoleReads(child.pid!, workspace);
        process.kill(-child.pid!, 'SIGINT');
      },
    });
    expect(oneSentence(interrupted.err)).toContain('cancelled');
  });

  test('a definition from a file is replayed, kept, and goes on with new events only', async () => {
    const file = cli.file('balances.json');
    writeFileSync(
      file,
      `{"name":"balances","title":"Balances","source":{"aggregateTypes":["SavingsAccount"]},"key":"aggregateId",
        "columns":[{"name":"balance","type":"decimal"},{"name":"n","type":"integer"}],
        "reducer":{"name":"balances","version":1,"on":{"DepositMade":[
          {"op":"add","path":"balance","from":"data.amount"},{"op":"add","path":"n","value":1}]}}}`,
    );
    const growing = cli.file('growing.hindcast');
    await writeWorkspace(growing, [event(0, '{"amount":0.10}'), event(1, '{"amount":1234567890123.20}')]);
    const ran = await cli.run(from(growing, 'project', '--projection', file));
    expect(ran.status, ran.err).toBe(0);
    expect(ran.out).toContain('balances: 1 rows, 2 events processed');
    const ask = from(growing, 'sql', '--json', 'SELECT balance, n FROM balances');
    expect((await cli.expect(0, ask)).out).toBe('{"balance":1234567890123.30,"n":2}\n');
    await writeWorkspace(growing, [event(2, '{"amount":0.70}')]);
    expect((await cli.expect(0, ask)).err).toContain('does not take in 1 captured records yet');
    const again = await cli.expect(0, from(growing, 'project', '--projection', 'balances', '--json'));
    expect(JSON.parse(again.out)).toMatchObject({ processed: 3, behind: 0 });
    expect((await cli.expect(0, ask)).out).toBe('{"balance":1234567890124.00,"n":3}\n');
    const unknown = await cli.expect(1, from(growing, 'project', '--projection', 'nope'));
    expect(oneSentence(unknown.err)).toContain('no projection nope');
  });
});

test('wrong usage ends with 2, help with 0', async () => {
  expect((await cli.expect(2, ['frobnicate'])).err).toContain('unknown command “frobnicate”');
  expect((await cli.expect(2, ['coverage'])).err).toContain('--workspace');
  expect((await cli.expect(2, ['coverage', '--workspace', workspace, '--no-such'])).err).toContain(
    '--no-such',
  );
  const { out } = await cli.expect(0, ['--help']);
  const files = readdirSync(join(import.meta.dirname, '../../../src/headless/commands'));
  for (const file of files.filter((each) => !each.endsWith('.test.ts')))
    expect(out).toContain(`  ${file.replace('.ts', '')} `);
  // What ran was made from the source now, and is no build of before.
  expect(existsSync(cli.file('package/out/renderer'))).toBe(false);
});
