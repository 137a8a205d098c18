// The consistency check by keyboard: run, choose a rule, jump to the event, and take the audit report.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { story } from '../fixtures/demo/stories.ts';
import { type App, browserProblem, openBrowser, openPage, startApp } from './app.ts';
import { accessibilityProblems, open, pressEnter, stepTo, timelineOf } from './screen.ts';

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
    // The first finding has the focus.
    const findings = page.getByRole('listbox', { name: 'Findings' });
    await expect.poll(() => findings.evaluate((each) => each === document.activeElement)).toBe(true);
    await rules.focus();
    const rule = 'Same content under a new event id';
    await stepTo(page, rules, 'ArrowDown', (words) => words.includes(rule));
    // Until then the findings are those of a rule before.
    const detail = page.getByRole('region', { name: 'Finding', exact: true });
    await detail.getByRole('heading', { name: rule }).waitFor();
    const twice = findings.getByRole('option', { name: doubled.aggregateId });
    await twice.waitFor();
    await findings.focus();
    await page.keyboard.press('End');
    await stepTo(page, findings, 'ArrowUp', (words) => words.includes(doubled.aggregateId));
    await detail.getByText('its effect counts twice for everybody').waitFor();

    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme });
      await expect.poll(() => accessibilityProblems(page), { timeout: 60_000 }).toEqual([]);
    }

    const download = page.waitForEvent('download');
    await pressEnter(detail.getByRole('button', { name: 'Markdown' }));
    const file = await download;
    expect(file.suggestedFilename()).toBe(`audit-SavingsAccount-${doubled.aggregateId}.md`);
    expect(readFileSync(await file.path(), 'utf8')).toContain(rule);

    await findings.focus();
    await page.keyboard.press('Enter');
    await page.getByText('4.0 s earlier, with another event id').first().waitFor();
    await expect
      .poll(() => new URL(page.url()).hash)
      .toMatch(new RegExp(`^#/aggregates/SavingsAccount/${doubled.aggregateId}\\?event=\\d+$`));
    expect(problems).toEqual([]);
    await page.context().close();
  });

  it('writes the audit report as HTML, Markdown and JSON, with the state at asked moments', async () => {
    const { page, problems } = await openPage(browser, app);
    await page.getByRole('link', { name: 'Check' }).waitFor();
    await open(page, timelineOf(doubled.aggregateId, `?known=${doubled.facts.firstRecorded}`));
    await page.getByRole('tree', { name: 'State' }).waitFor();
    const dialog = page.getByRole('dialog', { name: 'Audit report' });
    const texts: string[] = [];
    for (const [format, ending] of [
      ['HTML', 'html'],
      ['Markdown', 'md'],
      ['JSON', 'json'],
    ] as const) {
      await page.keyboard.press('r');
      const field = dialog.getByLabel('State also at');
      // The moment of the focus is proposed.
      await expect.poll(() => field.inputValue()).toBe(doubled.facts.firstRecorded);
      await pressEnter(dialog.getByRole('button', { name: format, exact: true }));
      if (ending === 'html') {
        await field.fill('yesterday');
        await field.press('Control+Enter');
        await dialog.getByText(/^yesterday: /).waitFor();
        await field.fill(doubled.facts.firstRecorded!);
        await expect.poll(() => accessibilityProblems(page), { timeout: 60_000 }).toEqual([]);
      }
      const download = page.waitForEvent('download');
      await field.press('Control+Enter');
      const file = await download;
      expect(file.suggestedFilename()).toBe(`audit-SavingsAccount-${doubled.aggregateId}.${ending}`);
      texts.push(readFileSync(await file.path(), 'utf8'));
      await dialog.waitFor({ state: 'detached' });
    }
    const [html, markdown, json] = texts;
    for (const text of texts) {
      expect(text).toContain('InterestPosted');
      // Known then, and at the end.
      expect(text).toContain(doubled.facts.balanceRight);
    }
    expect(html).toMatch(/^<!doctype html>/i);
    expect(html).not.toMatch(/<script/i);
    expect(markdown).toMatch(/^# /);
    expect(() => JSON.parse(json!)).not.toThrow();
    // It can be opened: nothing in it is fetched from anywhere.
    const opened = await page.context().newPage();
    const asked: string[] = [];
    opened.on('request', (request) => asked.push(request.url()));
    await opened.setContent(html!);
    await opened.getByRole('heading', { level: 1 }).waitFor();
    expect(asked).toEqual([]);
    await opened.close();
    expect(problems).toEqual([]);
    await page.context().close();
  });
});
