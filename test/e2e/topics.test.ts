// The Topics screen on a real broker: sizes, rates, skew, groups with lag, settings, and what is left of it for a
// login with few rights.

import { Kafka, logLevel } from 'kafkajs';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commitOffsets, createTopic } from '../integration/kafka/support.ts';
import { type KafkaHandle, passwordOf, startKafka } from '../kafka/broker.ts';
import { type App, browserProblem, openBrowser, openPage, startApp } from './app.ts';
import { kafkaProblem } from './demoCluster.ts';
import { accessibilityProblems, captureMarked, digits, newConnection, open, pressEnter } from './screen.ts';

const WAIT = { timeout: 60_000, interval: 200 };
const problem = browserProblem ?? kafkaProblem;

describe.skipIf(problem !== null)('the Topics screen', () => {
  let kafka: KafkaHandle;
  let app: App;
  let browser: Browser;
  let page: Page;
  let problems: string[];
  let client: Kafka;

  const topics = () => page.getByRole('grid', { name: 'Topics' });
  const panel = () => page.getByRole('region', { name: 'Topic' });
  const row = (name: string): Locator =>
    topics()
      .getByRole('row')
      .filter({ has: page.getByText(name, { exact: true }) });
  const send = async (partition: number, count: number) => {
    const producer = client.producer();
    await producer.connect();
    const value = 'x'.repeat(100);
    await producer.send({ topic: 'shop.orders', messages: Array(count).fill({ partition, value }) });
    await producer.disconnect();
  };

  beforeAll(async () => {
    [kafka, app, browser] = await Promise.all([startKafka({ secure: true }), startApp(), openBrowser()]);
    client = new Kafka({ brokers: [kafka.bootstrap], logLevel: logLevel.NOTHING, retry: { retries: 8 } });
    await createTopic(kafka, 'shop.orders', { partitions: 3, config: { 'retention.ms': 86_400_000 } });
    await createTopic(kafka, 'shop.quiet');
    for (const [partition, count] of [10, 90, 10].entries()) await send(partition, count);
    await commitOffsets(kafka, 'nightly-export', 'shop.orders', { 0: 5, 1: 5 });
    await commitOffsets(kafka, 'billing', 'shop.orders', { 0: 10, 1: 90, 2: 10 });
    const rights = ['--allow-principal', 'User:reader', '--topic', 'shop.orders'];
    await kafka.tool(
      'AclCommand',
      ...['--bootstrap-server', kafka.bootstrap, '--add', ...rights],
      ...['--operation', 'Describe', '--operation', 'Read'],
    );
    ({ page, problems } = await openPage(browser, app));
    await newConnection(page, { name: 'shop', brokers: kafka.bootstrap, environment: 'staging' });
    await pressEnter(page.getByRole('button', { name: 'Save', exact: true }));
    await page.getByRole('heading', { level: 1, name: 'shop' }).waitFor();
  });
  afterAll(async () => {
    await browser?.close();
    await app?.close();
    await kafka?.stop();
  });

  test('the list: records, bytes, rate, and the group that is late; sorted by lag with a click', async () => {
    await open(page, 'topics?topic=shop.orders');
    await row('shop.orders').getByText('late').waitFor();
    const cells = async () => {
      const texts = await row('shop.orders').getByRole('gridcell').allTextContents();
      return [texts[3], texts[5], digits(texts[7]), texts[8]];
    };
    // 110 records, 10 of them read by the nightly export, and 10 in a partition that it never read.
    await expect.poll(cells, WAIT).toEqual(['110', expect.stringMatching(/^[\d.]+ kB$/), 'late90', '1 day']);
    await pressEnter(topics().getByRole('button', { name: 'Lag' }));
    await expect.poll(() => topics().getByRole('row').nth(1).textContent(), WAIT).toContain('shop.orders');
    await page.getByText('1 topic with records unread for more than 10 s').waitFor();
  });

  test('the partitions: sizes, skew, and a rate once there were two looks', async () => {
    await panel().getByRole('table').waitFor();
    await panel().getByText('110 records at most').waitFor();
    await panel()
      .getByText(/^9\.0 × in records · [\d.]+ × in bytes$/)
      .waitFor();
    await panel()
      .getByText(/once, [\d.]+ kB with replicas$/)
      .waitFor();
    await send(0, 50);
    await expect
      .poll(() => row('shop.orders').getByRole('gridcell').nth(6).textContent(), WAIT)
      .toMatch(/^[\d.]*[1-9][\d.]*\/s$/);
    await expect.poll(() => panel().getByText('160 records at most').count(), WAIT).toBe(1);
  });

  test('the groups, by keyboard: members, lag per partition, waiting; another limit is kept', async () => {
    await topics().focus();
    await page.keyboard.press('2');
    const groups = panel().getByRole('list', { name: 'Groups' });
    await groups.getByText('nightly-export').waitFor();
    await pressEnter(groups.getByRole('button', { name: /nightly-export/ }));
    const lines = groups.getByRole('table').getByRole('row');
    await expect
      .poll(async () => (await lines.nth(2).getByRole('cell').allTextContents()).slice(0, 4), WAIT)
      .toEqual(['1', '5', '90', '85']);
    expect(await lines.nth(3).getByRole('cell').nth(1).textContent()).toBe('none');
    await groups
      .getByText(/^waiting \d/)
      .first()
      .waitFor();
    const limit = panel().getByRole('textbox', { name: 'Late after, in seconds' });
    await limit.fill('86000');
    await limit.press('Enter');
    await groups.getByText('late').waitFor({ state: 'detached' });
    await page.reload();
    expect(await limit.inputValue()).toBe('86000');
    await limit.fill('10');
    await limit.press('Enter');
    await groups.getByText('late').first().waitFor();
  });

  test('the settings: what differs first, all on demand', async () => {
    await topics().focus();
    await page.keyboard.press('3');
    await panel()
      .getByText(/^1 setting of \d+ differs from Kafka’s default/)
      .waitFor();
    await panel().getByText('set on the topic · default 604800000').waitFor();
    expect(await panel().getByText('segment.bytes').count()).toBe(0);
    await panel().getByRole('switch', { name: 'all' }).press('Space');
    await panel().getByText('segment.bytes', { exact: true }).waitFor();
  });

  test('what is captured is explained against high − low', async () => {
    await captureMarked(page, 'shop');
    await page.keyboard.press('4');
    await panel().getByText('captured: counted records').waitFor();
    await send(2, 7);
    await expect.poll(() => panel().getByText('recorded since the capture').count(), WAIT).toBe(1);
    const numbers = async () =>
      (await panel().locator('dl').first().locator('dd').allTextContents()).map(digits);
    await expect.poll(numbers, WAIT).toEqual(['167', '-7', '160']);
  });

  test('no accessibility problem in either theme', async () => {
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      for (const key of ['1', '2', '3', '4']) {
        await topics().focus();
        await page.keyboard.press(key);
        await expect.poll(() => accessibilityProblems(page), WAIT).toEqual([]);
      }
    }
  });

  test('a login with few rights sees its topic, and for each other part the right that it needs', async () => {
    await open(page, 'connections/new');
    await page.getByLabel('Name', { exact: true }).fill('few rights');
    await page.getByLabel('Brokers').fill(kafka.saslPlain!);
    await pressEnter(page.getByRole('combobox', { name: 'SASL' }));
    await pressEnter(page.getByRole('option', { name: 'PLAIN', exact: true }));
    await page.getByLabel('User name').fill('reader');
    await page.getByLabel('Password').fill(passwordOf('reader'));
    await pressEnter(page.getByRole('button', { name: 'Save', exact: true }));
    await page.getByRole('heading', { level: 1, name: 'few rights' }).waitFor();
    await open(page, 'topics?topic=shop.orders');
    await panel().getByText('needs Describe on the cluster to see sizes on disk').waitFor();
    await panel().getByText('167 records at most').waitFor();
    expect(await topics().getByRole('row').count()).toBe(2);
    await topics().focus();
    await page.keyboard.press('2');
    await panel().getByText('Only groups that this login may describe are listed').waitFor();
    await page.keyboard.press('3');
    await panel().getByText('Not allowed: this login needs DescribeConfigs on shop.orders.').waitFor();
    await expect.poll(() => accessibilityProblems(page), WAIT).toEqual([]);
    expect(problems).toEqual([]);
  });
});
