/** `projections.try`: the text of a definition that is being written, checked and folded over one row. */
import type { DefinitionProblem, DefinitionTry } from '../../contract/definitionTry.ts';
import { HindcastError } from '../../contract/errors.ts';
import { isScript } from '../../core/folder.ts';
import type { Cut } from '../../core/model.ts';
import { checkDefinition, type Definitions } from '../projection/definitions.ts';
import { placeInProgram } from '../projection/programPlace.ts';
import type { ServiceDeps } from './deps.ts';

/** The saved definition of the same name, when it is another one. */
function savedOf(definitions: Definitions, name: string, hash: string): string | null {
  try {
    const saved = definitions.get(name);
    return saved.hash === hash ? null : saved.definition;
  } catch (error) {
    // None of that name, or a file that somebody spoiled: there is nothing to compare with.
    if (error instanceof HindcastError) return null;
    throw error;
  }
}

export async function tryText(
  { workspaces }: Pick<ServiceDeps, 'workspaces'>,
  definitions: Definitions,
  { definition: text, on, cut }: { definition: string; on: string | null; cut: Cut },
  signal: AbortSignal,
): Promise<DefinitionTry> {
  const started = performance.now();
  const answer = (rest: Partial<DefinitionTry>): DefinitionTry => ({
    problems: [],
    row: null,
    note: null,
    ...rest,
    tookMs: performance.now() - started,
  });
  const read = checkDefinition(text);
  if (!read.ok) {
    const problems = read.errors.map(
      ({ path, message }): DefinitionProblem => ({ path, message, line: null, column: null }),
    );
    return answer({ problems });
  }
  const workspace = workspaces.peek();
  if (workspace === null) return answer({ note: 'No workspace is open.' });
  const { definition, hash, projection } = read.definition;
  const saved = savedOf(definitions, projection.name, hash);
  try {
    return answer(await workspace.read('projections.try', { definition, saved, on, cut }, { signal }));
  } catch (error) {
    const isOfProgram =
      error instanceof HindcastError && error.code === 'reducer.invalid' && isScript(projection.reducer);
    if (!isOfProgram) throw error;
    return answer({
      problems: [{ path: 'reducer.source', ...placeInProgram(String(error.details.problem)) }],
    });
  }
}
