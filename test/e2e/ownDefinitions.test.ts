// What only shows with definitions of one's own: a fold and a build that take their time, a side of Compare by an earlier
// version, and a program that is written into What-if.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browserProblem, type OpenApp, openApp } from './app.ts';
import { accessibilityProblems, digits, open, pressEnter, stateValue, takeSuggestion } from './screen.ts';
import { EVENTS_EACH, makeTurbines, slowly, TURBINES } from './turbines.ts';

const WAIT = { timeout: 60_000 };

describe.skipIf(browserProblem !== null)('definitions of one’s own', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'hindcast-own-'));
  let opened: OpenApp;
  let page: Page;
  let problems: string[];

  beforeAll(async () => {
    const workspace = await makeTurbines(dataDir);
    opened = await openApp({ dataDir, workspace, timeout: WAIT.timeout });
    ({ page, problems } = opened);
    await page.getByRole('grid', { name: 'Aggregates' }).waitFor();
  });
  afterAll(async () => {
    await opened?.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  test('a state that takes long is said to be folded, until it is there', async () => {
    // Looked for with every frame: how long it is there is the machine's affair.
    const isFolding = page.waitForFunction(
      () => document.querySelector('section[aria-label=State] [role=status]')?.textContent === 'Folding…',
    );
    await open(page, 'aggregates/Turbine/turbine-0?reducer=slow');
    await isFolding;
    const told = page.getByRole('region', { name: 'State', exact: true }).getByRole('status');
    await page.getByRole('tree', { name: 'State' }).waitFor();
    await expect.poll(() => told.textContent(), WAIT).toBe('');
    let total = 0;
    for (let at = 0; at < EVENTS_EACH; at += 1) total += ((at * TURBINES) % 90) + 10.5;
    expect(await stateValue(page, 'total')).toBe(total.toFixed(2));
  });

  test('a build tells how much is done, how fast and how long still, below every screen; it can be ended', async () => {
    await open(page, 'projections/slow');
    await page.getByRole('heading', { level: 2, name: /Slow turbines/ }).waitFor();
    await page.keyboard.press('Control+Enter');
    const bar = page.getByRole('contentinfo').getByRole('link', { name: /Slow turbines/ });
    await expect.poll(() => bar.textContent(), WAIT).toMatch(/\d+ % · [\d.\u202f]+\/s · .+ left$/);
    await open(page, 'activity');
    const job = page.getByRole('article', { name: /Slow turbines/ });
    await expect
      .poll(async () => digits(await job.textContent()), WAIT)
      .toMatch(new RegExp(`[1-9]\\d*of${TURBINES * EVENTS_EACH}events·[\\d.]+/s·.+left`));
    const share = async () => Number(await job.getByRole('progressbar').getAttribute('aria-valuenow'));
    const before = await share();
    await expect.poll(share, WAIT).toBeGreaterThan(before);
    await expect.poll(() => accessibilityProblems(page), WAIT).toEqual([]);
    await job.getByRole('button', { name: 'Cancel' }).focus();
    await page.keyboard.press('Enter');
    await job.getByText('Cancelled; what was done before is kept.').waitFor();
    await expect.poll(() => bar.count(), WAIT).toBe(0);
  });

  test('a side of Compare is folded by the definition as it was', async () => {
    const side = (name: string) => `${name}.type=Turbine&${name}.id=turbine-1&${name}.reducer=counted`;
    await open(page, `compare?${side('a')}&${side('b')}`);
    const card = page.getByRole('region', { name: 'Side A' });
    const chooser = card.getByRole('button', { name: /^counted v2/ });
    await chooser.waitFor();
    await chooser.focus();
    await page.keyboard.press('Enter');
    const menu = page.getByRole('menu');
    await menu.getByText('counted as it was').waitFor();
    await page.keyboard.press('End');
    await menu.getByRole('menuitem', { name: /^v1 \(/ }).waitFor();
    await page.keyboard.press('Enter');
    await card.getByRole('button', { name: /^counted v1/ }).waitFor();
    const row = page
      .getByRole('grid', { name: 'Differences' })
      .getByRole('row')
      .filter({ has: page.getByText('total', { exact: true }) });
    const cells = async () => (await row.getByRole('gridcell').allTextContents()).slice(1).map(digits);
    await expect.poll(cells, WAIT).toEqual([String(EVENTS_EACH), String(EVENTS_EACH * 2), `+${EVENTS_EACH}`]);
    await expect.poll(() => decodeURIComponent(page.url()), WAIT).toMatch(/a\.reducer=counted@/);
  });

  test('a What-if that is ended lists what its first look found as preliminary', async () => {
    await open(page, 'whatif?scope=projection:amounts');
    await page.getByRole('textbox', { name: 'Hypothetical reducer' }).focus();
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Delete');
    await page.keyboard.insertText(slowly('1'));
    await page.keyboard.press('Control+Enter');
    const rows = page.getByRole('grid', { name: 'Rows that would differ' });
    await rows.getByText('preliminary', { exact: true }).first().waitFor();
    const job = page.getByRole('article', { name: /^What-if/ });
    await pressEnter(job.getByRole('button', { name: 'Cancel' }));
    await page
      .getByText(
        /^\d+ rows? listed as preliminary: only the first events were folded, and what is said is as of these\.$/,
      )
      .waitFor();
    await page.getByText(/, \d+ of them preliminary/).waitFor();
    // Each event more adds one: the first events of a row say less than all of them would.
    const ofRow = EVENTS_EACH / (90 / TURBINES);
    const deltas = (await rows.getByRole('row').filter({ hasText: 'preliminary' }).allTextContents()).map(
      (text) => Number(/\+(\d+)\.00$/.exec(digits(text))![1]),
    );
    expect(deltas.length).toBeGreaterThan(0);
    for (const delta of deltas) expect(delta).toBeLessThan(ofRow);
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await expect.poll(() => accessibilityProblems(page), WAIT).toEqual([]);
    }
    expect(problems).toEqual([]);
  });

  test('a program is written into What-if with suggestions', async () => {
    await open(page, 'whatif?scope=projection:slow');
    const editor = page.getByRole('textbox', { name: 'Hypothetical reducer' });
    await editor.focus();
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Delete');
    await page.keyboard.insertText('export function reduce(state, event) {\n  return { n: \n}\n');
    for (let back = 0; back < 3; back += 1) await page.keyboard.press('ArrowLeft');
    await takeSuggestion(page, 'event.data.en', /^energy/);
    await page.keyboard.type(' };');
    await expect
      .poll(() => editor.evaluate((element) => (element as HTMLElement).innerText), WAIT)
      .toContain('return { n: event.data.energy };');
    expect(problems).toEqual([]);
  });
});
