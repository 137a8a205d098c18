// Every screen on the bundled demo recording: no error, no accessibility violation in both themes, all by keyboard,
// addresses that reproduce the view, and the two clocks.
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { defaultDemo, story } from '../fixtures/demo/stories.ts';
import { demoProblem, type OpenApp, openApp, openPage } from './app.ts';
import {
  accessibilityProblems,
  chooseFirst,
  chooseRow,
  chooseStateLine,
  chosenEvent,
  digits,
  lookAsOf,
  open,
  pressEnter,
  stateLine,
  stateValue,
  timelineOf,
} from './screen.ts';

const WAIT = { timeout: 60_000 };
/** Colours change at once with reduced motion; what is loaded late may still move. */
const SETTLED = { timeout: 60_000, interval: 300 };
const THEMES = ['dark', 'light'] as const;
const doubled = story('interest-posted-twice');
const backdated = story('backdated-deposit');
const ofDoubled = (search = '') => timelineOf(doubled.aggregateId, search);

/** Each screen, and what stands there once it is drawn. */
const PLACES: Record<string, { at: string; ready: (page: Page) => Promise<unknown> }> = {
  'clusters, none yet': {
    at: 'connections',
    ready: (page) =>
      page.getByRole('heading', { name: 'Connect to a Kafka cluster to see its topics.' }).waitFor(),
  },
  'a new connection': {
    at: 'connections/new',
    ready: (page) => page.getByRole('heading', { name: 'New connection' }).waitFor(),
  },
  'topics without a cluster': {
    at: 'topics',
    ready: (page) => page.getByRole('heading', { name: 'Topics come from a cluster.' }).waitFor(),
  },
  events: {
    at: `events?q=${encodeURIComponent('from:2025-11-18T00:00:00Z to:2025-11-30T02:10:00Z')}`,
    ready: async (page) => {
      await page.getByRole('grid', { name: 'Events' }).getByRole('gridcell').first().waitFor();
      await page.keyboard.press('ArrowDown');
      await page.getByRole('region', { name: 'Record' }).getByText('event id').first().waitFor();
    },
  },
  'the raw bytes of a record': {
    at: `events?tab=raw&q=event:${doubled.eventIds[1]}`,
    ready: async (page) => {
      await chooseFirst(page);
      await page.getByRole('region', { name: 'Record' }).getByText('"event_id"').first().waitFor();
    },
  },
  'events that fit no filter': {
    at: 'events?q=type:Nothing',
    ready: (page) => page.getByText('No event fits this filter').waitFor(),
  },
  aggregates: {
    at: 'aggregates?type=SavingsAccount',
    ready: (page) => page.getByRole('grid', { name: 'Aggregates' }).getByRole('gridcell').first().waitFor(),
  },
  'a timeline now': {
    at: ofDoubled(),
    ready: (page) => stateLine(page, 'balance').waitFor(),
  },
  'a timeline as of a moment, at a fault': {
    at: ofDoubled('?known=2025-12-31T23:59:59.999Z&at=394&path=balance'),
    ready: (page) =>
      page.getByRole('region', { name: 'Chosen event' }).getByText('Same content as v394').waitFor(),
  },
  'a timeline of cattle in JSON': {
    at: 'aggregates/Cattle/42?view=json',
    ready: (page) => page.getByRole('heading', { level: 1, name: /^Cattle/ }).waitFor(),
  },
  'an unknown aggregate': {
    at: 'aggregates/SavingsAccount/nobody',
    ready: (page) => page.getByRole('alert').waitFor(),
  },
  projections: {
    at: 'projections/savings_account',
    ready: (page) => page.getByRole('heading', { name: /^Savings accounts/ }).waitFor(),
  },
  'a definition': {
    at: 'projections/savings_account?tab=definition',
    ready: (page) => page.getByRole('tab', { name: /^Definition/, selected: true }).waitFor(),
  },
  'the SQL console': {
    at: `projections?view=sql&sql=${encodeURIComponent('SELECT type, count(*) AS n FROM events GROUP BY type')}`,
    ready: (page) => page.getByRole('region', { name: 'Result' }).getByRole('gridcell').first().waitFor(),
  },
  'compensate without a cluster': {
    at: `compensate/SavingsAccount/${doubled.aggregateId}`,
    ready: (page) => page.getByRole('heading', { name: /none is connected/ }).waitFor(),
  },
  activity: { at: 'activity', ready: (page) => page.getByRole('heading', { name: 'Activity' }).waitFor() },
  receipts: {
    at: 'activity?view=receipts',
    ready: (page) => page.getByText('Nothing has been published from this workspace.').waitFor(),
  },
  'an address to nowhere': { at: 'nowhere', ready: (page) => page.getByRole('alert').waitFor() },
};

describe.skipIf(demoProblem !== null)('the screens on the demo recording', () => {
  let opened: OpenApp;
  let page: Page;
  let problems: string[];

  beforeAll(async () => {
    opened = await openApp({ width: 1440, height: 900, timeout: WAIT.timeout });
    ({ page, problems } = opened);
  });
  afterEach(async () => {
    // What a failed test left open would cover the next one.
    if ((await page.locator('[role=dialog][data-open]').count()) > 0) await page.keyboard.press('Escape');
  });
  afterAll(async () => {
    await opened?.close();
  });

  test('without a workspace the app opens the recording, read-only and complete', async () => {
    await page.getByRole('button', { name: 'Workspace: Demo read-only' }).waitFor();
    // The table takes the focus when it appears; a popover opened before would lose it.
    await page.getByRole('grid', { name: 'Aggregates' }).waitFor();
    await pressEnter(page.getByRole('button', { name: 'Coverage: complete · 19 topics' }));
    const coverage = page.getByRole('dialog', { name: 'Coverage' });
    await coverage.getByText('ultracore.savings.interest').first().waitFor();
    await expect.poll(() => accessibilityProblems(page), SETTLED).toEqual([]);
    await page.keyboard.press('Escape');
  });

  for (const [name, { at, ready }] of Object.entries(PLACES)) {
    test(`${name}: no error and no accessibility violation, dark and light`, async () => {
      problems.length = 0;
      await open(page, at);
      await ready(page);
      for (const theme of THEMES) {
        await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
        await expect.poll(() => accessibilityProblems(page), SETTLED).toEqual([]);
      }
      await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
      expect(problems).toEqual([]);
    });
  }

  test('palette, sheet of keys, time and go-to dialogs have no accessibility violation', async () => {
    await open(page, ofDoubled());
    await stateLine(page, 'balance').waitFor();
    const opened: [string, ReturnType<Page['getByRole']>][] = [
      ['Control+k', page.getByRole('dialog', { name: 'Commands' })],
      ['?', page.getByRole('dialog', { name: 'Keys' })],
      ['t', page.getByRole('dialog', { name: 'Time to look at' })],
      ['g', page.getByRole('dialog', { name: 'Go to' })],
    ];
    for (const [key, dialog] of opened) {
      await page.keyboard.press(key);
      await dialog.waitFor();
      for (const theme of THEMES) {
        await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
        await expect.poll(() => accessibilityProblems(page), SETTLED).toEqual([]);
      }
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
    }
  });

  test('by keyboard alone: from events to a timeline, step, go to, find a fault, search a command', async () => {
    await open(page, 'activity');
    await page.getByRole('heading', { name: 'Activity' }).waitFor();
    await page.keyboard.press('Alt+3');
    await page.getByRole('grid', { name: 'Events' }).getByRole('gridcell').first().waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type(`agg:${doubled.aggregateId} type:InterestPosted`);
    await page.keyboard.press('Enter');
    await page
      .getByText(/^\d+ of 40\s817/)
      .first()
      .waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.getByRole('region', { name: 'Record' }).getByText('InterestPosted').first().waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: /SA-1000420017/ }).waitFor();
    await chosenEvent(page).filter({ hasText: 'posted for' }).waitFor();

    await page.keyboard.press('g');
    await page.keyboard.type('v394');
    await page.keyboard.press('Enter');
    await expect.poll(() => stateValue(page, 'balance'), WAIT).toBe(doubled.facts.balanceRight);
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => stateValue(page, 'balance'), WAIT).toBe(doubled.facts.balanceWrong);
    await page.keyboard.press('Home');
    await expect.poll(() => chosenEvent(page).textContent(), WAIT).toMatch(/^1(?!\d)/);
    await page.keyboard.press('n');
    await expect.poll(() => chosenEvent(page).textContent(), WAIT).toMatch(/^395(?!\d)/);
    await page.keyboard.press('g');
    await page.keyboard.type(doubled.facts.firstRecorded!);
    await page.keyboard.press('Enter');
    await expect.poll(() => stateValue(page, 'balance'), WAIT).toBe(doubled.facts.balanceRight);
    // Until it is gone it takes the keys.
    await page.getByRole('dialog', { name: 'Go to' }).waitFor({ state: 'detached' });

    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).getByText('Next event with a fault').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor({ state: 'detached' });
    await page.keyboard.press('Control+k');
    await page.keyboard.type('open projections');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Projections' }).waitFor();
  });

  test('Tab reaches the rail, the top bar and the screen, and the focus is visible at each stop', async () => {
    await open(page, 'connections/new');
    await page.getByRole('heading', { name: 'New connection' }).waitFor();
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    const stops: { at: string; name: string; visible: boolean }[] = [];
    for (let at = 0; at < 26; at++) {
      await page.keyboard.press('Tab');
      stops.push(
        await page.evaluate(() => {
          const element = document.activeElement as HTMLElement;
          const box = [element, ...(element.parentElement ? [element.parentElement] : [])].map((each) =>
            getComputedStyle(each),
          );
          const label = element.id === '' ? null : document.querySelector(`label[for="${element.id}"]`);
          return {
            at: `${element.tagName} ${element.className}`.slice(0, 90),
            name: label?.textContent ?? element.getAttribute('aria-label') ?? element.textContent ?? '',
            visible:
              box.some(
                (style) =>
                  (style.outlineStyle !== 'none' && style.outlineWidth !== '0px') ||
                  style.boxShadow !== 'none',
              ) || getComputedStyle(element, '::after').backgroundColor !== 'rgba(0, 0, 0, 0)',
          };
        }),
      );
    }
    const names = stops.map(({ name }) => name.trim());
    for (const wanted of [
      'Clusters',
      'Topics',
      'Events',
      'Aggregates',
      'Projections',
      'Activity',
      'Name',
      'Brokers',
    ])
      expect(names).toContain(wanted);
    const onPage = stops.filter(({ at }) => !at.startsWith('BODY'));
    expect(onPage.filter(({ visible }) => !visible)).toEqual([]);
  });

  test('an address reproduces filter, range and selected record in another window', async () => {
    await open(page, `events?q=${encodeURIComponent('type:FeeCharged from:2025-11-18T00:00:00Z')}`);
    const rows = page.getByRole('grid', { name: 'Events' });
    await rows.getByText('Fee of 25.00 charged (overdraft)').first().waitFor();
    await chooseRow(page, rows, (words) => words.includes('Fee of 25.00 charged (overdraft)'));
    await pressEnter(page.getByRole('button', { name: /^Headers/ }));
    await expect.poll(() => page.url(), WAIT).toMatch(/record=\d+.*tab=headers|tab=headers.*record=\d+/);
    const hash = new URL(page.url()).hash;
    const count = await page
      .getByText(/^[\d\s]+ of 40\s817/)
      .first()
      .textContent();
    const other = await openPage(opened.browser, opened.app, { width: 1440, height: 900 });
    await other.page.getByRole('button', { name: 'Workspace: Demo read-only' }).waitFor();
    await open(other.page, hash.replace(/^#\//, ''));
    const chosen = other.page.getByRole('grid', { name: 'Events' }).getByRole('row', { selected: true });
    await expect.poll(() => chosen.textContent(), WAIT).toContain('Fee of 25.00 charged (overdraft)');
    await other.page.getByRole('button', { name: /^Headers/, pressed: true }).waitFor();
    expect(
      (
        await other.page
          .getByText(/^[\d\s]+ of 40\s817/)
          .first()
          .textContent()
      )?.split(' · ')[0],
    ).toBe(count?.split(' · ')[0]);
    await other.page.context().close();
  });

  test('a reload keeps focus, chosen event, path and view of a timeline', async () => {
    await open(page, ofDoubled('?known=2025-12-31T23:59:59.999Z'));
    await chooseStateLine(page, 'balance');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('v');
    await page.keyboard.press('ArrowLeft');
    const heading = page.getByRole('heading', { name: 'State after v393' });
    await heading.waitFor();
    // The event of a place is written when its row is there.
    await expect.poll(() => page.url(), WAIT).toMatch(/at=392&event=\d+&path=balance&view=json$/);
    const before = page.url();
    await page.reload();
    await heading.waitFor();
    await page.getByRole('button', { name: 'JSON', exact: true, pressed: true }).waitFor();
    await page.getByText(/^Known on 31 Dec 2025 23:59:59\.999: 395 of 412 events/).waitFor();
    await expect.poll(() => page.url()).toBe(before);
    await pressEnter(page.getByRole('button', { name: 'Tree' }));
  });

  test('what was true and what was known on 12 September differ by the backdated deposit', async () => {
    await open(page, timelineOf(backdated.aggregateId));
    await stateLine(page, 'balance').waitFor();
    const { at, balanceKnown, balanceTrue, amount } = backdated.facts;
    await lookAsOf(page, { known: at! });
    await expect.poll(() => stateValue(page, 'balance'), WAIT).toBe(balanceKnown);
    await page.getByText(/^Known on 12 Sept? 2025 12:00:00\.000: .*log order, nothing moved/).waitFor();
    await pressEnter(
      page.getByRole('group', { name: 'Time to look at' }).getByRole('button', { name: 'true on' }),
    );
    await expect.poll(() => stateValue(page, 'balance'), WAIT).toBe(balanceTrue);
    await page.getByText(/^True on 12 Sept? 2025 12:00:00\.000: .*occurred order, 1 event moved/).waitFor();
    await page.getByRole('option', { name: new RegExp(`${digitsPattern(amount!)}.*backdated`) }).waitFor();
    await expect.poll(() => page.url()).toContain(`true=${at}`);
  });

  test('integers above 2^53 and trailing zeros keep their digits in state, inspector and SQL', async () => {
    const sql = `SELECT json(value -> '$.event_data.ledger_sequence') AS n FROM events WHERE kind = 'event' AND topic = 'ultracore.savings.fees' LIMIT 1`;
    await open(page, `projections?view=sql&sql=${encodeURIComponent(sql)}`);
    const cell = page.getByRole('region', { name: 'Result' }).getByRole('gridcell').first();
    await expect.poll(async () => digits(await cell.textContent()), WAIT).toMatch(/^90071992547\d{5}$/);
    const sequence = digits(await cell.textContent());
    const text = Buffer.from(
      defaultDemo().records.find(
        ({ topic, value }) =>
          topic === 'ultracore.savings.fees' && Buffer.from(value ?? '').includes(sequence),
      )!.value!,
    ).toString();
    const eventId = /"event_id":\s?"([^"]+)"/.exec(text)![1]!;
    const amount = /"amount":\s?([\d.]+)/.exec(text)![1]!;
    await open(page, `events?q=event:${eventId}`);
    await chooseFirst(page);
    const record = page.getByRole('region', { name: 'Record' });
    await record.getByText(sequence, { exact: true }).waitFor();
    await record.getByText(amount, { exact: true }).first().waitFor();
  });

  test('a list that was scrolled away from its selection stays there when its height changes', async () => {
    await open(page, timelineOf(doubled.aggregateId));
    const list = page.getByRole('listbox', { name: 'Events of the aggregate' });
    await chosenEvent(page).waitFor();
    await list.press('Home');
    await list.locator('[aria-posinset="1"][aria-selected="true"]').waitFor();
    await list.evaluate((element) => {
      element.scrollTop = 4400;
    });
    await list.locator('[aria-posinset="101"]').waitFor();
    const drawn = () => list.locator('[class*="_viewport_"]').evaluate((element) => element.clientHeight);
    const before = await drawn();
    await page.setViewportSize({ width: 1440, height: 700 });
    await expect.poll(drawn, WAIT).toBeLessThan(before);
    expect(await list.evaluate((element) => element.scrollTop)).toBe(4400);
    await page.setViewportSize({ width: 1440, height: 900 });
  });

  test('nothing in all of this was an error in the window', () => expect(problems).toEqual([]));
});

const digitsPattern = (decimal: string): string =>
  decimal.replace(/\B(?=(\d{3})+\.)/g, '\\s?').replace('.', '\\.');
