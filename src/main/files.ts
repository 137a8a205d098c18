import { randomUUID } from 'node:crypto';
import { type BrowserWindow, dialog } from 'electron';
import type { FilePurpose } from '../contract/bridge.ts';

const TITLES: Record<FilePurpose, string> = {
  workspace: 'Open a workspace',
  recording: 'Open a recording',
};

/** Asks the person for a file. Null when none was chosen. */
export async function chooseFile(window: BrowserWindow | null, purpose: FilePurpose): Promise<string | null> {
  const options: Electron.OpenDialogOptions = {
    title: TITLES[purpose],
    properties: ['openFile'],
    filters: [{ name: 'Hindcast workspaces and recordings', extensions: ['hindcast'] }],
  };
  const { canceled, filePaths } = await (window
    ? dialog.showOpenDialog(window, options)
    : dialog.showOpenDialog(options));
  return canceled ? null : (filePaths[0] ?? null);
}

/** Gives the engine a path and returns the token that stands for it. The page never sees or makes a path. */
export async function tokenFor(
  path: string,
  engine: { keepToken(token: string, path: string): Promise<void> },
): Promise<string> {
  const token = randomUUID();
  await engine.keepToken(token, path);
  return token;
}
