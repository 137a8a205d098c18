// The list of aggregates with the columns of a projection, as of the focus on both clocks, by keyboard.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { canonicalJson, sha256Hex } from '../../src/core/json.ts';
import type { Json } from '../../src/core/model.ts';
import { pinOf } from '../../src/core/reducerPin.ts';
import { story } from '../fixtures/demo/stories.ts';
import { demoProblem, demoRecording, type OpenApp } from './app.ts';
import { openDemo } from './demoPage.ts';
import { accessibilityProblems, digits, open, pressEnter, stateValue } from './screen.ts';
import { openWire } from './wire.ts';

const NAME = 'counted';
const reducer = (by: number) => ({
  ...{ name: NAME, version: by, initial: { total: 0 } },
  on: { '*': [{ op: 'add', path: 'total', value: by }] },
});
const pinOfVersion = (by: number): string => pinOf(sha256Hex(canonicalJson(reducer(by) as unknown as Json)));

/** A definition that was saved twice, as a person leaves it. */
function keepVersions(dataDir: string): void {
  const file = (by: number) =>
    JSON.stringify({
      ...{ name: NAME, title: 'Counted', source: { aggregateTypes: ['SavingsAccount'] }, key: 'aggregateId' },
      ...{ columns: [{ name: 'total', type: 'integer' }], reducer: reducer(by) },
    });
  const folder = join(dataDir, 'projections');
  mkdirSync(join(folder, 'versions', NAME), { recursive: true });
  writeFileSync(join(folder, `${NAME}.json`), file(2));
  writeFileSync(join(folder, 'versions', NAME, '1000.json'), file(1));
}

const WAIT = { timeout: 60_000 };

describe.skipIf(demoProblem !== null)('columns in the list of aggregates', () => {
  let dataDir: string;
  let demo: OpenApp;
  let page: Page;
  let problems: string[];

  beforeAll(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'hindcast-columns-'));
    keepVersions(dataDir);
    demo = await openDemo({ workspace: demoRecording, dataDir, timeout: WAIT.timeout });
    ({ page, problems } = demo);
  });
  afterEach(() => expect(problems.splice(0)).toEqual([]));
  afterAll(async () => {
    await demo?.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const grid = () => page.getByRole('grid', { name: 'Aggregates' });
  const rows = () =>
    grid()
      .getByRole('row')
      .filter({ has: page.getByRole('gridcell') });
  const editor = () => page.getByRole('textbox', { name: 'SQL statement' });
  const params = () => page.evaluate(() => location.hash);
  /** Numbers of a column in the rows on the screen. */
  const numbersOf = async (title: string) => {
    const heads = await grid().getByRole('columnheader').allTextContents();
    const at = heads.findIndex((text) => text.includes(title));
    const cells = await rows().evaluateAll(
      (found, column) =>
        found.map((row) => row.querySelectorAll('[role=gridcell]')[column]?.textContent ?? ''),
      at,
    );
    return cells.map((text) => (digits(text) === '' ? Number.NaN : Number(digits(text))));
  };
  const sorted = (values: readonly number[]) => values.filter((value) => !Number.isNaN(value));

  test('a projection is chosen, replayed, ordered and filtered without the mouse', async () => {
    await open(page, 'aggregates');
    await rows().first().waitFor();
    await grid().focus();
    await page.keyboard.press('c');
    await page.keyboard.press('Enter');
    await pressEnter(page.getByRole('option', { name: 'Savings accounts', exact: true }));
    await page.getByText('Savings accounts was never replayed').waitFor();
    await expect.poll(params, WAIT).toContain('columns=savings_account');
    await page.getByRole('button', { name: 'Replay' }).focus();
    await page.keyboard.press('Enter');
    await expect.poll(async () => sorted(await numbersOf('balance')).length, WAIT).toBeGreaterThan(10);
    await expect.poll(() => page.getByText('never replayed').count(), WAIT).toBe(0);

    await grid().getByRole('columnheader', { name: 'balance' }).getByRole('button').focus();
    await page.keyboard.press('Enter');
    await expect.poll(params, WAIT).toContain('by=-balance');
    await expect
      .poll(async () => {
        const values = sorted(await numbersOf('balance'));
        return values.length > 10 && values.every((value, at) => at === 0 || value <= values[at - 1]!);
      }, WAIT)
      .toBe(true);

    await grid().focus();
    await page.keyboard.press('f');
    await page.keyboard.insertText('balance > 1000');
    await page.keyboard.press('Enter');
    // The highest stood on top before, too.
    await grid().and(page.locator(':not([aria-busy])')).waitFor();
    await expect
      .poll(async () => {
        const values = await numbersOf('balance');
        return values.length > 0 && values.every((value) => value > 1000);
      }, WAIT)
      .toBe(true);
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await expect.poll(() => accessibilityProblems(page), WAIT).toEqual([]);
    }
  });

  test('says what is wrong with a condition in its place, and what no aggregate fits', async () => {
    await grid().focus();
    await page.keyboard.press('f');
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Delete');
    await page.keyboard.insertText('balance <');
    await page.keyboard.press('Enter');
    await page
      .getByRole('alert')
      .filter({ hasText: /character|expected|value/i })
      .waitFor();
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Delete');
    await page.keyboard.insertText('balance > 99999999999');
    await page.keyboard.press('Enter');
    await page.getByText('Of no aggregate the condition holds').waitFor();
    await pressEnter(page.getByRole('button', { name: 'Without the condition' }));
    await rows().first().waitFor();
  });

  test('shows the columns as of the focus, as the SQL console and the row of an aggregate do', async () => {
    for (const [name, focus] of [
      ['known', 'known=2026-01-10T00:00:00.000Z'],
      ['true', 'true=2026-01-10T00:00:00.000Z'],
    ] as const) {
      const list = 'columns=savings_account&type=SavingsAccount&show=balance,status&by=-balance';
      await open(page, `aggregates?${list}&${focus}`);
      await page.getByText(`${name} on 10 Jan 2026`).first().waitFor();
      const highest = async () => (await numbersOf('balance'))[0] ?? Number.NaN;
      await expect.poll(highest, WAIT).toBeGreaterThan(0);
      const listed = await highest();
      await open(page, `projections?view=sql&${focus}`);
      await editor().focus();
      await page.keyboard.press('Control+a');
      await page.keyboard.press('Delete');
      await page.keyboard.insertText('SELECT max(balance) AS highest FROM savings_account');
      await page.keyboard.press('Control+Enter');
      const answer = page.getByRole('grid').getByRole('gridcell').first();
      await expect.poll(async () => Number(digits(await answer.textContent())), WAIT).toBe(listed);

      await open(page, `aggregates?${list}&${focus}`);
      await expect.poll(highest, WAIT).toBe(listed);
      await grid().focus();
      await page.keyboard.press('Home');
      await page.keyboard.press('Enter');
      await page.getByRole('tree', { name: 'State' }).waitFor();
      await page.keyboard.press('v');
      await page.keyboard.press('v');
      const row = page.getByLabel('Row of savings_account');
      await row.waitFor();
      const terms = await row.locator('dt').allTextContents();
      const values = await row.locator('dd').allTextContents();
      expect(Number(digits(values[terms.indexOf('balance')]))).toBe(listed);
    }
  });

  test('a link made with an earlier version of a reducer opens with it, says so, and offers both', async () => {
    await open(page, 'aggregates?type=SavingsAccount&sort=id');
    await rows().first().waitFor();
    await grid().focus();
    await page.keyboard.press('Enter');
    await page.getByRole('tree', { name: 'State' }).waitFor();
    const place = (await params()).slice(2).split('?')[0]!;
    const total = async () => Number((await stateValue(page, 'total')) ?? Number.NaN);
    await open(page, `${place}?reducer=${NAME}@${pinOfVersion(1)}`);
    await page.getByText('Folded with an earlier definition of counted: version 1').waitFor();
    await expect.poll(total, WAIT).toBeGreaterThan(0);
    const earlier = await total();
    await page.getByRole('button', { name: 'Use the present one' }).focus();
    await page.keyboard.press('Enter');
    await expect.poll(total, WAIT).toBe(earlier * 2);
    expect(await page.getByText('Folded with an earlier definition').count()).toBe(0);
    await page.goBack();
    await expect.poll(total, WAIT).toBe(earlier);
    await page.getByRole('button', { name: 'Compare both' }).focus();
    await page.keyboard.press('Enter');
    await expect.poll(params, WAIT).toContain(`a.reducer=${NAME}@${pinOfVersion(1)}`);
    await page.getByText('1 changed').first().waitFor();

    await open(page, `${place}?reducer=${NAME}@000000000000`);
    await page.getByText('which is not kept on this machine').waitFor();
    await page.getByRole('button', { name: 'Use the present one' }).focus();
    await page.keyboard.press('Enter');
    await expect.poll(total, WAIT).toBe(earlier * 2);

    // What is sent on names the version that made it.
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.keyboard.press('y');
    await page.getByText('The link to this view is copied.').waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toContain(
      `reducer=${NAME}@${pinOfVersion(2)}`,
    );
  });

  test('Enter that is quicker than the answer of a search opens what is found, not what was there before', async () => {
    const wire = await openWire(page);
    await open(page, 'aggregates?sort=id');
    await rows().nth(3).waitFor();
    const { aggregateId } = story('interest-posted-twice');
    expect(await rows().first().textContent()).not.toContain(aggregateId);
    await page.keyboard.press('/');
    wire.hold();
    await page.keyboard.type(aggregateId);
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    wire.release();
    await page.waitForURL((url) => url.hash.startsWith(`#/aggregates/SavingsAccount/${aggregateId}`));

    // Who types on has not meant it yet.
    await open(page, 'aggregates?sort=id');
    await rows().nth(3).waitFor();
    await page.keyboard.press('/');
    wire.hold();
    await page.keyboard.type(aggregateId.slice(0, -1));
    await page.keyboard.press('Enter');
    await page.keyboard.type(aggregateId.slice(-1));
    wire.release();
    await rows().first().filter({ hasText: aggregateId }).waitFor();
    await expect.poll(params, WAIT).toContain(`q=${aggregateId}`);
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => url.hash.startsWith(`#/aggregates/SavingsAccount/${aggregateId}`));
  });
});
