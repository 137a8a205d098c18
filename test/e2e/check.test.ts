// The consistency check by keyboard: run, choose a rule, jump to the event, and take the audit report.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { story } from '../fixtures/demo/stories.ts';
import { type App, browserProblem, openBrowser, openPage, startApp } from './app.ts';
import { accessibilityProblems } from './screen.ts';

const doubled = story('interest-posted-twice');

describe.skipIf(browserProblem !== null)('the consistency check', () => {
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

  it('finds the interest posted twice and jumps to it, by keyboard only', async () => {
    const { page, problems } = await openPage(browser, app);
    await page.getByRole('link', { name: 'Check' }).waitFor();
    await page.keyboard.press('Alt+0');
    await page.getByText('Nothing has been checked in this session').waitFor();
    await page.keyboard.press('r');
    const rules = page.getByRole('listbox', { name: 'Rules' });
    await rules.waitFor();
    await rules.focus();
    const wanted = rules.getByRole('option', { name: 'Same content under a new event id' });
    while ((await wanted.getAttribute('aria-selected')) !== 'true') await page.keyboard.press('ArrowDown');
    const findings = page.getByRole('listbox', { name: 'Findings' });
    const twice = findings.getByRole('option', { name: doubled.aggregateId });
    await twice.waitFor();
    await findings.focus();
    await page.keyboard.press('End');
    while ((await twice.getAttribute('aria-selected')) !== 'true') await page.keyboard.press('ArrowUp');
    const detail = page.getByRole('region', { name: 'Finding', exact: true });
    await detail.getByText('its effect counts twice for everybody').waitFor();

    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme });
      await expect.poll(() => accessibilityProblems(page), { timeout: 8000 }).toEqual([]);
    }

    const download = page.waitForEvent('download');
    await detail.getByRole('button', { name: 'Markdown' }).press('Enter');
    const file = await download;
    expect(file.suggestedFilename()).toBe(`audit-SavingsAccount-${doubled.aggregateId}.md`);
    expect(readFileSync(await file.path(), 'utf8')).toContain('Same content under a new event id');

    await findings.focus();
    await page.keyboard.press('Enter');
    await page.getByText('4.0 s earlier, with another event id').first().waitFor();
    expect(new URL(page.url()).hash).toMatch(
      new RegExp(`^#/aggregates/SavingsAccount/${doubled.aggregateId}\\?event=\\d+$`),
    );
    expect(problems).toEqual([]);
    await page.context().close();
  });
});
