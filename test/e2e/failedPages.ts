// What the open pages show when a browser test fails: a machine that fails once a month has nobody looking at it. The line
// goes to the end of the run (scripts/report.mjs), the picture and the whole page into .cache/failed.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { openPages } from './app.ts';

const folder = join(import.meta.dirname, '../../.cache/failed');

afterEach(async ({ task }) => {
  const error = task.result?.state === 'fail' ? task.result.errors?.[0] : undefined;
  if (error === undefined) return;
  mkdirSync(folder, { recursive: true });
  const lines: string[] = [];
  for (const [at, page] of [...openPages].entries()) {
    const file = join(folder, `${task.name.replaceAll(/\W+/g, '-').slice(0, 80)}-${at}`);
    try {
      lines.push(`The page: ${await page.evaluate(inOneLine)}`);
      await page.screenshot({ path: `${file}.png` });
      writeFileSync(`${file}.txt`, await page.locator('body').ariaSnapshot());
    } catch (failure) {
      lines.push(`The page: ${String(failure).split('\n')[0]}`);
    }
  }
  // The reporters print the stack.
  error.stack = [error.stack ?? error.message, ...lines].join('\n');
});

/** Runs in the page: where it is, what has the focus, and what it says to its reader. */
function inOneLine(): string {
  const short = (text: string | null | undefined) => (text ?? '').replaceAll(/\s+/g, ' ').trim().slice(0, 60);
  const words = (element: Element | null) =>
    short(element?.getAttribute('aria-label') ?? element?.textContent);
  let focused = document.activeElement;
  while (focused?.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement;
  const typed = focused instanceof HTMLInputElement ? focused.value : focused?.textContent;
  const roles = ['dialog', 'alertdialog', 'menu', 'listbox', 'alert', 'status'];
  const said = [...document.querySelectorAll(roles.map((role) => `[role=${role}]`).join())];
  return [
    decodeURIComponent(location.hash),
    `focus ${focused?.localName} ${words(focused)}: ${short(typed)}`,
    ...said.filter((each) => each.checkVisibility()).map((each) => `${each.role} ${words(each)}`),
  ].join(' · ');
}
