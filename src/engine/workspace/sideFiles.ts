/** The files beside a workspace, and those made from it in the data folder. */
import { readdirSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { SideFile } from '../../contract/workspaceWork.ts';
import { derivedFile } from '../projection/derived.ts';
import type { ReadContext } from '../workers/context.ts';

const BESIDE: readonly [end: string, what: string][] = [
  ['-wal', 'changes that are not folded into the file yet'],
  ['-shm', 'memory that the threads share'],
];

const sizeOf = (file: string): number | null => statSync(file, { throwIfNoEntry: false })?.size ?? null;

function whatIs(file: string): string {
  if (file.includes('.sqlite')) return 'tables of projections';
  return file.includes('.keyframes') ? 'keyframes of long streams' : 'full-text index';
}

/** Files of the data folder that are made from this workspace. */
function derivedOf({ db, file }: ReadContext, folder: string): string[] {
  const stem = basename(derivedFile(folder, file, db), '.sqlite');
  const names = sizeOf(folder) === null ? [] : readdirSync(folder);
  return names.filter((name) => name.startsWith(stem)).map((name) => join(folder, name));
}

export function sideFiles(context: ReadContext, { folder }: { folder: string }): SideFile[] {
  const files: SideFile[] = [];
  const add = (file: string, what: string, isCache: boolean) => {
    const bytes = sizeOf(file);
    if (bytes !== null && bytes > 0) files.push({ what, file, bytes, isCache });
  };
  for (const [end, what] of BESIDE) add(`${context.file}${end}`, what, false);
  for (const file of derivedOf(context, folder)) add(file, whatIs(file), true);
  return files;
}

/** Deletes what was made from the workspace; it is made again when it is asked for. */
export function dropSideFiles(context: ReadContext, { folder }: { folder: string }): Record<string, never> {
  context.lasting.clear();
  for (const file of derivedOf(context, folder)) rmSync(file, { force: true });
  return {};
}
