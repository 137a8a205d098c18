// Records out of a workspace and back, recordings, and the care of a file, as a person does it on the command line.
import { closeSync, openSync, readFileSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { generateDemo } from '../../fixtures/demo/generate.ts';
import { CommandLine, imported, jsonLines, oneSentence, storedCount, writeWorkspace } from './support.ts';

const cli = new CommandLine();
const workspace = cli.file('demo.hindcast');
const all = cli.file('all.ndjson');
const LIFECYCLE = 'ultracore.savings.accounts.lifecycle';

beforeAll(async () => {
  await writeWorkspace(workspace, imported(generateDemo({ events: 6000, openTransaction: true }).records));
  // An open transaction makes it incomplete: status 3.
  await cli.expect(3, ['export', '--workspace', workspace, '--to', all]);
});
afterAll(() => cli.remove());

const run = (status: number, ...args: string[]) => cli.expect(status, args);

test.each(['ndjson', 'csv', 'parquet'])(
  'all of it as %s and back is the same, byte for byte',
  async (format) => {
    const file = cli.file(`out.${format}`);
    const again = cli.file(`${format}.hindcast`);
    const { err } = await cli.run(['export', '--workspace', workspace, '--to', file]);
    expect(err).toMatch(/records, .* bytes/);
    const { out } = await run(0, 'import', file, '--workspace', again, '--json');
    expect(jsonLines(out)).toEqual([
      { file, format, lines: storedRecords(), stored: storedRecords(), same: 0, bad: 0 },
    ]);
    const back = cli.file(`${format}-back.ndjson`);
    await cli.run(['export', '--workspace', again, '--to', back]);
    expect(readFileSync(back).equals(readFileSync(all))).toBe(true);
    await run(0, 'workspace', 'check', '--workspace', again);
  },
);

const storedRecords = () => readFileSync(all, 'utf8').split('\n').length - 1;

test('a part of a topic comes back as that part: the rest was not asked for, and nothing is called missing', async () => {
  const file = cli.file('part.ndjson');
  const part = cli.file('part.hindcast');
  await cli.run(['export', '--workspace', workspace, '--to', file, '--type', 'InterestPosted']);
  const lines = jsonLines(readFileSync(file, 'utf8'));
  expect(lines.length).toBeGreaterThan(10);
  expect(new Set(lines.map(({ type }) => type))).toEqual(new Set(['InterestPosted']));
  await run(0, 'import', file, '--workspace', part);
  const { out } = await cli.run(['coverage', '--workspace', part, '--json']);
  const { partitions } = JSON.parse(out) as { partitions: Record<string, number>[] };
  const sum = (name: string) => partitions.reduce((total, each) => total + each[name]!, 0);
  expect(sum('stored')).toBe(lines.length);
  expect({ absent: sum('absent'), notRead: sum('notRead'), retention: sum('retention') }).toEqual({
    absent: 0,
    notRead: 0,
    retention: 0,
  });
  expect(sum('asked')).toBe(lines.length);
  expect(sum('notAsked')).toBeGreaterThan(0);
  await run(0, 'workspace', 'check', '--workspace', part);
});

test('bad lines are listed one by one, the good ones stored, the same ones counted', async () => {
  const [first, second] = readFileSync(all, 'utf8').split('\n') as [string, string];
  const file = cli.file('bad.ndjson');
  const target = cli.file('bad.hindcast');
  const changed = first.replace(/"timestamp":\d+/, '"timestamp":1');
  writeFileSync(
    file,
    `\ufeff${first}\n\n{"topic":"t"\n${second}\n${second.replace('"offset":', '"offset":-')}\n`,
  );
  const { err, out } = await run(3, 'import', file, '--workspace', target, '--json');
  expect(jsonLines(out)[0]).toMatchObject({ lines: 4, stored: 2, same: 0, bad: 2 });
  expect(err).toContain(`${file}:3: no JSON`);
  expect(err).toMatch(/:5: offset .* is no whole number/);
  writeFileSync(file, `${first}\n${changed}`);
  const twice = await run(3, 'import', file, '--workspace', target, '--json');
  expect(jsonLines(twice.out)[0]).toMatchObject({ lines: 2, stored: 0, same: 1, bad: 1 });
  expect(twice.err).toContain('is in the workspace with other bytes or another time');
  expect(storedCount(target)).toBe(2);
});

test('a file that holds no records is refused in one sentence', async () => {
  const file = cli.file('shopping.csv');
  writeFileSync(file, 'what,how many\r\nbread,2\r\n');
  const { err } = await run(1, 'import', file, '--workspace', cli.file('none.hindcast'));
  expect(oneSentence(err)).toContain('names no column topic');
});

test('a file that is there is not replaced unless asked', async () => {
  const { err } = await run(4, 'export', '--workspace', workspace, '--to', all);
  expect(oneSentence(err)).toContain('There is a file');
  const { err: unclear } = await run(2, 'export', '--workspace', workspace, '--to', cli.file('x.txt'));
  expect(oneSentence(unclear)).toContain('ndjson, csv or parquet');
});

test('a recording is small, opens alone, and says when it is damaged', async () => {
  const file = cli.file('saved.hindcast');
  await run(0, 'record', '--workspace', workspace, '--to', file);
  const back = cli.file('recording.ndjson');
  await cli.run(['export', '--workspace', file, '--to', back]);
  expect(readFileSync(back).equals(readFileSync(all))).toBe(true);
  expect(statSync(file).size).toBeLessThan(statSync(all).size / 2);
  await run(0, 'workspace', 'check', '--workspace', file);

  const handle = openSync(file, 'r+');
  writeSync(handle, Buffer.alloc(64, 255), 0, 64, statSync(file).size >> 1);
  closeSync(handle);
  const { err } = await cli.run(['coverage', '--workspace', file]);
  expect(err).toMatch(/damaged/);
  const check = await cli.run(['workspace', 'check', '--workspace', file]);
  expect(check.status).toBe(1);
  expect(`${check.out}${check.err}`).toMatch(/bytes \d+–\d+ are not what was saved|damaged/);
});

test('a topic is deleted only with its name typed twice, and compacting gives the space back', async () => {
  const file = cli.file('care.hindcast');
  await run(0, 'import', all, '--workspace', file);
  const topic = ['--topic', LIFECYCLE];
  const { err } = await run(4, 'workspace', 'delete-topic', '--workspace', file, ...topic, '--confirm', 'x');
  expect(oneSentence(err)).toContain('does not match');
  const before = storedCount(file);
  await run(0, 'workspace', 'delete-topic', '--workspace', file, ...topic, '--confirm', LIFECYCLE);
  expect(storedCount(file)).toBeLessThan(before);
  const size = statSync(file).size;
  await run(0, 'workspace', 'compact', '--workspace', file);
  expect(statSync(file).size).toBeLessThanOrEqual(size);
  await run(0, 'workspace', 'check', '--workspace', file);
  const unknown = await run(
    1,
    'workspace',
    'delete-topic',
    '--workspace',
    file,
    ...topic,
    '--confirm',
    LIFECYCLE,
  );
  expect(oneSentence(unknown.err)).toContain('holds nothing of a topic');
});
