import { randomUUID } from 'node:crypto';
import { type BrowserWindow, dialog } from 'electron';
import type { FilePurpose, SavePurpose } from '../contract/bridge.ts';

const TITLES: Record<FilePurpose, string> = {
  workspace: 'Open a workspace',
  recording: 'Open a recording',
  import: 'Import records',
};
const HINDCAST = { name: 'Hindcast workspaces and recordings', extensions: ['hindcast'] };
const RECORDS = { name: 'Records', extensions: ['ndjson', 'jsonl', 'csv', 'parquet'] };
const SAVE: Record<SavePurpose, { title: string; filter: Electron.FileFilter }> = {
  recording: {
    title: 'Save as a recording',
    filter: { name: 'Hindcast recording', extensions: ['hindcast'] },
  },
  ndjson: { title: 'Export as NDJSON', filter: { name: 'NDJSON', extensions: ['ndjson'] } },
  json: { title: 'Export as JSON', filter: { name: 'JSON', extensions: ['json'] } },
  csv: { title: 'Export as CSV', filter: { name: 'CSV', extensions: ['csv'] } },
  parquet: { title: 'Export as Parquet', filter: { name: 'Parquet', extensions: ['parquet'] } },
};

/** Asks the person for a file. Null when none was chosen. */
export async function chooseFile(window: BrowserWindow | null, purpose: FilePurpose): Promise<string | null> {
  const options: Electron.OpenDialogOptions = {
    title: TITLES[purpose],
    properties: ['openFile'],
    filters: [purpose === 'import' ? RECORDS : HINDCAST],
  };
  const { canceled, filePaths } = await (window
    ? dialog.showOpenDialog(window, options)
    : dialog.showOpenDialog(options));
  return canceled ? null : (filePaths[0] ?? null);
}

/** Asks the person where a file is to be written; the dialog asks before it replaces one. Null when nowhere. */
export async function chooseTarget(
  window: BrowserWindow | null,
  purpose: SavePurpose,
  name: string,
): Promise<string | null> {
  const { title, filter } = SAVE[purpose];
  const options: Electron.SaveDialogOptions = { title, defaultPath: name, filters: [filter] };
  const { canceled, filePath } = await (window
    ? dialog.showSaveDialog(window, options)
    : dialog.showSaveDialog(options));
  return canceled || filePath === '' ? null : filePath;
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
