// Workspaces that cannot be used, each told in one sentence with the next step and left as they were; and `serve`.

import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatCount } from '../../../src/core/count.ts';
import { recordAt } from '../../../src/engine/store/testing/records.ts';
import { openWorkspace } from '../../../src/engine/store/workspace.ts';
import { sharedKafka } from '../../kafka/broker.ts';
import { describeKafka } from '../../kafka/describe.ts';
import { programOf } from '../../setup/bundled.ts';
import { createTopic, writerTo } from '../kafka/support.ts';
import { CommandLine, oneSentence, type Result, storedCount, until, writeWorkspace } from './support.ts';

const project = join(import.meta.dirname, '../../..');
const cli = new CommandLine();
const good = cli.file('good.hindcast');
const RECORDS = 3000;
const appendForever = programOf(
  new URL('../../../src/engine/store/testing/appendForever.ts', import.meta.url),
);

beforeAll(async () => {
  await writeWorkspace(
    good,
    Array.from({ length: RECORDS }, (_, offset) => recordAt('bank.accounts', 0, offset)),
  );
});
afterAll(() => cli.remove());

const copy = (name: string): string => {
  copyFileSync(good, cli.file(name));
  return cli.file(name);
};
const READERS = [
  ['coverage'],
  ['events'],
  ['state', '--aggregate', 'SavingsAccount/acc-1'],
  ['project', '--projection', 'savings_account'],
  ['sql', 'SELECT 1'],
];

async function untouched(file: string, words: RegExp, commands: string[][] = READERS): Promise<void> {
  const before = readFileSync(file);
  for (const [command, ...rest] of commands) {
    const { err, out } = await cli.expect(1, [command!, '--workspace', file, ...rest]);
    expect(oneSentence(err)).toMatch(words);
    expect(out).toBe('');
  }
  expect(readFileSync(file).equals(before)).toBe(true);
}

const captureInto = (file: string): string[] => [
  ...['capture', '--brokers', '127.0.0.1:1', '--topic', 'x', '--workspace', file],
];

describe('a workspace', () => {
  test('of a newer version', async () => {
    const file = copy('newer.hindcast');
    const db = new Database(file);
    db.pragma(`user_version = ${(db.pragma('user_version', { simple: true }) as number) + 1}`);
    db.pragma('wal_checkpoint(TRUNCATE)');
    db.close();
    await untouched(file, /newer Hindcast.*Update Hindcast/);
  });

  test('that is damaged: cut off', async () => {
    const file = copy('damaged.hindcast');
    truncateSync(file, 40_000);
    await untouched(file, /damaged.*Restore a copy, or capture again/, READERS.slice(0, 2));
  });

  test('that is something else, empty, a folder, or not there', async () => {
    const text = cli.file('notes.txt');
    writeFileSync(text, 'not a workspace\n'.repeat(500));
    await untouched(text, /not a Hindcast workspace.*Choose a \.hindcast file/, READERS.slice(0, 1));
    const other = cli.file('other.sqlite');
    new Database(other).exec('CREATE TABLE t (a)').close();
    await untouched(other, /not a Hindcast workspace/, READERS.slice(0, 1));
    const folder = await cli.expect(1, ['coverage', '--workspace', cli.dir]);
    expect(oneSentence(folder.err)).toContain('not a Hindcast workspace');
    const missing = await cli.expect(1, ['events', '--workspace', cli.file('missing.hindcast')]);
    expect(oneSentence(missing.err)).toMatch(/no workspace .*missing\.hindcast.*capture something first/);
    expect(existsSync(cli.file('missing.hindcast'))).toBe(false);
    for (const file of [text, other])
      expect(oneSentence((await cli.expect(1, captureInto(file))).err)).toContain('not a Hindcast workspace');
  });

  test('that another process captures into: reading works, writing is refused with its number', async () => {
    const open = await openWorkspace(good, { mode: 'open', log: () => {} });
    try {
      const { err } = await cli.expect(1, captureInto(good));
      expect(oneSentence(err)).toMatch(new RegExp(`open in another Hindcast \\(process ${process.pid}\\)`));
      const { out } = await cli.expect(0, ['events', '--workspace', good, '--limit', '2']);
      expect(out.trimEnd().split('\n')).toHaveLength(2);
    } finally {
      await open.close();
    }
    expect(storedCount(good)).toBe(RECORDS);
  });

  test('in a place that cannot be made', async () => {
    const { err } = await cli.expect(1, captureInto(cli.file('no/such/x.hindcast')));
    expect(oneSentence(err)).toMatch(/no\/such\/x\.hindcast cannot be written.*Choose a folder/);
    const data = await cli.expect(1, ['sql', '--workspace', good, 'SELECT 1'], {
      env: { HINDCAST_DATA_DIR: join(good, 'data') },
    });
    expect(oneSentence(data.err)).toContain(`${good}/data cannot be written`);
  });

  test.skipIf(process.platform !== 'linux')('in a folder without the right to write', async () => {
    // Not even root may make a file there.
    const { err } = await cli.expect(1, captureInto('/sys/x.hindcast'));
    expect(oneSentence(err)).toMatch(
      /\/sys\/x\.hindcast cannot be written.*Choose a folder you may write to/,
    );
    const data = await cli.expect(1, ['sql', '--workspace', good, 'SELECT 1'], {
      env: { HINDCAST_DATA_DIR: '/sys/hindcast' },
    });
    expect(oneSentence(data.err)).toContain('/sys/hindcast cannot be written');
  });
});

/** Shell words that make a folder one that cannot be written for what comes after them; null where that cannot be had. */
function readOnly(folder: string): { begin: string; end: () => void } | null {
  if (process.platform !== 'linux') return null;
  if (process.getuid!() !== 0) {
    chmodSync(folder, 0o555);
    return { begin: ':', end: () => chmodSync(folder, 0o755) };
  }
  // Root may write anywhere but on what is mounted read-only, here for the command alone.
  if (spawnSync('unshare', ['-m', 'true']).status !== 0) return null;
  const mount = `mount --bind ${folder} ${folder} && mount -o remount,ro,bind ${folder}`;
  return { begin: `exec unshare -m sh -c '${mount} && exec "$@"' sh "$@"`, end: () => {} };
}

describe('a workspace in a folder that cannot be written', () => {
  const folder = cli.file('shared');
  const file = join(folder, 'w.hindcast');
  let place: ReturnType<typeof readOnly>;
  beforeAll(() => {
    mkdirSync(folder);
    copyFileSync(good, file);
    place = readOnly(folder);
  });
  afterAll(() => place?.end());
  const run = (status: number, args: string[], at = file) =>
    cli.expect(status, [...args, '--workspace', at], { limit: place!.begin });

  test('is read, replayed, checked and exported like any other', async (context) => {
    if (place === null) return context.skip();
    const commands = [
      ['coverage', '--json'],
      ['state', '--aggregate', 'SavingsAccount/acc-1'],
      ['project', '--projection', 'savings_account'],
      ['workspace', 'check'],
    ];
    for (const args of commands)
      expect((await run(0, args)).out).toBe((await cli.expect(0, [...args, '--workspace', good])).out);
    for (const [command, target] of [
      [['export'], 'shared.ndjson'],
      [['record'], 'shared-recording.hindcast'],
    ] as const)
      await run(0, [...command, '--to', cli.file(target)]);
    expect(storedCount(cli.file('shared-recording.hindcast'))).toBe(RECORDS);
    expect(readdirSync(folder)).toEqual(['w.hindcast']);
    expect(readFileSync(file).equals(readFileSync(good))).toBe(true);
  });

  test('what would change it is refused in one sentence that names it', async (context) => {
    if (place === null) return context.skip();
    for (const args of [
      ['capture', '--brokers', '127.0.0.1:1', '--topic', 'x'],
      ['workspace', 'compact'],
      ['workspace', 'delete-topic', '--topic', 'bank.accounts', '--confirm', 'bank.accounts'],
    ])
      expect(oneSentence((await run(1, args)).err)).toBe(
        `${file} can only be read: it is a recording, or lies where nothing can be written. Create a workspace to capture into.`,
      );
    expect(readdirSync(folder)).toEqual(['w.hindcast']);
  });
});

describe('a workspace that a killed program left in a folder that cannot be written', () => {
  /** A workspace whose last records are in the log beside it alone; ended by SIGKILL while it wrote. */
  async function killed(folder: string): Promise<string> {
    const file = join(folder, 'w.hindcast');
    const child = spawn(process.execPath, [appendForever, file], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(child, 'exit');
    child.stdout.on('data', (text) => {
      if (String(text).includes('appended')) child.kill('SIGKILL');
    });
    await ended;
    return file;
  }
  const countIn = (file: string): number => {
    const db = new Database(file, { readonly: true });
    try {
      return db.prepare('SELECT count(*) FROM record').pluck().get() as number;
    } finally {
      db.close();
    }
  };

  test.each([[['-wal']], [['-wal', '-shm']]])(
    'is read with what stands only in its log: %s',
    async (beside) => {
      const folder = cli.file(`left${beside.join('')}`);
      mkdirSync(folder);
      const left = cli.file(`killed${beside.join('')}`);
      mkdirSync(left);
      const source = await killed(left);
      const file = join(folder, 'w.hindcast');
      for (const end of ['', ...beside]) copyFileSync(source + end, file + end);
      // What the main file holds alone, and with its log: copies, because looking would fold the one into the other.
      const [alone, whole] = ['alone', 'whole'].map((name) => cli.file(`${name}${beside.join('')}.hindcast`));
      copyFileSync(source, alone!);
      for (const end of ['', '-wal']) copyFileSync(source + end, whole! + end);
      const count = countIn(whole!);
      expect(count).toBeGreaterThan(countIn(alone!));

      const place = readOnly(folder);
      if (place === null) return;
      const bytes = new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]));
      const run = (args: string[]) => cli.expect(0, [...args, '--workspace', file], { limit: place.begin });
      const args = ['coverage', '--json', '--workspace', file];
      const coverage = await cli.run(args, { limit: place.begin });
      const { partitions } = JSON.parse(coverage.out) as {
        partitions: { stored: number; notRead: number }[];
      };
      // The program may have been ended between what it meant to read and what it had.
      expect(coverage.status).toBe(partitions.some(({ notRead }) => notRead > 0) ? 3 : 0);
      expect(partitions.reduce((sum, { stored }) => sum + stored, 0)).toBe(count);
      const rows = await run(['sql', '--json', 'SELECT count(*) AS n, max(offset) AS last FROM events']);
      expect(JSON.stringify(JSON.parse(rows.out))).toContain(String(count));
      for (const [name, before] of bytes)
        expect([name, readFileSync(join(folder, name)).equals(before)]).toEqual([name, true]);
      expect(readdirSync(folder).length).toBe(bytes.size);
      place.end();
    },
  );
});

describeKafka('a disk that fills', () => {
  test('is named; what was read is kept, and the next capture goes on', async () => {
    const kafka = await sharedKafka();
    const topic = 'cli.full';
    const count = 40_000;
    await createTopic(kafka, topic);
    const producer = writerTo(kafka).producer();
    await producer.connect();
    for (let start = 0; start < count; start += 1000)
      await producer.send({
        topic,
        messages: Array.from({ length: 1000 }, (_, i) => ({
          // Nothing that zstd could make smaller.
          value: `{"n":${start + i},"pad":"${randomBytes(450).toString('base64')}"}`,
        })),
      });
    await producer.disconnect();
    const file = cli.file('full.hindcast');
    const args = ['capture', '--brokers', kafka.bootstrap, '--topic', topic, '--workspace', file];
    // Blocks of 512 bytes that a file of the process may have: as on a full disk, no file can grow further.
    const full: Result = await cli.expect(1, args, { limit: 'ulimit -f 20000' });
    expect(oneSentence(full.err)).toMatch(/disk is full.*Free some space and capture again/i);
    const kept = storedCount(file);
    expect(kept).toBeGreaterThan(0);
    expect(kept).toBeLessThan(count);
    const { out } = await cli.expect(3, ['coverage', '--workspace', file, '--json']);
    const [partition] = (JSON.parse(out) as { partitions: Record<string, number>[] }).partitions;
    expect(partition).toMatchObject({ asked: count, stored: kept, notRead: count - kept });
    const last = await cli.run(['events', '--workspace', file, '--limit', '1', '--json']);
    expect(last.out).toContain('"offset":0');
    await cli.expect(0, ['workspace', 'check', '--workspace', file]);
    const { err } = await cli.expect(0, args);
    expect(err).toContain(`${formatCount(count - kept)} new records`);
    expect(storedCount(file)).toBe(count);
  });
});

describe.skipIf(!existsSync(join(project, 'out/renderer/index.html')))('serve', () => {
  test('prints one address, serves the page, and ends at once with 0', async () => {
    let address = '';
    const { out, err } = await cli.expect(0, ['serve', '--no-open', '--workspace', good], {
      during: async ({ child, output }) => {
        await until('the address', () => output().includes('\n'));
        address = output().trim();
        const page = await fetch(address.split('#')[0]!);
        expect(page.status).toBe(200);
        expect(await page.text()).toContain('<!doctype html>');
        child.kill('SIGINT');
      },
    });
    expect(out).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#[^\n]{43,}\n$/);
    expect(err).toBe('');
  });

  test('says what is wrong with a port and with a workspace', async () => {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as { port: number };
    const taken = await cli.expect(1, ['serve', '--no-open', '--port', String(port)]);
    expect(oneSentence(taken.err)).toContain(`listens on port ${port}`);
    await new Promise((done) => server.close(done));
    expect((await cli.expect(2, ['serve', '--no-open', '--port', 'x'])).err).toContain('--port');
    const text = cli.file('notes2.txt');
    writeFileSync(text, 'x');
    const wrong = await cli.expect(1, ['serve', '--no-open', '--workspace', text]);
    expect(oneSentence(wrong.err)).toContain('not a Hindcast workspace');
  });

  test('no command: the browser door where no window can open', async () => {
    const { err } = await cli.expect(0, [], {
      env: { DISPLAY: undefined, WAYLAND_DISPLAY: undefined, BROWSER: '/bin/true' },
      during: async ({ child, output }) => {
        await until('the address', () => output().includes('\n'));
        child.kill('SIGTERM');
      },
    });
    expect(err).toContain('Opening in the browser, because there is no display');
  });
});

describe.skipIf(!existsSync(join(project, 'out/main/headless.js')))('the built bundle', () => {
  test('does what the source does, with its workers and its console process', async () => {
    const built = new CommandLine('bundle');
    const source = new CommandLine('source');
    try {
      const args = (command: string, ...more: string[]) => [command, '--workspace', good, ...more];
      for (const command of [
        args('coverage', '--json'),
        args('state', '--aggregate', 'SavingsAccount/acc-1'),
        args('sql', '--json', 'SELECT count(*) AS n FROM events'),
      ])
        expect((await built.expect(0, command)).out).toBe((await source.expect(0, command)).out);
    } finally {
      source.remove();
      built.remove();
    }
  });
});
