/** Compares an opened recording with its seal: at once when it is small, else beside the work. */
import type { SealState } from '../../contract/workspaceWork.ts';
import type { Workspace } from '../store/workspace.ts';
import { checkSeal } from '../workspace/seal.ts';

/** Files up to this size are compared before the first answer about them: some tenths of a second. Bytes. */
const AT_ONCE_BYTES = 256 * 1024 * 1024;
const NONE: SealState = { state: 'none', problem: '', hash: null, sealedAt: null };

export interface Seals {
  /** What is known of the workspace's seal by now. @param bytes size of the file */
  stateOf(workspace: Workspace, bytes: number): Promise<SealState>;
}

export function createSeals(onKnown: () => void): Seals {
  const known = new WeakMap<Workspace, { state: SealState; ended: Promise<void> }>();

  const start = (workspace: Workspace) => {
    const entry = { state: { ...NONE, state: 'checking' } as SealState, ended: Promise.resolve() };
    entry.ended = checkSeal(workspace.file, false).then(
      (found) => {
        if (found.state === 'none') entry.state = NONE;
        else {
          const { state, hash, sealedAt } = found;
          entry.state = { state, hash, sealedAt, problem: state === 'damaged' ? found.problem : '' };
        }
      },
      (error: Error) => {
        entry.state = { ...NONE, state: 'damaged', problem: `it cannot be read: ${error.message}` };
      },
    );
    known.set(workspace, entry);
    void entry.ended.then(onKnown);
    return entry;
  };

  return {
    async stateOf(workspace, bytes) {
      // Never touch the file of a workspace that can be written: closing a handle would drop the locks on it.
      if (workspace.kind !== 'recording') return NONE;
      const entry = known.get(workspace) ?? start(workspace);
      if (bytes <= AT_ONCE_BYTES) await entry.ended;
      return entry.state;
    },
  };
}
