/** The one place where a reducer becomes something that folds, whatever it is written in. */
import { declarativeFolder, type Folder, isScript } from '../../core/folder.ts';
import type { Reducer, ScriptReducer } from '../../core/model.ts';
import { scriptFolder } from './scriptFolder.ts';

/**
 * @throws ReducerProblem naming the operation and path that is wrong; HindcastError `reducer.invalid` for a script that
 * cannot be loaded; SandboxMissing, which `withSandbox` answers
 */
export const folderFor = (reducer: Reducer | ScriptReducer): Folder =>
  isScript(reducer) ? scriptFolder(reducer) : declarativeFolder(reducer);
