// What-if and invariants by keyboard only: a changed reducer over all aggregates, a skipped event, a condition.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { story } from '../fixtures/demo/stories.ts';
import { type App, browserProblem, openBrowser, openPage, startApp } from './app.ts';
import { accessibilityProblems, digits, open, pressEnter, stepTo } from './screen.ts';
import { openWire } from './wire.ts';

const doubled = story('interest-posted-twice');
const overdrawn = story('below-zero-healed');

describe.skipIf(browserProblem !== null)('what-if', () => {
  let app: App;
  let browser: Awaited<ReturnType<typeof openBrowser>>;
  beforeAll(async () => {
    app = await startApp();
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await app?.close();
  });

  it('a changed reducer: the set of accounts that differ, one opened, the export marked', async () => {
    const { page, problems } = await openPage(browser, app);
    await page.getByRole('grid', { name: 'Aggregates' }).waitFor();
    await page.keyboard.press('Shift+W');
    await page.getByText('Nothing was tried yet').waitFor();
    await open(page, 'whatif?scope=projection:savings_account');
    const editor = page.getByLabel('Hypothetical reducer');
    await editor.focus();
    await page.keyboard.press('Control+a');
    await page.keyboard.insertText(
      JSON.stringify({
        initial: { balance: 0 },
        on: { DepositMade: [{ op: 'add', path: 'balance', from: 'data.amount' }] },
      }),
    );
    await page.keyboard.press('Control+Enter');
    const set = page.getByRole('grid', { name: 'Aggregates that would differ' });
    await set.waitFor();
    await page
      .getByText(/of \d+ aggregates would differ/)
      .first()
      .waitFor();
    await page.getByText('Hypothetical', { exact: true }).first().waitFor();
    await set.focus();
    await page.keyboard.press('Enter');
    const logs = page.getByRole('grid', { name: 'Both logs aligned' });
    await logs.waitFor();
    await page.getByRole('grid', { name: 'Both states line by line' }).waitFor();
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme });
      await expect.poll(() => accessibilityProblems(page), { timeout: 60_000 }).toEqual([]);
    }
    const download = page.waitForEvent('download');
    await pressEnter(page.getByRole('button', { name: 'Export what differs' }));
    await pressEnter(page.getByRole('menuitem', { name: 'CSV' }));
    const file = await download;
    expect(file.suggestedFilename()).toMatch(/hypothetical/);
    expect(readFileSync(await file.path(), 'utf8')).toMatch(/^hypothetical,/);
    expect(problems).toEqual([]);
    await page.context().close();
  });

  it('rows by another key than the aggregate: written with suggestions, the set, one row with both logs', async () => {
    const { page, problems } = await openPage(browser, app);
    await open(page, 'whatif?scope=projection:processed_events');
    const editor = page.getByRole('textbox', { name: 'Hypothetical reducer' });
    await editor.focus();
    await page.keyboard.press('Control+Home');
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Delete');
    await page.keyboard.insertText('{"initial": {}, "on": {"');
    await page.keyboard.press('Control+Space');
    const suggestions = page.locator('.cm-tooltip-autocomplete');
    await suggestions.getByText('SavingsAccountOpened').first().waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Delete');
    await page.keyboard.insertText(
      '{"initial": {}, "on": {"*": [{"op": "add", "path": "times", "value": 2}]}}',
    );
    await page.keyboard.press('Control+Enter');
    await page
      .getByText(/^[1-9].* rows would differ/)
      .first()
      .waitFor();
    // Those of the test before stand there until these come.
    const set = page.getByRole('grid', { name: 'Rows that would differ' });
    await set.and(page.locator(':not([aria-busy])')).waitFor();
    await set.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('grid', { name: 'Both logs aligned' }).waitFor();
    await page
      .getByRole('grid', { name: 'Both states line by line' })
      .getByRole('gridcell')
      .first()
      .waitFor();
    await expect.poll(() => decodeURIComponent(page.url())).toContain('openType=row:processed_events');
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme });
      await expect.poll(() => accessibilityProblems(page), { timeout: 60_000 }).toEqual([]);
    }
    expect(problems).toEqual([]);
    await page.context().close();
  });

  it('a skipped event: from its timeline, what one posting of interest too many cost', async () => {
    const { page, problems } = await openPage(browser, app);
    await open(page, `whatif?type=SavingsAccount&id=${doubled.aggregateId}&part=log`);
    const log = page.getByRole('listbox', { name: 'Hypothetical log' });
    await log.waitFor();
    await log.focus();
    await page.keyboard.press('End');
    const chosen = log.getByRole('option', { selected: true });
    const time = doubled.facts.secondRecorded!.slice(11, 19);
    await stepTo(page, log, 'ArrowUp', (words) => words.includes(time) && /interest/i.test(words));
    await page.keyboard.press('x');
    await chosen.getByText('skipped').waitFor();
    await page.keyboard.press('Control+Enter');
    // The answer of the test before stands there until this one comes.
    await page.getByText(/^1 change to the log of/).waitFor();
    const set = page.getByRole('grid', { name: 'Aggregates that would differ' });
    const row = set.getByRole('row', { name: doubled.aggregateId });
    await row.waitFor();
    await expect.poll(async () => digits(await row.textContent())).toContain(`-${doubled.facts.amount}`);
    expect(problems).toEqual([]);
    await page.context().close();
  });

  it('keys that are quicker than the hypothetical log wait for it, in their order', async () => {
    const { page, problems } = await openPage(browser, app);
    const wire = await openWire(page);
    await open(page, `whatif?type=SavingsAccount&id=${doubled.aggregateId}&part=log`);
    const log = page.getByRole('listbox', { name: 'Hypothetical log' });
    await log.getByRole('option').nth(5).waitFor();
    await log.focus();
    const words = () =>
      log
        .getByRole('option')
        .evaluateAll((rows) => rows.slice(0, 5).map((row) => row.querySelector('span > span')?.textContent));
    const marks = async () =>
      (await log.getByRole('option').allInnerTexts())
        .slice(0, 6)
        .map((text) => /moved away|moved here|skipped|inserted/.exec(text)?.[0] ?? '');
    const [first, second, third, fourth] = await words();
    wire.hold();
    for (const key of ['Alt+ArrowDown', 'Alt+ArrowDown', 'ArrowDown', 'x', 'x', 'x'])
      await page.keyboard.press(key);
    wire.release();
    await expect
      .poll(marks, { timeout: 60_000 })
      .toEqual(['moved away', '', '', 'skipped', 'moved here', '']);
    await page.getByText('2 changes', { exact: true }).waitFor();
    expect(await words()).toEqual([first, second, third, fourth, first]);
    expect(await page.getByText('Not every change can be made').count()).toBe(0);
    // Back past its own place, and behind the second again: always the same event.
    wire.hold();
    await page.keyboard.press('ArrowDown');
    for (const key of ['Up', 'Up', 'Down']) await page.keyboard.press(`Alt+Arrow${key}`);
    wire.release();
    await expect
      .poll(marks, { timeout: 60_000 })
      .toEqual(['moved away', '', 'moved here', '', 'skipped', '']);
    await log.getByRole('option', { selected: true }).getByText('moved here').waitFor();
    expect(await words()).toEqual([first, second, first, third, fourth]);
    expect(problems).toEqual([]);
    await page.context().close();
  });

  it('what comes late is about the event that was meant: a click while rows are awaited, the payload of the last one asked for', async () => {
    const { page, problems } = await openPage(browser, app);
    const wire = await openWire(page);
    await open(page, `whatif?type=SavingsAccount&id=${doubled.aggregateId}&part=log`);
    const log = page.getByRole('listbox', { name: 'Hypothetical log' });
    const row = (at: number) => log.getByRole('option').nth(at);
    await row(6).waitFor();
    await log.focus();
    const fifth = await row(4).locator('span > span').first().textContent();
    wire.hold();
    await page.keyboard.press('Alt+ArrowDown');
    await page.keyboard.press('Alt+ArrowDown');
    await row(4).click();
    await page.keyboard.press('x');
    wire.release();
    // The first event left its place in the list and has another one before the fifth.
    await row(5).getByText('skipped').waitFor();
    expect(await row(5).locator('span > span').first().textContent()).toBe(fifth);

    await pressEnter(page.getByRole('button', { name: 'All as it was' }));
    await row(5).getByText('skipped').waitFor({ state: 'detached' });
    const [held, first] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const asked: number[] = [];
    wire.answers('whatif.payload', (payload, { id }) => {
      asked.push(id);
      const answer = { ...payload, data: `{"of": ${id}}` };
      // The first one comes last.
      return asked.length > 1 ? held.promise.then(() => answer) : first.promise.then(() => answer);
    });
    await log.focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('e');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('e');
    await expect.poll(() => asked.length, { timeout: 60_000 }).toBe(2);
    held.resolve();
    setImmediate(first.resolve);
    const payload = page.getByRole('dialog').getByLabel('Payload');
    await payload.waitFor();
    expect(await payload.inputValue()).toBe(`{"of": ${asked[1]}}`);
    await pressEnter(page.getByRole('dialog').getByRole('button', { name: 'Edit' }));
    await row(1).getByText('edited').waitFor();
    expect(problems).toEqual([]);
    await page.context().close();
  });

  it('a condition while typing, over one account and over all; the violation that healed is one key away', async () => {
    const { page, problems } = await openPage(browser, app);
    const about = `type=SavingsAccount&id=${overdrawn.aggregateId}`;
    await open(page, `whatif?see=invariants&projection=savings_account&${about}`);
    const field = page.getByLabel('Try a condition');
    await field.waitFor();
    await field.focus();
    await page.keyboard.type('balance >= ');
    await page.getByText(/Here, at the end/).waitFor();
    await page.keyboard.type('0');
    await page.getByText('Broken 1 time, healed each time.').first().waitFor();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Control+Enter');
    const list = page.getByRole('grid', { name: 'Violations' });
    await list.waitFor();
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme });
      await expect.poll(() => accessibilityProblems(page), { timeout: 60_000 }).toEqual([]);
    }
    await list.focus();
    await stepTo(page, list, 'ArrowDown', (words) => words.includes(overdrawn.aggregateId.slice(0, 8)));
    await page.keyboard.press('Enter');
    await page.waitForURL(new RegExp(`#/aggregates/SavingsAccount/${overdrawn.aggregateId}\\?`));
    expect(problems).toEqual([]);
    await page.context().close();
  });

  it('a condition on the rows of a projection by another key: no event was processed twice; what breaks another one', async () => {
    const { page, problems } = await openPage(browser, app);
    await open(
      page,
      `whatif?see=invariants&projection=processed_events&type=SavingsAccount&id=${doubled.aggregateId}`,
    );
    // No aggregate has the state of a row: there is nothing to show beside the conditions.
    await page.getByText('on the state of each row, by $eventId').waitFor();
    const field = page.getByLabel('Try a condition');
    await field.focus();
    await page.keyboard.type('times <= 1');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Control+Enter');
    await page
      .getByText(/^0 violations in \d+ rows/)
      .first()
      .waitFor();
    await page.getByText('No violation', { exact: true }).waitFor();
    await field.focus();
    await page.keyboard.type('type != "FeeCharged"');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Control+Enter');
    const list = page.getByRole('grid', { name: 'Violations' });
    await list.getByRole('columnheader', { name: 'Row' }).waitFor();
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme });
      await expect.poll(() => accessibilityProblems(page), { timeout: 60_000 }).toEqual([]);
    }
    await list.focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(/#\/aggregates\/[^/]+\/[^/]+\?.*event=/);
    expect(problems).toEqual([]);
    await page.context().close();
  });
});
