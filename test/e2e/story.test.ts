// The whole story through the window, on a real broker: connect, capture, find the doubled interest, go back to
// before it, ask a projection, publish the compensation, see it arrive and the balance right.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { defaultDemo, story } from '../fixtures/demo/stories.ts';
import type { KafkaHandle } from '../kafka/broker.ts';
import { type App, browserProblem, openBrowser, openPage, startApp } from './app.ts';
import { endOffsets, groups, kafkaProblem, minus, readRecord, startDemoCluster } from './demoCluster.ts';
import {
  backToFault,
  captureMarked,
  chooseRow,
  chosenEvent,
  digits,
  lookAsOf,
  newConnection,
  open,
  pressEnter,
  stateLine,
  stateValue,
  timelineOf,
  unlockAndReason,
} from './screen.ts';

const WAIT = { timeout: 60_000 };
const doubled = story('interest-posted-twice');
const account = defaultDemo().summary.accounts.find(
  ({ aggregateId }) => aggregateId === doubled.aggregateId,
)!;
const REASON = 'Interest for December 2025 was posted twice by a retry';

describe.skipIf(browserProblem !== null || kafkaProblem !== null)('the whole story in the window', () => {
  let kafka: KafkaHandle;
  let app: App;
  let browser: Browser;
  let page: Page;
  let problems: string[];
  let before: Map<string, bigint>;
  let groupsBefore: string[];

  beforeAll(async () => {
    [kafka, app, browser] = await Promise.all([startDemoCluster(), startApp(), openBrowser()]);
    [before, groupsBefore] = await Promise.all([endOffsets(kafka), groups(kafka)]);
    ({ page, problems } = await openPage(browser, app, { width: 1440, height: 900 }));
  });
  afterAll(async () => {
    await browser?.close();
    await app?.close();
    await kafka?.stop();
  });

  test('a connection is tested step by step and saved', async () => {
    await newConnection(page, { name: 'core-banking', brokers: kafka.bootstrap, environment: 'production' });
    await pressEnter(page.getByRole('button', { name: 'Test connection' }).first());
    const result = page.getByRole('region', { name: 'Test' });
    await result.getByText('The connection works.').first().waitFor();
    const steps = await result.getByRole('listitem').all();
    expect(await Promise.all(steps.map((step) => step.getAttribute('data-status')))).toEqual([
      'ok',
      'ok',
      'skipped',
      'skipped',
      'ok',
      'ok',
    ]);
    expect(await steps.at(-1)!.textContent()).toContain('19 of 19 tried may be read');
    await pressEnter(page.getByRole('button', { name: 'Save', exact: true }));
    await page.getByRole('button', { name: 'Cluster: core-banking · production read-only' }).waitFor();
  });

  test('the topics are listed and captured into a new workspace, completely', async () => {
    await pressEnter(page.getByRole('button', { name: 'Topics', exact: true }));
    const topics = page.getByRole('grid', { name: 'Topics' });
    await topics.getByText('ultracore.savings.interest', { exact: true }).waitFor();
    expect(await topics.getAttribute('aria-rowcount')).toBe(String(defaultDemo().topics.length + 1));
    await captureMarked(page, 'dispute-0412');
    await page.getByRole('banner').getByRole('button', { name: 'Coverage: complete · 19 topics' }).waitFor();
    await open(page, 'activity');
    const job = page.getByRole('article', { name: /^Capture/ });
    await expect.poll(() => job.textContent(), WAIT).toMatch(/took/);
    // Every offset up to the ends that Kafka's own tool names: records, aborted ones and transaction markers.
    const offsets = [...before.values()].reduce((sum, end) => sum + end, 0n);
    expect(Number(offsets)).toBeGreaterThan(defaultDemo().summary.records);
    await open(page, 'events');
    await expect
      .poll(
        async () => digits(await page.getByRole('grid', { name: 'Events' }).getAttribute('aria-rowcount')),
        WAIT,
      )
      .toBe(String(offsets + 1n));
  });

  test('the account is found by its id, and its doubled interest is named', async () => {
    await open(page, 'aggregates');
    // The id stands in the events of whoever sent it money, too.
    await page.getByLabel(/^Search aggregates by id/).fill(doubled.aggregateId.slice(0, 13));
    const list = page.getByRole('grid', { name: 'Aggregates' });
    await expect.poll(() => list.getAttribute('aria-rowcount'), WAIT).toMatch(/^[2-9]$/);
    await chooseRow(page, list, (words) => words.includes(doubled.aggregateId));
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Savings account SA-1000420017' }).waitFor();
    await expect.poll(() => stateValue(page, 'balance'), WAIT).toBe(account.balance);
    await page.getByRole('button', { name: /^1 fault: Same content as v394, 4\.0 s earlier/ }).waitFor();
    await backToFault(page, /^395(?!\d)/);
    const chosen = page.getByRole('region', { name: 'Chosen event' });
    await chosen.getByText('Same content as v394', { exact: true }).waitFor();
    await chosen.getByText('4.0 s earlier, with another event id', { exact: false }).first().waitFor();
    await chosen.getByText(doubled.eventIds[1]!).waitFor();
    await expect.poll(() => stateValue(page, 'balance'), WAIT).toBe(doubled.facts.balanceWrong);
    expect(await stateLine(page, 'balance').locator('del').textContent().then(digits)).toContain(
      doubled.facts.balanceRight!,
    );
  });

  test('the event before it shows the right balance', async () => {
    await page.keyboard.press('ArrowLeft');
    await expect.poll(() => stateValue(page, 'balance'), WAIT).toBe(doubled.facts.balanceRight);
    await page.keyboard.press('ArrowLeft');
    await expect.poll(() => stateValue(page, 'balance'), WAIT).toBe(doubled.facts.balanceBefore);
  });

  test('as of the moment between the two, the account is as it should be', async () => {
    await page.keyboard.press('l');
    await lookAsOf(page, { known: '2025-12-31 02:00:02 UTC' });
    await page
      .getByText(/^Known on 31 Dec 2025 02:00:02\.000: 394 of 412 events, the last is v394/)
      .waitFor();
    await expect.poll(() => stateValue(page, 'balance'), WAIT).toBe(doubled.facts.balanceRight);
    await expect.poll(() => page.url()).toContain('known=2025-12-31T02:00:02.000Z');
  });

  test('the projection is replayed and answers SQL, now and as of the focus', async () => {
    await open(page, 'projections/savings_account');
    await pressEnter(page.getByRole('button', { name: /^Build/ }).first());
    await page.getByRole('option', { name: /Savings accounts ready 260 rows/ }).waitFor();
    const sql = `SELECT balance FROM savings_account WHERE account_number = 'SA-1000420017'`;
    const ask = async (focus: string) => {
      await open(page, `projections?view=sql&sql=${encodeURIComponent(sql)}${focus}`);
      await pressEnter(page.getByRole('button', { name: /^Run/ }));
    };
    const answer = () => page.getByRole('region', { name: 'Result' }).getByRole('gridcell').allTextContents();
    await ask('');
    await expect.poll(async () => (await answer()).map(digits), WAIT).toEqual([account.balance]);
    await ask(`&known=${doubled.facts.firstRecorded}`);
    await expect.poll(async () => (await answer()).map(digits), WAIT).toEqual([doubled.facts.balanceRight]);
  });

  let place: { topic: string; partition: number; offset: bigint };
  let eventId: string;

  test('a compensation is composed from the second posting, with the three states before anything is sent', async () => {
    await open(page, timelineOf(doubled.aggregateId));
    await backToFault(page, /^395(?!\d)/);
    await pressEnter(page.getByRole('button', { name: 'Compensate…' }));
    await pressEnter(page.getByRole('menuitem', { name: 'corrects v395 InterestPosted' }));
    await page.getByRole('heading', { level: 1, name: /^Compensate/ }).waitFor();
    const publish = page.getByRole('button', { name: 'Publish to production' });
    await publish.waitFor();
    expect(await publish.isDisabled()).toBe(true);

    await unlockAndReason(page, { connection: 'core-banking', reason: 'dispute 0412', why: REASON });
    await pressEnter(page.getByRole('button', { name: 'Dry run' }).last());
    const states = page.getByRole('region', { name: 'States' });
    await states.getByText('equals “should be”').waitFor();
    const balance = states.getByRole('row', { name: /^balance / });
    const right = minus(account.balance, doubled.facts.amount!);
    await expect
      .poll(async () => (await balance.getByRole('cell').allTextContents()).map(digits), WAIT)
      .toEqual([account.balance, right, expect.stringContaining(`after${right}`)]);
    await pressEnter(page.getByRole('button', { name: /^Exact bytes/ }));
    await page
      .getByRole('region', { name: 'Event to publish' })
      .getByText('InterestPostingReversed')
      .first()
      .waitFor();
    expect(await endOffsets(kafka), 'nothing is sent by composing and the dry run').toEqual(before);
  });

  test('it is published once the cluster is named, and read back the same', async () => {
    const publish = page.getByRole('button', { name: 'Publish to production' });
    expect(await publish.isDisabled()).toBe(true);
    await page.getByLabel('Type core-banking to publish').fill('core-banking');
    await expect.poll(() => publish.isEnabled(), WAIT).toBe(true);
    await pressEnter(publish);
    const receipt = page.getByRole('region', { name: 'Receipt' });
    await receipt.getByText('read back: the same bytes').waitFor();
    await receipt.getByText('nobody wrote in between').waitFor();
    const fact = async (name: string) => {
      const term = receipt.locator('dt', { hasText: name }).first();
      return (await term.locator('xpath=following-sibling::dd[1]').textContent()) ?? '';
    };
    const [, topic, partition, offset] = /^(\S+) \[(\d+)\] @ ([\d\s]+)$/.exec(await fact('place'))!;
    place = { topic: topic!, partition: Number(partition), offset: BigInt(digits(offset)) };
    eventId = await fact('event id');
    expect(place.topic).toBe('ultracore.savings.interest');
  });

  test('the timeline ends with it, and the balance is right', async () => {
    await pressEnter(page.getByRole('button', { name: 'Show it in the timeline' }));
    await expect
      .poll(() => chosenEvent(page).textContent(), WAIT)
      .toMatch(/^413(?!\d)[\s\S]*62\.29 reversed/);
    await page.getByRole('region', { name: 'Chosen event' }).getByText(eventId).waitFor();
    await expect
      .poll(() => stateValue(page, 'balance'), WAIT)
      .toBe(minus(account.balance, doubled.facts.amount!));
    await page.getByText(/^Now: 413 of 413 events/).waitFor();
  });

  test('an independent reader sees the record, and nothing else was written', async () => {
    const seen = await readRecord(kafka, place.topic, place.partition, place.offset);
    const event = JSON.parse(seen.value);
    expect(JSON.stringify(event)).toContain(eventId);
    expect(seen.key).toBe(await keyOfStory());
    expect(seen.value).toContain(doubled.eventIds[1]!);
    expect(seen.value).toContain('62.29');
    const after = await endOffsets(kafka);
    const written = [...after].filter(([partition, offset]) => before.get(partition) !== offset);
    // A transactional producer would also have left a marker: the event alone moved the end by one.
    expect(written).toEqual([[`${place.topic}:${place.partition}`, place.offset + 1n]]);
    expect(await groups(kafka)).toEqual(groupsBefore);
  });

  test('the same compensation is refused the second time', async () => {
    await open(page, timelineOf(doubled.aggregateId));
    await backToFault(page, /^395(?!\d)/);
    await pressEnter(page.getByRole('button', { name: 'Compensate…' }));
    await pressEnter(page.getByRole('menuitem', { name: 'corrects v395 InterestPosted' }));
    await pressEnter(page.getByRole('button', { name: 'Write another' }));
    await page.getByRole('textbox', { name: 'reason', exact: true }).fill(REASON);
    await pressEnter(page.getByRole('button', { name: 'Dry run' }).last());
    const guard = page
      .getByRole('region', { name: 'Guards' })
      .getByRole('listitem')
      .filter({ hasText: 'Not published before' });
    await expect.poll(() => guard.getAttribute('data-status'), WAIT).toBe('failed');
    expect(await page.getByRole('button', { name: 'Publish to production' }).isDisabled()).toBe(true);
  });

  test('the window had no error in all of it', () => {
    expect(problems).toEqual([]);
  });

  /** The key under which the corrected event itself was written. */
  async function keyOfStory(): Promise<string> {
    const record = defaultDemo().records.find(
      ({ value }) => value !== null && Buffer.from(value).includes(doubled.eventIds[1]!),
    )!;
    return Buffer.from(record.key!).toString();
  }
});
