// What a person may get wrong, and what may break under them, in the window: each time one clear sentence with the
// next step, and nothing lost.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { produceDemo } from '../fixtures/demo/produce.ts';
import { defaultDemo, story } from '../fixtures/demo/stories.ts';
import { type KafkaHandle, passwordOf, startKafka } from '../kafka/broker.ts';
import { type App, browserProblem, openBrowser, openPage, startApp } from './app.ts';
import { kafkaProblem } from './demoCluster.ts';
import { chooseRow, digits, newConnection, open, pressEnter, stateValue, timelineOf } from './screen.ts';

const WAIT = { timeout: 60_000 };
const account = story('interest-posted-twice').aggregateId;
const balance = defaultDemo().summary.accounts.find(({ aggregateId }) => aggregateId === account)!.balance;

/** A port on which nothing listens. */
const closedPort = (): Promise<number> =>
  new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => done(port));
    });
  });

describe.skipIf(browserProblem !== null || kafkaProblem !== null)('bad input in the window', () => {
  let kafka: KafkaHandle;
  let app: App;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    [kafka, app, browser] = await Promise.all([startKafka({ secure: true }), startApp(), openBrowser()]);
    await produceDemo(kafka.bootstrap, defaultDemo());
    ({ page } = await openPage(browser, app, { width: 1440, height: 900 }));
  });
  afterAll(async () => {
    await browser?.close();
    await app?.close();
    await kafka?.stop();
  });

  const step = (title: string) =>
    page.getByRole('region', { name: 'Test' }).getByRole('listitem').filter({ hasText: title }).first();
  const runTest = () => pressEnter(page.getByRole('button', { name: 'Test connection' }).first());
  const workspaceFile = (name: string) => join(app.dataDir, 'workspaces', `${name}.hindcast`);
  const openWorkspace = async (name: string) => {
    await pressEnter(page.getByRole('banner').getByRole('button', { name: /^Workspace:/ }));
    await pressEnter(page.getByRole('menuitem', { name: new RegExp(`^${name}`) }));
  };
  /** A failed action says what is wrong and what to do, beside the screen that stays. */
  const notice = async (problem: RegExp, next: string) => {
    await page.getByText(problem).first().waitFor();
    await page.getByText(next).first().waitFor();
  };

  test('a wrong address: the step that failed, and what to do', async () => {
    const port = await closedPort();
    await newConnection(page, { name: 'wrong', brokers: `127.0.0.1:${port}` });
    await runTest();
    await page.getByText('The connection does not work yet.').waitFor();
    expect(await step('TCP').getAttribute('data-status')).toBe('failed');
    expect(await step('TCP').textContent()).toContain(`127.0.0.1:${port}`);
    expect(await step('Kafka').textContent()).toContain('not reached');
    await newConnection(page, { name: 'wrong', brokers: 'no-such-host.invalid:9092' });
    await runTest();
    await expect.poll(() => step('Name').getAttribute('data-status'), WAIT).toBe('failed');
    await newConnection(page, { name: 'wrong', brokers: 'no port' });
    await runTest();
    await page.getByRole('alert').first().waitFor();
  });

  test('a wrong password: SASL is named, not the password', async () => {
    const { host, port } = new URL(`tcp://${kafka.saslPlain}`);
    expect(port).not.toBe('');
    await newConnection(page, { name: 'secured', brokers: host });
    await pressEnter(page.getByRole('combobox', { name: 'SASL' }));
    await pressEnter(page.getByRole('option', { name: 'SCRAM-SHA-256' }));
    await page.getByLabel('User name').fill('reader');
    await page.getByLabel('Password').fill('not-the-password');
    await runTest();
    await expect.poll(() => step('SASL').getAttribute('data-status'), WAIT).toBe('failed');
    const text = await page.getByRole('region', { name: 'Test' }).textContent();
    expect(text).toMatch(/password/i);
    expect(text).not.toContain('not-the-password');
    await page.getByLabel('Password').fill(passwordOf('reader'));
    await pressEnter(page.getByRole('button', { name: 'Test connection' }).first());
    await expect.poll(() => step('SASL').getAttribute('data-status'), WAIT).toBe('ok');
  });

  test('a time without zone is refused with the hint, in the form and in the address', async () => {
    await open(page, timelineOf(account));
    await expect.poll(() => stateValue(page, 'balance'), WAIT).toBe(balance);
    await pressEnter(page.getByRole('button', { name: 'As of now' }));
    const form = page.getByRole('dialog', { name: 'Time to look at' });
    await form.getByLabel('What did we know on').fill('2025-12-31 23:59:59');
    await pressEnter(form.getByRole('button', { name: 'Look' }));
    expect(await form.getByRole('alert').textContent()).toMatch(/zone/);
    await page.keyboard.press('Escape');
    await open(page, timelineOf(account, '?known=2025-12-31T23:59:59'));
    await page.getByText(/The time in the address was not used\..*zone/).waitFor();
    await pressEnter(page.getByRole('button', { name: 'Remove it from the address' }));
    await expect.poll(() => page.url()).not.toContain('known=');
  });

  test('an address of an aggregate that is not there leads to the search', async () => {
    await open(page, timelineOf('nobody'));
    expect(await page.getByRole('alert').textContent()).toContain('nobody');
    await pressEnter(page.getByRole('button', { name: 'Search for this id' }));
    await page.getByText('No aggregate found with “nobody”').waitFor();
  });

  test('broken SQL, and SQL that would write, are refused in words', async () => {
    const result = page.getByRole('region', { name: 'Result' });
    for (const [sql, word] of [
      ['SELEC 1', /syntax error/],
      ['SELECT nothing FROM events', /nothing/],
      ['DELETE FROM events', /read/i],
    ] as const) {
      await open(page, 'activity');
      await open(page, `projections?view=sql&sql=${encodeURIComponent(sql)}`);
      await expect.poll(() => result.getByRole('alert').textContent(), WAIT).toMatch(word);
    }
  });

  test('a workspace that is damaged, newer, foreign or open elsewhere is named, and the open one stays', async () => {
    await newConnection(page, { name: 'demo', brokers: kafka.bootstrap });
    await pressEnter(page.getByRole('button', { name: 'Save', exact: true }));
    await pressEnter(page.getByRole('button', { name: 'Topics', exact: true }));
    const topics = page.getByRole('grid', { name: 'Topics' });
    await topics.getByText('orders.events', { exact: true }).waitFor();
    await chooseRow(page, topics, (words) => words.includes('orders.events'));
    await page.keyboard.press('c');
    const dialog = page.getByRole('dialog', { name: 'Capture orders.events' });
    await dialog.getByLabel('Name').fill('good');
    await pressEnter(dialog.getByRole('button', { name: 'Capture' }));
    await page.getByRole('banner').getByRole('button', { name: 'Coverage: complete · 1 topic' }).waitFor();

    const elsewhere = await startApp({ workspace: workspaceFile('held') });
    try {
      const newer = Buffer.from(readFileSync(join(import.meta.dirname, '../../resources/demo.hindcast')));
      newer.writeUInt32BE(9_999, 60);
      writeFileSync(workspaceFile('newer'), newer);
      const damaged = Buffer.from(newer.subarray(0, 4096 * 3));
      damaged.fill(0xa5, 100);
      damaged.writeUInt32BE(1, 60);
      writeFileSync(workspaceFile('damaged'), damaged);
      writeFileSync(workspaceFile('foreign'), 'this is a letter, not a database');
      await page.reload();
      // A menu that is opened before all is there is closed again.
      await page.getByRole('banner').getByRole('button', { name: 'Coverage: complete · 1 topic' }).waitFor();
      const expected: [string, RegExp, string][] = [
        ['held', /is open in another Hindcast \(process \d+\)\./, 'Close it there first.'],
        ['newer', /was written by a newer Hindcast/, 'Update Hindcast; the file is untouched.'],
        ['damaged', /is damaged: /, 'Restore a copy, or capture again from Kafka; the file is untouched.'],
        ['foreign', /is not a Hindcast workspace\./, 'Choose a .hindcast file.'],
      ];
      for (const [name, problem, next] of expected) {
        await openWorkspace(name);
        await notice(problem, next);
        await page.getByRole('banner').getByRole('button', { name: 'Workspace: good' }).waitFor();
      }
      expect(readFileSync(workspaceFile('newer')).equals(newer)).toBe(true);
      expect(readFileSync(workspaceFile('damaged')).equals(damaged)).toBe(true);
    } finally {
      await elsewhere.close();
    }
    expect(readdirSync(join(app.dataDir, 'workspaces')).filter((name) => name.startsWith('good'))).toContain(
      'good.hindcast',
    );
  });

  test('a broker that dies in mid-capture: incomplete is said, and after its return the rest is read', async () => {
    await open(page, 'topics');
    await page.getByRole('grid', { name: 'Topics' }).getByText('orders.events', { exact: true }).waitFor();
    await slowReads(true);
    await captureAndKill();
    await open(page, 'activity');
    const job = page.getByRole('article', { name: /^Capture of 19 topics/ }).first();
    await expect.poll(() => job.textContent(), { timeout: 150_000 }).toMatch(/took/);
    const ended = await job.textContent();
    expect(ended).toMatch(/ended early: .*[\d\s,]+ new records of 19 topics.*, [\d\s,]+ offsets not read/);
    expect(ended).toContain('Capture again: it goes on where it stopped.');
    await page
      .getByRole('banner')
      .getByRole('button', { name: /^Coverage: partial/ })
      .waitFor();
    await kafka.restart(1);
    await slowReads(false);
    await open(page, 'topics');
    await pressEnter(page.getByRole('button', { name: /Try again|Read again/ }).first());
    await page.getByRole('grid', { name: 'Topics' }).getByText('orders.events', { exact: true }).waitFor();
    await page.getByRole('grid', { name: 'Topics' }).focus();
    await page.keyboard.press('a');
    await page.keyboard.press('c');
    await pressEnter(page.getByRole('dialog', { name: /^Capture/ }).getByRole('button', { name: 'Capture' }));
    await page.getByRole('banner').getByRole('button', { name: 'Coverage: complete · 19 topics' }).waitFor();
    await open(page, timelineOf(account));
    await expect.poll(() => stateValue(page, 'balance'), WAIT).toBe(balance);
  });

  test('a topic that vanished after it was listed is named, and what was captured stays', async () => {
    const topicTool = (...args: string[]) =>
      kafka.tool('TopicCommand', '--bootstrap-server', kafka.bootstrap, '--topic', 'gone.events', ...args);
    await topicTool('--create', '--partitions', '1');
    await open(page, 'topics');
    await pressEnter(page.getByRole('button', { name: 'Read again' }).first());
    const topics = page.getByRole('grid', { name: 'Topics' });
    await topics.getByText('gone.events', { exact: true }).waitFor();
    await topicTool('--delete');
    await page.getByPlaceholder('Part of a topic’s name').fill('gone.events');
    await expect.poll(() => topics.getAttribute('aria-rowcount'), WAIT).toBe('2');
    await topics.focus();
    await page.keyboard.press('a');
    await page.keyboard.press('c');
    await pressEnter(page.getByRole('dialog', { name: /^Capture/ }).getByRole('button', { name: 'Capture' }));
    await open(page, 'activity');
    const job = page.getByRole('article', { name: /gone\.events/ }).first();
    await expect.poll(() => job.textContent(), WAIT).toMatch(/The topic gone\.events is not on/);
    expect(await job.textContent()).toContain(
      'Check the name and that the principal has Describe and Read on it.',
    );
    await page.getByRole('banner').getByRole('button', { name: 'Coverage: complete · 19 topics' }).waitFor();
  });

  test('the host is killed: the page says so, and the next run shows the same data', async () => {
    await open(page, 'activity');
    const fact = page.getByRole('region', { name: 'Settings' }).getByText(/^\d+, started/);
    const pid = Number.parseInt((await fact.textContent())!, 10);
    const { port, origin } = new URL(app.url);
    process.kill(pid, 'SIGKILL');
    await page
      .getByText('The engine stopped and is being started again. What was captured is kept.')
      .waitFor();
    const next = await startApp({ dataDir: app.dataDir, port: Number(port) });
    try {
      expect(new URL(next.url).origin).toBe(origin);
      // The page of the killed run holds a token that is worth nothing any more: it is told where to go.
      await page.getByText('Open the whole address that the running Hindcast prints.').waitFor();
      await page.goto(next.url);
      await page.reload();
      await page
        .getByRole('banner')
        .getByRole('button', { name: 'Coverage: complete · 19 topics' })
        .waitFor();
      await open(page, 'events');
      await expect
        .poll(
          async () => digits(await page.getByRole('grid', { name: 'Events' }).getAttribute('aria-rowcount')),
          WAIT,
        )
        .toMatch(/^40\d{3}$/);
      await open(page, timelineOf(account));
      await expect.poll(() => stateValue(page, 'balance'), WAIT).toBe(balance);
    } finally {
      await next.close();
    }
    expect(existsSync(workspaceFile('big'))).toBe(true);
  });

  /**
   * A quota of the broker: what is read in a second by one client takes many. It lets the worth of ten seconds pass before it
   * holds anybody back: of much more, that would be a good part of everything.
   */
  async function slowReads(on: boolean): Promise<void> {
    const change = on
      ? ['--add-config', 'consumer_byte_rate=200000']
      : ['--delete-config', 'consumer_byte_rate'];
    const clients = ['--entity-type', 'clients', '--entity-default'];
    await kafka.tool(
      'kafka.admin.ConfigCommand',
      '--bootstrap-server',
      kafka.bootstrap,
      '--alter',
      ...change,
      ...clients,
    );
  }

  /** Begins to capture everything into a new workspace and kills the broker as soon as records arrive. */
  async function captureAndKill(): Promise<void> {
    await page.getByRole('grid', { name: 'Topics' }).focus();
    await page.keyboard.press('a');
    await page.keyboard.press('c');
    const dialog = page.getByRole('dialog', { name: /^Capture/ });
    await pressEnter(dialog.getByRole('combobox', { name: 'Into' }));
    await pressEnter(page.getByRole('option', { name: 'a new workspace' }));
    await dialog.getByLabel('Name').fill('big');
    await pressEnter(dialog.getByRole('button', { name: 'Capture' }));
    const job = page.getByRole('article', { name: /^Capture of 19 topics/ });
    await expect.poll(() => job.textContent(), { ...WAIT, interval: 20 }).toMatch(/demo[1-9][\d\s]* of 4/);
    await kafka.kill(1);
  }
});
