// `hindcast events --where` and `--text`: hits, exact numbers, and the place of a mistake under the expression.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CommandLine, jsonLines, writeWorkspace } from './support.ts';

const cli = new CommandLine();
const file = cli.file('filter.hindcast');
const BIG = '9007199254740993';

const record = (offset: number, data: string) => ({
  topic: 'bank',
  partition: 0,
  offset,
  key: new TextEncoder().encode(`acc-${offset % 2}`),
  value: new TextEncoder().encode(
    `{"event_id":"e${offset}","event_type":"DepositMade","event_version":1,"aggregate_type":"SavingsAccount","aggregate_id":"acc-${offset % 2}","event_data":${data},"event_timestamp":"2025-06-01T00:00:0${offset}.000Z"}`,
  ),
  headers: [['tenant', new TextEncoder().encode(`t-${offset}`)]] as [string, Uint8Array | null][],
  timestamp: Date.UTC(2025, 5, 1, 0, 0, offset),
});

beforeAll(async () => {
  await writeWorkspace(file, [
    record(0, `{"amount":${BIG}}`),
    record(1, '{"amount":9007199254740992}'),
    record(2, '{"amount":1.50,"note":"a refund"}'),
    record(3, '{"amount":"1.50"}'),
  ]);
});
afterAll(() => cli.remove());

const events = (status: number, ...args: string[]) =>
  cli.expect(status, ['events', '--workspace', file, ...args]);
const offsets = async (...args: string[]) =>
  jsonLines((await events(0, ...args, '--json')).out).map((line) => (line as { offset: number }).offset);

test('finds what fits, with exact numbers', async () => {
  expect(await offsets('--where', `data.amount = ${BIG}`)).toEqual([0]);
  expect(await offsets('--where', 'data.amount = 1.5 or number(data.amount) = 1.5')).toEqual([2, 3]);
  expect(await offsets('--where', 'header.tenant in ("t-1", "t-2") and key = "acc-1"')).toEqual([1]);
  expect(await offsets('--text', 'refund')).toEqual([2]);
  expect(await offsets('--text', 'amount', '--where', 'offset > 2')).toEqual([3]);
  const { out, err } = await events(0, '--where', `data.amount >= ${BIG}`, '--json');
  expect(out).toContain(`"amount":${BIG}`);
  expect(err).toContain('Looked at 4 of 4 values, 1 hit.');
});

test('points at a mistake under the expression, with status 2', async () => {
  const { out, err } = await events(2, '--where', 'data.amount > 5 and typ = "x"');
  expect(out).toBe('');
  expect(err).toMatch(/Filter, character 21: there is no field typ\. Did you mean type\?/);
  const [line, marks] = err.trimEnd().split('\n').slice(-2) as [string, string];
  expect(line.slice(marks.indexOf('^'), marks.length)).toBe('typ');
});
