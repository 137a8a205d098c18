// Records that a page could stumble over: HTML, bidi and control characters, numbers beyond a double, broken bytes.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatNumber } from '../../src/renderer/lib/format.ts';
import { browserProblem, type OpenApp, openApp } from './app.ts';
import { ABOVE_2_53, BIG, DECIMAL, makeHostileWorkspace } from './hostile.ts';
import { chooseFirst, open, pressEnter } from './screen.ts';

const WAIT = { timeout: 60_000 };

describe.skipIf(browserProblem !== null)('hostile records are text', () => {
  let opened: OpenApp;
  let page: Page;
  let problems: string[];
  const folder = mkdtempSync(join(tmpdir(), 'hindcast-hostile-'));

  beforeAll(async () => {
    const workspace = await makeHostileWorkspace(folder);
    opened = await openApp({ workspace, width: 1440, height: 900, timeout: WAIT.timeout });
    ({ page, problems } = opened);
  });
  afterAll(async () => {
    await opened?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const record = () => page.getByRole('region', { name: 'Record' });
  const choose = async (topic: string, tab = '') => {
    await open(page, `events?q=topic:${topic}${tab}`);
    await chooseFirst(page);
  };

  test('HTML in key, names, values and headers makes no element and runs nothing', async () => {
    await choose('html');
    await record().getByText('<img src=x onerror=', { exact: false }).first().waitFor();
    for (const tab of ['Raw', 'Headers', 'Decoded']) {
      await pressEnter(page.getByRole('button', { name: new RegExp(`^${tab}`) }));
      await record().getByText('<script>', { exact: false }).first().waitFor();
      expect(await page.locator('img[src=x], main script').count()).toBe(0);
    }
    expect(await page.title()).not.toContain('pwned');
  });

  test('bidi and control characters are written out, never sent to the screen', async () => {
    await choose('bidi');
    await record().getByText('⟨U+202E⟩elgoog⟨U+202C⟩', { exact: false }).first().waitFor();
    await record().getByText('⟨U+0007⟩', { exact: false }).first().waitFor();
    for (const tab of ['Raw', 'Headers', 'Decoded']) {
      await pressEnter(page.getByRole('button', { name: new RegExp(`^${tab}`) }));
      expect(await page.locator('body').textContent()).not.toMatch(
        /[\u202a-\u202e\u2066-\u2069\u0000\u0007\u001b]/,
      );
    }
  });

  test('numbers keep every digit', async () => {
    await choose('numbers');
    // Amounts are grouped where they are read, and as received in the raw tab.
    for (const number of [BIG, ABOVE_2_53, formatNumber(DECIMAL)])
      await record().getByText(number, { exact: true }).first().waitFor();
    await pressEnter(page.getByRole('button', { name: /^Raw/ }));
    await record().getByText(`"amount":${DECIMAL}`, { exact: false }).first().waitFor();
  });

  test('null, empty and the word null are three things, and repeated headers stay in order', async () => {
    await choose('numbers', '&tab=headers');
    const items = record().getByRole('listitem');
    await expect.poll(() => items.count(), WAIT).toBe(10);
    const texts = await items.allTextContents();
    expect(texts[0]).toMatch(/^1absentnull$/);
    expect(texts[1]).toMatch(/^2emptyempty/);
    expect(texts[2]).toMatch(/^3wordnull/);
    expect(await items.nth(0).getByTitle('There is no value at all').count()).toBe(1);
    expect(await items.nth(1).getByTitle('A value of no bytes').count()).toBe(1);
    expect(
      await items
        .nth(2)
        .getByTitle(/no value|no bytes/)
        .count(),
    ).toBe(0);
    expect(texts.slice(3, 6).map((text) => text.replace(/\d\. time/, ''))).toEqual([
      '4traceone',
      '5tracetwo',
      '6tracetwo',
    ]);
    expect(texts[4]).toContain('2. time');
    expect(texts[6]).toContain('empty name');
    expect(texts[9]).toContain('ff 00');
  });

  test('what is no JSON, too deep or not UTF-8 stays a visible record with the reason', async () => {
    const shownRaw = {
      broken: '{"half":',
      binary: 'ff fe 00 80 c3 28',
      deep: '[[[[[[',
      proto: '"__proto__"',
    };
    for (const [topic, text] of Object.entries(shownRaw)) {
      await choose(topic);
      await pressEnter(page.getByRole('button', { name: /^Raw/ }));
      await record().getByText(text).first().waitFor();
    }
    expect(
      await page.evaluate(() => ({}) as Record<string, unknown>).then((plain) => plain.polluted),
    ).toBeUndefined();
    await open(page, 'events');
    await expect
      .poll(() => page.getByRole('grid', { name: 'Events' }).getByText('undecoded').count(), WAIT)
      .toBeGreaterThanOrEqual(2);
  });

  test('the window had no error', () => expect(problems).toEqual([]));
});
