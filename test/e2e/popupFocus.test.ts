// Keys that are quicker than the window: every frame of it comes a second late, and nothing is waited for between two keys.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { story } from '../fixtures/demo/stories.ts';
import { demoProblem, type OpenApp } from './app.ts';
import { openDemo } from './demoPage.ts';
import { open } from './screen.ts';

describe.skipIf(demoProblem !== null)('the focus of dialogs and menus', () => {
  let demo: OpenApp;
  let page: Page;
  let problems: string[];

  beforeAll(async () => {
    demo = await openDemo({ timeout: 60_000, slowFrames: 1000 });
    ({ page, problems } = demo);
  });
  afterAll(async () => {
    await demo?.close();
  });

  const list = () => page.getByRole('grid', { name: 'Aggregates', exact: true });
  const keys = async (...each: string[]) => {
    for (const key of each) await page.keyboard.press(key);
  };
  /** Role and name, or value, of what has the focus. */
  const focused = () =>
    page.evaluate(() => {
      const at = document.activeElement;
      const name = at?.getAttribute('aria-label') ?? at?.textContent;
      return `${at?.getAttribute('role') ?? at?.localName} ${name || (at as HTMLInputElement | null)?.value}`;
    });
  /** What the popups have asked for with frames so far is done after it. */
  const frame = () => page.evaluate(() => new Promise(requestAnimationFrame));
  const hash = () => page.evaluate(() => location.hash);

  beforeEach(async () => {
    await open(page, 'aggregates');
    await list().waitFor();
    await list().focus();
  });

  test('what is typed behind the key of the palette stands in the palette, and the focus comes back with Esc', async () => {
    const before = await hash();
    await keys('Control+k');
    await page.keyboard.type('open ev');
    expect(await focused()).toBe('combobox open ev');
    await keys('Escape');
    expect(await focused()).toBe('grid Aggregates');
    expect(await hash()).toBe(before);
    // Again before the first has left the page: what was typed there is gone.
    await keys('Control+k');
    await page.keyboard.type('open events');
    await keys('Enter');
    await page.getByRole('grid', { name: 'Events', exact: true }).waitFor();
    await expect.poll(focused).toBe('grid Events');
    expect(problems).toEqual([]);
  });

  test('a command of the palette that opens a dialog leaves the focus in that dialog', async () => {
    await keys('Control+k');
    await page.keyboard.type('all keys');
    const chosen = page.getByRole('dialog', { name: 'Commands' }).getByRole('option', { selected: true });
    const title = await chosen.first().textContent();
    expect(title).toMatch(/keys/i);
    await keys('Enter');
    const sheet = page.getByRole('dialog', { name: 'Keys' });
    await sheet.waitFor();
    expect(await sheet.evaluate((element) => element.contains(document.activeElement))).toBe(true);
    // The palette leaves the page with a frame.
    await page.getByRole('dialog', { name: 'Commands' }).waitFor({ state: 'detached' });
    expect(await sheet.evaluate((element) => element.contains(document.activeElement))).toBe(true);
    await keys('Escape');
    expect(await focused()).toBe('grid Aggregates');
  });

  test('a menu and a list of choices take the arrows and Enter that follow at once', async () => {
    const menu = page.getByRole('button', { name: /demo/i }).first();
    await menu.focus();
    const opener = await focused();
    await keys('Enter');
    const items = await page.getByRole('menuitem').allTextContents();
    expect(await focused()).toBe(`menuitem ${items[0]}`);
    await keys('ArrowDown');
    expect(await focused()).toBe(`menuitem ${items[1]}`);
    await keys('Escape');
    expect(await focused()).toBe(opener);
    await keys('ArrowUp');
    expect(await focused()).toBe(`menuitem ${items.at(-1)}`);
    await keys('Escape');
    await keys('Enter', 'Escape');
    await frame();
    expect(await focused()).toBe(opener);
    const newWorkspace = items.findIndex((item) => item.includes('New workspace'));
    await keys('Enter', ...Array<string>(newWorkspace).fill('ArrowDown'), 'Enter');
    await page.keyboard.type('quick');
    const dialog = page.getByRole('dialog', { name: 'New workspace' });
    expect(await dialog.getByLabel('Name').inputValue()).toBe('quick');
    await page.getByRole('menu').waitFor({ state: 'detached' });
    await page.keyboard.type(' hands');
    expect(await dialog.getByLabel('Name').inputValue()).toBe('quick hands');
    await keys('Escape');
    expect(await focused()).toBe(opener);

    await open(page, 'connections/new');
    const choice = page.getByRole('combobox', { name: 'Environment' });
    await choice.focus();
    await keys('Enter', 'ArrowDown', 'Enter');
    const chosen = await choice.textContent();
    expect(await focused()).toBe(`combobox ${chosen}`);
    await frame();
    expect(await focused()).toBe(`combobox ${chosen}`);
    await keys('Enter', 'ArrowUp', 'Enter');
    expect(await choice.textContent()).not.toBe(chosen);
    expect(problems).toEqual([]);
  });

  test('Tab goes round in a dialog, there and back', async () => {
    await page.getByRole('button', { name: /demo/i }).first().focus();
    await keys('Enter', 'n', 'Enter');
    const dialog = page.getByRole('dialog', { name: 'New workspace' });
    await dialog.waitFor();
    expect(await focused()).toMatch(/^input/);
    await keys('Tab', 'Tab');
    expect(await focused()).toBe('button Create');
    await keys('Tab');
    expect(await focused()).toBe('button Close');
    await keys('Shift+Tab');
    expect(await focused()).toBe('button Create');
    await keys('Tab', 'Tab');
    expect(await focused()).toMatch(/^input/);
    await frame();
    expect(await focused()).toMatch(/^input/);
    await keys('Escape');
  });

  test('a popup that nothing had the focus before, or that led elsewhere, keeps no key after it is closed', async () => {
    const { aggregateId } = story('interest-posted-twice');
    await open(page, `clocks/SavingsAccount/${aggregateId}`);
    await page.getByRole('slider', { name: /The point on the two clocks/ }).waitFor();
    await page.evaluate(() => (document.activeElement as HTMLElement).blur());
    await keys('Control+k', 'Escape');
    expect(await focused()).toMatch(/^body/);
    await keys('Control+k');
    await page.keyboard.type('open events');
    await keys('Enter', 'Control+k');
    await page.keyboard.type('open cases');
    await keys('Enter');
    await expect.poll(hash).toContain('cases');
  });

  test('keys beside the fields of an open dialog run no command of the page', async () => {
    const before = await hash();
    await keys('?');
    const sheet = page.getByRole('dialog', { name: 'Keys' });
    await sheet.waitFor();
    await page.evaluate(() => (document.activeElement as HTMLElement).blur());
    await keys('Shift+K', '/');
    expect(await hash()).toBe(before);
    await sheet.waitFor();
    await keys('Escape');
    await sheet.waitFor({ state: 'detached' });
    await keys('Shift+K');
    await expect.poll(hash).toContain('cases');
  });

  test('rows that come back do not take the focus from the field that is being typed in', async () => {
    await keys('/');
    await page.keyboard.type('no such aggregate');
    await list().waitFor({ state: 'detached' });
    await keys('Control+a');
    const { aggregateId } = story('interest-posted-twice');
    await page.keyboard.type(aggregateId.slice(0, -1));
    await list().waitFor();
    await page.keyboard.type(aggregateId.slice(-1));
    expect(await page.getByRole('textbox', { name: /Search aggregates/ }).inputValue()).toBe(aggregateId);
  });
});
