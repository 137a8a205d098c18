// Event sentences in a person's words: edited from an event, seen everywhere, listed, passed on as a file; by keyboard.
import { readFileSync } from 'node:fs';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { story } from '../fixtures/demo/stories.ts';
import { demoProblem, type OpenApp } from './app.ts';
import { judged, openDemo } from './demoPage.ts';
import { chosenEvent, open, pressEnter, timelineOf } from './screen.ts';

const WAIT = { timeout: 60_000 };
const doubled = story('interest-posted-twice');
const FEES = 'events?q=type%3AFeeCharged';
const OWN = 'A fee of {data.amount|number}[, {data.fee_type|words},] was taken';

const editorOf = (page: Page): Locator => page.getByRole('dialog', { name: /^Sentence of/ });
const fieldOf = (page: Page): Locator => editorOf(page).getByRole('textbox', { name: 'Template' });
const textOf = async (place: Locator): Promise<string> =>
  ((await place.textContent()) ?? '').replaceAll('\u202f', ' ');

describe.skipIf(demoProblem !== null)('sentences of events, by keyboard', () => {
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

  /** The editor is open and its field has the focus. */
  const ready = () =>
    expect.poll(() => fieldOf(page).evaluate((each) => each.matches(':focus')), WAIT).toBe(true);

  /** Takes everything that is written away and writes this. */
  async function write(text: string): Promise<void> {
    await page.keyboard.press('Control+A');
    await page.keyboard.press('Delete');
    await page.keyboard.type(text);
  }

  /** Opens a timeline; its last event is chosen. */
  async function openEvent(): Promise<void> {
    await open(page, timelineOf(doubled.aggregateId));
    // A row that is still on its way is chosen already, and has no sentence to edit.
    await chosenEvent(page).filter({ hasText: /\S/ }).waitFor();
    await page
      .getByRole('region', { name: 'Chosen event' })
      .getByRole('button', { name: 'Edit the sentence' })
      .waitFor();
  }

  const events = () => page.getByRole('grid', { name: 'Events', exact: true });

  test('the default is where one begins; completion, errors in place, a live preview, and every list follows', async () => {
    await open(page, FEES);
    await events()
      .getByText(/fee of 25\.00 charged|Fee of/)
      .first()
      .waitFor();
    await events().focus();
    await page.keyboard.press('ArrowDown');
    const line = page.getByRole('region', { name: 'Record', exact: true }).getByRole('paragraph').first();
    await line.waitFor();
    await page.keyboard.press('s');
    await ready();
    await expect
      .poll(() => fieldOf(page).textContent())
      .toMatch(/^Fee\[ of \{data\.amount\|amount\}\] charged/);
    await editorOf(page)
      .getByText(/exact for \d+ of \d+ events/)
      .waitFor();
    const preview = editorOf(page).getByRole('grid', { name: 'Events as the template says them' });
    await preview.getByText('the same').first().waitFor();
    await judged(page, 'sentence-default');

    await write('A fee of ');
    await page.keyboard.type('{data.amo');
    const suggestion = page.getByRole('option', { name: /^data\.amount/ });
    await suggestion.first().waitFor();
    await page.keyboard.press('Tab');
    await expect.poll(() => fieldOf(page).textContent()).toBe('A fee of {data.amount}');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.type('|numbre');
    await editorOf(page)
      .getByText('“numbre” is no format (character 23). Perhaps number is meant.')
      .waitFor();
    await judged(page, 'sentence-problem');
    expect(await editorOf(page).getByRole('button', { name: 'Save' }).isDisabled()).toBe(true);
    await write(OWN);
    await preview
      .getByText(/^A fee of [\d.\s]+, .*was taken$/)
      .first()
      .waitFor();
    await judged(page, 'sentence-changed');
    await page.keyboard.press('Enter');
    await editorOf(page).waitFor({ state: 'detached' });
    await events()
      .getByText(/^A fee of [\d.\s]+, .*was taken$/)
      .first()
      .waitFor();
    await expect.poll(() => textOf(line)).toMatch(/^A fee of .*was taken$/);
    await judged(page, 'sentence-events');

    await events().focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => chosenEvent(page).textContent(), WAIT).toMatch(/A fee of .*was taken/);
    expect(problems).toEqual([]);
  });

  test('from a timeline too; Escape leaves all as it was and gives the focus back', async () => {
    await openEvent();
    await page.getByRole('listbox', { name: 'Events of the aggregate' }).focus();
    const before = await chosenEvent(page).textContent();
    await page.keyboard.press('s');
    await ready();
    await write('changed but not kept {data.');
    const suggestions = page.getByRole('option', { name: /^data\./ });
    await suggestions.first().waitFor();
    // The first closes what is suggested, and only that; with nothing suggested one closes the editor.
    await page.keyboard.press('Escape');
    await suggestions.first().waitFor({ state: 'detached' });
    expect(await fieldOf(page).textContent()).toBe('changed but not kept {data.');
    await page.keyboard.press('Escape');
    await editorOf(page).waitFor({ state: 'detached' });
    expect(await chosenEvent(page).textContent()).toBe(before);
    await judged(page, 'sentence-timeline');
    await page.keyboard.press('ArrowLeft');
    await expect.poll(() => chosenEvent(page).textContent()).not.toBe(before);
    expect(problems).toEqual([]);
  });

  test('Tab leaves the template where nothing can be suggested, and else takes what is on its way, for the whole name', async () => {
    await openEvent();
    await page.keyboard.press('s');
    await ready();
    await write('Interest of {data.aount}');
    for (let back = 0; back < 'ount}'.length; back += 1) await page.keyboard.press('ArrowLeft');
    await page.keyboard.type('m');
    await page.keyboard.press('Tab');
    await expect.poll(() => fieldOf(page).textContent(), WAIT).toBe('Interest of {data.amount}');
    await page.keyboard.press('End');
    await page.keyboard.type(' posted');
    await page.keyboard.press('Tab');
    await page.keyboard.type('x');
    await expect.poll(() => editorOf(page).getByLabel('Topics').inputValue(), WAIT).toContain('x');
    expect(await fieldOf(page).textContent()).toBe('Interest of {data.amount} posted');
    await pressEnter(editorOf(page).getByRole('button', { name: 'Cancel' }));
    await editorOf(page).waitFor({ state: 'detached' });
    expect(problems).toEqual([]);
  });

  test('all templates in a list: kept on this machine, exported, removed, opened from the file again', async () => {
    await open(page, 'activity');
    await page.getByRole('tab', { name: 'Sentences' }).waitFor();
    await page.keyboard.press('s');
    const list = page.getByRole('grid', { name: 'Templates of sentences' });
    await list.getByText(OWN).waitFor();
    await list.getByText('this machine').waitFor();
    await judged(page, 'sentence-list');
    const download = page.waitForEvent('download');
    await list.focus();
    await page.keyboard.press('e');
    const file = await (await download).path();
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
      format: 'hindcast-sentences',
      version: 1,
      sentences: [{ type: 'FeeCharged', pattern: '*', template: OWN }],
    });
    await page.keyboard.press('Delete');
    await page.getByText('All events are said in their default words').waitFor();
    await judged(page, 'sentence-none');
    await open(page, FEES);
    await events().getByText(/fee/i).first().waitFor();
    await expect.poll(() => events().textContent()).not.toContain('was taken');
    await open(page, 'activity?view=sentences');
    await page.getByText('All events are said in their default words').waitFor();
    await page.getByRole('contentinfo').getByText('open file').waitFor();
    const chooser = page.waitForEvent('filechooser');
    await page.keyboard.press('o');
    await (await chooser).setFiles(file);
    await page.getByText('1 template added, 0 templates replaced.').waitFor();
    await list.focus();
    await page.keyboard.press('Enter');
    await ready();
    expect(await fieldOf(page).textContent()).toBe(OWN);
    await page.keyboard.press('Escape');
    await editorOf(page).waitFor({ state: 'detached' });
    await open(page, FEES);
    await events()
      .getByText(/was taken$/)
      .first()
      .waitFor();
    expect(problems).toEqual([]);
  });
});
