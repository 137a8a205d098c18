/** A projection's program, tried before it is kept; in a reader thread, which a hostile one cannot take along. */
import { isScript } from '../../core/folder.ts';
import { parseJson } from '../../core/json.ts';
import type { Projection } from '../../core/model.ts';
import type { ReadContext } from '../workers/context.ts';
import { folderFor } from './folderFor.ts';

/** @throws HindcastError `reducer.invalid` with line and column, for a script that cannot be loaded */
function tryScript(_: ReadContext, { definition }: { definition: string }): null {
  const { reducer } = parseJson(definition) as unknown as Projection;
  if (isScript(reducer)) folderFor(reducer);
  return null;
}

export const scriptReads = { 'reducers.try': tryScript };
