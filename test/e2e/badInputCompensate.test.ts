// A compensating event that must not be sent, in the window: each time the guard says why and what to do, the draft
// stays, and nothing arrives on the cluster.
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { defaultDemo, story } from '../fixtures/demo/stories.ts';
import { writerTo } from '../integration/kafka/support.ts';
import type { KafkaHandle } from '../kafka/broker.ts';
import { type App, browserProblem, openBrowser, openPage, startApp } from './app.ts';
import { endOffsets, kafkaProblem, startDemoCluster } from './demoCluster.ts';
import {
  backToFault,
  captureMarked,
  fillUnlock,
  newConnection,
  open,
  pressEnter,
  timelineOf,
} from './screen.ts';
import { openWire, type Wire } from './wire.ts';

const WAIT = { timeout: 60_000 };
const doubled = story('interest-posted-twice');
const REASON = 'Interest was posted twice by a retry';

describe.skipIf(browserProblem !== null || kafkaProblem !== null)('an invalid compensation', () => {
  let kafka: KafkaHandle;
  let app: App;
  let browser: Browser;
  let page: Page;
  let wire: Wire;
  let before: Map<string, bigint>;

  beforeAll(async () => {
    [kafka, app, browser] = await Promise.all([startDemoCluster(), startApp(), openBrowser()]);
    before = await endOffsets(kafka);
    ({ page } = await openPage(browser, app, { width: 1440, height: 900 }));
    wire = await openWire(page);
    await newConnection(page, { name: 'core', brokers: kafka.bootstrap });
    await pressEnter(page.getByRole('button', { name: 'Save', exact: true }));
    await page.getByRole('button', { name: /^Cluster: core/ }).waitFor();
    await open(page, 'topics');
    await page.getByRole('grid', { name: 'Topics' }).getByText('orders.events', { exact: true }).waitFor();
    await captureMarked(page, 'dispute');
    await page.getByRole('banner').getByRole('button', { name: 'Coverage: complete · 19 topics' }).waitFor();
    await open(page, timelineOf(doubled.aggregateId));
    await backToFault(page, /^395(?!\d)/);
  });
  afterAll(async () => {
    await browser?.close();
    await app?.close();
    await kafka?.stop();
  });

  const publish = () => page.getByRole('button', { name: 'Publish to core' });
  const dryRun = () => page.getByRole('button', { name: 'Dry run' }).last();
  const guard = (name: string): Locator =>
    page.getByRole('region', { name: 'Guards' }).getByRole('listitem').filter({ hasText: name });
  const nothingSent = async () => expect(await endOffsets(kafka)).toEqual(before);
  /** The editor of the JSON, which draws only the lines that are seen: it is changed by keys, as a person does. */
  const asJson = async (): Promise<Locator> => {
    await pressEnter(page.getByRole('button', { name: 'JSON', exact: true }));
    return page.getByRole('textbox', { name: 'The event as JSON' });
  };

  test('the check that unlocking asks for is done after the one that is under way', async () => {
    const first = Promise.withResolvers<void>();
    wire.answers('compensate.preview', (answer) => first.promise.then(() => answer));
    await pressEnter(page.getByRole('button', { name: 'Compensate…' }));
    await pressEnter(page.getByRole('menuitem', { name: 'corrects v395 InterestPosted' }));
    await page.getByRole('heading', { level: 1, name: /^Compensate/ }).waitFor();
    await expect.poll(() => wire.asked('compensate.preview'), WAIT).toBe(1);
    await page.keyboard.press('Control+Enter');
    await fillUnlock(page, { connection: 'core', reason: 'dispute 0412' });
    const reason = page.getByRole('textbox', { name: 'reason', exact: true });
    await reason.fill(REASON);
    expect(wire.asked('compensate.preview')).toBe(1);
    wire.answers('compensate.preview', null);
    first.resolve();
    await expect.poll(() => publish().isEnabled(), WAIT).toBe(true);
    expect(wire.asked('compensate.preview')).toBe(2);
  });

  test('without a reason: the field is named, and publishing is impossible', async () => {
    await page.getByRole('textbox', { name: 'reason', exact: true }).fill('');
    await pressEnter(dryRun());
    await expect.poll(() => guard('Valid').getAttribute('data-status'), WAIT).toBe('failed');
    expect(await guard('Valid').textContent()).toMatch(/reason/);
    expect(await publish().isDisabled()).toBe(true);
    await page.getByRole('textbox', { name: 'reason', exact: true }).fill(REASON);
    await pressEnter(dryRun());
    await expect.poll(() => guard('Valid').getAttribute('data-status'), WAIT).not.toBe('failed');
    await nothingSent();
  });

  test('broken JSON: the line and the fault, in the editor and in the form; no dry run of it', async () => {
    const editor = await asJson();
    await editor.press('ControlOrMeta+End');
    await page.keyboard.type('}');
    const alert = page.getByRole('region', { name: 'Event to publish' }).getByRole('alert');
    await expect.poll(() => alert.textContent(), WAIT).toMatch(/Line \d+: .*Correct it here/);
    expect(await dryRun().isDisabled()).toBe(true);
    expect(await publish().isDisabled()).toBe(true);
    await pressEnter(page.getByRole('button', { name: 'Form', exact: true }));
    await page
      .getByText(/The JSON cannot be read in line \d+/)
      .first()
      .waitFor();
    await (await asJson()).press('ControlOrMeta+End');
    await page.keyboard.press('Backspace');
    await expect.poll(() => dryRun().isEnabled(), WAIT).toBe(true);
  });

  test('a required field of the envelope that is missing is named', async () => {
    const editor = await asJson();
    await editor.press('ControlOrMeta+Home');
    const line = editor.locator('.cm-activeLine');
    while (!(await line.textContent())!.includes('"aggregate_id"')) await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Home');
    await page.keyboard.press('Shift+End');
    await page.keyboard.press('Delete');
    await pressEnter(dryRun());
    await expect.poll(() => guard('Valid').getAttribute('data-status'), WAIT).toBe('failed');
    expect(await guard('Valid').textContent()).toContain('aggregate_id');
    expect(await publish().isDisabled()).toBe(true);
    await editor.press('ControlOrMeta+z');
    await pressEnter(dryRun());
    await expect.poll(() => publish().isEnabled(), WAIT).toBe(true);
    await nothingSent();
  });

  test('another writer was faster, after the check: refused with what to do; the draft goes on from there', async () => {
    const { topic, key, value, headers } = defaultDemo().records.find(
      (record) => record.value !== null && Buffer.from(record.value).includes(doubled.eventIds[1]!),
    )!;
    const text = Buffer.from(value!).toString().replaceAll(doubled.eventIds[1]!, 'posted-by-another');
    const producer = writerTo(kafka).producer();
    await producer.connect();
    const pairs = (headers ?? []).map(([name, bytes]) => [name, bytes === null ? '' : Buffer.from(bytes)]);
    await producer.send({
      topic,
      messages: [{ key: Buffer.from(key!), value: text, headers: Object.fromEntries(pairs) }],
    });
    await producer.disconnect();
    before = await endOffsets(kafka);
    await pressEnter(publish());
    const guards = page.getByRole('region', { name: 'Guards' });
    await guards.getByText('The aggregate has moved:', { exact: false }).waitFor();
    await guards.getByText('Capture again, look at the new event', { exact: false }).waitFor();
    expect(await publish().isDisabled()).toBe(true);
    await nothingSent();

    await pressEnter(guards.getByRole('button', { name: 'Capture again' }).first());
    await expect.poll(() => guard('Head has not moved').textContent(), WAIT).toContain('Begin a new draft');
    await pressEnter(page.getByRole('button', { name: 'Form', exact: true }));
    const made = Promise.withResolvers<void>();
    wire.answers('compensate.draft', (answer) => made.promise.then(() => answer));
    const drafts = wire.asked('compensate.draft');
    await pressEnter(
      guard('Head has not moved').getByRole('button', { name: 'Begin again from the new head' }),
    );
    await expect.poll(() => wire.asked('compensate.draft'), WAIT).toBe(drafts + 1);
    const reason = page.getByRole('textbox', { name: 'reason', exact: true });
    await reason.fill(`${REASON} of the job`);
    wire.answers('compensate.draft', null);
    made.resolve();
    await expect.poll(() => guard('Head has not moved').getAttribute('data-status'), WAIT).toBe('ok');
    // What was written by hand is carried over, also what was written until the engine had made the new one.
    expect(await reason.inputValue()).toBe(`${REASON} of the job`);
  });

  test('once published, the same key is refused with the place of the first one', async () => {
    await expect.poll(() => publish().isEnabled(), WAIT).toBe(true);
    await pressEnter(publish());
    await page.getByRole('region', { name: 'Receipt' }).getByText('read back: the same bytes').waitFor();
    before = await endOffsets(kafka);
    await pressEnter(page.getByRole('button', { name: 'Show it in the timeline' }));
    await open(page, timelineOf(doubled.aggregateId));
    await backToFault(page, /^395(?!\d)/);
    await pressEnter(page.getByRole('button', { name: 'Compensate…' }));
    await pressEnter(page.getByRole('menuitem', { name: 'corrects v395 InterestPosted' }));
    await pressEnter(page.getByRole('button', { name: 'Write another' }));
    await page.getByRole('textbox', { name: 'reason', exact: true }).fill(REASON);
    await pressEnter(dryRun());
    const duplicate = guard('Not published before');
    await expect.poll(() => duplicate.getAttribute('data-status'), WAIT).toBe('failed');
    expect(await duplicate.textContent()).toMatch(/published already at ultracore\.savings\.interest/i);
    await duplicate.getByRole('button', { name: 'Show the receipts' }).waitFor();
    expect(await publish().isDisabled()).toBe(true);
    await nothingSent();
  });
});
