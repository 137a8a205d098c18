// Projections and the SQL console on the bundled demo recording: writing a definition with its test beside it, bad
// programs, failures and retry, versions and what they changed, and questions with parameters, plan, chart and files.
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { demoProblem, demoRecording, type OpenApp } from './app.ts';
import { openDemo } from './demoPage.ts';
import { accessibilityProblems, open, pressEnter, takeSuggestion } from './screen.ts';
import { openWire } from './wire.ts';

const WAIT = { timeout: 60_000 };

describe.skipIf(demoProblem !== null)('projections and console', () => {
  let demo: OpenApp;
  let page: Page;
  let problems: string[];

  beforeAll(async () => {
    demo = await openDemo({ workspace: demoRecording, timeout: WAIT.timeout });
    ({ page, problems } = demo);
  });
  afterEach(() => expect(problems.splice(0)).toEqual([]));
  afterAll(async () => {
    await demo?.close();
  });

  const tried = () => page.getByRole('region', { name: 'Test' });
  const mistakes = () => page.getByRole('list', { name: 'What is wrong' });
  const editor = (name: RegExp | string) => page.getByRole('textbox', { name });
  const write = async (name: RegExp | string, text: string) => {
    await editor(name).focus();
    await page.keyboard.press('Control+a');
    // What is typed over a selection gets the style of what it replaces, which the page's rules forbid, loudly.
    await page.keyboard.press('Delete');
    await page.keyboard.insertText(text);
  };
  const save = async () => {
    await page.keyboard.press('Control+s');
    await page.getByText('Saved.', { exact: true }).waitFor();
  };
  const textOf = (name: RegExp | string) =>
    editor(name).evaluate((element) => (element as HTMLElement).innerText);
  const accessible = async () => {
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await expect.poll(() => accessibilityProblems(page), WAIT).toEqual([]);
    }
  };
  /** A new projection of all savings accounts, by keyboard. */
  const create = async (name: string, writing: string) => {
    await open(page, 'projections/savings_account');
    await page.getByRole('heading', { name: /^Savings accounts/ }).waitFor();
    await page.getByRole('button', { name: 'New' }).waitFor();
    await page.keyboard.press('n');
    const dialog = page.getByRole('dialog', { name: 'New projection' });
    await dialog.getByLabel('Name of the table').waitFor();
    await page.keyboard.type(name);
    await expect.poll(() => dialog.getByRole('combobox').textContent(), WAIT).toContain('SavingsAccount');
    await dialog.getByRole('button', { name: writing }).focus();
    await page.keyboard.press('Space');
    await dialog.getByRole('button', { name: 'Create' }).focus();
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'detached' });
    await page.getByRole('tab', { name: /^Definition/, selected: true }).waitFor();
    await tried()
      .getByText(/events? folded/)
      .waitFor();
  };
  const ready = () =>
    expect
      .poll(() => page.getByRole('heading', { level: 2, name: /scripted/ }).textContent(), {
        timeout: 60_000,
      })
      .toContain('ready');

  test('a new one works as it begins, and is changed with suggestions and its test beside it', async () => {
    await create('mine', 'Operations');
    await expect.poll(() => tried().textContent(), WAIT).toMatch(/none failed/);
    // The editor draws line after line.
    await expect.poll(() => textOf(/^Definition of mine/), WAIT).toMatch(/"merge"[\s\S]*\n\}$/);
    const whole = await textOf(/^Definition of mine/);
    await accessible();
    const start = whole.slice(0, whole.lastIndexOf('"on"'));
    await write(
      /^Definition of mine/,
      `${start}"on": { "*": [{ "op": "add", "path": "total", "from":  }] } } }`,
    );
    for (let back = 0; back < 10; back += 1) await page.keyboard.press('ArrowLeft');
    await takeSuggestion(page, '"data.am', /"data\.amount"/);
    await expect.poll(() => textOf(/^Definition of mine/), WAIT).toContain('"data.amount"');
    await expect.poll(() => tried().textContent(), WAIT).toMatch(/with a problem/);
    await expect.poll(() => tried().textContent(), WAIT).toMatch(/total/);
    await tried()
      .getByText(/differences? to the saved version 1/)
      .waitFor();
    await page.getByText(/Raise reducer.version/).waitFor();
  });

  test('mistakes are shown at their lines; each leads to its place', async () => {
    const whole = await textOf(/^Definition of mine/);
    await write(
      /^Definition of mine/,
      whole.replace('"op": "add"', '"op": "ad"').replace('"decimal"', '"decimals"'),
    );
    await expect.poll(() => mistakes().getByRole('listitem').count(), WAIT).toBe(2);
    expect(await mistakes().textContent()).toMatch(
      /“decimals” is not a column type.*“ad” is not an operation/,
    );
    await mistakes().getByRole('button').first().focus();
    await page.keyboard.press('Enter');
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.hasAttribute('data-editor')), WAIT)
      .toBe(true);
    await accessible();
    await pressEnter(page.getByRole('button', { name: 'Discard changes' }));
    await page.getByText('Saved.', { exact: true }).waitFor();
    await expect.poll(() => mistakes().count(), WAIT).toBe(0);
  });

  test('a program is written with suggestions: members of events and states, types, exact arithmetic', async () => {
    await create('suggested', 'JavaScript');
    const program = 'export function reduce(state, event) {\n  \n}\n';
    await write(/^Program of/, program);
    for (let back = 0; back < 3; back += 1) await page.keyboard.press('ArrowLeft');
    const option = (name: RegExp) => page.getByRole('option', { name });
    const take = (typed: string, name: RegExp) => takeSuggestion(page, typed, name);
    await take('if (event.ty', /^type/);
    await take(" === 'Depo", /^DepositMade/);
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.type(' return { ...state, total: ');
    await take('Dec', /^Decimal/);
    await page.keyboard.type("'1.50'");
    await page.keyboard.press('ArrowRight');
    await take('.pl', /^plus/);
    await page.keyboard.type('event.data.');
    await option(/^amount/).waitFor();
    await accessible();
    await take('amo', /^amount/);
    await page.keyboard.press('End');
    await page.keyboard.type(' };\nreturn { ...state, n: state.');
    await option(/^total/).waitFor();
    await page.keyboard.press('Escape');
    await expect
      .poll(() => textOf(/^Program of/), WAIT)
      .toMatch(
        /if \(event\.type === 'DepositMade'\) return \{ \.\.\.state, total: Decimal\('1\.50'\)\.plus\(event\.data\.amount\)/,
      );
    await pressEnter(page.getByRole('button', { name: 'Discard changes' }));
    await page.getByText('Saved.', { exact: true }).waitFor();
  });

  test('an old schema version is read by a form, with a real event as written beside as folded', async () => {
    await create('upcast', 'Operations');
    await page.getByRole('button', { name: 'Upcasters…' }).focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Upcasters' });
    const fill = async (name: string, text: string) => {
      await dialog.getByLabel(name, { exact: true }).focus();
      await page.keyboard.press('Control+a');
      await page.keyboard.type(text);
    };
    const side = (name: string) => dialog.getByRole('figure', { name });
    await fill('Event type', 'DepositMade');
    await side('As written').getByText('schema 1').waitFor();
    await fill('Step 1: from', 'data.amount');
    await fill('Step 1: to', 'data.money.value');
    await expect
      .poll(() => side('As folded').textContent(), WAIT)
      .toMatch(/schema 2.*"money": \{\s*"value"/s);
    expect(await side('As folded').textContent()).not.toContain('"amount"');
    expect(await side('As written').textContent()).toContain('"amount"');
    await accessible();
    await fill('To', '1');
    await dialog.getByText(/leads to the version it reads/).waitFor();
    expect(await dialog.getByRole('button', { name: 'Put into the definition' }).isDisabled()).toBe(true);
    await fill('To', '2');
    await fill('Step 1: from', 'data.nowhere');
    await dialog.getByText(/there is no data\.nowhere to rename/).waitFor();
    await fill('Step 1: from', 'data.amount');
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'detached' });
    await expect.poll(() => textOf(/^Definition of upcast/), WAIT).toContain('data.money.value');
    await expect.poll(() => tried().textContent(), WAIT).toMatch(/money/);
    await save();
    await page.getByRole('button', { name: '1 upcaster…' }).waitFor();
  });

  test('a program that throws, loops, or returns what is no state, is told with line and column', async () => {
    await create('scripted', 'JavaScript');
    const program = (body: string) => `export function reduce(state, event) {\n  ${body}\n}\n`;
    await write(/^Program of/, program('return state +;'));
    await expect.poll(() => mistakes().textContent(), WAIT).toMatch(/program 2:\d+/);
    await page.getByText(/1 mistake; it cannot be saved yet/).waitFor();
    for (const [body, words] of [
      [
        "if (event.type === 'FeeCharged') throw new Error('fee!'); return { n: 1 };",
        /fee!.*line 2, column \d+/,
      ],
      ['const a = {}; a.self = a; return a;', /self|cycle|itself/i],
      ['return { f: () => 1 };', /function/],
      ['const all = []; for (;;) all.push(new Array(100000).fill("x"));', /memory|too many steps/],
      ['return { n: 1 };', /none failed/],
      ['for (;;) {}', /had to be stopped.*too many steps/],
    ] as const) {
      await write(/^Program of/, program(body));
      await expect
        .poll(
          async () =>
            `${await tried().textContent()} ${(await mistakes().count()) ? await mistakes().textContent() : ''}`,
          {
            timeout: 90_000,
          },
        )
        .toMatch(words);
    }
    // What was stopped leaves everything alive.
    await write(/^Program of/, program('return { n: (state?.n ?? 0) + 1 };'));
    await expect.poll(() => tried().textContent(), { timeout: 90_000 }).toMatch(/none failed/);
  }, 400_000);

  test('failed events are listed and lead to the event; after a fix they are retried', async () => {
    const program = (body: string) =>
      `export const initial = { events: 0 };\nexport function reduce(state, event) {\n  ${body}\n  return { events: state.events + 1 };\n}\n`;
    await write(/^Program of/, program("if (event.type === 'FeeCharged') throw new Error('fee!');"));
    await expect.poll(() => tried().textContent(), WAIT).toMatch(/fee!/);
    // From within the editor one key saves and builds.
    await page.keyboard.press('Control+Enter');
    await page.getByText('Saved.', { exact: true }).waitFor();
    await ready();
    await pressEnter(page.getByRole('tab', { name: /^Failures/ }));
    const failures = page.getByRole('grid', { name: 'Records that could not be folded' });
    await failures
      .getByText(/fee! \(line 3, column \d+\)/)
      .first()
      .waitFor();
    await accessible();
    await failures.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('region', { name: 'Record' }).getByText('FeeCharged').first().waitFor();
    await page.goBack();
    await pressEnter(page.getByRole('tab', { name: /^Definition/ }));
    await write(/^Program of/, program(''));
    await expect.poll(() => tried().textContent(), WAIT).toMatch(/none failed/);
    await save();
    // Until another build is done, the rows of the one before stand.
    await page.getByText('The rows are of an older definition').waitFor();
    expect(await page.getByRole('tab', { name: /^Rows/ }).textContent()).toMatch(/^Rows\s*[1-9]/);
    await pressEnter(page.getByRole('tab', { name: /^Failures/ }));
    await page.getByRole('button', { name: /^Retry all/ }).focus();
    await page.keyboard.press('Enter');
    // The demo has one record that nothing can read; the fees are taken in.
    await expect
      .poll(() => failures.textContent(), { timeout: 60_000 })
      .toMatch(/^(?!.*fee!).*[Uu]ndecodable/);
  });

  test('versions tell what changed in the definition and in the results', async () => {
    await pressEnter(page.getByRole('tab', { name: 'Versions' }));
    const versions = page.getByRole('listbox', { name: 'Versions' });
    await expect.poll(() => versions.getByRole('option').count(), WAIT).toBe(3);
    const changed = page.getByRole('region', { name: 'What changed' });
    await changed.getByText(/rows of \d+ differ|row of \d+ differ/).waitFor();
    await page.getByRole('grid', { name: 'Rows that differ' }).getByRole('gridcell').first().waitFor();
    await accessible();
    await pressEnter(changed.getByRole('button', { name: 'Definition' }));
    await page.getByRole('region', { name: 'Changes of the definition' }).getByText(/fee!/).waitFor();
    await versions.focus();
    await page.keyboard.press('ArrowDown');
    await changed.getByRole('button', { name: 'Restore this version' }).waitFor();
  });

  test('what is typed while a definition is being saved stays, and the cursor with it', async () => {
    const wire = await openWire(page);
    await create('kept', 'Operations');
    await expect.poll(() => textOf(/^Definition of kept/), WAIT).toMatch(/"merge"[\s\S]*\n\}\s*$/);
    const text = () => textOf(/^Definition of kept/);
    const before = (await text()).indexOf('"title": "') + '"title": "'.length;
    await editor(/^Definition of kept/).focus();
    await page.keyboard.press('Control+Home');
    for (let at = 0; at < before; at += 1) await page.keyboard.press('ArrowRight');
    /** Saves; what is saved comes back only when the function that this gives is called. */
    const saveLate = async (title: RegExp) => {
      const late = Promise.withResolvers<void>();
      wire.answers('projections.definition', (answer) => late.promise.then(() => answer));
      await page.keyboard.press('Control+s');
      await page.getByText(title).waitFor();
      return late.resolve;
    };
    await page.keyboard.press('A');
    const first = await saveLate(/^Akept is saved\.$/);
    for (const key of ['B', 'C']) await page.keyboard.press(key);
    await expect.poll(text, WAIT).toContain('"title": "ABCkept"');
    first();
    const second = await saveLate(/^ABCkept is saved\.$/);
    expect(await text()).toContain('"title": "ABCkept"');
    second();
    await page.getByText('Saved.', { exact: true }).waitFor();
    await page.keyboard.press('D');
    await expect.poll(text, WAIT).toContain('"title": "ABCDkept"');
    wire.answers('projections.definition', null);
    await pressEnter(page.getByRole('button', { name: 'Discard changes' }));
    await page.getByText('Saved.', { exact: true }).waitFor();
  });

  test('a definition whose key is missing in some events says so', async () => {
    await open(page, 'projections/mine?tab=definition');
    await tried()
      .getByText(/events? folded/)
      .waitFor();
    // The editor draws the lines that it has measured, all of them only a moment later.
    await expect
      .poll(() => textOf(/^Definition of mine/), WAIT)
      .toMatch(/"key": "aggregateId"[\s\S]*\n\}\s*$/);
    const whole = await textOf(/^Definition of mine/);
    await write(/^Definition of mine/, whole.replace('"key": "aggregateId"', '"key": "data.place"'));
    await expect.poll(() => textOf(/^Definition of mine/), WAIT).toContain('"key": "data.place"');
    await expect.poll(() => tried().textContent(), WAIT).toMatch(/records of these have no key/);
  });

  test('a definition goes into a file and comes back under another name', async () => {
    await pressEnter(page.getByRole('button', { name: 'Discard changes' }));
    const coming = page.waitForEvent('download');
    await pressEnter(page.getByRole('button', { name: 'More' }));
    await pressEnter(page.getByRole('menuitem', { name: /Export as a file/ }));
    const file = await (await coming).path();
    expect(JSON.parse(readFileSync(file, 'utf8')).name).toBe('mine');
    const choosing = page.waitForEvent('filechooser');
    await pressEnter(page.getByRole('button', { name: 'Import…' }));
    await (await choosing).setFiles(file);
    const dialog = page.getByRole('dialog', { name: 'Import a definition' });
    await dialog.getByText(/it is replaced/).waitFor();
    await dialog.getByLabel('Name of the table').fill('imported');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 2, name: /imported/ }).waitFor();
  });

  const ask = (sql: string) => open(page, `projections?view=sql&sql=${encodeURIComponent(sql)}`);
  const result = () => page.getByRole('region', { name: 'Result' });

  test('a question with parameters, its plan, its chart, and what was asked before', async () => {
    await open(page, 'activity');
    await ask('SELECT type, count(*) AS n FROM events WHERE offset > :from GROUP BY type ORDER BY n DESC');
    await result()
      .getByText(/:from has no value/)
      .first()
      .waitFor();
    await page.getByLabel(':from').focus();
    await page.keyboard.type('10');
    await page.keyboard.press('Enter');
    await page.getByRole('grid', { name: 'Result rows' }).getByRole('gridcell').first().waitFor();
    await accessible();
    await page.getByRole('grid', { name: 'Result rows' }).focus();
    await page.keyboard.press('c');
    await result()
      .getByRole('figure', { name: /^n by type/ })
      .waitFor();
    await result()
      .getByText(/^All \d+ rows are drawn/)
      .waitFor();
    await accessible();
    await page.keyboard.press('Control+e');
    const steps = page.getByRole('list', { name: 'Steps of the plan' });
    await steps.waitFor();
    expect(await steps.textContent()).toMatch(/events/);
    await accessible();
    await pressEnter(page.getByRole('button', { name: 'Saved' }));
    await page.getByLabel('Name of the query').fill('Events by type');
    await page.keyboard.press('Enter');
    await page.getByRole('list', { name: 'Saved queries' }).getByText('Events by type').waitFor();
    await accessible();
    await pressEnter(page.getByRole('button', { name: 'History' }));
    await page
      .getByRole('list', { name: 'Statements that were run' })
      .getByText(/offset > :from/)
      .waitFor();
  });

  test('files hold all rows, not only those that are shown', async () => {
    await open(page, 'activity');
    await ask('SELECT offset, value FROM events');
    await result()
      .getByText(/and more than these/)
      .waitFor();
    const coming = page.waitForEvent('download', { timeout: 60_000 });
    await pressEnter(result().getByRole('button', { name: 'Export' }));
    await pressEnter(page.getByRole('menuitem', { name: /NDJSON/ }));
    const lines = readFileSync(await (await coming).path(), 'utf8')
      .trimEnd()
      .split('\n');
    await ask('SELECT count(*) AS n FROM events');
    await expect
      .poll(
        async () => (await result().getByRole('gridcell').first().textContent())?.replace(/\s/g, ''),
        WAIT,
      )
      .toBe(String(lines.length));
    expect(lines.length).toBeGreaterThan(5000);
  });

  test('the key of the row to try keeps the focus and what is being typed while answers come', async () => {
    const wire = await openWire(page);
    await open(page, 'projections/savings_account?tab=definition');
    await tried()
      .getByText(/events? folded/)
      .waitFor();
    const key = tried().getByRole('textbox', { name: 'row' });
    const first = await key.inputValue();
    const said = tried().getByText('None of these events is about it');
    await key.focus();
    wire.hold();
    await page.keyboard.press('Control+a');
    await page.keyboard.type('nobody');
    await page.keyboard.press('Enter');
    await page.keyboard.type(' el');
    wire.release();
    await said.or(tried().getByText(/^It reads/)).waitFor();
    await page.keyboard.type('se');
    expect(await key.inputValue()).toBe('nobody else');
    await page.keyboard.press('Control+a');
    await page.keyboard.type(first);
    await page.keyboard.press('Enter');
    await tried()
      .getByText(/events? folded/)
      .waitFor();
    expect(await key.evaluate((field) => field === document.activeElement)).toBe(true);
    expect(await key.inputValue()).toBe(first);
  });
});
