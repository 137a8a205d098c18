import { resolve } from 'node:path';
import type { Workspace } from './workspace.ts';

/**
 * Saves a workspace as a recording: one file that opens read-only with no cluster.
 * @throws HindcastError `workspace.exists`, `workspace.read-only`, `workspace.read-only-place`, `disk.full`
 */
export async function saveRecording(workspace: Workspace, file: string): Promise<string> {
  const { target } = await workspace.write('saveRecording', { target: resolve(file) });
  return target;
}
