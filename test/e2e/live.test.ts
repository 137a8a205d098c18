// The Events screen while topics are followed: rows come by themselves, paused nothing moves, and the keyboard does it.
import { Kafka, logLevel } from 'kafkajs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTopic } from '../integration/kafka/support.ts';
import { type KafkaHandle, startKafka } from '../kafka/broker.ts';
import { type App, browserProblem, openBrowser, openPage, startApp } from './app.ts';
import { groups, kafkaProblem } from './demoCluster.ts';
import { accessibilityProblems, digits, newConnection, open, pressEnter } from './screen.ts';
import { openWire, type Wire } from './wire.ts';

const WAIT = { timeout: 60_000 };
const TOPIC = 'bank.accounts.events';
const FIRST = 400;

describe.skipIf(browserProblem !== null || kafkaProblem !== null)('live in the Events screen', () => {
  let kafka: KafkaHandle;
  let app: App;
  let browser: Browser;
  let page: Page;
  let problems: string[];
  let sent = 0;

  async function send(count: number): Promise<void> {
    const producer = new Kafka({ brokers: [kafka.bootstrap], logLevel: logLevel.NOTHING }).producer();
    await producer.connect();
    const messages = Array.from({ length: count }, () => {
      const n = sent++;
      return {
        key: `acc-${n % 40}`,
        value: JSON.stringify({
          event_id: `event-${n}`,
          event_type: n % 3 === 0 ? 'InterestPosted' : 'DepositMade',
          aggregate_type: 'SavingsAccount',
          aggregate_id: `acc-${n % 40}`,
          event_data: { amount: `${n}.50`, currency: 'AUD' },
          event_timestamp: new Date().toISOString(),
        }),
      };
    });
    await producer.send({ topic: TOPIC, messages });
    await producer.disconnect();
  }

  const table = () => page.getByRole('grid', { name: 'Events' });
  const stripHeight = async () => (await page.getByTitle(/^By recorded time/).boundingBox())?.height;
  /** Of the strip before anything is captured. */
  let emptyHeight: number | undefined;
  const rowCount = async () => Number(digits(await table().getAttribute('aria-rowcount'))) - 1;
  /** All that is drawn, without the grouping of numbers. */
  const drawn = async () => digits(await table().getByRole('rowgroup').textContent());
  const scrolled = () => table().evaluate((element) => element.scrollTop);

  beforeAll(async () => {
    [kafka, app, browser] = await Promise.all([startKafka(), startApp(), openBrowser()]);
    await createTopic(kafka, TOPIC);
    await send(FIRST);
    ({ page, problems } = await openPage(browser, app));
    await newConnection(page, { name: 'core-banking', brokers: kafka.bootstrap });
    await pressEnter(page.getByRole('button', { name: 'Save', exact: true }));
    await page.getByRole('button', { name: /^Cluster: core-banking/ }).waitFor();
  });
  afterAll(async () => {
    await browser?.close();
    await app?.close();
    await kafka?.stop();
  });

  test('without a captured topic, live says what it needs', async () => {
    await open(page, 'events');
    const button = page.getByRole('button', { name: /^Live/ });
    await expect.poll(() => button.isDisabled(), WAIT).toBe(true);
    emptyHeight = await stripHeight();
  });

  test('a capture with “keep following” makes the topic live', async () => {
    await open(page, 'topics');
    const topics = page.getByRole('grid', { name: 'Topics' });
    await topics.getByText(TOPIC, { exact: true }).waitFor();
    await topics.focus();
    await page.keyboard.press('a');
    await page.keyboard.press('c');
    const dialog = page.getByRole('dialog', { name: /^Capture/ });
    await dialog.getByLabel('Name').fill('live');
    await dialog.getByRole('switch', { name: /Keep following/ }).press('Space');
    await pressEnter(dialog.getByRole('button', { name: 'Capture' }));
    await dialog.waitFor({ state: 'detached' });
    await open(page, 'events');
    await page.getByRole('button', { name: /^Live/, pressed: true }).waitFor();
    await expect.poll(rowCount, WAIT).toBe(FIRST);
    await page.getByRole('contentinfo').getByText(`Following ${TOPIC} from core-banking`).waitFor();
  });

  test('the table does not move when the histogram comes', async () => {
    await page.getByLabel('Recorded time: choose a range').first().waitFor();
    expect(emptyHeight).toBeGreaterThan(50);
    expect(await stripHeight()).toBe(emptyHeight);
  });

  test('what is appended appears at the end, and the table stays there', async () => {
    await send(30);
    await expect.poll(rowCount, WAIT).toBe(FIRST + 30);
    await expect.poll(drawn, WAIT).toContain(`${sent - 1}`);
    const fromEnd = () => table().evaluate((e) => e.scrollHeight - e.scrollTop - e.clientHeight);
    await expect.poll(fromEnd, WAIT).toBeLessThan(2);
  });

  test('paused by the keyboard, nothing moves and what is new is counted; shown again, it is all there', async () => {
    await table().focus();
    await page.keyboard.press('Space');
    await page.getByRole('button', { name: /^Paused – go on/ }).waitFor();
    const before = [await drawn(), await scrolled(), await rowCount()];
    await send(512);
    await page.getByRole('button', { name: /^512 new events – show/ }).waitFor();
    expect([await drawn(), await scrolled(), await rowCount()]).toEqual(before);
    await page.keyboard.press('Space');
    await expect.poll(rowCount, WAIT).toBe(FIRST + 542);
    await expect.poll(drawn, WAIT).toContain(`${sent - 1}`);
  });

  test('a chosen row and the place of the list stay while more comes', async () => {
    await page.keyboard.press('Home');
    await page
      .getByRole('region', { name: 'Record' })
      .getByText('event-0', { exact: true })
      .first()
      .waitFor();
    await page.getByRole('button', { name: /^Paused – go on/ }).waitFor();
    await expect.poll(drawn, WAIT).toContain('0.50');
    const before = [await drawn(), await scrolled()];
    await send(60);
    await page.getByRole('button', { name: /^60 new events – show/ }).waitFor();
    expect([await drawn(), await scrolled()]).toEqual(before);
    await pressEnter(page.getByRole('button', { name: /^60 new events – show/ }));
    await expect.poll(drawn, WAIT).toContain(`${sent - 1}`);
    await page
      .getByRole('region', { name: 'Record' })
      .getByText('event-0', { exact: true })
      .first()
      .waitFor();
  });

  test('scrolling up pauses', async () => {
    await table().hover();
    await page.mouse.wheel(0, -600);
    await page.getByRole('button', { name: /^Paused – go on/ }).waitFor();
    await pressEnter(page.getByRole('button', { name: /^Paused – go on/ }));
    await page.getByRole('button', { name: /^Pause/ }).waitFor();
  });

  test('a filter is followed as well', async () => {
    await open(page, 'events?q=type:InterestPosted');
    const share = (of: number) => Math.ceil(of / 3);
    await expect.poll(rowCount, WAIT).toBe(share(sent));
    await send(90);
    await expect.poll(rowCount, WAIT).toBe(share(sent));
    await open(page, 'events');
    await expect.poll(rowCount, WAIT).toBe(sent);
  });

  test.each(['dark', 'light'] as const)('no accessibility violation, live and paused: %s', async (theme) => {
    await page.emulateMedia({ colorScheme: theme });
    await expect.poll(() => accessibilityProblems(page), WAIT).toEqual([]);
    await table().focus();
    await page.keyboard.press('Space');
    await page.getByRole('button', { name: /^Paused – go on/ }).waitFor();
    await expect.poll(() => accessibilityProblems(page), WAIT).toEqual([]);
    await page.keyboard.press('Space');
    await page.getByRole('button', { name: /^Pause/ }).waitFor();
  });

  describe('with a connection that is slow or lost', () => {
    let wire: Wire;
    const pause = async () => {
      await table().focus();
      await page.keyboard.press('Space');
      await page.getByRole('button', { name: /^Paused – go on/ }).waitFor();
    };

    test('after it was lost, rows come by themselves again', async () => {
      wire = await openWire(page);
      await expect.poll(rowCount, WAIT).toBe(sent);
      await wire.cut();
      await send(30);
      await expect.poll(rowCount, WAIT).toBe(sent);
    });

    test('rows of the filter before that come late are passed over', async () => {
      await pause();
      await table().evaluate((grid) => {
        const counts: (string | null)[] = [];
        Object.assign(window, { counts });
        const look = () => counts.push(grid.getAttribute('aria-rowcount'));
        new MutationObserver(look).observe(grid, { attributeFilter: ['aria-rowcount'] });
      });
      const late = Promise.withResolvers<void>();
      wire.answers('events.query', (answer, { filter }) =>
        filter.types === undefined ? late.promise.then(() => answer) : answer,
      );
      const before = wire.asked('events.query');
      await page.keyboard.press('Space');
      await expect.poll(() => wire.asked('events.query'), WAIT).toBeGreaterThan(before);
      await open(page, 'events?q=type:InterestPosted');
      await expect.poll(rowCount, WAIT).toBe(Math.ceil(sent / 3));
      late.resolve();
      wire.answers('events.query', null);
      await send(3);
      await expect.poll(rowCount, WAIT).toBe(Math.ceil(sent / 3));
      const counts = await page.evaluate(() => (window as unknown as { counts: string[] }).counts);
      expect(counts).toEqual([sent - 3, sent].map((all) => String(Math.ceil(all / 3) + 1)));
      await open(page, 'events');
      await expect.poll(rowCount, WAIT).toBe(sent);
    });

    test('a page that failed while paused is asked again when one comes back to it', async () => {
      await pause();
      let asked = 0;
      wire.answers('events.query', (answer, { from }) => {
        if (from === 0 && ++asked === 1) throw new Error('this page failed');
        return answer;
      });
      await page.keyboard.press('Home');
      await page
        .getByText(/this page failed/)
        .first()
        .waitFor();
      await page.keyboard.press('End');
      await expect.poll(drawn, WAIT).toContain(`${sent - 1}`);
      await page.keyboard.press('Home');
      await expect.poll(() => asked, WAIT).toBe(2);
      wire.answers('events.query', null);
      await table().focus();
      await page.keyboard.press('Space');
      await page.getByRole('button', { name: /^Pause/ }).waitFor();
    });
  });

  test('stopped by the keyboard: everything is kept, nothing jumps, and the cluster has no group', async () => {
    await table().focus();
    await page.keyboard.press('l');
    await page.getByRole('button', { name: /^Live/, pressed: false }).waitFor();
    await expect.poll(rowCount, WAIT).toBe(sent);
    await page.getByRole('banner').getByRole('button', { name: 'Coverage: complete · 1 topic' }).waitFor();
    expect(await groups(kafka)).toEqual([]);
    expect(problems).toEqual([]);
  });
});
