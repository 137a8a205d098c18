// The two clocks of one aggregate of the demo recording: the plane, the point, and what arrived after the fact.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { story } from '../fixtures/demo/stories.ts';
import { demoProblem, type OpenApp, openApp } from './app.ts';
import { accessibilityProblems, chooseRow, chosenEvent, digits, open, pressEnter } from './screen.ts';

const WAIT = { timeout: 60_000 };
const late = story('backdated-deposit');
const { balanceKnown, balanceTrue, at } = late.facts;
const place = (search = '') => `clocks/SavingsAccount/${encodeURIComponent(late.aggregateId)}${search}`;

describe.skipIf(demoProblem !== null)('two clocks', () => {
  let opened: OpenApp;
  let page: Page;
  let problems: string[];
  const point = () => page.getByRole('slider', { name: /The point on the two clocks/ });
  const arrivals = () => page.getByRole('grid', { name: 'Events that arrived after the fact' });
  const balance = async () =>
    digits(
      await page
        .getByRole('tree', { name: 'State at the point' })
        .getByRole('treeitem')
        .filter({ has: page.getByText('balance', { exact: true }) })
        .first()
        .textContent(),
    ).replace('balance', '');
  const focus = () =>
    page.evaluate(() => {
      const params = new URLSearchParams(location.hash.split('?')[1]);
      return { known: params.get('known'), true: params.get('true') };
    });

  beforeAll(async () => {
    opened = await openApp({ timeout: WAIT.timeout });
    ({ page, problems } = opened);
    await page.getByRole('button', { name: 'Workspace: Demo read-only' }).waitFor();
  });
  afterAll(async () => {
    await opened?.close();
  });

  test('the same moment has two balances, and the point says which events count', async () => {
    await open(page, place(`?known=${encodeURIComponent(at!)}`));
    await expect.poll(balance, WAIT).toBe(balanceKnown);
    await pressEnter(page.getByRole('button', { name: /What was true on/ }));
    await expect.poll(balance, WAIT).toBe(balanceTrue);
    await page.getByText(/1 event moved to where they occurred/).waitFor();
    await expect.poll(async () => (await focus()).known, WAIT).toBeNull();
    await page.keyboard.press('1');
    await expect.poll(balance, WAIT).toBe(balanceKnown);
  });

  test('the backdated event is in the list, and choosing it puts the point on it', async () => {
    await open(page, place());
    const rows = arrivals().getByRole('row').filter({ hasText: 'backdated' });
    await rows.first().waitFor();
    expect(await rows.count()).toBe(1);
    await chooseRow(page, arrivals(), (words) => words.includes('backdated'));
    await expect.poll(async () => (await focus()).true, WAIT).not.toBeNull();
    const there = await focus();
    expect(Date.parse(there.true!)).toBeLessThan(Date.parse(there.known!));
  });

  test('the keyboard alone moves the point along both clocks and back to now', async () => {
    await open(page, place());
    await point().focus();
    await page.keyboard.press('ArrowLeft');
    await expect.poll(async () => (await focus()).known, WAIT).not.toBeNull();
    const { known } = await focus();
    await page.keyboard.press('Shift+ArrowDown');
    await expect.poll(async () => (await focus()).true, WAIT).not.toBeNull();
    expect((await focus()).known).toBe(known);
    expect(await point().getAttribute('aria-valuetext')).toMatch(/^known on .*, true on .*\d/);
    await page.keyboard.press('0');
    await expect.poll(focus, WAIT).toEqual({ known: null, true: null });
  });

  test('the point is dragged, and the state follows it', async () => {
    await open(page, place());
    await page.getByText('144 of 144 events count').first().waitFor();
    const box = (await point().boundingBox())!;
    await page.mouse.move(box.x + box.width - 12, box.y + 12);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 3, { steps: 8 });
    await page.mouse.up();
    // Half of the way along what was recorded, two thirds along what occurred; the address is written a moment later.
    const months = async () => Object.values(await focus()).map((time) => time?.slice(0, 7));
    await expect
      .poll(months, WAIT)
      .toEqual([expect.stringMatching(/^2025-0[78]$/), expect.stringMatching(/^2025-(09|10)$/)]);
    await expect.poll(() => page.getByText('144 of 144 events count').count(), WAIT).toBe(0);
  });

  test('moves are written less often than browsers pass over changes of the address: 200 in ten seconds', async () => {
    await open(page, place());
    await point().focus();
    const { writes, ms } = await point().evaluate(async (slider) => {
      let count = 0;
      const replace = history.replaceState.bind(history);
      history.replaceState = (...state) => {
        count += 1;
        replace(...state);
      };
      const began = performance.now();
      for (let time = 0; time < 301; time += 1) {
        const key = time % 2 === 0 ? 'ArrowLeft' : 'ArrowRight';
        slider.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
        await new Promise((done) => setTimeout(done));
      }
      history.replaceState = replace;
      return { writes: count, ms: performance.now() - began };
    });
    expect(writes).toBeGreaterThan(0);
    expect(writes).toBeLessThanOrEqual(ms / 55 + 2);
    await expect.poll(async () => (await focus()).known, WAIT).not.toBeNull();
  });

  test('by keyboard: down the list of late arrivals, Enter opens the event in its timeline', async () => {
    await open(page, place());
    await arrivals().getByRole('row').filter({ hasText: 'backdated' }).waitFor();
    await arrivals().focus();
    await page.keyboard.press('ArrowDown');
    await expect.poll(async () => (await focus()).true, WAIT).not.toBeNull();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: /SA-1000418820/ }).waitFor();
    await chosenEvent(page).filter({ hasText: 'backdated' }).waitFor();
  });

  test('nobody is shut out, in both themes', async () => {
    await open(page, place());
    await arrivals().waitFor();
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme });
      await expect.poll(() => accessibilityProblems(page), WAIT).toEqual([]);
    }
    expect(problems).toEqual([]);
  });
});
