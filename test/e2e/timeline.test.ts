// The timeline by keyboard: zoom, play, go to, blame, the proof by hash, conditions, bookmarks; and states that are too
// long for any screen.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { story } from '../fixtures/demo/stories.ts';
import { browserProblem, demoProblem, type OpenApp, openApp } from './app.ts';
import { judgedAtBothSizes, openDemo } from './demoPage.ts';
import { EVENTS, KEYS, makeLargeStates } from './largeStates.ts';
import { chosenEvent, digits, open, pressEnter, stateLine, timelineOf } from './screen.ts';
import { openWire } from './wire.ts';

const WAIT = { timeout: 60_000 };
const doubled = story('interest-posted-twice');
const AT_FAULT = '?known=2025-12-31T23:59:59.999Z&at=394&path=balance';
const stateHead = (page: Page) => page.getByRole('region', { name: 'State' }).getByRole('heading').first();
const strip = (page: Page) => page.getByRole('slider', { name: /^Recorded time/ });
const windowOf = (page: Page) => new URLSearchParams(page.url().split('?')[1]).get('zoom');
/** The place in the list that the strip says. */
const place = async (page: Page) => Number(await strip(page).getAttribute('aria-valuenow'));
/** The state is that of the place in the list, which may still be on its way. */
const stateIsThere = (page: Page) =>
  expect
    .poll(async () => (await stateHead(page).textContent()) === `State after v${await place(page)}`, WAIT)
    .toBe(true);

/**
 * Nothing is under way along the timeline any more: what is would still take the place of what is chosen next. While one
 * moves, it reads no event out.
 */
const standsStill = (page: Page) =>
  page
    .locator('[aria-live="polite"]')
    .filter({ hasText: /^v\d+: / })
    .waitFor({ state: 'attached' });

describe.skipIf(demoProblem !== null)('the timeline by keyboard', () => {
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
  const openFault = async () => {
    await open(page, timelineOf(doubled.aggregateId, AT_FAULT));
    // What a test before it left on the screen has a balance that changed, too.
    await expect.poll(() => place(page), WAIT).toBe(395);
    await stateIsThere(page);
    await stateLine(page, 'balance').locator('del').waitFor();
  };

  test('zooms at the playhead, moves with it, and 0 shows the whole life again', async () => {
    await openFault();
    for (let at = 0; at < 5; at += 1) await page.keyboard.press('+');
    await expect.poll(() => windowOf(page), WAIT).not.toBeNull();
    // Near enough, every event is a thing of its own.
    await page
      .getByRole('button', { name: /^Interest of .* posted for December/ })
      .first()
      .waitFor();
    const [from, to] = windowOf(page)!
      .split('..')
      .map((text) => Date.parse(text));
    const recorded = Date.parse('2025-12-31T02:00:04.117Z');
    expect(from).toBeLessThan(recorded);
    expect(to).toBeGreaterThan(recorded);
    await page.keyboard.press('Home');
    await expect.poll(async () => Date.parse(windowOf(page)?.split('..')[0] ?? ''), WAIT).toBeLessThan(from!);
    await page.keyboard.press('0');
    await expect.poll(() => windowOf(page), WAIT).toBeNull();
  });

  test('the address of a window opens the same window', async () => {
    const zoom = '2025-11-01T00:00:00.000Z..2025-12-01T00:00:00.000Z';
    await open(page, timelineOf(doubled.aggregateId, `?zoom=${zoom}`));
    await page.getByText('Show all').waitFor();
    await page
      .getByText(/^\d+ Nov$/)
      .first()
      .waitFor();
    expect(windowOf(page)).toBe(zoom);
    await page.keyboard.press('0');
  });

  test('the wheel zooms at the pointer, Shift and drag draw a window, drag moves the playhead', async () => {
    await openFault();
    const box = (await strip(page).boundingBox())!;
    const [x, y] = [box.x + box.width * 0.25, box.y + 10];
    await page.mouse.move(x, y);
    await page.mouse.wheel(0, -400);
    await expect.poll(() => windowOf(page), WAIT).not.toBeNull();
    await page.mouse.dblclick(x, y);
    await expect.poll(() => windowOf(page), WAIT).toBeNull();
    await page.keyboard.down('Shift');
    await page.mouse.move(x, y);
    await page.mouse.down();
    await page.mouse.move(x + 200, y, { steps: 4 });
    await page.mouse.up();
    await page.keyboard.up('Shift');
    await expect.poll(() => windowOf(page), WAIT).not.toBeNull();
    await page.keyboard.press('0');
    await page.mouse.move(x, y);
    await page.mouse.down();
    await page.mouse.move(x + 60, y, { steps: 6 });
    await page.mouse.up();
    await expect.poll(() => place(page), WAIT).toBeLessThan(200);
    await stateIsThere(page);
    await standsStill(page);
  });

  test('the playhead stands at its event, and a second line under the pointer that holds it', async () => {
    await openFault();
    const box = (await strip(page).boundingBox())!;
    const middleOf = async (line: 'play' | 'ghost'): Promise<number> => {
      const { x, width } = (await page.locator(`[class*="_${line}_"]`).boundingBox()) ?? { x: -1, width: 0 };
      return Math.round(x + width / 2 - box.x);
    };
    await page.keyboard.press('Home');
    await expect.poll(() => middleOf('play'), WAIT).toBe(0);
    await page.keyboard.press('End');
    await expect.poll(() => middleOf('play'), WAIT).toBe(Math.round(box.width));
    const [x, y] = [Math.round(box.width / 2), box.y + 10];
    await page.mouse.move(box.x + x - 50, y);
    await page.mouse.down();
    await page.mouse.move(box.x + x, y, { steps: 5 });
    await expect.poll(() => middleOf('ghost'), WAIT).toBe(x);
    // The last event before that moment: hundreds of them stand on the strip.
    const isJustBefore = async () => {
      const behind = x - (await middleOf('play'));
      return behind >= 0 && behind < 20;
    };
    await expect.poll(isJustBefore, WAIT).toBe(true);
    await page.mouse.up();
    await expect.poll(() => page.locator('[class*="_ghost_"]').isVisible(), WAIT).toBe(false);
    await standsStill(page);
    const before = await middleOf('play');
    await page.setViewportSize({ width: 1000, height: 800 });
    await expect.poll(() => middleOf('play'), WAIT).toBeLessThan(before * 0.8);
    await page.setViewportSize({ width: 1280, height: 800 });
    await expect.poll(() => middleOf('play'), WAIT).toBe(before);
  });

  test('plays from the chosen event on, says what it skips, and stops where a person goes', async () => {
    await openFault();
    await page.keyboard.press('Home');
    await expect.poll(() => place(page), WAIT).toBe(1);
    for (let at = 0; at < 4; at += 1) await page.keyboard.press('>');
    await page.getByRole('button', { name: 'Speed: 25 times' }).waitFor();
    await page.keyboard.press('Space');
    await page.getByText(/^skipped a quiet \d+/).waitFor();
    await expect.poll(() => place(page), WAIT).toBeGreaterThan(5);
    await page.keyboard.press('Space');
    await page.getByRole('button', { name: 'Play', exact: true }).waitFor();
    await standsStill(page);
    await stateIsThere(page);
  });

  test('steps that come faster than states add up', async () => {
    await openFault();
    await page.keyboard.press('Home');
    await expect.poll(() => place(page), WAIT).toBe(1);
    for (let at = 0; at < 20; at += 1) await page.keyboard.press('ArrowRight');
    await expect.poll(() => place(page), WAIT).toBe(21);
    for (let at = 0; at < 5; at += 1) await page.keyboard.press('ArrowLeft');
    await expect.poll(() => place(page), WAIT).toBe(16);
    await stateIsThere(page);
    // The address follows a moment later: until then it is that of the start.
    await expect.poll(() => new URLSearchParams(page.url().split('?')[1]).get('at'), WAIT).toBe('15');
  });

  test('goes to an offset', async () => {
    await openFault();
    const where = await page
      .getByRole('region', { name: 'Chosen event' })
      .locator('[aria-busy=false]')
      .getByText(/\[\d+\] @ /)
      .textContent();
    await page.keyboard.press('Home');
    await page.keyboard.press('g');
    await page.getByLabel('Time, version, offset or event id').fill(where!.trim());
    await page.keyboard.press('Enter');
    await expect.poll(() => place(page), WAIT).toBe(395);
    await page.keyboard.press('g');
    await page.getByLabel('Time, version, offset or event id').fill('nowhere:0:12');
    await page.keyboard.press('Enter');
    await page.getByText('No event of this aggregate is at nowhere [0] @ 12.').waitFor();
    await page.keyboard.press('Escape');
  });

  test('goes to an event id, a version and a time', async () => {
    await openFault();
    const goTo = async (text: string) => {
      await page.keyboard.press('g');
      await page.getByLabel('Time, version, offset or event id').fill(text);
      await page.keyboard.press('Enter');
      await page.getByRole('dialog', { name: 'Go to' }).waitFor({ state: 'detached' });
    };
    await page.keyboard.press('Home');
    await goTo(doubled.eventIds[0]!);
    await expect.poll(() => place(page), WAIT).toBe(394);
    await goTo('v1');
    await expect.poll(() => place(page), WAIT).toBe(1);
    await goTo(doubled.facts.secondRecorded!);
    await expect.poll(() => place(page), WAIT).toBe(395);
    await stateIsThere(page);
  });

  test('types open as tracks of their own by keyboard, each in its colour', async () => {
    await openFault();
    const types = page.getByRole('button', { name: 'types' });
    await types.focus();
    await page.keyboard.press('Enter');
    await page.getByText('InterestAccrued', { exact: true }).waitFor();
    expect(await types.getAttribute('aria-expanded')).toBe('true');
    await page.keyboard.press('Enter');
    await page.getByText('InterestAccrued', { exact: true }).waitFor({ state: 'detached' });
  });

  test('a missing version stands on the strip, and N goes there', async () => {
    await open(page, 'aggregates/Payment/PAY-2025-00412');
    await page.getByRole('heading', { level: 1, name: /PAY-2025-00412/ }).waitFor();
    const gap = page.getByRole('button', { name: /^1 fault: .*version 4/i });
    await gap.waitFor();
    await page.getByText('v1–v6', { exact: false }).waitFor();
    await page.keyboard.press('Home');
    await page.keyboard.press('n');
    await page
      .getByRole('region', { name: 'Chosen event' })
      .getByText(/version 4/i)
      .first()
      .waitFor();
  });

  test('path and value are copied exactly; all earlier values are a chart and a list that goes there', async () => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    const copied = () => page.evaluate(() => navigator.clipboard.readText());
    await openFault();
    await page.keyboard.press('c');
    await page.getByText('Copied the value of balance.').waitFor();
    expect(await copied()).toBe(doubled.facts.balanceWrong);
    await page.keyboard.press('Shift+C');
    await page.getByText('Copied the path balance.').waitFor();
    expect(await copied()).toBe('balance');
    await page.keyboard.press('v');
    await page.getByText(`"balance": ${doubled.facts.balanceWrong}`).waitFor();
    await page.keyboard.press('v');
    await page.keyboard.press('v');
    const panel = page.getByRole('region', { name: 'Chosen event' });
    await panel.getByRole('img', { name: /^balance: \d+ values, lowest -37\.40/ }).waitFor();
    const earlier = panel.getByRole('listitem').getByRole('button');
    const before = earlier.filter({ hasText: '31 Dec 2025 02:00:00' });
    expect(digits(await before.textContent())).toContain(doubled.facts.balanceRight);
    await before.press('Enter');
    await expect.poll(() => place(page), WAIT).toBe(394);
  });

  test('of two long values in one line of the state, what is now is whole, and both are in their tooltips', async () => {
    await openFault();
    const line = stateLine(page, 'last_event_at');
    const now = line.locator('ins');
    await now.waitFor();
    for (const [width, height] of [
      [1280, 800],
      [1920, 1080],
    ] as const) {
      await page.setViewportSize({ width, height });
      const room = await now.evaluate((element) => {
        const panel = element.closest('[role=tree]')!.getBoundingClientRect();
        const own = element.getBoundingClientRect();
        return { isWhole: element.scrollWidth <= element.clientWidth, left: panel.right - own.right };
      });
      expect(room.isWhole).toBe(true);
      expect(room.left).toBeGreaterThan(0);
    }
    await page.setViewportSize({ width: 1280, height: 800 });
    for (const part of ['del', 'ins'])
      expect(await line.locator(part).getAttribute('title')).toMatch(
        /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
      );
  });

  test('folded from the first event the state has the same hash', async () => {
    await openFault();
    await page.keyboard.press('f');
    await page.getByText('same hash').waitFor();
    await page.getByText(/^395 events folded from the first one/).waitFor();
  });

  test('a value says who set it, when and what it was before; B goes there', async () => {
    await open(
      page,
      timelineOf(doubled.aggregateId, '?known=2025-12-31T23:59:59.999Z&path=fees_charged_total'),
    );
    const panel = page.getByRole('region', { name: 'Chosen event' });
    // Until then the panel is that of the path before.
    await panel.getByText('fees_charged_total, earlier values').waitFor();
    await panel.getByText(/· before it/).waitFor();
    await stateLine(page, 'fees_charged_total')
      .getByRole('button', { name: /^v392 · / })
      .waitFor();
    await page.keyboard.press('b');
    await expect.poll(() => place(page), WAIT).toBe(392);
    await expect
      .poll(async () => digits(await stateLine(page, 'fees_charged_total').textContent()), WAIT)
      .toContain('after70.00');
  });

  test('a condition is watched along the life, and where it breaks is one click away', async () => {
    await openFault();
    await page.keyboard.press('i');
    const dialog = page.getByRole('dialog', { name: 'Watch a condition' });
    const field = dialog.getByLabel('Condition on the state');
    await field.fill('balance >>');
    await expect.poll(() => field.getAttribute('aria-invalid'), WAIT).toBe('true');
    await field.fill('balance > -1');
    await dialog.getByText('broken 1 time, 1 healed').waitFor();
    await page.keyboard.press('Enter');
    await pressEnter(page.getByRole('button', { name: /^balance > -1 broken from 18 Nov 2025/ }));
    await expect
      .poll(async () => digits(await stateLine(page, 'balance').textContent()), WAIT)
      .toContain('-12.40');
    await pressEnter(page.getByRole('button', { name: 'Stop watching balance > -1' }));
    await page.getByRole('button', { name: /^balance > -1 broken/ }).waitFor({ state: 'detached' });
  });

  test('a bookmark stands on the strip', async () => {
    await openFault();
    await page.keyboard.press('k');
    const mark = page.getByRole('button', { name: /^Bookmark: Interest of .* posted for December/ });
    await mark.waitFor();
    await page.keyboard.press('Home');
    await pressEnter(mark);
    await expect.poll(() => place(page), WAIT).toBe(395);
    await chosenEvent(page).filter({ hasText: 'posted for December' }).waitFor();
  });

  test('[ and ] are undo and redo of the focus', async () => {
    await open(page, timelineOf(doubled.aggregateId));
    await stateLine(page, 'balance').waitFor();
    await open(page, timelineOf(doubled.aggregateId, '?known=2025-06-30T00:00:00.000Z'));
    await page.getByText(/^Known on 30 Jun 2025/).waitFor();
    await page.keyboard.press('[');
    await page.getByText(/^Now: 412 of 412 events/).waitFor();
    await page.keyboard.press(']');
    await page.getByText(/^Known on 30 Jun 2025/).waitFor();
  });

  test('no accessibility violation in both themes with the types open and near', async () => {
    await openFault();
    await pressEnter(page.getByRole('button', { name: 'types' }));
    for (const near of [false, true]) {
      if (near) for (let at = 0; at < 5; at += 1) await page.keyboard.press('+');
      await judgedAtBothSizes(page);
    }
    await pressEnter(page.getByRole('button', { name: 'types' }));
  });

  test('nothing went wrong on the page', () => {
    expect(problems).toEqual([]);
  });
});

describe.skipIf(browserProblem !== null)('states that no screen can hold', () => {
  let opened: OpenApp;
  let page: Page;
  let problems: string[];
  const folder = mkdtempSync(join(tmpdir(), 'hindcast-large-'));
  const tree = () => page.getByRole('tree', { name: 'State' });

  beforeAll(async () => {
    const workspace = await makeLargeStates(folder);
    opened = await openApp({ workspace, timeout: 60_000 });
    ({ page, problems } = opened);
  });
  afterAll(async () => {
    await opened?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('10 MB in 100,000 keys: lines come as they are scrolled to, changes are marked, values are exact', async () => {
    const wire = await openWire(page);
    await open(page, 'aggregates/Assembly/wide');
    const part = (at: number) => `part_${String(at).padStart(6, '0')}`;
    await tree()
      .getByRole('treeitem')
      .filter({ hasText: part(0) })
      .waitFor();
    await tree().focus();
    // Keys that are quicker than the lines go on from where the key before led.
    wire.hold();
    for (const key of ['End', 'ArrowUp', 'ArrowUp']) await page.keyboard.press(key);
    wire.release();
    await tree()
      .getByRole('treeitem', { selected: true })
      .filter({ hasText: part(KEYS - 3) })
      .waitFor();
    await page.keyboard.press('End');
    const line = tree()
      .getByRole('treeitem')
      .filter({ hasText: part(KEYS - 1) });
    await line.getByText('after').waitFor();
    await line.getByRole('button', { name: `v${EVENTS} · now` }).waitFor();
    await page.getByRole('region', { name: 'Chosen event' }).getByText('All 10\u202f000 changes').waitFor();
    await page.keyboard.press('v');
    await page.getByText(/^The first 200\u202f000 of \d+\u202f\d{3}\u202f\d{3} characters/).waitFor();
    await page.keyboard.press('v');
    await page.keyboard.press('Escape');
  });

  test('deep nesting opens level by level to an exact number', async () => {
    await open(page, 'aggregates/Assembly/deep');
    await tree().getByRole('treeitem').first().waitFor();
    await tree().focus();
    await page.keyboard.press('End');
    for (let at = 0; at < 130; at += 1) {
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('ArrowDown');
    }
    await tree().getByText('9007199254740993.10').first().waitFor();
    expect(problems).toEqual([]);
  });
});
