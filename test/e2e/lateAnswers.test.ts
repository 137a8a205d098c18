// Answers that come late, in another order, or not at all because the connection was lost.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ScanState } from '../../src/contract/events.ts';
import { story } from '../fixtures/demo/stories.ts';
import { demoProblem, type OpenApp } from './app.ts';
import { openDemo } from './demoPage.ts';
import { answeredEvents, chosenEvent, newConnection, open, pressEnter, timelineOf } from './screen.ts';
import { openWire, type Wire } from './wire.ts';

const WAIT = { timeout: 60_000 };
const { aggregateId } = story('interest-posted-twice');

describe.skipIf(demoProblem !== null)('late answers', () => {
  let opened: OpenApp;
  let page: Page;
  let wire: Wire;

  beforeAll(async () => {
    opened = await openDemo(WAIT);
    ({ page } = opened);
    wire = await openWire(page);
    await page.getByRole('grid', { name: 'Aggregates' }).waitFor();
  });
  afterAll(() => opened?.close());

  const hash = () => page.evaluate(() => location.hash);

  describe('a search of the values', () => {
    let ends = 0;
    const counted = (state: ScanState) => {
      if (state.done) ends += 1;
      return state;
    };
    /** Looks, and has the list say that a record came which is not searched yet until the search has ended so often. */
    const search = async (where: string, wanted: number) => {
      ends = 0;
      wire.answers('events.query', (answer) => {
        if (answer.scan === null || ends >= wanted) return answer;
        return { ...answer, scan: { ...answer.scan, of: answer.scan.of + 1, done: false } };
      });
      await open(page, `events?where=${encodeURIComponent(where)}`);
    };
    const hasEnded = () =>
      page
        .getByText(/looked at all .* searched/)
        .first()
        .waitFor();

    test('goes on after the connection was lost', async () => {
      wire.answers('events.scan', () => new Promise(() => {}));
      await search('data.amount > 100', 1);
      await expect.poll(() => wire.asked('events.scan'), WAIT).toBe(1);
      wire.answers('events.scan', counted);
      await wire.cut();
      await hasEnded();
    });

    test('goes on when it had ended and the list says that there is more', async () => {
      wire.answers('events.scan', counted);
      await search('data.amount > 200', 3);
      await expect.poll(() => ends, WAIT).toBe(3);
      await hasEnded();
    });
  });

  describe('a connection', () => {
    const name = () => page.getByLabel('Name', { exact: true });
    const save = () => pressEnter(page.getByRole('button', { name: 'Save', exact: true }));
    const list = () => page.getByRole('listbox', { name: 'Connections' }).getByRole('option');

    test('what is typed while it is being saved stays, and is saved with it', async () => {
      const held = Promise.withResolvers<void>();
      wire.answers('connections.save', (saved) => held.promise.then(() => saved));
      await newConnection(page, { name: 'first', brokers: 'localhost:9092' });
      await save();
      await expect.poll(() => wire.asked('connections.save'), WAIT).toBe(1);
      await name().fill('first of all');
      held.resolve();
      await page.getByText('first is saved.').waitFor();
      expect(await name().inputValue()).toBe('first of all');
      await save();
      await page.getByRole('heading', { level: 1, name: 'first of all' }).waitFor();
      await expect.poll(() => list().count(), WAIT).toBe(1);
    });

    test('one that is removed is not opened again', async () => {
      await newConnection(page, { name: 'second', brokers: 'localhost:9093' });
      await save();
      await page.getByRole('heading', { level: 1, name: 'second' }).waitFor();
      const held = Promise.withResolvers<void>();
      wire.answers('connections.list', (answer) => held.promise.then(() => answer));
      await pressEnter(page.getByRole('button', { name: 'Remove…' }));
      const dialog = page.getByRole('dialog', { name: 'Remove second?' });
      await pressEnter(dialog.getByRole('button', { name: 'Remove' }));
      await page.getByRole('heading', { level: 1, name: 'first of all' }).waitFor();
      expect(await list().count()).toBe(1);
      held.resolve();
      wire.answers('connections.list', null);
    });

    test('a new one is saved once, also when it is asked for again before the answer', async () => {
      const held = Promise.withResolvers<void>();
      const asked = wire.asked('connections.save');
      wire.answers('connections.save', (saved) => held.promise.then(() => saved));
      await newConnection(page, { name: 'once', brokers: 'localhost:9094' });
      await page.keyboard.press('Control+s');
      await expect.poll(() => wire.asked('connections.save'), WAIT).toBe(asked + 1);
      await page.locator('button[type=submit]:disabled', { hasText: 'Save' }).waitFor();
      await page.keyboard.press('Control+s');
      held.resolve();
      await page.getByRole('heading', { level: 1, name: 'once' }).waitFor();
      expect(wire.asked('connections.save')).toBe(asked + 1);
      wire.answers('connections.save', null);
    });
  });

  // It is drafted for a cluster: one of the connections above.
  test('a second draft of a compensation that comes late does not take what was written into the first', async () => {
    const place = `compensate/SavingsAccount/${aggregateId}`;
    const drafts = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const ends = drafts.map(({ promise }) => promise);
    wire.answers('compensate.draft', (made) => ends.shift()!.then(() => made));
    const reason = page.getByRole('textbox', { name: 'reason', exact: true });
    await open(page, place);
    await expect.poll(() => wire.asked('compensate.draft'), WAIT).toBe(1);
    await open(page, 'events');
    await page.getByRole('grid', { name: 'Events' }).waitFor();
    await open(page, place);
    await expect.poll(() => wire.asked('compensate.draft'), WAIT).toBe(2);
    drafts[0]!.resolve();
    await reason.fill('A retry');
    drafts[1]!.resolve();
    await open(page, 'cases');
    await page.getByText('No case yet').waitFor();
    await open(page, place);
    await reason.waitFor();
    expect(await reason.inputValue()).toBe('A retry');
    wire.answers('compensate.draft', null);
  });

  const param = (name: string) => new URLSearchParams(page.url().split('?')[1]).get(name);
  const openFourth = async (search = '') => {
    await open(page, timelineOf(aggregateId, `?at=3${search}`));
    await chosenEvent(page)
      .filter({ hasText: /^4(?!\d)/ })
      .waitFor();
  };

  test('where the next fault is, for a timeline that was left, does not change the address of the next one', async () => {
    const held = Promise.withResolvers<void>();
    let asked = 0;
    wire.answers('aggregates.strip', (strip, { ref, buckets }) => {
      if (buckets !== 1) return strip;
      const fault = (index: number) => ({ ...strip, faults: [{ index, at: 0, text: 'one' }] });
      if (ref.id !== aggregateId) return fault(3);
      asked += 1;
      return held.promise.then(() => fault(5));
    });
    await openFourth('&path=balance');
    await page.keyboard.press('n');
    await expect.poll(() => asked, WAIT).toBe(1);
    await open(page, 'aggregates/Payment/PAY-2025-00412');
    await page.getByRole('heading', { level: 1, name: /PAY-2025-00412/ }).waitFor();
    await page.getByRole('listbox', { name: 'Events of the aggregate' }).press('Home');
    await chosenEvent(page)
      .filter({ hasText: /^1(?!\d)/ })
      .waitFor();
    held.resolve();
    // Asked for later, this answer comes behind the other, and what it leads to is written later.
    await page.keyboard.press('n');
    await expect.poll(() => [param('at'), param('path')], WAIT).toEqual(['3', null]);
    wire.answers('aggregates.strip', null);
  });

  test('a link to a view is of where one was when it was asked for', async () => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    const held = Promise.withResolvers<void>();
    wire.answers('cases.identity', (identity) => held.promise.then(() => identity));
    await openFourth();
    const before = wire.asked('cases.identity');
    await page.keyboard.press('y');
    await expect.poll(() => wire.asked('cases.identity'), WAIT).toBeGreaterThan(before);
    await open(page, 'compare');
    await page.getByText('Choose what to compare').first().waitFor();
    held.resolve();
    await page.getByText('The link to this view is copied.').waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toContain(timelineOf(aggregateId));
    wire.answers('cases.identity', null);
  });

  test('steps by the buttons of a comparison wait for the answer before, as keys do', async () => {
    const side = (name: string) => `${name}.type=SavingsAccount&${name}.id=${aggregateId}&${name}.at=start`;
    await open(page, `compare?${side('a')}&${side('b')}`);
    const card = page.getByRole('region', { name: 'Side B' });
    const later = card.getByRole('button', { name: 'One event later in B' });
    await card.getByText('Nothing has happened yet').waitFor();
    wire.hold();
    await pressEnter(later);
    await pressEnter(later);
    await page.keyboard.press('ArrowRight');
    wire.release();
    await card.getByText(/^v3 · /).waitFor();
  });

  test('Enter opens no other event than the chosen one while its place is not known', async () => {
    const list = () => page.getByRole('grid', { name: 'Events', exact: true });
    await open(page, 'events?q=type%3AFeeCharged');
    await list().getByRole('gridcell').nth(30).waitFor();
    await list().press('Home');
    await expect.poll(hash, WAIT).toMatch(/record=\d+$/);
    const record = /\d+$/.exec(await hash())![0];
    const answer = wire.late('events.locate');
    await wire.asks('events.locate', () => open(page, `events?record=${record}`));
    await (await answeredEvents(page)).press('Enter');
    answer();
    await list().locator('[aria-selected="true"]:not([id$="-row-0"])').waitFor();
    await list().press('Enter');
    await expect.poll(hash, WAIT).toMatch(new RegExp(`^#/aggregates/.*event=${record}$`));
  });

  test('Enter in the list of aggregates opens the first row of the search that is still being answered', async () => {
    await open(page, 'aggregates');
    const list = page.getByRole('grid', { name: 'Aggregates' });
    await list.getByRole('gridcell').first().waitFor();
    const answer = wire.late('aggregates.list');
    await page.keyboard.press('/');
    await page.keyboard.type(aggregateId);
    for (const key of ['ArrowDown', 'Enter']) await page.keyboard.press(key);
    answer();
    await expect.poll(hash, WAIT).toContain(`#/aggregates/SavingsAccount/${aggregateId}`);
  });
});
