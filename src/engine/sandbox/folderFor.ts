/** The one place where a reducer becomes something that folds, whatever it is written in. */
import { declarativeFolder, type Folder, isScript } from '../../core/folder.ts';
import type { Reducer, ScriptReducer } from '../../core/model.ts';
import { compileUpcasters } from '../../core/upcast.ts';
import { upcastingFolder } from '../../core/upcastFolder.ts';
import { scriptFolder } from './scriptFolder.ts';

/**
 * @throws ReducerProblem or UpcasterProblem naming the place and what is wrong there; HindcastError `reducer.invalid` for a script that
 * cannot be loaded; SandboxMissing, which `withSandbox` answers
 */
export function folderFor(reducer: Reducer | ScriptReducer): Folder {
  const folder = isScript(reducer) ? scriptFolder(reducer) : declarativeFolder(reducer);
  const { upcasters = [] } = reducer;
  return upcasters.length === 0 ? folder : upcastingFolder(folder, compileUpcasters(upcasters));
}
