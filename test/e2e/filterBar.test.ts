// The filter of the events list: an expression with suggestions, colours and marked mistakes, searches that go on while
// their first hits are shown, saved filters, full-text indexes.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { appendRecords } from '../../src/engine/capture/import.ts';
import { openWorkspace } from '../../src/engine/store/workspace.ts';
import { generateBenchmark } from '../fixtures/demo/benchmark.ts';
import { browserProblem, type OpenApp, openApp } from './app.ts';
import { accessibilityProblems, open, pressEnter } from './screen.ts';
import { openWire, type Wire } from './wire.ts';

const RECORDS = 60_000;
const AT_ONCE = 20_000;
const folder = mkdtempSync(join(tmpdir(), 'hindcast-e2e-filter-'));
const file = join(folder, 'fees.hindcast');

async function makeWorkspace(): Promise<void> {
  const workspace = await openWorkspace(file, { mode: 'create', log: () => {} });
  const { records } = generateBenchmark({ events: RECORDS, aggregates: 500 });
  let batch: Parameters<typeof appendRecords>[1][number][] = [];
  for (const { topic, partition, key, value, headers, timestamp } of records) {
    batch.push({ topic, partition, key, value, headers, timestamp });
    if (batch.length < AT_ONCE) continue;
    await appendRecords(workspace, batch);
    batch = [];
  }
  await workspace.close();
}

describe.skipIf(browserProblem !== null)('the filter of the events list', () => {
  let opened: OpenApp;
  let page: Page;
  let problems: string[];
  let wire: Wire;
  const field = () => page.getByRole('textbox', { name: 'Filter events' });
  const rows = () => page.getByRole('grid', { name: 'Events' }).getByRole('row');
  const done = () => page.getByText(/looked at all/).first();
  const type = async (text: string) => {
    await field().focus();
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type(text);
  };
  const suggestion = (name: string | RegExp) => page.getByRole('option', { name }).first();

  beforeAll(async () => {
    await makeWorkspace();
    opened = await openApp({ workspace: file, timeout: 60_000 });
    ({ page, problems } = opened);
    await open(page, 'events');
    await rows().nth(5).waitFor();
  });
  afterAll(async () => {
    await opened?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('suggests fields of the payload, types that there are, and what may follow', async () => {
    await page.keyboard.press('/');
    await page.keyboard.type('data.am');
    await suggestion(/^data\.amount/).waitFor();
    await page.keyboard.press('Tab');
    await suggestion(/^>=/).waitFor();
    await page.keyboard.type('> 9990 and type =');
    await suggestion(/"FeeCharged"/).waitFor();
    // The space is no beginning of the value, and Tab takes what is on its way.
    await page.keyboard.type(' "Fee');
    await page.keyboard.press('Tab');
    await suggestion(/^and$/).waitFor();
    // Nothing is chosen in the list: Enter applies the filter.
    await page.keyboard.press('Enter');
    await done().waitFor();
    expect(await page.evaluate(() => new URLSearchParams(location.hash.split('?')[1]).get('where'))).toBe(
      'data.amount > 9990 and type = "FeeCharged"',
    );
    const texts = await rows().allInnerTexts();
    expect(texts.length).toBeGreaterThan(3);
    for (const text of texts.slice(1)) expect(text).toMatch(/FeeCharged/);
  });

  test('points at a mistake and keeps what is shown', async () => {
    const before = (await rows().allInnerTexts()).slice(0, 10);
    await type('data.amount > 9990 and typ = "FeeCharged"');
    await page.keyboard.press('Enter');
    const alert = page.getByRole('alert');
    await alert.getByText(/There is no field typ.*character 24.*Did you mean type\?/s).waitFor();
    expect(await page.locator('.problem').innerText()).toBe('typ');
    expect(await field().getAttribute('aria-invalid')).toBe('true');
    expect((await rows().allInnerTexts()).slice(0, 10)).toEqual(before);
    await page.keyboard.press('Escape');
    await alert.waitFor({ state: 'detached' });
    expect(await field().innerText()).toBe('data.amount > 9990 and type = "FeeCharged"');
  });

  test('rows that come late leave the focus to whoever has gone to another control', async () => {
    for (const name of ['Type', 'Workspace: fees']) {
      await type('data.amount > 1e9');
      await page.keyboard.press('Enter');
      await page.getByText('No event fits this filter').waitFor();
      const control = page.getByRole('button', { name, exact: true });
      await control.focus();
      await page.goBack();
      await rows().nth(3).waitFor();
      expect(await control.evaluate((button) => button === document.activeElement)).toBe(true);
    }
  });

  test('quick conditions become chips beside the expression; both are in the address', async () => {
    await type('type:FeeCharged');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Remove type:FeeCharged' }).waitFor();
    expect(await field().innerText()).toBe('data.amount > 9990 and type = "FeeCharged"');
    await page.reload();
    const chip = page.getByRole('button', { name: 'Remove type:FeeCharged' });
    await pressEnter(chip);
    await chip.waitFor({ state: 'detached' });
    expect(await field().innerText()).toBe('data.amount > 9990 and type = "FeeCharged"');
    await done().waitFor();
  });

  test('a filter is saved, applied from the palette, renamed and removed', async () => {
    await pressEnter(page.getByRole('button', { name: 'Saved filters' }));
    await page.getByLabel('Name for the present filter').fill('Large fees');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Rename Large fees' }).waitFor();
    await page.keyboard.press('Escape');
    await pressEnter(page.getByRole('button', { name: 'Clear', exact: true }));
    await page
      .getByText(/^60.000 of 60.000/)
      .first()
      .waitFor();
    await page.keyboard.press('ControlOrMeta+k');
    await page.keyboard.type('Large fees');
    await page.getByRole('option', { name: /Apply the filter Large fees/ }).waitFor();
    await page.keyboard.press('Enter');
    await done().waitFor();
    expect(await field().innerText()).toBe('data.amount > 9990 and type = "FeeCharged"');
    await pressEnter(page.getByRole('button', { name: 'Saved filters' }));
    await pressEnter(page.getByRole('button', { name: 'Rename Large fees' }));
    await page.getByLabel('New name of Large fees').fill('Fees above 9990');
    await page.keyboard.press('Enter');
    await pressEnter(page.getByRole('button', { name: 'Remove Fees above 9990' }));
    await page.getByText('None yet.').waitFor();
    await page.keyboard.press('Escape');
  });

  test('a full-text index is built, spares reading, and is removed', async () => {
    await pressEnter(page.getByRole('button', { name: 'Full-text indexes' }));
    await pressEnter(page.getByRole('button', { name: /^Build the index/ }));
    await page.getByText(/^60.000 records · [\d.,]+ MB$/).waitFor({ timeout: 60_000 });
    await page.keyboard.press('Escape');
    await type('match "9007199254740993"');
    await page.keyboard.press('Enter');
    await page
      .getByText(/looked at all 1 value · index spared 59.999/)
      .first()
      .waitFor();
    expect(await rows().count()).toBe(2);
    await pressEnter(page.getByRole('button', { name: 'Full-text indexes' }));
    await pressEnter(page.getByRole('button', { name: /^Remove the index/ }));
    await page.getByText('no index').waitFor();
    await page.keyboard.press('Escape');
  });

  test('what is typed before the types are there finds one', async () => {
    wire = await openWire(page);
    await open(page, 'events');
    await rows().nth(8).waitFor();
    wire.hold();
    await pressEnter(page.getByRole('button', { name: 'Type', exact: true }));
    await page.keyboard.type('feech');
    wire.release();
    const found = page.getByRole('dialog', { name: 'Filter by type' }).getByRole('checkbox');
    await found.and(page.getByLabel(/FeeCharged/)).waitFor();
    expect(await found.count()).toBe(1);
    await page.keyboard.press('Escape');
  });

  test('a row that is chosen while the list of the filter before is there is the record that was seen', async () => {
    const place = page.getByRole('region', { name: 'Record', exact: true }).getByText(/\] @ \d/);
    await rows().nth(1).click();
    await place.waitFor();
    wire.hold();
    await type('type:FeeCharged');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Remove type:FeeCharged' }).waitFor();
    const seen = rows().nth(8).getByRole('gridcell').last();
    const words = await seen.getAttribute('title');
    await seen.click();
    wire.release();
    await page.locator('[role=grid]:not([aria-busy])').waitFor();
    await expect.poll(() => place.innerText(), { timeout: 60_000 }).toBe(words);
  });

  test('is accessible, and nothing failed in the page', async () => {
    await expect.poll(() => accessibilityProblems(page)).toEqual([]);
    expect(problems).toEqual([]);
  });
});
