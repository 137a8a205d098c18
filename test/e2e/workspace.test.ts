// The workspace screen by keyboard, in the browser door: look, check, export, import, record, delete.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { appendRecords } from '../../src/engine/capture/import.ts';
import { recordAt } from '../../src/engine/store/testing/records.ts';
import { openWorkspace } from '../../src/engine/store/workspace.ts';
import { browserProblem, type OpenApp, openApp } from './app.ts';
import { judgedAtBothSizes } from './demoPage.ts';
import { arrowTo, open, pressEnter } from './screen.ts';

const WAIT = { timeout: 60_000 };
const SETTLED = { timeout: 60_000, interval: 300 };

describe.skipIf(browserProblem !== null)('the workspace screen', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'hindcast-e2e-workspace-'));
  const files = join(dataDir, 'files');
  let opened: OpenApp;
  let page: Page;
  let problems: string[];

  beforeAll(async () => {
    mkdirSync(join(dataDir, 'workspaces'), { recursive: true });
    mkdirSync(files);
    const file = join(dataDir, 'workspaces', 'savings.hindcast');
    const workspace = await openWorkspace(file, { mode: 'create', log: () => {} });
    const records = ['bank.accounts', 'bank.audit'].flatMap((topic) =>
      Array.from({ length: 1200 }, (_, at) => recordAt(topic, 0, at)),
    );
    await appendRecords(workspace, records, { clusterId: 'c-1' });
    await workspace.close();
    opened = await openApp({ dataDir, workspace: file, timeout: 60_000 });
    ({ page, problems } = opened);
    await open(page, 'workspace');
    await table().getByRole('gridcell').first().waitFor();
  });
  afterAll(async () => {
    await opened?.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const table = () => page.getByRole('grid', { name: 'Topics of the workspace' });
  const panel = () => page.getByRole('region', { name: 'File' });
  const dialog = () => page.getByRole('dialog');
  const head = (name: string) => page.getByRole('button', { name, exact: true }).first();
  /** Opens the menu of the workspaces and takes an entry. */
  const fromMenu = async (name: RegExp | string) => {
    await pressEnter(page.getByRole('button', { name: /^Workspace:/ }));
    await arrowTo(page, page.getByRole('menuitem', { name }));
    await page.keyboard.press('Enter');
  };

  /** What the browser saves after the action. */
  async function downloaded(name: string, action: () => Promise<unknown>): Promise<string> {
    const [download] = await Promise.all([page.waitForEvent('download', WAIT), action()]);
    const path = join(files, name);
    await download.saveAs(path);
    return path;
  }

  test('shows topics, coverage and the file, with no accessibility violation in both themes and sizes', async () => {
    await expect.poll(() => table().getByRole('row').count()).toBe(3);
    await page.getByText('1\u202f200 stored').first().waitFor();
    await panel().getByText('none: only recordings are sealed').waitFor();
    await judgedAtBothSizes(page, SETTLED.timeout);
  });

  test('is checked by a key, and measured', async () => {
    await page.keyboard.press('c');
    await panel().getByText('Everything is whole.').waitFor();
    await pressEnter(panel().getByRole('button', { name: 'Measure their sizes' }));
    await panel().getByText('keys, values and headers, compressed').waitFor();
  });

  test('exports a topic that comes back into a new workspace, and lists a bad line', async () => {
    await table().focus();
    await page.keyboard.press('End');
    await page.getByRole('region', { name: 'Topic', exact: true }).getByText('bank.audit').first().waitFor();
    const file = await downloaded('audit.ndjson', async () => {
      const topic = page.getByRole('region', { name: 'Topic', exact: true });
      await pressEnter(topic.getByRole('button', { name: 'Export…' }));
      await pressEnter(dialog().getByRole('button', { name: 'Export', exact: true }));
    });
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(1200);
    expect(JSON.parse(lines[7]!)).toMatchObject({ topic: 'bank.audit', partition: 0, offset: 7 });
    writeFileSync(file, `${lines.join('\n')}\nnot a record\n`);

    await page.keyboard.press('i');
    await dialog().getByRole('button', { name: 'Into a new workspace' }).press('Space');
    await dialog().getByLabel('Its name').focus();
    await page.keyboard.type('from a file');
    const [chooser] = await Promise.all([
      page.waitForEvent('filechooser'),
      pressEnter(dialog().getByRole('button', { name: 'Choose the file…' })),
    ]);
    await chooser.setFiles(file);
    await page.getByRole('heading', { level: 1, name: 'Workspace from a file' }).waitFor();
    await table().getByText('bank.audit').waitFor();
    await expect.poll(() => table().getByText('1\u202f200').count(), WAIT).toBe(2);
    await open(page, 'activity');
    await page
      .getByText(/1 line of 1.201 brought no record/)
      .first()
      .waitFor();
    await open(page, 'workspace');
  });

  test('saves a recording that opens read-only and sealed', async () => {
    const file = await downloaded('saved.hindcast', () => pressEnter(head('Save as recording')));
    expect(statSync(file).size).toBeGreaterThan(10_000);
    const [chooser] = await Promise.all([page.waitForEvent('filechooser'), fromMenu('Open a file…')]);
    await chooser.setFiles(file);
    await page.waitForURL(/#\/aggregates/);
    await open(page, 'workspace');
    await panel().getByText('whole: it is what was saved').waitFor();
    await expect.poll(() => page.getByRole('button', { name: 'Delete…' }).count()).toBe(0);
  });

  test('deletes a topic only after its name was typed', async () => {
    await fromMenu(/^savings/);
    await page.waitForURL(/#\/aggregates/);
    await open(page, 'workspace?topic=bank.accounts');
    await page.getByRole('heading', { level: 1, name: 'Workspace savings' }).waitFor();
    await pressEnter(page.getByRole('button', { name: 'Delete…' }));
    const remove = dialog().getByRole('button', { name: 'Delete the topic' });
    expect(await remove.isDisabled()).toBe(true);
    await page.keyboard.type('bank.accounts');
    await page.keyboard.press('Enter');
    await expect.poll(() => table().getByRole('row').count(), WAIT).toBe(2);
    await pressEnter(page.getByRole('button', { name: 'More for this workspace' }));
    await pressEnter(page.getByRole('menuitem', { name: 'Compact…' }));
    await pressEnter(dialog().getByRole('button', { name: 'Compact', exact: true }));
    await open(page, 'activity');
    await page
      .getByText(/before, .* now\.|as small as it can be/)
      .first()
      .waitFor();
    expect(problems).toEqual([]);
  });
});
