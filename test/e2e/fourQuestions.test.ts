// The four questions of the README, answered in the window by following it, by keyboard.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { story } from '../fixtures/demo/stories.ts';
import { demoProblem, type OpenApp, openApp } from './app.ts';
import { digits, open, stateLine, stepTo } from './screen.ts';

const WAIT = { timeout: 60_000 };
const doubled = story('interest-posted-twice');
const late = story('backdated-deposit');
const overdrawn = story('below-zero-healed');

describe.skipIf(demoProblem !== null)('the four questions of the README', () => {
  let opened: OpenApp;
  let page: Page;
  let problems: string[];
  const press = (...keys: string[]) =>
    keys.reduce((done, key) => done.then(() => page.keyboard.press(key)), Promise.resolve());
  /** Finds an account by its number and opens its timeline. */
  const openAccount = async (number: string, id: string) => {
    await open(page, 'aggregates');
    await page.getByRole('grid', { name: 'Aggregates' }).waitFor();
    // A question before may have left another time to look at.
    await press('Shift+T', '/');
    await page.keyboard.type(number);
    const grid = page.getByRole('grid', { name: 'Aggregates' });
    // As long as they are looked for, the list shows those of the number as far as it was typed before.
    await grid.and(page.locator(':not([aria-busy])')).waitFor();
    // Those found come one after the other.
    await expect.poll(async () => Number(await grid.getAttribute('aria-rowcount')), WAIT).toBeLessThan(10);
    await grid.getByRole('row').filter({ hasText: id }).waitFor();
    // From the field into the rows.
    await press('ArrowDown');
    await stepTo(page, grid, 'ArrowDown', (words) => words.includes(id));
    await press('Enter');
    await page.getByRole('heading', { level: 1, name: new RegExp(number) }).waitFor();
  };
  const balance = async () => digits(await stateLine(page, 'balance').textContent());

  beforeAll(async () => {
    opened = await openApp({ timeout: WAIT.timeout });
    ({ page, problems } = opened);
    await page.getByRole('button', { name: 'Workspace: Demo read-only' }).waitFor();
  });
  afterAll(async () => {
    await opened?.close();
  });

  test('which event broke it, and would my fix have avoided it?', async () => {
    await openAccount('SA-1000420017', doubled.aggregateId);
    const { balanceRight, balanceWrong, amount } = doubled.facts;
    await press('Home');
    const event = page.getByRole('region', { name: 'Chosen event' });
    const list = page.getByRole('listbox', { name: 'Events of the aggregate' });
    await stepTo(page, list, 'n', (words) => /^395(?!\d)/.test(words));
    await event.getByText(/same content as/i).waitFor();
    await expect
      .poll(async () => digits(await stateLine(page, 'balance').textContent()), WAIT)
      .toContain(balanceWrong);
    expect(digits(await stateLine(page, 'balance').textContent())).toContain(balanceRight);
    await press('w');
    const log = page.getByRole('listbox', { name: 'Hypothetical log' });
    const chosen = log.getByRole('option', { selected: true });
    await expect.poll(async () => digits(await chosen.textContent()), WAIT).toContain(amount);
    await press('x');
    await chosen.getByText('skipped').waitFor();
    await press('Control+Enter');
    await page.getByText(/^1 change to the log of/).waitFor();
    const row = page
      .getByRole('grid', { name: 'Aggregates that would differ' })
      .getByRole('row', { name: doubled.aggregateId });
    await expect.poll(async () => digits(await row.textContent()), WAIT).toContain(`-${amount}`);
    await page.getByText('Hypothetical', { exact: true }).first().waitFor();
  });

  test('what was known, and what was true, on a day?', async () => {
    await openAccount('SA-1000418820', late.aggregateId);
    await press('Shift+O');
    await page.getByRole('slider', { name: /The point on the two clocks/ }).waitFor();
    await press('t');
    await page
      .getByRole('dialog', { name: 'Time to look at' })
      .getByLabel('What did we know on')
      .fill('2025-09-12T12:00Z');
    await press('Enter');
    const shown = async () =>
      digits(
        await page
          .getByRole('tree', { name: 'State at the point' })
          .getByRole('treeitem')
          .filter({ has: page.getByText('balance', { exact: true }) })
          .first()
          .textContent(),
      );
    await expect.poll(shown, WAIT).toContain(late.facts.balanceKnown);
    await press('2');
    await expect.poll(shown, WAIT).toContain(late.facts.balanceTrue);
  });

  test('how much was in the account at 14:34:12?', async () => {
    await openAccount('SA-1000420017', doubled.aggregateId);
    await press('Home', 'g');
    await page.getByRole('dialog', { name: 'Go to' }).waitFor();
    await page.keyboard.type('2025-11-18T14:34:12Z');
    await press('Enter');
    await expect.poll(balance, WAIT).toContain(`${overdrawn.facts.lowestBalance}-25.00`);
  });

  test('which aggregates does my changed reducer change?', async () => {
    await open(page, 'whatif');
    const editor = page.getByLabel('Hypothetical reducer');
    await editor.waitFor();
    await editor.focus();
    await press('Control+a');
    await page.keyboard.insertText(
      JSON.stringify({
        initial: { balance: 0 },
        on: { DepositMade: [{ op: 'add', path: 'balance', from: 'data.amount' }] },
      }),
    );
    await press('Control+Enter');
    await page
      .getByText(/of \d+ aggregates would differ/)
      .first()
      .waitFor();
    const rows = page.getByRole('grid', { name: 'Aggregates that would differ' }).getByRole('row');
    await expect.poll(() => rows.count(), WAIT).toBeGreaterThan(2);
    expect(problems).toEqual([]);
  });
});
