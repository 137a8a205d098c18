// Answers that come late, in another order, or not at all because the connection was lost.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ScanState } from '../../src/contract/events.ts';
import { story } from '../fixtures/demo/stories.ts';
import { demoProblem, type OpenApp } from './app.ts';
import { openDemo } from './demoPage.ts';
import { chosenEvent, newConnection, open, pressEnter, timelineOf } from './screen.ts';
import { openWire, type Wire } from './wire.ts';

const WAIT = { timeout: 60_000 };

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
  /** Holds the answers to a procedure back until the function that this gives is called. */
  const holdBack = (path: string) => {
    const late = Promise.withResolvers<void>();
    wire.answers(path, (answer) => late.promise.then(() => answer));
    return () => {
      wire.answers(path, null);
      late.resolve();
    };
  };
  const isAsked = async (path: string, work: () => Promise<void>) => {
    const before = wire.asked(path);
    await work();
    await expect.poll(() => wire.asked(path), WAIT).toBe(before + 1);
  };

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
  });

  test('an answer from between two saves of a note does not set the earlier text back', async () => {
    await open(page, 'cases');
    await page.getByText('No case yet').waitFor();
    await page.keyboard.press('n');
    const dialog = page.getByRole('dialog', { name: 'New case' });
    await dialog.getByLabel('Name').fill('Twice');
    await pressEnter(dialog.getByRole('button', { name: 'Create' }));
    const notes = page.getByLabel('Notes');
    await notes.waitFor();
    const write = async (text: string) => {
      const before = wire.asked('cases.change');
      await notes.fill(text);
      await notes.blur();
      await expect.poll(() => wire.asked('cases.change'), WAIT).toBe(before + 1);
    };
    const [first, changes] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const came = Promise.withResolvers<void>();
    // The name says that the answer was taken.
    wire.answers('cases.get', (found) => {
      if (found.notes !== 'one') return found;
      came.resolve();
      return first.promise.then(() => ({ ...found, name: 'Between' }));
    });
    await write('one');
    await came.promise;
    wire.answers('system.changed', (change) => changes.promise.then(() => change));
    await write('one and two');
    first.resolve();
    await expect.poll(() => page.getByLabel('Name of the case').inputValue(), WAIT).toBe('Between');
    expect(await notes.inputValue()).toBe('one and two');
    changes.resolve();
    await expect.poll(() => page.getByLabel('Name of the case').inputValue(), WAIT).toBe('Twice');
    expect(await notes.inputValue()).toBe('one and two');
  });

  test('what is typed into the name of a case after it was saved stays when the saved one comes back', async () => {
    const late = Promise.withResolvers<void>();
    wire.answers('cases.get', (found) => late.promise.then(() => ({ ...found, notes: 'came back' })));
    const before = wire.asked('cases.get');
    const name = page.getByLabel('Name of the case');
    await name.fill('Thrice');
    await name.press('Enter');
    await expect.poll(() => wire.asked('cases.get'), WAIT).toBeGreaterThan(before);
    await name.press('End');
    await page.keyboard.type(' or more');
    late.resolve();
    await expect.poll(() => page.getByLabel('Notes').inputValue(), WAIT).toBe('came back');
    expect(await name.inputValue()).toBe('Thrice or more');
    wire.answers('cases.get', null);
  });

  describe('a dialog that is opened again before what it asked first is answered', () => {
    test('the one of the audit report stays, with what is typed', async () => {
      await open(page, timelineOf(story('interest-posted-twice').aggregateId));
      await chosenEvent(page).filter({ hasText: /\S/ }).waitFor();
      const field = page.getByRole('dialog', { name: 'Audit report' }).getByLabel('State also at');
      const answer = holdBack('check.report');
      await page.keyboard.press('r');
      await isAsked('check.report', () => field.press('Control+Enter'));
      await page.keyboard.press('Escape');
      await field.waitFor({ state: 'detached' });
      await page.keyboard.press('r');
      await field.fill('2025');
      answer();
      await page.getByText(/is in your downloads/).waitFor();
      await page.keyboard.type('-12-31');
      await expect.poll(() => field.inputValue(), WAIT).toBe('2025-12-31');
      await page.keyboard.press('Escape');
      await field.waitFor({ state: 'detached' });
    });

    test('the one that goes somewhere stays, and the answer to what was given up leads nowhere', async () => {
      const field = page.getByRole('dialog', { name: 'Go to' }).getByRole('textbox');
      const answer = holdBack('aggregates.locate');
      await page.keyboard.press('g');
      await field.fill('2025-12-31T23:59:59Z');
      await isAsked('aggregates.locate', () => field.press('Enter'));
      await page.keyboard.press('Escape');
      await field.waitFor({ state: 'detached' });
      await page.keyboard.press('g');
      await field.fill('#');
      answer();
      await page.keyboard.type('7');
      await expect.poll(() => field.inputValue(), WAIT).toBe('#7');
      await page.keyboard.press('Enter');
      await expect.poll(() => chosenEvent(page).textContent(), WAIT).toMatch(/^7(?!\d)/);
    });

    test('the editor of a sentence stays, with what is typed', async () => {
      const editor = page.getByRole('dialog', { name: /^Sentence of/ });
      const field = editor.getByRole('textbox', { name: 'Template' });
      const write = async (text: string) => {
        await page.keyboard.press('s');
        await field.press('Control+A');
        await page.keyboard.type(text);
        await expect.poll(() => field.textContent(), WAIT).toBe(text);
      };
      const answer = holdBack('sentences.save');
      await write('Said');
      await isAsked('sentences.save', () => page.keyboard.press('Enter'));
      await pressEnter(editor.getByRole('button', { name: 'Cancel' }));
      await field.waitFor({ state: 'detached' });
      await write('Told');
      answer();
      await page.getByText(/is said so from now on/).waitFor();
      await page.keyboard.type(' otherwise');
      await expect.poll(() => field.textContent(), WAIT).toBe('Told otherwise');
      await pressEnter(editor.getByRole('button', { name: 'Cancel' }));
    });
  });

  test('Enter opens no other event than the chosen one while its place is not known', async () => {
    const list = () => page.getByRole('grid', { name: 'Events', exact: true });
    await open(page, 'events?q=type%3AFeeCharged');
    await list().getByRole('gridcell').nth(30).waitFor();
    await list().press('Home');
    await expect.poll(hash, WAIT).toMatch(/record=\d+$/);
    const record = /\d+$/.exec(await hash())![0];
    const answer = holdBack('events.locate');
    await isAsked('events.locate', () => open(page, `events?record=${record}`));
    await list().press('Enter');
    answer();
    await list().locator('[aria-selected="true"]:not([id$="-row-0"])').waitFor();
    await list().press('Enter');
    await expect.poll(hash, WAIT).toMatch(new RegExp(`^#/aggregates/.*event=${record}$`));
  });

  test('Enter in the list of aggregates opens the first row of the search that is still being answered', async () => {
    await open(page, 'aggregates');
    const list = page.getByRole('grid', { name: 'Aggregates' });
    await list.getByRole('gridcell').first().waitFor();
    const { aggregateId } = story('interest-posted-twice');
    const answer = holdBack('aggregates.list');
    await page.keyboard.press('/');
    await page.keyboard.type(aggregateId);
    for (const key of ['ArrowDown', 'Enter']) await page.keyboard.press(key);
    answer();
    await expect.poll(hash, WAIT).toContain(`#/aggregates/SavingsAccount/${aggregateId}`);
  });
});
