// What the tests do with the window again and again, in a person's words.
import AxeBuilder from 'axe-core';
import type { Locator, Page } from 'playwright-core';

/**
 * Opens a place of the open app: `aggregates/SavingsAccount/SA-1?known=…`. What was chosen on a screen is written into the
 * address a moment later: until then that of the screen may be the same, and going there would go nowhere.
 */
export async function open(page: Page, place: string): Promise<void> {
  await page.evaluate(async (hash) => {
    if (location.hash === hash) {
      location.hash = '#/';
      await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    }
    location.hash = hash;
  }, `#/${place}`);
}

export const timelineOf = (id: string, search = ''): string =>
  `aggregates/SavingsAccount/${encodeURIComponent(id)}${search}`;

/** The line of a path in the state of a timeline, by the name of its last step. */
export const stateLine = (page: Page, name: string): Locator =>
  page
    .getByRole('tree', { name: 'State' })
    .getByRole('treeitem')
    .filter({ has: page.getByText(name, { exact: true }) })
    .first();

/** The row of the list of events that the timeline stands at. */
export const chosenEvent = (page: Page): Locator =>
  page.getByRole('listbox', { name: 'Events of the aggregate' }).getByRole('option', { selected: true });

/**
 * Steps through a list until the chosen row is the wanted one. Each step waits until the list has taken it: keys are quicker
 * than the rows, and one that was passed over would never come again. @throws when the list ends before
 */
export async function stepTo(
  page: Page,
  list: Locator,
  key: string,
  isWanted: (words: string) => boolean,
): Promise<void> {
  const chosen = list.locator('[aria-selected="true"]');
  for (;;) {
    // One that is not there yet has no words.
    const row = chosen.filter({ hasText: /\S/ });
    const words = (await row.textContent()) ?? '';
    if (isWanted(words)) return;
    const id = await chosen.getAttribute('id');
    await page.keyboard.press(key);
    await list.locator(`[aria-selected="true"]:not([id="${id}"])`).waitFor({ timeout: 60_000 });
  }
}

/** Chooses the first row of a list whose words are the wanted ones, from its first row on. @throws when the list has none */
export async function chooseRow(
  page: Page,
  list: Locator,
  isWanted: (words: string) => boolean,
): Promise<void> {
  await list.focus();
  await page.keyboard.press('Home');
  await stepTo(page, list, 'ArrowDown', isWanted);
}

/** The list of events once it has rows of its own; those of the filter before stand there until the answer comes. */
export async function answeredEvents(page: Page): Promise<Locator> {
  const list = page.getByRole('grid', { name: 'Events' }).and(page.locator(':not([aria-busy])'));
  await list.getByRole('gridcell').first().waitFor();
  return list;
}

/** Chooses the first record of the list of events. */
export async function chooseFirst(page: Page): Promise<void> {
  // One that is chosen among the rows of before stays chosen.
  const list = await answeredEvents(page);
  await list.press('Home');
}

/** Chooses the line of a path in the state of a timeline, by the name of its last step. */
export async function chooseStateLine(page: Page, name: string): Promise<void> {
  await stateLine(page, name).waitFor();
  await chooseRow(page, page.getByRole('tree', { name: 'State' }), (words) => words.startsWith(name));
}

/** On a timeline: goes back from fault to fault until the chosen event is the wanted one. */
export async function backToFault(page: Page, wanted: RegExp): Promise<void> {
  const list = page.getByRole('listbox', { name: 'Events of the aggregate' });
  await page.getByRole('button', { name: /fault/ }).first().waitFor();
  await list.focus();
  await stepTo(page, list, 'p', (words) => wanted.test(words));
}

/** Presses Enter on a button or an entry of a menu as soon as it can be used: on one that cannot, a key does nothing. */
export const pressEnter = (target: Locator): Promise<void> =>
  target
    .and(target.page().locator(':not([disabled], [aria-disabled="true"], [data-disabled])'))
    .press('Enter');

/** Goes down an open menu to one of its entries: of letters that come slowly each begins another name. */
export async function arrowTo(page: Page, item: Locator): Promise<void> {
  await item.waitFor();
  while (!(await item.evaluate((each) => each === document.activeElement))) {
    const before = await page.evaluateHandle(() => document.activeElement);
    await page.keyboard.press('ArrowDown');
    await page.waitForFunction((each) => each !== document.activeElement, before);
  }
}

/** Types the beginning of a name into an editor and takes what it suggests. */
export async function takeSuggestion(page: Page, typed: string, name: string | RegExp): Promise<void> {
  await page.keyboard.type(typed);
  await page.getByRole('option', { name, exact: true }).waitFor();
  // The editor takes no choice in the first moment, by the clock: the key may have been meant for the text.
  await page.waitForTimeout(200);
  await page.keyboard.press('Enter');
}

/** Types a path's query into the as-of form of the top bar and looks. */
export async function lookAsOf(page: Page, times: { known?: string; true?: string }): Promise<void> {
  await pressEnter(
    page.getByRole('group', { name: 'Time to look at' }).getByRole('button', { name: 'As of' }),
  );
  const form = page.getByRole('dialog', { name: 'Time to look at' });
  await form.getByLabel('What did we know on').fill(times.known ?? '');
  await form.getByLabel('What was true on').fill(times.true ?? '');
  await pressEnter(form.getByRole('button', { name: 'Look' }));
}

/** Fills the form of a new connection and saves it. */
export async function newConnection(
  page: Page,
  fields: { name: string; brokers: string; environment?: string },
): Promise<void> {
  await open(page, 'connections/new');
  await page.getByLabel('Name', { exact: true }).fill(fields.name);
  await page.getByLabel('Brokers').fill(fields.brokers);
  if (fields.environment) {
    await pressEnter(page.getByRole('combobox', { name: 'Environment' }));
    await pressEnter(page.getByRole('option', { name: fields.environment }));
  }
}

export interface Violation {
  rule: string;
  help: string;
  where: string[];
}

/** What axe-core holds against the page by WCAG 2.2 A and AA. */
export async function accessibilityProblems(page: Page): Promise<Violation[]> {
  await page.evaluate(AxeBuilder.source);
  return page.evaluate(async () => {
    const { axe } = window as unknown as { axe: typeof import('axe-core') };
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
    const { violations } = await axe.run(document, { runOnly: { type: 'tag', values: tags } });
    return violations.map(({ id, help, nodes }) => ({
      rule: id,
      help,
      where: nodes.map(
        (node) => `${node.target.join(' ')} ${node.failureSummary?.split('\n')[1]?.trim() ?? ''}`,
      ),
    }));
  });
}

/** A number as the page shows it, without its grouping: `−12 040.50` → `-12040.50`. */
export const digits = (text: string | null | undefined): string =>
  (text ?? '').replace(/\s/g, '').replaceAll('\u2212', '-');

/** The number at a path of the state: after the change when the chosen event changed it. */
export async function stateValue(page: Page, name: string): Promise<string | undefined> {
  const text = digits(await stateLine(page, name).textContent());
  return (/after(-?\d+(?:\.\d+)?)/.exec(text) ?? /^[a-z_]+?(-?\d+(?:\.\d+)?)/.exec(text))?.[1];
}

/** On the topics: marks all, captures them into a new workspace and waits for the capture to have begun. */
export async function captureMarked(page: Page, workspace: string): Promise<void> {
  await page.getByRole('grid', { name: 'Topics' }).focus();
  await page.keyboard.press('a');
  await page.keyboard.press('c');
  const dialog = page.getByRole('dialog', { name: /^Capture/ });
  await dialog.getByLabel('Name').fill(workspace);
  await pressEnter(dialog.getByRole('button', { name: 'Capture' }));
  await dialog.waitFor({ state: 'detached' });
  // Until then the window shows the workspace before, which may have the very things that are waited for next.
  await page
    .getByRole('banner')
    .getByRole('button', { name: `Workspace: ${workspace}` })
    .waitFor();
}

/** On the compensate screen: unlocks the connection and writes why the event is published. */
export async function unlockAndReason(
  page: Page,
  texts: { connection: string; reason: string; why: string },
): Promise<void> {
  await pressEnter(page.getByRole('button', { name: /^Unlock/ }).first());
  await fillUnlock(page, texts);
  await page.getByRole('textbox', { name: 'reason', exact: true }).fill(texts.why);
}

/** In the dialog that unlocks a connection: writes why, and unlocks. */
export async function fillUnlock(page: Page, texts: { connection: string; reason: string }): Promise<void> {
  const dialog = page.getByRole('dialog', { name: `Unlock ${texts.connection}` });
  await dialog.getByLabel('Reason').fill(texts.reason);
  const name = dialog.getByLabel(/type the connection’s name/);
  if ((await name.count()) > 0) await name.fill(texts.connection);
  await pressEnter(dialog.getByRole('button', { name: 'Unlock' }));
  await dialog.waitFor({ state: 'detached' });
}
