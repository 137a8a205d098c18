// What is typed while an answer is awaited: none of it is lost, and no answer closes what was opened anew meanwhile.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { story } from '../fixtures/demo/stories.ts';
import { demoProblem, type OpenApp } from './app.ts';
import { openDemo } from './demoPage.ts';
import { chosenEvent, open, pressEnter, timelineOf } from './screen.ts';
import { openWire, type Wire } from './wire.ts';

const WAIT = { timeout: 60_000 };
const { aggregateId } = story('interest-posted-twice');

describe.skipIf(demoProblem !== null)('typed before the answer', () => {
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

  describe('a definition', () => {
    const editor = () => page.getByRole('textbox', { name: 'Definition of late' });
    const text = () => editor().evaluate((element) => (element as HTMLElement).innerText);
    /** Opens it, waits until that is its title, and puts the cursor where it begins. */
    const goToTitle = async (title: string) => {
      await open(page, 'projections/late?tab=definition');
      await expect.poll(text, WAIT).toMatch(new RegExp(`"title": "${title}"[\\s\\S]*\\n\\}\\s*$`, 'i'));
      const before = (await text()).indexOf('"title": "') + '"title": "'.length;
      await editor().focus();
      await page.keyboard.press('Control+Home');
      for (let at = 0; at < before; at += 1) await page.keyboard.press('ArrowRight');
    };
    /** Saves; the answer comes when the function that this gives is called. */
    const saveLate = async () => {
      const answer = wire.late('projections.save');
      await wire.asks('projections.save', () => page.keyboard.press('Control+s'));
      return answer;
    };

    beforeAll(async () => {
      await open(page, 'projections/savings_account');
      await pressEnter(page.getByRole('button', { name: 'New' }));
      const dialog = page.getByRole('dialog', { name: 'New projection' });
      await dialog.getByLabel('Name of the table').fill('late');
      await pressEnter(dialog.getByRole('button', { name: 'Create' }));
      await dialog.waitFor({ state: 'detached' });
    });

    test('that is saved fetches nobody back who has gone to another tab', async () => {
      await goToTitle('late');
      await page.keyboard.press('A');
      const answer = await saveLate();
      await page.getByRole('tab', { name: /^Rows/ }).click();
      await expect.poll(hash, WAIT).not.toContain('tab=');
      const left = await hash();
      answer();
      await page.getByText('Alate is saved.').waitFor();
      expect(await hash()).toBe(left);
    });

    test('that is saved again before the answer is saved again after it', async () => {
      await goToTitle('Alate');
      await page.keyboard.press('B');
      const answer = await saveLate();
      await page.keyboard.press('C');
      await page.keyboard.press('Control+s');
      answer();
      await page.getByText('BAlate is saved.').waitFor();
      await page.getByText('BCAlate is saved.').waitFor();
      await page.getByText('Saved.', { exact: true }).waitFor();
    });

    test('that is undone before the answer stays undone, and can be saved so', async () => {
      await goToTitle('BCAlate');
      await page.keyboard.press('D');
      const answer = await saveLate();
      await page.keyboard.press('Backspace');
      const asked = wire.asked('projections.definition');
      answer();
      await page.getByText('DBCAlate is saved.').waitFor();
      await expect.poll(() => wire.asked('projections.definition'), WAIT).toBeGreaterThan(asked);
      await page.keyboard.press('Control+s');
      await page.getByText('Saved.', { exact: true }).waitFor();
      expect(await text()).toContain('"title": "BCAlate"');
      // Nothing is left to be saved: the key is kept from the browser all the same.
      await page.evaluate(() => {
        const look = ({ key, defaultPrevented }: KeyboardEvent) =>
          key === 's' && Object.assign(window, { kept: defaultPrevented });
        addEventListener('keydown', look);
      });
      await page.keyboard.press('Control+s');
      const kept = () => page.evaluate(() => (window as unknown as { kept?: boolean }).kept);
      await expect.poll(kept, WAIT).toBe(true);
    });
  });

  describe('the SQL console', () => {
    const name = () => page.getByLabel('Name of the query');

    test('a query that was cancelled is not asked again when a capture goes on', async () => {
      wire.answers('sql.query', () => new Promise(() => {}));
      await open(page, `projections?view=sql&sql=${encodeURIComponent('SELECT 1 AS one')}`);
      await pressEnter(page.getByRole('button', { name: 'Cancel', exact: true }));
      const cancelled = page.getByText('The query was cancelled.');
      await cancelled.waitFor();
      await pressEnter(page.getByRole('button', { name: 'Saved', exact: true }));
      wire.answers('system.changed', (change) => ({ ...change, scopes: ['workspace'] }));
      const [queries, schemas] = [wire.asked('sql.query'), wire.asked('sql.schema')];
      await name().fill('before');
      await name().press('Enter');
      await expect.poll(() => wire.asked('sql.schema'), WAIT).toBeGreaterThan(schemas);
      await page.getByText('before is saved.').waitFor();
      expect(wire.asked('sql.query')).toBe(queries);
      expect(await cancelled.count()).toBe(1);
      wire.answers('system.changed', null);
      wire.answers('sql.query', null);
    });

    test('the name of a second query that is typed while the first is being saved stays', async () => {
      const late = Promise.withResolvers<void>();
      const asked = wire.asked('queries.save');
      wire.answers('queries.save', (saved) => late.promise.then(() => saved));
      await name().fill('counted');
      await name().press('Enter');
      await expect.poll(() => wire.asked('queries.save'), WAIT).toBe(asked + 1);
      await name().fill('second');
      late.resolve();
      await page.getByText('counted is saved.').waitFor();
      expect(await name().inputValue()).toBe('second');
      wire.answers('queries.save', null);
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
      await open(page, timelineOf(aggregateId));
      await chosenEvent(page).filter({ hasText: /\S/ }).waitFor();
      const field = page.getByRole('dialog', { name: 'Audit report' }).getByLabel('State also at');
      const answer = wire.late('check.report');
      await page.keyboard.press('r');
      await wire.asks('check.report', () => field.press('Control+Enter'));
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
      const answer = wire.late('aggregates.locate');
      await page.keyboard.press('g');
      await field.fill('2025-12-31T23:59:59Z');
      await wire.asks('aggregates.locate', () => field.press('Enter'));
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
      const answer = wire.late('sentences.save');
      await write('Said');
      await wire.asks('sentences.save', () => page.keyboard.press('Enter'));
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
});
