// The SQL console by keyboard on the bundled demo recording: completion, mistakes, links, and as of the focus.
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { demoProblem, demoRecording, type OpenApp } from './app.ts';
import { openDemo } from './demoPage.ts';
import { accessibilityProblems, digits, lookAsOf, open, takeSuggestion } from './screen.ts';

const WAIT = { timeout: 60_000 };

describe.skipIf(demoProblem !== null)('the SQL console, by keyboard', () => {
  let demo: OpenApp;
  let page: Page;
  let problems: string[];

  beforeAll(async () => {
    demo = await openDemo({ workspace: demoRecording, timeout: WAIT.timeout });
    ({ page, problems } = demo);
  });
  afterEach(() => expect(problems.splice(0)).toEqual([]));
  afterAll(async () => {
    await demo?.close();
  });

  const editor = () => page.getByRole('textbox', { name: 'SQL statement' });
  const written = () => editor().evaluate((element) => (element as HTMLElement).innerText.trim());
  const result = () => page.getByRole('region', { name: 'Result' });
  const option = (name: string) => page.getByRole('option', { name, exact: true });
  const ask = (sql: string) => open(page, `projections?view=sql&sql=${encodeURIComponent(sql)}`);
  const write = async (sql: string) => {
    await editor().focus();
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Delete');
    await page.keyboard.insertText(sql);
  };

  test('S opens it; tables, their columns by an alias and exact functions are completed, all in sight', async () => {
    await page.keyboard.press('Alt+5');
    await page.getByRole('listbox', { name: 'Projections' }).waitFor();
    await page.keyboard.press('s');
    await editor().waitFor();
    // What is completed is known once the tables are listed.
    await page.getByRole('button', { name: 'look at savings_account', exact: true }).waitFor();
    await write('');
    await takeSuggestion(page, 'SELECT * FROM savings_a', 'savings_account');
    await takeSuggestion(page, ' s WHERE dec_c', 'dec_cmp exact');
    await page.keyboard.type('(s.bal');
    const first = page.getByRole('option').first();
    await option('balance').waitFor();
    // Where the panel of the editor ends, the list does not. It is there before it is put in its place.
    const inSight = () =>
      page.getByRole('listbox', { name: 'Completions' }).evaluate((list) => {
        const around = list.getBoundingClientRect();
        const box = list.querySelector('[role=option]')?.getBoundingClientRect();
        if (box === undefined || box.y < around.y - 1 || around.height < box.height) return 'cut off';
        const [x, y] = [box.x + 8, box.y + box.height / 2];
        const inside = document.elementFromPoint(x, y)?.shadowRoot?.elementFromPoint(x, y);
        return inside?.closest('[role=option]')?.textContent ?? 'covered';
      });
    await expect.poll(inSight, WAIT).toContain('balance');
    await expect.poll(() => accessibilityProblems(page), WAIT).toEqual([]);
    await page.keyboard.press('Escape');
    await first.waitFor({ state: 'detached' });
    expect(await written()).toBe('SELECT * FROM savings_account s WHERE dec_cmp(s.bal)');
  });

  test('a mistake is told where the answer would be, with what to do', async () => {
    await write('SELECT s.nowhere FROM savings_account s');
    await page.keyboard.press('Control+Enter');
    await result().getByText('no such column: s.nowhere').first().waitFor();
    // Suggestions do not lie on the answer.
    expect(await page.getByRole('option').count()).toBe(0);
    await page.getByText('tables and columns are listed beside the console').first().waitFor();
    await expect.poll(() => accessibilityProblems(page), WAIT).toEqual([]);
  });

  test('a link takes the place of what was being written; back brings the statement before', async () => {
    const first = "SELECT count(*) AS n FROM events WHERE type = 'FeeCharged'";
    const second = 'SELECT count(*) AS all_of_them FROM events';
    await ask(first);
    await result().getByRole('columnheader', { name: 'n', exact: true }).waitFor();
    expect(await written()).toBe(first);
    await page.keyboard.press('Escape');
    await editor().focus();
    await page.keyboard.press('Control+End');
    await page.keyboard.insertText(' AND offset > 1');
    await open(page, 'activity');
    await page.getByRole('heading', { level: 1, name: 'Activity' }).waitFor();
    // The link of a colleague, while something else was being written here.
    await ask(second);
    await result().getByRole('columnheader', { name: 'all_of_them' }).waitFor();
    expect(await written()).toBe(second);
    await open(page, 'activity');
    await page.getByRole('heading', { level: 1, name: 'Activity' }).waitFor();
    await page.keyboard.press('[');
    await result().getByRole('columnheader', { name: 'all_of_them' }).waitFor();
    expect(await written()).toBe(second);
  });

  test('it answers as of the focus, and says so', async () => {
    const count = async () => Number(digits(await result().getByRole('gridcell').first().textContent()));
    await ask('SELECT count(*) AS n FROM events');
    await result().getByText('Everything captured').waitFor();
    const all = await count();
    await lookAsOf(page, { known: '2025-06-30T00:00:00Z' });
    await expect.poll(count, WAIT).toBeLessThan(all);
    expect(await count()).toBeGreaterThan(0);
    await result()
      .getByText(/^What was known on .*2025/)
      .first()
      .waitFor();
    await page.keyboard.press('Escape');
    await result().getByRole('grid', { name: 'Result rows' }).focus();
    await page.keyboard.press('Shift+T');
    await expect.poll(count, WAIT).toBe(all);
  });
});
