// What is captured and what not, in the window: the choices of the dialog, a bar for each partition, the comparison.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTopic, writerTo } from '../integration/kafka/support.ts';
import { type KafkaHandle, startKafka } from '../kafka/broker.ts';
import { type App, browserProblem, openBrowser, openPage, startApp } from './app.ts';
import { kafkaProblem } from './demoCluster.ts';
import { accessibilityProblems, newConnection, open, pressEnter } from './screen.ts';

const TOPIC = 'core.savings.transactions';
const pictures = process.env.HINDCAST_PICTURES ?? null;

describe.skipIf(browserProblem !== null || kafkaProblem !== null)('coverage in the window', () => {
  let kafka: KafkaHandle;
  let app: App;
  let browser: Browser;
  let page: Page;
  let problems: string[];

  beforeAll(async () => {
    [kafka, app, browser] = await Promise.all([startKafka(), startApp(), openBrowser()]);
    await createTopic(kafka, TOPIC, { partitions: 3 });
    const producer = writerTo(kafka).producer({
      ...{ transactionalId: 'writer', maxInFlightRequests: 1, idempotent: true },
    });
    await producer.connect();
    const say = async (from: number, count: number, end: 'commit' | 'abort') => {
      const transaction = await producer.transaction();
      await transaction.send({
        topic: TOPIC,
        messages: Array.from({ length: count }, (_, i) => ({
          key: `acc-${(from + i) % 40}`,
          value: `{"event_id":"e${from + i}","event_type":"DepositMade","aggregate_type":"Account","aggregate_id":"acc-${(from + i) % 40}","event_data":{"n":${from + i}},"event_timestamp":"2025-01-01T00:00:00Z"}`,
        })),
      });
      await transaction[end]();
    };
    await say(0, 3000, 'commit');
    await say(3000, 300, 'abort');
    await say(3300, 700, 'commit');
    await producer.disconnect();
    ({ page, problems } = await openPage(browser, app));
    await newConnection(page, { name: 'laptop', brokers: kafka.bootstrap });
    await pressEnter(page.getByRole('button', { name: 'Save', exact: true }));
    await page.getByRole('heading', { level: 1, name: 'laptop' }).waitFor();
  });
  afterAll(async () => {
    await browser?.close();
    await app?.close();
    await kafka?.stop();
  });

  async function shoot(name: string): Promise<void> {
    if (pictures === null) return;
    mkdirSync(pictures, { recursive: true });
    for (const theme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
      await page.screenshot({ path: join(pictures, `${name}-${theme}.png`), animations: 'disabled' });
    }
  }

  const dialog = () => page.getByRole('dialog', { name: /^Capture/ });
  const choice = (name: string) => dialog().getByRole('button', { name, exact: true });
  async function openDialog(): Promise<void> {
    await open(page, 'topics');
    await page.getByRole('grid', { name: 'Topics' }).focus();
    await page.keyboard.press('a');
    await page.keyboard.press('c');
    await dialog().waitFor();
  }
  const begin = async () => {
    await pressEnter(dialog().getByRole('button', { name: 'Capture', exact: true }));
    await dialog().waitFor({ state: 'detached' });
  };
  /** One capture runs at a time: the next one begins when no job is under way any more. */
  const ended = () =>
    expect.poll(() => page.getByRole('contentinfo').getByRole('link').count(), { timeout: 60_000 }).toBe(0);
  const badge = () => page.getByRole('button', { name: /^Coverage: / });

  test('one key: the dialog, by keyboard; the bars say what was looked through', async () => {
    await openDialog();
    await pressEnter(choice('Offsets'));
    await dialog().getByLabel('From').fill('90');
    await dialog().getByLabel('To', { exact: true }).fill('10');
    await expect.poll(() => dialog().getByText('It lies before the beginning.').count()).toBe(1);
    await shoot('dialog-offsets');
    await pressEnter(choice('All'));
    await dialog().getByLabel('Only key').fill('acc-7');
    await dialog().getByLabel('Name').fill('coverage');
    expect(await dialog().getByRole('switch').isDisabled()).toBe(true);
    await expect.poll(() => accessibilityProblems(page)).toEqual([]);
    await shoot('dialog-key');
    await begin();
    await expect.poll(() => badge().textContent(), { timeout: 60_000 }).toContain('partial');
    await ended();
    await pressEnter(badge());
    const popover = page.getByRole('dialog', { name: 'Coverage' });
    await expect.poll(() => popover.getByText('only the key “acc-7”').count()).toBe(3);
    await shoot('bars-key');
    await page.keyboard.press('Escape');
  });

  test('a range beside it, then all; every number stands under its bar', async () => {
    await openDialog();
    await pressEnter(choice('Latest'));
    await dialog().getByLabel('How many').fill('200');
    await begin();
    await ended();
    await pressEnter(badge());
    const popover = page.getByRole('dialog', { name: 'Coverage' });
    await expect.poll(() => popover.getByText(/\d not asked for$/).count()).toBe(3);
    await shoot('bars-range');
    await page.keyboard.press('Escape');
    await openDialog();
    await expect.poll(() => choice('Go on').getAttribute('aria-pressed')).toBe('true');
    await pressEnter(choice('All'));
    await begin();
    await expect.poll(() => badge().textContent(), { timeout: 60_000 }).toContain('complete');
    await pressEnter(badge());
    await expect.poll(() => popover.getByText(/\d of aborted transactions$/).count()).toBe(3);
    await expect.poll(() => accessibilityProblems(page)).toEqual([]);
    await shoot('bars-complete');
  });

  test('the comparison with the cluster says that every byte is equal', async () => {
    const popover = page.getByRole('dialog', { name: 'Coverage' });
    await pressEnter(popover.getByRole('button', { name: 'Compare with the cluster' }));
    await expect
      .poll(() => popover.getByText(/equal, byte for byte/).count(), { timeout: 60_000 })
      .toBeGreaterThan(0);
    await shoot('recheck');
    await page.keyboard.press('Escape');
    await open(page, `topics?topic=${TOPIC}&tab=capture`);
    await expect.poll(() => page.getByText('transaction markers').count()).toBeGreaterThan(0);
    await shoot('topic-bars');
    expect(problems).toEqual([]);
  });
});
