// Mapping a topic by hand, cases with bookmarks, and one focus everywhere: by keyboard, in a real browser.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, browserProblem, openBrowser, openPage, startApp } from './app.ts';
import { judged, shots } from './demoPage.ts';
import { makeYard, YARD } from './notebookWorkspace.ts';
import { arrowTo, chosenEvent, open, pressEnter } from './screen.ts';

describe.skipIf(browserProblem !== null)('mappings, cases and focus', () => {
  let app: App;
  let browser: Awaited<ReturnType<typeof openBrowser>>;
  let yard: Awaited<ReturnType<typeof makeYard>>;
  beforeAll(async () => {
    yard = await makeYard();
    app = await startApp({ workspace: yard.file });
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await app?.close();
    yard?.remove();
  });

  /** Chooses a line of the sample by its name, opens the menu and says what it is. */
  async function point(page: Page, name: string, field: string): Promise<void> {
    const tree = page.getByRole('tree', { name: 'Sample record' });
    await tree.focus();
    const line = tree.getByRole('treeitem').filter({ has: page.getByText(name, { exact: true }) });
    await page.keyboard.press('Home');
    for (let tries = 0; (await line.getAttribute('aria-selected')) !== 'true' && tries < 20; tries++)
      await page.keyboard.press('ArrowDown');
    await page.keyboard.press('u');
    const item = page.getByRole('menuitem', { name: field, exact: true });
    await arrowTo(page, item);
    await page.keyboard.press('Enter');
    await item.waitFor({ state: 'detached' });
  }

  it('points at fields, sees how records come out, and applies the mapping without capturing again', async () => {
    const { page, problems } = await openPage(browser, app);
    await page.getByRole('link', { name: 'Cases' }).waitFor();
    await open(page, `mappings/${YARD}`);
    await page.getByRole('tree', { name: 'Sample record' }).waitFor();
    await point(page, 'activity', 'Event type');
    await point(page, 'case:id', 'Aggregate id');
    await point(page, 'step', 'Aggregate version');
    await point(page, 'time:stamp', 'Occurred');
    await page.getByText('100 of 100 records come out differently').first().waitFor();
    await judged(page, 'mapping-sample');
    await page.keyboard.press('v');
    await page.getByText(/100 of 100 records are events, of \d+ aggregates/).waitFor();
    await judged(page, 'mapping-records');
    const files = page.getByRole('button', { name: 'Mappings and files' });
    const choose = async (name: string) => {
      await pressEnter(files);
      await pressEnter(page.getByRole('menuitem', { name }));
    };
    const download = page.waitForEvent('download');
    await choose('Export this mapping');
    const file = await (await download).path();
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
      format: 'hindcast-mapping',
      pattern: 'yard.gates.*',
      mapping: { fields: { aggregateId: { paths: ['case:id'] } } },
    });
    await choose('What is in use');
    await page.getByText('without a known envelope').first().waitFor();
    const chooser = page.waitForEvent('filechooser');
    await choose('Open a mapping of a file');
    await (await chooser).setFiles(file);
    await page.getByText('100 of 100 records come out differently').first().waitFor();
    await page.keyboard.press('Control+S');
    const save = page.getByRole('dialog', { name: 'Save for topics' });
    await expect.poll(() => save.getByLabel('Topics').inputValue()).toBe('yard.gates.*');
    await page.keyboard.press('Enter');
    await page.getByText('Kept for topics named yard.gates.*.').waitFor();
    await save.waitFor({ state: 'detached' });
    await page.getByRole('grid', { name: 'How records come out' }).focus();
    await page.keyboard.press('Control+Enter');
    const dialog = page.getByRole('dialog', { name: `Read ${YARD} anew` });
    await dialog.waitFor();
    if (shots !== undefined) await page.screenshot({ path: join(shots, 'mapping-apply.png') });
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByText('chosen by hand').first().waitFor();
    await open(page, 'aggregates/gates/lorry-07');
    await page.getByRole('listbox', { name: 'Events of the aggregate' }).waitFor();
    await page.getByText('50 events').first().waitFor();
    expect(problems).toEqual([]);
    await page.context().close();
  });

  it('a case keeps bookmarks with notes, and a jump restores the focus exactly', async () => {
    const { page, problems } = await openPage(browser, app);
    await page.getByRole('grid', { name: 'Aggregates' }).waitFor();
    await page.keyboard.press('Shift+K');
    await page.getByText('No case yet').waitFor();
    await page.keyboard.press('n');
    const dialog = page.getByRole('dialog', { name: 'New case' });
    await dialog.getByLabel('Name').fill('Scales at gate 3');
    await dialog.getByLabel('Question').fill('Why is lorry 07 lighter on the second day?');
    await page.keyboard.press('Tab');
    await pressEnter(dialog.getByRole('button', { name: 'Create' }));
    // It ends with the answer, which also goes to the case; the case may be seen before.
    await dialog.waitFor({ state: 'detached' });
    await page.getByText('No bookmark yet').waitFor();

    const focus = 'known=2023-11-15T00:00:00.000Z';
    await open(page, `aggregates/gates/lorry-07?${focus}`);
    await chosenEvent(page).waitFor();
    const list = page.getByRole('listbox', { name: 'Events of the aggregate' });
    await list.focus();
    await page.keyboard.press('Home');
    for (let at = 0; at < 4; at++) await page.keyboard.press('ArrowRight');
    await expect.poll(() => chosenEvent(page).textContent()).toContain('Lorry weighed');
    const marked = await chosenEvent(page).textContent();
    await page.keyboard.press('k');
    await page.getByText('Bookmarked in “Scales at gate 3”.').waitFor();
    await page.keyboard.press('k');
    await page.getByText('Already a bookmark of “Scales at gate 3”.').waitFor();

    await open(page, 'events');
    const rows = page.getByRole('grid', { name: 'Events' });
    await rows.focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await expect.poll(() => page.url()).toContain('record=');
    await page.keyboard.press('k');
    await page.getByText('Bookmarked in “Scales at gate 3”.').last().waitFor();

    await page.keyboard.press('Shift+K');
    const first = page.getByRole('button', { name: /Lorry weighed/ }).first();
    await first.waitFor();
    const notes = page.getByRole('textbox', { name: /^Note on/ });
    // The case may still be shown as it was before the second bookmark.
    await notes.nth(1).waitFor();
    const note = notes.first();
    await note.fill('Weighed with the trailer still on.');
    await page.getByRole('textbox', { name: 'Answer' }).fill('The trailer was taken off.');
    await page.getByRole('textbox', { name: 'Answer' }).press('Tab');
    await judged(page, 'case');
    await page.reload();
    await expect.poll(() => note.inputValue()).toBe('Weighed with the trailer still on.');
    await first.press('Enter');
    await chosenEvent(page).waitFor();
    await expect.poll(() => new URL(page.url()).hash).toContain(focus);
    await expect.poll(() => chosenEvent(page).textContent()).toBe(marked);

    await page.keyboard.press('[');
    await expect.poll(() => new URL(page.url()).hash).toContain('#/cases');
    await page.keyboard.press(']');
    await expect.poll(() => new URL(page.url()).hash).toContain(focus);

    await page.keyboard.press('Shift+K');
    await first.waitFor();
    const download = page.waitForEvent('download');
    await pressEnter(page.getByRole('button', { name: 'Case file' }));
    const file = await download;
    expect(file.suggestedFilename()).toBe('Scales at gate 3.hindcast-case');
    const made = JSON.parse(readFileSync(await file.path(), 'utf8')) as { case: { bookmarks: unknown[] } };
    expect(made.case.bookmarks).toHaveLength(2);
    await page.getByText('SHA-256').first().waitFor();
    expect(problems).toEqual([]);
    await page.context().close();
  });

  it('a case goes out as Markdown and comes in from its file, also from another recording', async () => {
    const { page, problems } = await openPage(browser, app);
    await page.getByRole('grid', { name: 'Aggregates' }).waitFor();
    await page.keyboard.press('Shift+K');
    await page
      .getByRole('button', { name: /Lorry weighed/ })
      .first()
      .waitFor();
    const list = page.getByRole('listbox', { name: 'Cases' });
    await list.getByText('Scales at gate 3').waitFor();

    const report = page.waitForEvent('download');
    await pressEnter(page.getByRole('button', { name: 'Markdown' }));
    const markdown = await report;
    expect(markdown.suggestedFilename()).toBe('Scales at gate 3.md');
    const text = readFileSync(await markdown.path(), 'utf8');
    expect(text).toMatch(/^# Scales at gate 3\n/);
    expect(text).toContain('## Question\n\n> Why is lorry 07 lighter on the second day?');
    expect(text).toContain('## Answer\n\n> The trailer was taken off.');
    expect(text).toMatch(/### 1\. Lorry weighed[^\n]*\n\n- Aggregate: gates lorry-07\n- Event: yard\.gates/);
    expect(text).toContain('> Weighed with the trailer still on.');
    expect(text).toMatch(/### 2\. .+\n/);
    await page.getByText('Scales at gate 3.md', { exact: true }).waitFor();

    const made = page.waitForEvent('download');
    await list.focus();
    await page.keyboard.press('e');
    const file = join(app.dataDir, 'sent.hindcast-case');
    const sent = JSON.parse(readFileSync(await (await made).path(), 'utf8')) as {
      recording: { id: string; name: string };
      case: { name: string; bookmarks: { event: { offset: string } | null }[] };
    };
    const openFile = async (content: object | string) => {
      writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
      const chooser = page.waitForEvent('filechooser');
      await list.focus();
      await page.keyboard.press('o');
      await (await chooser).setFiles(file);
    };
    await openFile({ ...sent, case: { ...sent.case, name: 'From a colleague' } });
    await page.getByText('The case was opened.').first().waitFor();
    await list.getByText('From a colleague').waitFor();
    await list.getByText('Scales at gate 3').waitFor();
    await page
      .getByRole('button', { name: /Lorry weighed/ })
      .first()
      .waitFor();
    await expect
      .poll(() => page.getByRole('textbox', { name: 'Name of the case' }).inputValue())
      .toBe('From a colleague');

    const [first, ...others] = sent.case.bookmarks;
    const elsewhere = { ...first!, event: { ...first!.event!, offset: '999999' } };
    await openFile({
      ...sent,
      recording: { ...sent.recording, id: 'ffffffffffffffff', name: 'Elsewhere' },
      case: { ...sent.case, name: 'From elsewhere', bookmarks: [elsewhere, ...others] },
    });
    await page.getByText('It was made on another recording: Elsewhere (ffffffffffffffff).').first().waitFor();
    await page.getByText('1 of its events are not in this workspace.').first().waitFor();
    await page.getByText('not in this workspace', { exact: true }).waitFor();
    await judged(page, 'case-elsewhere');

    await openFile('{"format":"something"}');
    await page.getByText('This file cannot be opened').first().waitFor();
    await expect
      .poll(() => page.getByRole('textbox', { name: 'Name of the case' }).inputValue())
      .toBe('From elsewhere');
    expect(problems).toEqual([]);
    await page.context().close();
  });

  it('a link and a focus file open the same view; one of another recording says so', async () => {
    const { page, problems } = await openPage(browser, app);
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('link', { name: 'Cases' }).waitFor();
    const view = '#/aggregates/gates/lorry-03?known=2023-11-15T00:00:00.000Z&true=2023-11-14T23:50:00.000Z';
    await open(page, view.slice(2));
    await chosenEvent(page).waitFor();
    await page.keyboard.press('y');
    await page.getByText('The link to this view is copied.').waitFor();
    const link = await page.evaluate(() => navigator.clipboard.readText());
    expect(link).toContain('lorry-03?known=2023-11-15T00:00:00.000Z');
    const chosen = await chosenEvent(page).textContent();

    await open(page, 'events');
    await page.getByRole('grid', { name: 'Events' }).waitFor();
    await page.keyboard.press('Shift+Y');
    const ask = page.getByRole('dialog', { name: 'Open a link' });
    await ask.getByLabel('Link').fill('https://example.org');
    await page.keyboard.press('Enter');
    await ask.getByText('This is no link of Hindcast.').waitFor();
    await ask.getByLabel('Link').fill(link);
    await page.keyboard.press('Enter');
    await chosenEvent(page).waitFor();
    await expect.poll(() => chosenEvent(page).textContent()).toBe(chosen);
    await expect.poll(() => new URL(page.url()).hash).not.toContain('of=');

    const download = page.waitForEvent('download');
    await page.keyboard.press('Control+K');
    await page.keyboard.type('Save this view as a focus file');
    await page.keyboard.press('Enter');
    const file = await download;
    expect(file.suggestedFilename()).toBe('lorry-03.hindcast-focus');
    const text = readFileSync(await file.path(), 'utf8');
    expect(JSON.parse(text).focus).toMatchObject({ aggregate: { type: 'gates', id: 'lorry-03' } });
    const other = join(app.dataDir, 'other.hindcast-focus');
    const parsed = JSON.parse(text) as { recording: { id: string; name: string } };
    parsed.recording = { ...parsed.recording, id: 'ffffffffffffffff', name: 'Elsewhere' };
    writeFileSync(other, JSON.stringify(parsed));

    await open(page, 'events');
    const chooser = page.waitForEvent('filechooser');
    await page.keyboard.press('Control+K');
    await page.keyboard.type('Open a focus file');
    await page.keyboard.press('Enter');
    await (await chooser).setFiles(other);
    const warning = page.getByRole('dialog', { name: 'This view is of another recording' });
    await warning.getByText('Elsewhere (ffffffffffffffff)').waitFor();
    if (shots !== undefined) await page.screenshot({ path: join(shots, 'other-recording.png') });
    await page.keyboard.press('Escape');
    await warning.waitFor({ state: 'detached' });
    await expect.poll(() => new URL(page.url()).hash).toBe('#/events');

    await page.evaluate(() => {
      location.hash = '#/events?of=ffffffffffffffff';
    });
    await warning.waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => new URL(page.url()).hash).toBe('#/events');
    expect(problems).toEqual([]);
    await page.context().close();
  });

  it('on a recording that cannot be written, notes are kept on this machine and a mapping cannot be applied', async () => {
    const demo = await startApp();
    const { page, problems } = await openPage(browser, demo);
    await page.getByRole('link', { name: 'Cases' }).waitFor();
    await open(page, 'mappings');
    const sample = page.getByRole('tree', { name: 'Sample record' });
    await sample.waitFor();
    await page.getByRole('textbox', { name: 'Event id' }).fill('a..b');
    await page
      .getByText(/cannot be read from character/)
      .first()
      .waitFor();
    await judged(page, 'mapping-problem');
    await page.getByRole('textbox', { name: 'Event id' }).fill('no.such.place');
    await page
      .getByText(/not applied/)
      .first()
      .waitFor();
    expect(await page.getByRole('button', { name: 'Apply' }).isDisabled()).toBe(true);

    const view = '#/aggregates?sort=id';
    await open(page, view.slice(2));
    await page.getByRole('grid').waitFor();
    await page.keyboard.press('Control+K');
    await page.keyboard.type('New case about this view');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'New case' }).getByLabel('Name').fill('All of them');
    await page.keyboard.press('Enter');
    await page.getByText('Kept on this machine').waitFor();
    await page.reload();
    const asked = page
      .getByRole('region', { name: 'Case', exact: true })
      .getByRole('button', { name: /^Aggregates/ });
    await asked.press('Enter');
    await expect.poll(() => new URL(page.url()).hash).toBe(view);
    expect(problems).toEqual([]);
    await page.context().close();
    await demo.close();
  });
});
