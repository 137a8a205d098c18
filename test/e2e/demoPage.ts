// What tests on the bundled demo recording begin with: the app, a browser, and a page that shows its aggregates.
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { type OpenApp, openApp } from './app.ts';
import { accessibilityProblems } from './screen.ts';

/** Opens the demo recording, by default or by name; every wait on the page ends after `timeout` ms. */
export async function openDemo(options: {
  workspace?: string;
  dataDir?: string;
  slowFrames?: number;
  timeout: number;
}): Promise<OpenApp> {
  const opened = await openApp(options);
  await opened.page.getByRole('grid', { name: 'Aggregates' }).waitFor();
  return opened;
}

/** Of the window: the smallest one that is meant, and a large one. */
const SIZES = [
  [1280, 800],
  [1920, 1080],
] as const;

/** Folder for pictures of what is judged; undefined: none are taken. */
export const shots: string | undefined = process.env.HINDCAST_SHOTS;

/** No accessibility violation in either theme; with a folder for pictures, one of each theme and size. */
export async function judged(page: Page, name: string): Promise<void> {
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme });
    await expect.poll(() => accessibilityProblems(page), { timeout: 60_000 }).toEqual([]);
    if (shots === undefined) continue;
    for (const [width, height] of SIZES) {
      await page.setViewportSize({ width, height });
      await page.waitForTimeout(300);
      await page.screenshot({ path: join(shots, `${name}-${colorScheme}-${width}.png`) });
    }
    await page.setViewportSize({ width: 1280, height: 800 });
  }
}

/** No accessibility violation in both themes and sizes; the smaller size is left. Each look may wait for `timeout` ms. */
export async function judgedAtBothSizes(page: Page, timeout = 60_000): Promise<void> {
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    for (const [width, height] of SIZES) {
      await page.setViewportSize({ width, height });
      await expect.poll(() => accessibilityProblems(page), { timeout, interval: 300 }).toEqual([]);
    }
  }
  await page.setViewportSize({ width: 1280, height: 800 });
}
