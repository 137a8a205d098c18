// Keys and commands as the window tells them: on no screen has a key two meanings, and the palette begins with the screen.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { story } from '../fixtures/demo/stories.ts';
import { demoProblem, type OpenApp } from './app.ts';
import { openDemo } from './demoPage.ts';
import { open, timelineOf } from './screen.ts';

const WAIT = { timeout: 60_000 };
const { aggregateId } = story('interest-posted-twice');

/** Every screen, as the demo recording shows it. */
const PLACES = [
  'connections',
  'topics',
  'events',
  'aggregates',
  timelineOf(aggregateId),
  'projections/savings_account',
  'projections/savings_account?tab=definition',
  'projections/savings_account?tab=failures',
  'projections?view=sql',
  'compare',
  `clocks/SavingsAccount/${aggregateId}`,
  'whatif',
  `whatif?part=log&type=SavingsAccount&id=${aggregateId}`,
  'check',
  'cases',
  'mappings',
  'workspace',
  'activity',
  'activity?view=sentences',
];

describe.skipIf(demoProblem !== null)('keys and commands', () => {
  let demo: OpenApp;
  let page: Page;
  let problems: string[];

  beforeAll(async () => {
    demo = await openDemo({ timeout: WAIT.timeout });
    ({ page, problems } = demo);
  });
  afterAll(async () => {
    await demo?.close();
  });

  const sheet = () => page.getByRole('dialog', { name: 'Keys' });
  /** Group, what a command does, and its keys, line by line. */
  const told = () =>
    sheet()
      .locator('section section')
      .evaluateAll((groups) =>
        groups.flatMap((group) =>
          [...group.querySelectorAll('dl > div')].map((line) => ({
            group: group.querySelector('h3')?.textContent ?? '',
            title: line.querySelector('dt')?.textContent ?? '',
            keys: [...line.querySelectorAll('kbd')].map((key) => key.textContent ?? ''),
          })),
        ),
      );

  test('on no screen has a key two meanings', async () => {
    const found: string[] = [];
    for (const place of PLACES) {
      await open(page, place);
      // The commands of a screen come with it; the sheet shows them as they come.
      await page.locator('main h1').first().waitFor({ state: 'attached' });
      await page.locator('body').press('?');
      await sheet().waitFor();
      await sheet().getByRole('heading', { name: 'Go', exact: true }).waitFor();
      const meanings = new Map<string, string[]>();
      for (const { title, keys } of await told())
        for (const key of keys) meanings.set(key, [...(meanings.get(key) ?? []), title]);
      for (const [key, titles] of meanings)
        if (titles.length > 1) found.push(`${place}: ${key}: ${titles.join(' / ')}`);
      await page.keyboard.press('Escape');
      await sheet().waitFor({ state: 'detached' });
    }
    expect(found).toEqual([]);
    expect(problems).toEqual([]);
  });

  test('the palette begins with what the screen can do, and runs it', async () => {
    await open(page, 'cases');
    await page.getByText('No case yet').waitFor();
    await page.keyboard.press('Control+k');
    const palette = page.getByRole('dialog', { name: 'Commands' });
    await palette.waitFor();
    expect(await palette.getByRole('option').first().textContent()).toMatch(/case/i);
    await page.keyboard.type('open events');
    await page.keyboard.press('Enter');
    await page.getByRole('grid', { name: 'Events', exact: true }).waitFor();
  });

  test('the theme is chosen in the settings and stays', async () => {
    await open(page, 'activity');
    const theme = () => page.evaluate(() => document.documentElement.dataset.theme ?? '');
    for (const [name, value] of [
      ['Dark', 'dark'],
      ['Light', 'light'],
    ] as const) {
      await page.getByRole('button', { name, exact: true }).focus();
      await page.keyboard.press('Space');
      await expect.poll(theme, WAIT).toBe(value);
    }
    await page.reload();
    await expect.poll(theme, WAIT).toBe('light');
    await page.getByRole('button', { name: 'As the system' }).focus();
    await page.keyboard.press('Space');
    expect(problems).toEqual([]);
  });
});
