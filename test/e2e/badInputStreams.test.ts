// Streams that are not as they should be, as the window tells of them: gaps, duplicates, events out of turn, clocks that
// run backwards, a time before the first event and one after the last; and a program that depends on the order of keys.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { appendRecords, type ImportRecord } from '../../src/engine/capture/import.ts';
import { openWorkspace } from '../../src/engine/store/workspace.ts';
import { browserProblem, type OpenApp, openApp } from './app.ts';
import { open } from './screen.ts';

const HOUR = 3_600_000;
const START = Date.UTC(2026, 0, 5, 12);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

interface Made {
  version: number;
  hour: number;
  id?: string;
  data?: object;
}

const eventOf = ({
  version,
  hour,
  id = `e-${version}-${hour}`,
  data = { n: version },
}: Made): ImportRecord => ({
  topic: 'orders',
  partition: 0,
  key: bytes('O-1'),
  value: bytes(
    JSON.stringify({
      ...{ event_id: id, event_type: 'OrderChanged', aggregate_type: 'Order', aggregate_id: 'O-1' },
      ...{ aggregate_version: version, event_data: data },
      event_timestamp: new Date(START + hour * HOUR).toISOString(),
    }),
  ),
  headers: [],
  timestamp: START + hour * HOUR,
});

const EVENTS: Made[] = [
  { version: 1, hour: 0 },
  { version: 2, hour: 1 },
  // 3 is missing, 4 comes twice, 5 after 6.
  { version: 4, hour: 2, id: 'twice' },
  { version: 4, hour: 3, id: 'twice' },
  { version: 6, hour: 4 },
  { version: 5, hour: 5 },
  // The clock of the producer was set back by a day.
  { version: 7, hour: -19 },
  { version: 8, hour: 8 },
];

describe.skipIf(browserProblem !== null)('a stream with every fault', () => {
  let opened: OpenApp;
  let page: Page;
  let problems: string[];
  const folder = mkdtempSync(join(tmpdir(), 'hindcast-streams-'));
  const events = () => page.getByRole('listbox', { name: 'Events of the aggregate' }).getByRole('option');
  const chosen = () => page.getByRole('region', { name: 'Chosen event' });

  beforeAll(async () => {
    const file = join(folder, 'streams.hindcast');
    const workspace = await openWorkspace(file, { mode: 'create', log: () => {} });
    await appendRecords(workspace, EVENTS.map(eventOf), { clusterId: 'streams' });
    await workspace.close();
    opened = await openApp({ workspace: file, timeout: 60_000 });
    ({ page, problems } = opened);
  });
  afterAll(async () => {
    await opened?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('each fault is named at its event, and N goes from one to the next', async () => {
    await open(page, 'aggregates/Order/O-1');
    await page.getByRole('heading', { level: 1, name: /O-1/ }).waitFor();
    await events().first().waitFor();
    await page.keyboard.press('Home');
    for (const fault of [
      /version 3 is missing/i,
      /Duplicate event id/i,
      /version 5 is missing/i,
      /Version 5 comes after version 6/i,
      /Recorded time runs backwards/i,
    ]) {
      await page.keyboard.press('n');
      await chosen().getByText(fault).first().waitFor();
    }
    await expect.poll(() => events().count()).toBe(EVENTS.length);
  });

  test('a clock that ran backwards: its own time in every list, and where it stands in the log', async () => {
    const own = '4 Jan 2026 17:00:00.000';
    const words =
      /Its clock ran backwards: a record before it in its partition is of 5 Jan 2026 17:00:00\.000/;
    // As of a moment at which it was the last.
    await open(page, 'aggregates?known=2026-01-05T18:00:00Z');
    const row = page.getByRole('grid', { name: 'Aggregates' }).getByRole('row').filter({ hasText: 'O-1' });
    await row.getByText(own).waitFor();
    await row.getByText(words).waitFor({ state: 'attached' });
    await open(page, 'events?known=2026-01-05T14:00:00Z');
    const events = page.getByRole('grid', { name: 'Events' });
    const turned = events.getByRole('row').filter({ hasText: words });
    await turned.waitFor();
    expect(await turned.count()).toBe(1);
    expect(await turned.textContent()).toContain(own);
    // It was recorded before the cut by its own clock, and is not known then all the same.
    const isDimmed = async (row: number) =>
      /after/.test((await events.getByRole('row').nth(row).getAttribute('class')) ?? '');
    const classes = await Promise.all(EVENTS.map((_, at) => isDimmed(at + 1)));
    expect(classes).toEqual([false, false, false, true, true, true, true, true]);
    await events.focus();
    await page.keyboard.press('Home');
    for (let step = 0; step < 6; step += 1) await page.keyboard.press('ArrowDown');
    await page.getByText('in the log at').waitFor();
    await page.locator('dd').and(page.getByTitle(words)).getByText('5 Jan 2026 17:00:00.000').waitFor();
  });

  test('a time before the first event shows the state before it; one after the last shows all', async () => {
    await open(page, 'aggregates/Order/O-1?known=2020-01-01T00:00:00Z');
    await page.getByText('State before the first event').waitFor();
    await chosen().getByText('Before the first event').waitFor();
    await open(page, 'aggregates/Order/O-1?known=2030-01-01T00:00:00Z');
    await page.getByText('State before the first event').waitFor({ state: 'detached' });
    await page.getByRole('tree', { name: 'State' }).getByRole('treeitem').first().waitFor();
    await expect.poll(() => events().count()).toBe(EVENTS.length);
    expect(problems.splice(0)).toEqual([]);
  });

  test('a program that depends on the order of keys is refused with the reason', async () => {
    await open(page, 'projections/savings_account');
    await page.getByRole('button', { name: 'New' }).waitFor();
    await page.keyboard.press('n');
    const dialog = page.getByRole('dialog', { name: 'New projection' });
    await dialog.getByLabel('Name of the table').waitFor();
    await page.keyboard.type('keys');
    await expect.poll(() => dialog.getByRole('combobox').textContent()).toContain('Order');
    await dialog.getByRole('button', { name: 'JavaScript' }).focus();
    await page.keyboard.press('Space');
    await dialog.getByRole('button', { name: 'Create' }).focus();
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'detached' });
    await page.getByRole('textbox', { name: /^Program of/ }).focus();
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Delete');
    await page.keyboard.insertText(
      "export const reduce = (state, { data }) => ({ ...state, ['k' + data.n]: 1, first: Object.keys(state)[0] ?? null });",
    );
    await page
      .getByText(/depends on the order of keys/)
      .first()
      .waitFor();
    expect(problems.splice(0)).toEqual([]);
  });
});
