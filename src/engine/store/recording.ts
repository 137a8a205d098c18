import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { HindcastError } from '../../contract/errors.ts';
import { saveRecording as save } from '../workspace/saveRecording.ts';
import type { Workspace } from './workspace.ts';

/**
 * Saves a workspace as a recording: one sealed file that opens read-only with no cluster. @returns its path
 * @throws HindcastError `workspace.exists`, `workspace.read-only-place`, `disk.full`
 */
export async function saveRecording(workspace: Workspace, file: string): Promise<string> {
  const target = resolve(file);
  if (existsSync(target)) throw new HindcastError('workspace.exists', { name: target });
  await save(workspace, target, {
    log() {},
    signal: new AbortController().signal,
    report() {},
    at: Date.now(),
  });
  return target;
}
