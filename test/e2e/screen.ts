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
    const place =
      (await chosen.getAttribute('aria-posinset')) ?? (await chosen.getAttribute('aria-rowindex'));
    await page.keyboard.press(key);
    const others = `:not([aria-posinset="${place}"]):not([aria-rowindex="${place}"])`;
    await list.locator(`[aria-selected="true"]${others}`).waitFor({ timeout: 30_000 });
  }
}

/** Presses Enter on a button or an entry of a menu as soon as it can be used: on one that cannot, a key does nothing. */
export const pressEnter = (target: Locator): Promise<void> =>
  target
    .and(target.page().locator(':not([disabled], [aria-disabled="true"], [data-disabled])'))
    .press('Enter');

/** Types a path's query into the as-of form of the top bar and looks. */
export async function lookAsOf(page: Page, times: { known?: string; true?: string }): Promise<void> {
  await page.getByRole('group', { name: 'Time to look at' }).getByRole('button', { name: 'As of' }).click();
  const form = page.getByRole('dialog', { name: 'Time to look at' });
  await form.getByLabel('What did we know on').fill(times.known ?? '');
  await form.getByLabel('What was true on').fill(times.true ?? '');
  await form.getByRole('button', { name: 'Look' }).click();
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
    await page.getByRole('combobox', { name: 'Environment' }).click();
    await page.getByRole('option', { name: fields.environment }).click();
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
  await dialog.getByRole('button', { name: 'Capture' }).click();
  await dialog.waitFor({ state: 'detached' });
}

/** On the compensate screen: unlocks the connection and writes why the event is published. */
export async function unlockAndReason(
  page: Page,
  texts: { connection: string; reason: string; why: string },
): Promise<void> {
  await page
    .getByRole('button', { name: /^Unlock/ })
    .first()
    .click();
  const dialog = page.getByRole('dialog', { name: `Unlock ${texts.connection}` });
  await dialog.getByLabel('Reason').fill(texts.reason);
  const name = dialog.getByLabel(/type the connection’s name/);
  if ((await name.count()) > 0) await name.fill(texts.connection);
  await dialog.getByRole('button', { name: 'Unlock' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByRole('textbox', { name: 'reason', exact: true }).fill(texts.why);
}
