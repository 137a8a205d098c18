// The studio on logs that are nobody's demo data, by keyboard alone: timeline, state, compare, two clocks, check.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseTime } from '../../src/core/time.ts';
import { ACTIVITY, AT, CASE, fineRows, type LogRow, logsAreThere } from '../fixtures/processLogs.ts';
import { browserProblem, type OpenApp, openApp } from './app.ts';
import { judgedAtBothSizes } from './demoPage.ts';
import { makeLogs } from './processLogWorkspace.ts';
import { chosenEvent, digits, open, stateLine, stateValue } from './screen.ts';

const WAIT = { timeout: 60_000 };

/** A case whose fine was raised and that was paid in more than one payment. */
function tellingCase(): { name: string; rows: LogRow[] } {
  const [name, rows] = [...Map.groupBy(fineRows(), (row) => row[CASE]!)].find(
    ([, each]) =>
      each.filter((row) => row[ACTIVITY] === 'Payment').length > 1 &&
      each.some((row) => row[ACTIVITY] === 'Add penalty'),
  )!;
  return { name: `${name}-0`, rows };
}

describe.skipIf(browserProblem !== null || !logsAreThere)('real process logs in the window', () => {
  let opened: OpenApp;
  let page: Page;
  let problems: string[];
  let logs: Awaited<ReturnType<typeof makeLogs>>;
  const press = async (...keys: string[]) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  const goTo = async (text: string) => {
    await press('g');
    await page.getByRole('dialog', { name: 'Go to' }).waitFor();
    await page.keyboard.type(text);
    await press('Enter');
    await page.getByRole('dialog', { name: 'Go to' }).waitFor({ state: 'detached' });
  };
  beforeAll(async () => {
    logs = await makeLogs();
    opened = await openApp({ ...logs, timeout: WAIT.timeout });
    ({ page, problems } = opened);
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  });
  afterAll(async () => {
    await opened?.close();
    logs?.remove();
  });

  const { name, rows } = logsAreThere ? tellingCase() : { name: '', rows: [] };
  const penalty = rows.findIndex((row) => row[ACTIVITY] === 'Add penalty');
  const fine = rows[0]?.amount;
  const raised = rows[penalty]?.amount;

  test('a case is found by its name and opened; its events are the rows, its state what they say', async () => {
    await open(page, 'aggregates');
    const grid = page.getByRole('grid', { name: 'Aggregates' });
    await grid.getByRole('gridcell').first().waitFor();
    await press('/');
    await page.keyboard.type(name);
    // Of a part of the name there may be one as well, which is another.
    await grid.and(page.locator(':not([aria-busy])')).waitFor();
    await expect.poll(() => grid.getAttribute('aria-rowcount'), WAIT).toBe('2');
    await press('ArrowDown', 'Enter');
    await page.getByRole('heading', { level: 1, name: `Fines ${name}` }).waitFor();
    await page.getByText(`Now: ${rows.length} of ${rows.length} events`, { exact: false }).waitFor();
    await press('Home');
    await expect.poll(() => stateValue(page, 'amount'), WAIT).toBe(fine);
    for (let at = 0; at < penalty; at += 1) await press('ArrowRight');
    await expect.poll(() => chosenEvent(page).textContent(), WAIT).toContain('Add penalty');
    await expect.poll(() => stateValue(page, 'amount'), WAIT).toBe(raised);
    expect(digits(await stateLine(page, 'amount').locator('del').textContent())).toContain(fine);
    await judgedAtBothSizes(page);
  });

  test('who set a value, from when, all its values; path, value and JSON are copied and shown exactly', async () => {
    await press('End');
    await goTo(`#${rows.length}`);
    const tree = page.getByRole('tree', { name: 'State' });
    await tree.focus();
    await press('Home');
    await expect.poll(() => stateLine(page, 'amount').getAttribute('aria-selected'), WAIT).toBe('true');
    const event = page.getByRole('region', { name: 'Chosen event' });
    await event.getByText('amount, earlier values').waitFor();
    await event.getByRole('img', { name: /^amount: 2 values, lowest / }).waitFor();
    await press('c');
    await page.getByText('Copied the value of amount.').waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(raised);
    await press('Shift+C');
    await page.getByText('Copied the path amount.').waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('amount');
    await press('b');
    await expect.poll(() => chosenEvent(page).textContent(), WAIT).toContain('Add penalty');
    await press('v');
    await page.getByText(`"amount": ${raised}`).waitFor();
    await press('v', 'v');
    await tree.waitFor();
  });

  test('two moments of it are compared with the events between them', async () => {
    await goTo('#1');
    await press('m');
    await page.getByRole('button', { name: /^Compare with A/ }).waitFor();
    await goTo(`#${rows.length}`);
    await expect.poll(() => chosenEvent(page).textContent(), WAIT).toMatch(new RegExp(`^${rows.length}`));
    await press('m');
    await page.getByRole('heading', { level: 1, name: 'Compare' }).waitFor();
    const row = page
      .getByRole('grid', { name: 'Differences' })
      .getByRole('row')
      .filter({ has: page.getByText('amount', { exact: true }) });
    await row.waitFor();
    const cells = async () => (await row.getByRole('gridcell').allTextContents()).slice(1, 3).map(digits);
    await expect.poll(cells, WAIT).toEqual([fine, raised]);
    const between = page.getByRole('listbox', { name: 'Events between A and B' }).getByRole('option');
    await expect.poll(() => between.count(), WAIT).toBe(rows.length - 1);
    await judgedAtBothSizes(page);
  });

  test('items of a list are put beside each other by what names them, not by their place', async () => {
    const side = (letter: string, at: string) =>
      `${letter}.type=baskets&${letter}.id=basket-1&${letter}.at=${at}`;
    await open(page, `compare?${side('a', 'start')}&${side('b', 'last')}`);
    await page.getByText('Before the first of', { exact: false }).first().waitFor();
    // From before the first event to after it; the arrow moves A.
    await press('Shift+ArrowRight');
    const grid = page.getByRole('grid', { name: 'Differences' });
    const texts = async () =>
      (await grid.getByRole('row').allTextContents()).map((text) => digits(text)).join('\n');
    await expect.poll(texts, WAIT).toMatch(/quantity13\+2/);
    expect(await texts()).toMatch(/onlyinB[^\n]*\n?[\s\S]*fig/);
    expect(await texts()).not.toMatch(/quantity15/);
  });

  test('what was true inside of the case, on the plane and by the two presets', async () => {
    await open(page, `clocks/fines/${encodeURIComponent(name)}`);
    const point = page.getByRole('slider', { name: /The point on the two clocks/ });
    await point.waitFor();
    const moment = new Date(parseTime(rows[penalty]![AT]!)).toISOString();
    await press('t');
    const form = page.getByRole('dialog', { name: 'Time to look at' });
    await form.waitFor();
    await press('Tab');
    await page.keyboard.type(moment);
    await press('Enter');
    const by = rows.filter((row) => parseTime(row[AT]!) <= Date.parse(moment)).length;
    await page.getByText(`${by} of ${rows.length} events count`, { exact: false }).first().waitFor();
    await press('0');
    await page.getByText(`${rows.length} of ${rows.length} events count`).first().waitFor();
    await judgedAtBothSizes(page);
  });

  test('the check says what this log does, and how many of it are listed', async () => {
    await open(page, 'check');
    await page.getByText('Nothing has been checked in this session').waitFor();
    await press('r');
    const findings = page.getByRole('listbox', { name: 'Findings' });
    await findings.waitFor();
    const rules = page.getByRole('listbox', { name: 'Rules' });
    await rules.getByRole('option', { name: /Recorded time runs backwards/ }).waitFor();
    // The first finding has the focus: Enter goes there.
    await expect.poll(() => findings.evaluate((each) => each === document.activeElement), WAIT).toBe(true);
    await page.getByText(/^the first \d.* of \d/).waitFor();
    await judgedAtBothSizes(page);
    await press('Enter');
    await page.getByRole('heading', { level: 1, name: /^(Fines|Reviews) / }).waitFor();
    expect(problems).toEqual([]);
  });
});
