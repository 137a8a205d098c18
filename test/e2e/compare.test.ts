// Two points side by side on the demo recording: by the address, by M on a timeline, by M on the list of aggregates.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { story } from '../fixtures/demo/stories.ts';
import { demoProblem, type OpenApp, openApp, openPage } from './app.ts';
import {
  accessibilityProblems,
  chosenEvent,
  digits,
  open,
  pressEnter,
  stateLine,
  timelineOf,
} from './screen.ts';

const WAIT = { timeout: 60_000 };
const late = story('backdated-deposit');
const doubled = story('interest-posted-twice');
const sideOf = (name: 'a' | 'b', id: string, rest: Record<string, string> = {}) =>
  Object.entries({ type: 'SavingsAccount', id, ...rest })
    .map(([field, value]) => `${name}.${field}=${encodeURIComponent(value)}`)
    .join('&');
const knownAndTrue = `compare?${sideOf('a', late.aggregateId, { known: late.facts.at! })}&${sideOf('b', late.aggregateId, { true: late.facts.at! })}`;

describe.skipIf(demoProblem !== null)('compare', () => {
  let opened: OpenApp;
  let page: Page;
  let problems: string[];
  const card = (letter: string) => page.getByRole('region', { name: `Side ${letter}` });
  const betweenList = () => page.getByRole('listbox', { name: 'Events between A and B' });
  /** The cells of a field: name, A, B and the difference, without the grouping of digits. */
  const cells = async (field: string) => {
    const row = page
      .getByRole('grid', { name: 'Differences' })
      .getByRole('row')
      .filter({ has: page.getByText(field, { exact: true }) })
      .first();
    await row.waitFor();
    return (await row.getByRole('gridcell').allTextContents()).slice(1).map(digits);
  };

  beforeAll(async () => {
    opened = await openApp({ timeout: WAIT.timeout });
    ({ page, problems } = opened);
    await page.getByRole('button', { name: 'Workspace: Demo read-only' }).waitFor();
    await page.getByRole('grid', { name: 'Aggregates' }).waitFor();
  });
  afterAll(async () => {
    await opened?.close();
  });

  const { balanceKnown, balanceTrue, amount } = late.facts;

  test('what was known against what was true: the exact difference and the one late event', async () => {
    await open(page, knownAndTrue);
    await expect.poll(() => cells('balance'), WAIT).toEqual([balanceKnown, balanceTrue, `+${amount}`]);
    const events = betweenList().getByRole('option');
    await expect.poll(() => events.count(), WAIT).toBe(1);
    const text = digits(await events.first().textContent());
    expect(text).toContain('onlyinB');
    expect(text).toContain('9dayslate');
    expect(text).toContain(`+${amount}`);
    await card('A').getByText('Known on').waitFor();
    await card('B').getByText('1 event moved to where it occurred').waitFor();
  });

  test('no accessibility violation in both themes, at both sizes, and when nothing is chosen', async () => {
    for (const place of ['compare', knownAndTrue]) {
      await open(page, place);
      await page
        .getByText(place === 'compare' ? 'Choose what to compare' : 'only in B')
        .first()
        .waitFor();
      for (const colorScheme of ['dark', 'light'] as const) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        for (const width of [1280, 1920]) {
          await page.setViewportSize({ width, height: width === 1280 ? 800 : 1080 });
          await expect.poll(() => accessibilityProblems(page), { timeout: 60_000 }).toEqual([]);
        }
      }
    }
    await page.keyboard.press('a');
    await page.getByRole('dialog', { name: 'Choose side A' }).waitFor();
    await expect.poll(() => accessibilityProblems(page), { timeout: 60_000 }).toEqual([]);
    await page.keyboard.press('Escape');
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
  });

  test('by keyboard alone: M twice on a timeline, step B, swap, all fields, both clocks, back', async () => {
    await open(page, timelineOf(doubled.aggregateId));
    await stateLine(page, 'balance').waitFor();
    const goTo = async (version: string) => {
      await page.keyboard.press('g');
      await page.getByRole('dialog', { name: 'Go to' }).waitFor();
      await page.keyboard.type(version);
      await page.keyboard.press('Enter');
      await chosenEvent(page)
        .filter({ hasText: new RegExp(`^${version.slice(1)}(?!\\d)`) })
        .waitFor();
    };
    const { balanceRight, balanceWrong } = doubled.facts;
    await goTo('v394');
    await page.keyboard.press('m');
    await page.getByRole('button', { name: /^Compare with A/ }).waitFor();
    await goTo('v395');
    await page.keyboard.press('m');
    await page.getByRole('heading', { level: 1, name: 'Compare' }).waitFor();
    const pair = async () => (await cells('balance')).slice(0, 2);
    await expect.poll(pair, WAIT).toEqual([balanceRight, balanceWrong]);
    await page.keyboard.press('s');
    await expect.poll(pair, WAIT).toEqual([balanceWrong, balanceRight]);
    await page.keyboard.press('ArrowRight');
    await page.getByText('No event lies between A and B').waitFor();
    await page.getByRole('region', { name: 'States side by side' }).getByText('No difference').waitFor();
    await page.keyboard.press('d');
    await expect.poll(pair, WAIT).toEqual([balanceWrong, balanceWrong]);
    await page.keyboard.press('d');
    await page.keyboard.press('k');
    await card('A').getByText('Known on').waitFor();
    await card('B').getByText('True on').waitFor();
    await expect.poll(() => page.url(), WAIT).toMatch(/a\.known=.*b\.true=/);
    await page.goBack();
    await page.getByRole('heading', { level: 1, name: /SA-1000420017/ }).waitFor();
  });

  test('two aggregates of the list, another reducer, and the same view in another window', async () => {
    await open(page, 'aggregates?type=SavingsAccount&sort=events');
    const list = page.getByRole('grid', { name: 'Aggregates' });
    await list.getByRole('gridcell').first().waitFor();
    await list.focus();
    await page.keyboard.press('m');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('m');
    await page.getByText('Two different aggregates').waitFor();
    const [a, b, delta] = await cells('balance');
    const cents = (text: string) => BigInt(text.replace('.', ''));
    expect(cents(delta!.replace('+', ''))).toBe(cents(b!) - cents(a!));

    await pressEnter(card('B').getByRole('button', { name: /savings_account/ }));
    await pressEnter(page.getByRole('menuitem', { name: /^merge/ }));
    await card('B')
      .getByRole('button', { name: /^merge/ })
      .waitFor();
    await expect.poll(() => page.url(), WAIT).toContain('b.reducer=merge');
    const words = page.getByText(/^\d+ changed/).first();
    await expect.poll(() => words.textContent(), WAIT).toMatch(/only in B/);
    const other = await openPage(opened.browser, opened.app);
    await other.page.getByRole('button', { name: 'Workspace: Demo read-only' }).waitFor();
    await open(other.page, new URL(page.url()).hash.replace(/^#\//, ''));
    const there = other.page.getByText(/^\d+ changed/).first();
    await there.waitFor();
    expect(await there.textContent()).toBe(await words.textContent());
    await other.page.context().close();
  });

  test('a side is chosen by typing; what is not there is said where it was asked', async () => {
    await open(page, knownAndTrue);
    await betweenList().waitFor();
    await page.keyboard.press('a');
    const dialog = page.getByRole('dialog', { name: 'Choose side A' });
    await dialog.getByLabel('Aggregate id').fill('nobody');
    await page.keyboard.press('Enter');
    await dialog.getByText(/There is no aggregate SavingsAccount nobody/).waitFor();
    await dialog.getByLabel('Aggregate id').fill(late.aggregateId);
    await dialog.getByLabel('What did we know on').fill('2025-09-12 12:00');
    await page.keyboard.press('Enter');
    await dialog.getByText(/zone/).last().waitFor();
    await dialog.getByLabel('What did we know on').fill('');
    await dialog.getByLabel('After which event').fill('start');
    await page.keyboard.press('Enter');
    await card('A')
      .getByText(/^Before the first of/)
      .waitFor();
    await betweenList().focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: /^Savings account/ }).waitFor();
    await open(page, `compare?${sideOf('a', 'nobody')}&${sideOf('b', late.aggregateId)}`);
    await page
      .getByRole('alert')
      .getByText(/There is no aggregate/)
      .waitFor();
  });

  test('nothing in all of this was an error in the window', () => expect(problems).toEqual([]));
});
