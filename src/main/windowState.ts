import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { BrowserWindow } from 'electron';
import { z } from 'zod';

export const SMALLEST = { width: 900, height: 600 } as const;
const WindowState = z.object({
  width: z.number().int().min(SMALLEST.width).max(20_000),
  height: z.number().int().min(SMALLEST.height).max(20_000),
  maximized: z.boolean(),
});
export type WindowState = z.infer<typeof WindowState>;
const DEFAULT_STATE: WindowState = { width: 1440, height: 900, maximized: false };

/** Size of the window when it was closed last. Its place is left to the system, which knows today's screens. */
export function readWindowState(file: string): WindowState {
  try {
    return WindowState.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return DEFAULT_STATE; // none yet, or not of ours
  }
}

/** Remembers the size when the window closes. */
export function rememberWindowState(window: BrowserWindow, file: string): void {
  window.on('close', () => {
    const { width, height } = window.getNormalBounds();
    const state: WindowState = { width, height, maximized: window.isMaximized() };
    try {
      writeFileSync(`${file}.new`, JSON.stringify(state));
      renameSync(`${file}.new`, file);
    } catch {
      // A full disk must not keep a window open.
    }
  });
}
