/** A projection's program, tried before it is kept. */
import { isScript } from '../../core/folder.ts';
import type { Projection } from '../../core/model.ts';
import { folderFor } from './folderFor.ts';
import { withSandbox } from './quickjs.ts';

/** @throws HindcastError `reducer.invalid` with line and column, for a script that cannot be loaded */
export async function checkScript({ reducer }: Projection): Promise<void> {
  if (isScript(reducer)) await withSandbox(() => void folderFor(reducer));
}
