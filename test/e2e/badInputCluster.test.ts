// A cluster that refuses a topic and a disk that fills, in the window: each time one clear sentence with the next
// step, and nothing lost.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTopic, writerTo } from '../integration/kafka/support.ts';
import { type KafkaHandle, passwordOf, startKafka } from '../kafka/broker.ts';
import { type App, browserProblem, openBrowser, openPage, startApp } from './app.ts';
import { kafkaProblem } from './demoCluster.ts';
import { digits, newConnection, open, pressEnter } from './screen.ts';

const WAIT = { timeout: 60_000 };
const RECORDS = 40_000;
/** A thousand letters that no compression makes much smaller, so that files grow. */
const padOf = (n: number): string =>
  Array.from({ length: 8 }, (_, i) => createHash('sha512').update(`${n}/${i}`).digest('hex')).join('');

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe.skipIf(browserProblem !== null || kafkaProblem !== null)(
  'a cluster that refuses, a full disk',
  () => {
    let kafka: KafkaHandle;
    let browser: Browser;
    const apps: App[] = [];

    beforeAll(async () => {
      [kafka, browser] = await Promise.all([startKafka({ secure: true }), openBrowser()]);
      for (const topic of ['large.events', 'open.events', 'described.events', 'hidden.events'])
        await createTopic(kafka, topic);
      const producer = writerTo(kafka).producer();
      await producer.connect();
      const send = (topic: string, from: number, count: number) =>
        producer.send({
          topic,
          messages: Array.from({ length: count }, (_, i) => ({
            key: `acc-${(from + i) % 50}`,
            value: `{"event_id":"e${from + i}","event_type":"DepositMade","aggregate_type":"Account","aggregate_id":"acc-${(from + i) % 50}","event_data":{"n":${from + i},"pad":"${padOf(from + i)}"},"event_timestamp":"2025-01-01T00:00:00Z"}`,
          })),
        });
      for (const topic of ['open.events', 'described.events', 'hidden.events']) await send(topic, 0, 10);
      for (let from = 0; from < RECORDS; from += 500) await send('large.events', from, 500);
      await producer.disconnect();
    });
    afterAll(async () => {
      await browser?.close();
      for (const app of apps) await app.close();
      await kafka?.stop();
    });

    const acl = (action: '--add' | '--remove', topic: string, ...operations: string[]) =>
      kafka.tool(
        'AclCommand',
        ...[
          '--bootstrap-server',
          kafka.bootstrap,
          action,
          '--allow-principal',
          'User:reader',
          '--topic',
          topic,
        ],
        ...operations.flatMap((operation) => ['--operation', operation]),
        ...(action === '--remove' ? ['--force'] : []),
      );

    async function begin(options: Parameters<typeof startApp>[0] = {}): Promise<{ app: App; page: Page }> {
      const app = await startApp(options);
      apps.push(app);
      const { page } = await openPage(browser, app, { width: 1440, height: 900 });
      return { app, page };
    }

    /** On the topics: narrows the list to a part of a name and captures what is left of it. */
    async function capture(page: Page, part: string, into: string | null): Promise<void> {
      await open(page, 'topics');
      const topics = page.getByRole('grid', { name: 'Topics' });
      await topics.getByText(part, { exact: false }).first().waitFor();
      await page.getByPlaceholder('Part of a topic’s name').fill(part);
      await expect.poll(() => topics.getAttribute('aria-rowcount'), WAIT).toBe('2');
      await topics.focus();
      await page.keyboard.press('a');
      await page.keyboard.press('c');
      const dialog = page.getByRole('dialog', { name: /^Capture/ });
      if (into !== null) await dialog.getByLabel('Name').fill(into);
      await pressEnter(dialog.getByRole('button', { name: 'Capture' }));
      await dialog.waitFor({ state: 'detached' });
      if (into !== null) await badge(page, new RegExp(`^Workspace: ${into}`));
      await page.getByPlaceholder('Part of a topic’s name').fill('');
    }
    const job = (page: Page, topic: string) =>
      page.getByRole('article', { name: new RegExp(`^Capture of ${topic.replace('.', '\\.')}`) }).first();
    /** The last word of the newest capture of a topic. */
    async function endOf(page: Page, topic: string): Promise<string> {
      await open(page, 'activity');
      await expect.poll(() => job(page, topic).textContent(), { timeout: 150_000 }).toMatch(/took/);
      return (await job(page, topic).textContent())!;
    }
    const badge = (page: Page, text: RegExp) =>
      page.getByRole('banner').getByRole('button', { name: text }).waitFor();

    describe('a principal with few rights', () => {
      let page: Page;

      beforeAll(async () => {
        await acl('--add', 'open.events', 'Describe', 'Read');
        await acl('--add', 'large.events', 'Describe', 'Read');
        await acl('--add', 'described.events', 'Describe');
        ({ page } = await begin());
        await newConnection(page, { name: 'secured', brokers: kafka.saslPlain! });
        await pressEnter(page.getByRole('combobox', { name: 'SASL' }));
        await pressEnter(page.getByRole('option', { name: 'SCRAM-SHA-256' }));
        await page.getByLabel('User name').fill('reader');
        await page.getByLabel('Password').fill(passwordOf('reader'));
        await pressEnter(page.getByRole('button', { name: 'Save', exact: true }));
        await page.getByRole('button', { name: /^Cluster: secured/ }).waitFor();
      });

      test('sees its topics with their counts, and what it may not see is absent', async () => {
        await open(page, 'topics');
        const topics = page.getByRole('grid', { name: 'Topics' });
        await page.getByText(/^All topics: This login may not see the settings/).waitFor();
        expect(await topics.getByText('This login may not see the settings').count()).toBe(0);
        expect(await topics.getAttribute('aria-rowcount')).toBe('4');
        expect(await topics.getByText('hidden.events').count()).toBe(0);
        const row = topics.getByRole('row', { name: /large\.events/ });
        expect(digits(await row.textContent())).toContain(String(RECORDS));
      });

      test('is told which topic it may not read, and captures the others', async () => {
        await capture(page, 'described.events', 'few-rights');
        const text = await endOf(page, 'described.events');
        expect(text).toContain('The capture ended early: described.events/0 may not be read');
        expect(text).toContain(
          'Ask the owner of the cluster for the rights Describe and Read (or Write) on the topic.',
        );
        expect(text).toContain('0 new records of 1 topic, 10 offsets not read.');
        await capture(page, 'open.events', null);
        expect(await endOf(page, 'open.events')).toContain('10 new records');
        await badge(page, /^Coverage: partial/);
      });

      test('loses a right in mid-capture: what was read is kept and counted, the reason is named', async () => {
        const clients = [
          '--entity-type',
          'clients',
          '--entity-default',
          '--bootstrap-server',
          kafka.bootstrap,
        ];
        const config = (...change: string[]) =>
          kafka.tool('kafka.admin.ConfigCommand', '--alter', ...change, ...clients);
        await config('--add-config', 'consumer_byte_rate=300000');
        await capture(page, 'large.events', null);
        await expect
          .poll(() => job(page, 'large.events').textContent(), { ...WAIT, interval: 50 })
          .toMatch(/[1-9][\d\s]* of 4/);
        await acl('--remove', 'large.events', 'Read');
        const text = await endOf(page, 'large.events');
        await config('--delete-config', 'consumer_byte_rate');
        expect(text).toContain('large.events');
        expect(text).toMatch(/may not be read/);
        const counts = /\. ([\d\s,]+) new records of 1 topic.*?, ([\d\s,]+) offsets not read/;
        expect(text).toMatch(counts);
        const [, kept, left] = counts.exec(text)!;
        const number = (grouped: string) => Number(digits(grouped).replaceAll(',', ''));
        expect(number(kept!)).toBeGreaterThan(0);
        expect(number(kept!) + number(left!)).toBe(RECORDS);
        await badge(page, /^Coverage: partial/);

        await acl('--add', 'large.events', 'Read');
        await capture(page, 'large.events', null);
        expect(await endOf(page, 'large.events')).toContain(`${left} new records`);
        await acl('--add', 'described.events', 'Read');
        await capture(page, 'described.events', null);
        await badge(page, /^Coverage: complete · 3 topics/);
      });
    });

    test.skipIf(process.platform === 'win32')(
      'a disk that fills in mid-capture is named; with room again the capture goes on where it stopped',
      async () => {
        // Blocks of 512 bytes that a file of the app may have: as on a full disk, no file can grow further.
        const { app, page } = await begin({ limit: 'ulimit -f 20000' });
        await newConnection(page, { name: 'plain', brokers: kafka.bootstrap });
        await pressEnter(page.getByRole('button', { name: 'Save', exact: true }));
        await page.getByRole('button', { name: /^Cluster: plain/ }).waitFor();
        await capture(page, 'large.events', 'full');
        const text = await endOf(page, 'large.events');
        expect(text).toMatch(/The disk is full; .*full\.hindcast (failed|could not grow)/);
        expect(text).toContain('Free some space and capture again: it goes on where it stopped.');
        expect(existsSync(join(app.dataDir, 'workspaces', 'full.hindcast'))).toBe(true);
        // The screens go on working with what is there.
        await open(page, 'events');
        await page.getByRole('heading', { level: 1, name: 'Events' }).waitFor();
        const { url, dataDir } = app;
        const { port } = new URL(url);
        process.kill(app.pid, 'SIGTERM');
        await page.getByText('The engine stopped and is being started again.', { exact: false }).waitFor();

        // It ends its work first, and holds the workspace and the port until then.
        await expect.poll(() => isRunning(app.pid), WAIT).toBe(false);
        const next = await startApp({ dataDir, port: Number(port) });
        try {
          await page.goto(next.url);
          await page.reload();
          await badge(page, /^Workspace: full/);
          await capture(page, 'large.events', null);
          expect(await endOf(page, 'large.events')).toMatch(/[\d\s,]+ new records of 1 topic/);
          await badge(page, /^Coverage: complete · 1 topic/);
          await open(page, 'events');
          const events = page.getByRole('grid', { name: 'Events' });
          await expect
            .poll(async () => digits(await events.getAttribute('aria-rowcount')), WAIT)
            .toBe(String(RECORDS + 1));
        } finally {
          await next.close();
        }
      },
    );
  },
);
